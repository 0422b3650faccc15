package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

// FeedbackChanges are what followed from a feedback beyond its message, as it stands
// now: what to undo it takes back.
type FeedbackChanges struct {
	Patients     []ChangedPatient
	Suppressions []studymail.Suppression
	Remembered   []RememberedOptOut
}

// ChangedPatient is a patient whom a feedback took out of a study.
type ChangedPatient struct {
	ID        studymail.ID
	StudyName string
	Was       studymail.Cancelled
	Became    studymail.Cancelled
	Now       studymail.Cancelled
	At        time.Time // when the patient changed last
	Held      bool      // by another opt-out, too
}

// Back tells whether to undo the feedback changes the patient: whoever was set
// otherwise since stays so, and whom another opt-out holds.
func (p *ChangedPatient) Back() bool { return p.Now == p.Became && p.Was != p.Became && !p.Held }

// RememberedOptOut holds for studies that a person is added to later.
type RememberedOptOut struct {
	Provider string // its name; "": all research mail
	At       time.Time
}

// Back counts the patients whom to undo it changes.
func (c *FeedbackChanges) Back() (n int) {
	for i := range c.Patients {
		if c.Patients[i].Back() {
			n++
		}
	}
	return n
}

// ChangesOf gives what followed from a feedback.
func (t *Tx) ChangesOf(ctx context.Context, f *studymail.Feedback) (c FeedbackChanges, err error) {
	err = t.each(ctx, "find what followed from feedback "+f.ID.String(), `SELECT pa.uuid, s.name, fp.was, fp.became, pa.cancelled, pa.updated_at,
			fp.became = 30 AND EXISTS (SELECT 1 FROM opt_outs o WHERE o.person_id = pa.person_id AND (o.provider_id = 0 OR o.provider_id = pa.provider_id) AND o.feedback_id <> fp.feedback_id)
		FROM feedback_patients fp JOIN patients pa ON pa.id = fp.patient_id JOIN studies s ON s.id = pa.study_id
		WHERE fp.feedback_id = $1 ORDER BY pa.id LIMIT 1000`, []any{f.Key}, func(rows *sql.Rows) error {
		var p ChangedPatient
		err := rows.Scan(&p.ID, &p.StudyName, &p.Was, &p.Became, &p.Now, at{&p.At}, &p.Held)
		c.Patients = append(c.Patients, p)
		return err
	})
	if err != nil {
		return c, err
	}
	err = t.each(ctx, "find the suppressions of feedback "+f.ID.String(), suppressionColumns+` WHERE feedback_id = $1 ORDER BY id`, []any{f.Key}, func(rows *sql.Rows) error {
		var s studymail.Suppression
		err := scanSuppression(rows, &s)
		c.Suppressions = append(c.Suppressions, s)
		return err
	})
	if err != nil {
		return c, err
	}
	return c, t.each(ctx, "find the opt-outs of feedback "+f.ID.String(), `SELECT coalesce(pr.name, ''), o.at FROM opt_outs o
		LEFT JOIN providers pr ON pr.id = o.provider_id WHERE o.feedback_id = $1`, []any{f.Key}, func(rows *sql.Rows) error {
		var o RememberedOptOut
		err := rows.Scan(&o.Provider, at{&o.At})
		c.Remembered = append(c.Remembered, o)
		return err
	})
}

// holdsPatient finds the feedback that took a patient out as they stand now, and the
// opt-outs that were there before the patient was.
const holdsPatient = `SELECT fp.feedback_id FROM patients pa
		JOIN feedback_patients fp ON fp.patient_id = pa.id AND fp.became = pa.cancelled
		JOIN feedback f ON f.id = fp.feedback_id AND f.state = 20
		WHERE pa.id = $1
	UNION
	SELECT o.feedback_id FROM patients pa JOIN opt_outs o ON o.person_id = pa.person_id AND (o.provider_id = 0 OR o.provider_id = pa.provider_id)
		WHERE pa.id = $1 AND pa.cancelled = 30`

// HoldsPatient gives the feedback by which a patient stands cancelled, the newest
// first; none: it came otherwise.
func (t *Tx) HoldsPatient(ctx context.Context, patient int64) ([]studymail.Feedback, error) {
	return t.feedback(ctx, "find what holds a patient", ` WHERE f.id IN (`+holdsPatient+`) ORDER BY f.id DESC`, patient)
}

// FeedbackByKey finds a feedback by its row key.
func (t *Tx) FeedbackByKey(ctx context.Context, k int64) (studymail.Feedback, error) {
	var f studymail.Feedback
	return f, t.found("find a feedback", scanFeedback(t.row(ctx, feedbackQuery+` WHERE f.id = $1`, k), &f), "no such feedback")
}
