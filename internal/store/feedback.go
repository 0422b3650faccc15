package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"studymail"
)

// FeedbackEffect is what follows from a feedback: a row of the table in
// internal/feedback.
type FeedbackEffect struct {
	Came      studymail.CameBack
	Cancelled studymail.Cancelled   // what patients become; NotCancelled: they stay
	Whose     studymail.OptOutScope // which patients of the person
	Suppress  string                // the address, for this reason; "": not
	Scores    bool                  // against the address: patients become Cancelled only when it has enough
	Remember  bool                  // also for studies that the person is added to later
	AtOnce    bool                  // does not wait for our own record of the hand-over
	Again     bool                  // follows each time that it comes, not once for a message
	Zone      *time.Location        // says when the days of figures begin; nil: it is not counted in figures
}

// mostKept bounds how many mails are kept for a person to look at.
const mostKept = 2000

// addressed is a message as feedback finds it.
type addressed struct {
	key, campaign, patient, person, provider int64
	state                                    studymail.State
	cameBack                                 studymail.CameBack
	sentAt, emailAt                          time.Time
	emailHash                                []byte
}

var feedbackMessage = both{
	sqlite: feedbackMessageQuery,
	// It waits for whoever records the hand-over at this moment.
	postgres: feedbackMessageQuery + ` FOR UPDATE OF m`,
}

const feedbackMessageQuery = `SELECT m.id, m.state, m.came_back, coalesce(m.sent_at, m.updated_at), r.campaign_id, pa.id, pa.uuid, pa.person_id, pa.provider_id, pe.email_hash, pe.email_at
	FROM messages m
	JOIN runs r ON r.id = m.run_id
	JOIN patients pa ON pa.id = m.patient_id
	JOIN people pe ON pe.id = pa.person_id
	WHERE m.uuid = $1`

func (t *Tx) addressed(ctx context.Context, f *studymail.Feedback) (*addressed, error) {
	if f.Message.IsZero() {
		return nil, nil //nolint:nilnil // of no message
	}
	var m addressed
	found, err := t.one(ctx, "find the message of a feedback", t.pick(feedbackMessage), []any{f.Message},
		&m.key, &m.state, &m.cameBack, at{&m.sentAt}, &m.campaign, &m.patient, &f.Patient, &m.person, &m.provider, &m.emailHash, at{&m.emailAt})
	if err != nil || found {
		return &m, err
	}
	f.Message = studymail.ID{}
	return nil, nil //nolint:nilnil // of no message
}

// waits tells that our own record of the hand-over has yet to come.
func (m *addressed) waits() bool { return !m.state.Final() }

const addFeedback = `INSERT INTO feedback (uuid, digest, message_id, source, format, kind, class, code, reply, diagnostic, effect, state, at, applied_at, kept)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (digest) DO UPDATE SET times = feedback.times + 1
		RETURNING id, uuid, times, state, effect`

// TakeFeedback stores what came back and does what follows, or has it wait for our
// own record of the hand-over. What came before, by whichever way, only counts one
// up: repeat is true then. It sets ID, Key, State, Effect, Times and Patient.
func (t *Tx) TakeFeedback(ctx context.Context, f *studymail.Feedback, e FeedbackEffect) (repeat bool, err error) {
	m, err := t.addressed(ctx, f)
	if err != nil {
		return false, err
	}
	if f.ID.IsZero() {
		f.ID = studymail.NewID()
	}
	f.At = t.now
	var message, applied any
	switch {
	case f.State == studymail.FeedbackKept || m == nil:
		f.State = studymail.FeedbackKept
	case m.waits() && !e.AtOnce:
		f.State = studymail.FeedbackWaits
	default:
		f.State = studymail.FeedbackApplied
		f.AppliedAt = t.now
		applied = ms(t.now)
	}
	if m != nil {
		message = m.key
	}
	if err := t.makeRoom(ctx, f.Kept); err != nil {
		return false, err
	}
	var state studymail.FeedbackState
	_, err = t.one(ctx, "store what came back", addFeedback, []any{
		f.ID, f.Digest, message, string(f.Source), f.Format, f.Kind, f.Class, f.Code, f.Reply, f.Diagnostic, f.Effect, int(f.State), ms(f.At), applied, bytesOrNull(f.Kept),
	}, &f.Key, &f.ID, &f.Times, &state, &f.Effect)
	if err != nil {
		return false, err
	}
	repeat = f.Times > 1
	if repeat && (!e.Again || m == nil) {
		f.State = state
		return true, nil
	}
	if f.State != studymail.FeedbackApplied {
		return repeat, nil
	}
	return repeat, t.follow(ctx, f, m, e)
}

// ApplyFeedback does what follows from a feedback that has waited.
func (t *Tx) ApplyFeedback(ctx context.Context, f *studymail.Feedback, e FeedbackEffect) error {
	m, err := t.addressed(ctx, f)
	if err != nil || m == nil || m.waits() {
		return err
	}
	n, err := t.exec(ctx, "apply feedback "+f.ID.String(),
		`UPDATE feedback SET state = 20, applied_at = $1 WHERE id = $2 AND state <> 20 AND state = 10`, ms(t.now), f.Key)
	if err != nil || n == 0 {
		return err // another process was quicker
	}
	f.State, f.AppliedAt = studymail.FeedbackApplied, t.now
	return t.follow(ctx, f, m, e)
}

// WaitingFeedback gives feedback that waited and need not any more.
func (t *Tx) WaitingFeedback(ctx context.Context, limit int) ([]studymail.Feedback, error) {
	return t.feedback(ctx, "list feedback that waits", ` WHERE f.state <> 20 AND f.state = 10 AND m.state >= 40 ORDER BY f.id LIMIT $1`, limit)
}

// makeRoom forgets the oldest mail that is kept, when there are too many.
func (t *Tx) makeRoom(ctx context.Context, kept []byte) error {
	if len(kept) == 0 {
		return nil
	}
	_, err := t.exec(ctx, "make room for a mail", `UPDATE feedback SET kept = NULL WHERE id IN
		(SELECT id FROM feedback WHERE kept IS NOT NULL ORDER BY at DESC, id DESC LIMIT 10 OFFSET $1)`, mostKept-1)
	return err
}

// follow does what follows from a feedback about a message: all in this transaction.
func (t *Tx) follow(ctx context.Context, f *studymail.Feedback, m *addressed, e FeedbackEffect) error {
	fresh := e.Came &^ m.cameBack
	if err := t.noteCameBack(ctx, f, m, e.Came); err != nil {
		return err
	}
	var words []string
	if m.state == studymail.Uncertain && e.Came != 0 {
		words = append(words, "was uncertain: it was sent")
	}
	// An earlier address says nothing about this one. Who wants no more mail says so
	// whatever the address.
	earlier := !m.emailAt.IsZero() && m.emailAt.After(m.sentAt) && e.Cancelled == studymail.NotContactable
	follows := fresh != 0 || e.Again
	switch {
	case e.Came == 0:
	case !follows:
		words = append(words, "counted before")
	case earlier:
		words, follows = append(words, "of an earlier address: the patient stays"), false
	case e.Scores:
		score, enough, err := t.softScore(ctx, m)
		if err != nil {
			return err
		}
		words, follows = append(words, score), enough
	}
	if follows {
		more, err := t.followPatients(ctx, f, m, e)
		if err != nil {
			return err
		}
		words = append(words, more...)
	}
	f.Effect = strings.Join(words, "; ")
	_, err := t.exec(ctx, "note what followed from feedback "+f.ID.String(),
		`UPDATE feedback SET effect = $1, state = 20, applied_at = $2 WHERE id = $3`, f.Effect, ms(t.now), f.Key)
	f.State = studymail.FeedbackApplied
	if err != nil || e.Zone == nil {
		return err
	}
	// Last: senders note figures, too, and who holds those waits for nothing else.
	return t.AddFigures(ctx, e.Zone, figuresOf(fresh))
}

// figuresOf counts what came back for a message for the first time.
func figuresOf(fresh studymail.CameBack) map[string]int64 {
	counts := map[string]int64{}
	if fresh&(studymail.CamePolicy|studymail.CameFault|studymail.CameSoft|studymail.CameHard) != 0 {
		counts[studymail.FigureBounced] = 1
	}
	if fresh&studymail.CameComplaint != 0 {
		counts[studymail.FigureComplained] = 1
	}
	return counts
}

// noteCameBack notes with a message what came back for it, counts it, and settles
// one that was uncertain: it was handed over.
func (t *Tx) noteCameBack(ctx context.Context, f *studymail.Feedback, m *addressed, came studymail.CameBack) error {
	fresh := came &^ m.cameBack
	settles := came != 0 && m.state == studymail.Uncertain
	if fresh == 0 && !settles {
		return nil
	}
	what := "note what came back for message " + f.Message.String()
	n, err := t.exec(ctx, what, `UPDATE messages SET came_back = came_back | $1, updated_at = $2,
			reason = CASE WHEN state = 70 THEN $3 ELSE reason END, claim_token = CASE WHEN state = 70 THEN 0 ELSE claim_token END,
			sent_at = CASE WHEN state = 70 THEN updated_at ELSE sent_at END, state = CASE WHEN state = 70 THEN 40 ELSE state END
		WHERE id = $4 AND state = $5 AND came_back = $6`,
		int(came), ms(t.now), string(studymail.ReasonCameBack), m.key, int(m.state), int(m.cameBack))
	if err != nil {
		return err
	}
	if n != 1 {
		return studymail.Errorf(studymail.Conflict, "message %s changed meanwhile; take the feedback in again", f.Message)
	}
	for _, bit := range fresh.Bits() {
		if _, err := t.exec(ctx, what, `INSERT INTO campaign_feedback (campaign_id, came, messages) VALUES ($1, $2, 1)
			ON CONFLICT (campaign_id, came) DO UPDATE SET messages = campaign_feedback.messages + 1`, m.campaign, int(bit)); err != nil {
			return err
		}
	}
	if settles {
		_, err = t.moveLastMessages(ctx, m.key)
	}
	return err
}

// The score of an address: so many of its last sends did not arrive, over so long.
const (
	scoreOf     = 5
	scoreEnough = 3
	scoreOver   = 14 * 24 * time.Hour
)

// softScore tells how many of the last sends to a message's address did not arrive,
// and whether that is enough. A good delivery ends the count: what came before it
// is forgotten.
func (t *Tx) softScore(ctx context.Context, m *addressed) (words string, enough bool, err error) {
	if len(m.emailHash) == 0 {
		return "", false, nil
	}
	var (
		soft          int
		good          bool
		newest, first time.Time
	)
	err = t.each(ctx, "score an address", `SELECT m.came_back, m.sent_at FROM people pe
		JOIN patients pa ON pa.person_id = pe.id
		JOIN messages m ON m.patient_id = pa.id
		WHERE pe.email_hash = $1 AND m.state + 0 = 40 AND m.sent_at >= coalesce(pe.email_at, 0)
		ORDER BY m.sent_at DESC, m.id DESC LIMIT $2`, []any{m.emailHash, scoreOf}, func(rows *sql.Rows) error {
		var (
			came studymail.CameBack
			sent time.Time
		)
		if err := rows.Scan(&came, at{&sent}); err != nil {
			return err
		}
		switch {
		case good:
		case came&studymail.CameSoft != 0:
			if soft++; newest.IsZero() {
				newest = sent
			}
			first = sent
		case came&(studymail.CameDelivered|studymail.CameAutomatic) != 0:
			good = true
		}
		return nil
	})
	enough = soft >= scoreEnough && newest.Sub(first) >= scoreOver
	return fmt.Sprintf("%d of the last %d sends to the address did not arrive", soft, scoreOf), enough, err
}
