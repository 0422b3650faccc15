package logs

import (
	"log/slog"
	"time"

	"studymail"
)

// The lines that tell of work, one function each, so that all fields that such a
// line can have are seen here. What only one package knows (the outbox and its
// windows) it logs itself; the door judges those lines, too.

// ProcessStarted tells that a process is up, and where it listens ("" for nowhere).
func ProcessStarted(log *slog.Logger, mode, version, database, addr string) {
	log.Info("started", "mode", mode, "version", version, "database", database, "addr", addr)
}

// ProcessStopped tells that it ended in order.
func ProcessStopped(log *slog.Logger, mode string, took time.Duration) {
	log.Info("stopped", "mode", mode, "took_ms", took.Milliseconds())
}

// CampaignMoved tells a campaign's new state.
func CampaignMoved(log *slog.Logger, campaign studymail.ID, state studymail.CampaignState) {
	log.Info("campaign "+state.String(), "campaign", campaign, "state", state.String())
}

// SendingArmed tells that a person let mail leave again.
func SendingArmed(log *slog.Logger) {
	log.Warn("sending is armed")
}

// SendingDisarmed tells that a person stopped all mail.
func SendingDisarmed(log *slog.Logger, why studymail.DisarmReason) {
	log.Error("sending is disarmed: no mail leaves", "reason", string(why))
}

// PersonErased tells that a person was erased, by their UUID.
func PersonErased(log *slog.Logger, person studymail.ID) {
	log.Info("person erased", "person", person.String())
}

// ErasedAgain tells that people were erased again whom a restored database had.
func ErasedAgain(log *slog.Logger, people int) {
	log.Warn("people who were erased before were in the database again, and were erased again", "count", people)
}

// Purged tells what was kept long enough, and is gone.
func Purged(log *slog.Logger, merged, replies, feedback int) {
	log.Info("what was kept long enough is gone", "windows", merged, "replies", replies, "feedbacks", feedback)
}

// KeysRead tells that keysets were changed and read anew.
func KeysRead(log *slog.Logger, keys int) {
	log.Info("keys were changed and read anew", "count", keys)
}

// Swept tells how many deferred messages a sweep brought back to the queue.
func Swept(log *slog.Logger, queued int, took time.Duration) {
	log.Info("swept", "queued", queued, "took_ms", took.Milliseconds())
}

// Imported tells the numbers of an import.
func Imported(log *slog.Logger, study studymail.ID, rows, problems, warnings int, took time.Duration) {
	log.Info("imported", "study", study, "rows", rows, "problems", problems, "warnings", warnings, "took_ms", took.Milliseconds())
}

// FeedbackTaken tells what came back, and for which message.
func FeedbackTaken(log *slog.Logger, f *studymail.Feedback, repeat bool) {
	if repeat {
		log.Debug("feedback came again", "feedback", f.ID, "source", string(f.Source), "class", f.Class, "count", f.Times)
		return
	}
	log.Info("feedback "+f.State.String(), "feedback", f.ID, "message", f.Message, "source", string(f.Source), "kind", f.Kind, "class", f.Class, "code", f.Code, "state", f.State.String())
}

// RestReleased tells that the canary of a campaign is over and nothing halted it.
func RestReleased(log *slog.Logger, campaign studymail.ID) {
	log.Info("a campaign's canary is over: the rest of its mail may leave", "campaign", campaign)
}

// CampaignHalted tells that a campaign stopped by itself.
func CampaignHalted(log *slog.Logger, campaign studymail.ID, why studymail.HaltReason) {
	log.Error("a campaign stopped by itself: a person must look at it", "campaign", campaign, "reason", string(why))
}
