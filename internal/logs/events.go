package logs

import (
	"context"
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

// ChunkPlanned tells how far a plan is.
func ChunkPlanned(log *slog.Logger, campaign, run studymail.ID, planned, leftOut int) {
	log.Debug("chunk planned", "campaign", campaign, "run", run, "planned", planned, "left_out", leftOut)
}

// RunReleased tells that a plan is whole and its mail may leave.
func RunReleased(log *slog.Logger, campaign, run studymail.ID, planned, leftOut int, took time.Duration) {
	log.Info("run released", "campaign", campaign, "run", run, "planned", planned, "left_out", leftOut, "took_ms", took.Milliseconds())
}

// ScheduleFired tells that a due time was taken, how late, and how many before it
// were missed.
func ScheduleFired(log *slog.Logger, schedule studymail.ID, kind studymail.ScheduledJob, dueAt time.Time, late time.Duration, missed int) {
	log.Info("schedule fired", "schedule", schedule, "kind", string(kind), "due_at", dueAt, "late", late, "missed", missed)
}

// ScheduleMissed tells that times passed and were left out, by its policy.
func ScheduleMissed(log *slog.Logger, schedule studymail.ID, kind studymail.ScheduledJob, missed int) {
	log.Warn("schedule missed its time", "schedule", schedule, "kind", string(kind), "missed", missed)
}

// Swept tells how many deferred messages a sweep brought back.
func Swept(log *slog.Logger, queued, expired int, took time.Duration) {
	level := slog.LevelDebug
	if queued+expired > 0 {
		level = slog.LevelInfo
	}
	log.Log(context.Background(), level, "swept", "queued", queued, "expired", expired, "took_ms", took.Milliseconds())
}

// Imported tells the numbers of an import.
func Imported(log *slog.Logger, study studymail.ID, rows, problems, warnings int, took time.Duration) {
	log.Info("imported", "study", study, "rows", rows, "problems", problems, "warnings", warnings, "took_ms", took.Milliseconds())
}

// JobFailed tells that a job ended with an error. The error's text is scrubbed.
func JobFailed(log *slog.Logger, job int64, kind string, attempt int, err error) {
	log.Error("job failed", "job", job, "kind", kind, "attempt", attempt, "code", string(studymail.CodeOf(err)), "error", err)
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
