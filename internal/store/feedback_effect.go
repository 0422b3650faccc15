package store

import (
	"context"
	"database/sql"
	"fmt"

	"studymail"
)

// followPatients changes patients and the list of suppressed addresses, and says in
// words what it did.
func (t *Tx) followPatients(ctx context.Context, f *studymail.Feedback, m *addressed, e FeedbackEffect) (words []string, err error) {
	if e.Remember {
		if err := t.rememberOptOut(ctx, f, m, e.Whose); err != nil {
			return nil, err
		}
	}
	if e.Cancelled != studymail.NotCancelled {
		n, err := t.cancelByFeedback(ctx, f, m, e)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			words = append(words, fmt.Sprintf("%s: %d", e.Cancelled, n))
		}
	}
	if e.Suppress == "" || len(m.emailHash) == 0 {
		return words, nil
	}
	s := studymail.Suppression{EmailHash: m.emailHash, Reason: e.Suppress, Source: string(f.Source), Feedback: f.Key}
	added, err := t.AddSuppression(ctx, &s)
	if err != nil || !added {
		return words, err
	}
	return append(words, "address suppressed"), t.AddEvent(ctx, feedbackActor, "address suppressed", s.ID, e.Suppress)
}

// feedbackActor names in events what nobody of the staff did.
const feedbackActor = "feedback"

// standingPatient is a patient whom a feedback may change.
type standingPatient struct {
	key int64
	id  studymail.ID
	was studymail.Cancelled
}

// cancelByFeedback takes patients out of their studies, skips what waits for them,
// and gives how many they were. An opt-out takes the place of other reasons; a dead
// address takes the place of none.
func (t *Tx) cancelByFeedback(ctx context.Context, f *studymail.Feedback, m *addressed, e FeedbackEffect) (int, error) {
	all, err := t.patientsInReach(ctx, m, e)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, p := range all {
		out, err := t.takeOut(ctx, &p, e.Cancelled, feedbackActor, f.Class+"; feedback "+f.ID.String())
		if err != nil {
			return done, err
		}
		if !out {
			continue
		}
		done++
		if _, err := t.exec(ctx, "cancel patient "+p.id.String(), `INSERT INTO feedback_patients (feedback_id, patient_id, was, became) VALUES ($1, $2, $3, $4)
			ON CONFLICT (feedback_id, patient_id) DO UPDATE SET was = excluded.was, became = excluded.became`,
			f.Key, p.key, int(p.was), int(e.Cancelled)); err != nil {
			return done, err
		}
	}
	return done, nil
}

// takeOut takes a patient out of their study as somebody who opted out or is not
// contactable, writes the event, and skips what waits for them; false when somebody
// else changed them meanwhile.
func (t *Tx) takeOut(ctx context.Context, p *standingPatient, to studymail.Cancelled, actor, detail string) (bool, error) {
	n, err := t.exec(ctx, "cancel patient "+p.id.String(), `UPDATE patients SET cancelled = $1, updated_at = $2 WHERE id = $3 AND cancelled = $4`,
		int(to), ms(t.now), p.key, int(p.was))
	if err != nil || n == 0 {
		return false, err
	}
	action, reason := "patient marked not contactable", studymail.ReasonNotContactable
	if to == studymail.OptedOut {
		action, reason = "patient opted out", studymail.ReasonOptedOut
	}
	if err := t.AddEvent(ctx, actor, action, p.id, detail); err != nil {
		return false, err
	}
	_, err = t.skipWaiting(ctx, p.key, reason)
	return err == nil, err
}

func (t *Tx) patientsInReach(ctx context.Context, m *addressed, e FeedbackEffect) (all []standingPatient, err error) {
	query, args := `SELECT id, uuid, cancelled FROM patients WHERE person_id = $1`, []any{m.person}
	switch e.Whose {
	case studymail.OptOutStudy:
		query, args = `SELECT id, uuid, cancelled FROM patients WHERE id = $1`, []any{m.patient}
	case studymail.OptOutProvider:
		query, args = query+` AND (provider_id = $2 OR id = $3)`, append(args, m.provider, m.patient)
	case studymail.OptOutAll:
	}
	if query += ` ORDER BY id`; t.kind == Postgres {
		query += ` FOR NO KEY UPDATE`
	}
	err = t.each(ctx, "find the patients of a feedback", query, args, func(rows *sql.Rows) error {
		var p standingPatient
		if err := rows.Scan(&p.key, &p.id, &p.was); err != nil {
			return err
		}
		if p.was == studymail.NotCancelled || e.Cancelled == studymail.OptedOut && p.was != studymail.OptedOut {
			all = append(all, p)
		}
		return nil
	})
	return all, err
}

// skipWaiting skips what waits for a patient in the queue or for a retry; what is in a
// sender's hands meets the guard. It gives how many.
func (t *Tx) skipWaiting(ctx context.Context, patient int64, why studymail.Reason) (int, error) {
	var keys []int64
	err := t.each(ctx, "skip what waits for a patient", `UPDATE messages SET state = 60, reason = $1, claim_token = 0, updated_at = $2
		WHERE patient_id = $3 AND state IN (10, 30) AND claim_token = 0 RETURNING id`, []any{string(why), ms(t.now), patient}, func(rows *sql.Rows) error {
		var k int64
		err := rows.Scan(&k)
		keys = append(keys, k)
		return err
	})
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	_, err = t.moveLastMessages(ctx, keys...)
	return len(keys), err
}

// rememberOptOut keeps that a person wants no more mail than of one study.
func (t *Tx) rememberOptOut(ctx context.Context, f *studymail.Feedback, m *addressed, scope studymail.OptOutScope) error {
	provider := m.provider
	switch scope {
	case studymail.OptOutStudy:
		return nil
	case studymail.OptOutProvider:
	case studymail.OptOutAll:
		provider = 0
	}
	_, err := t.exec(ctx, "remember an opt-out", `INSERT INTO opt_outs (person_id, provider_id, feedback_id, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person_id, provider_id) DO NOTHING`, m.person, provider, f.Key, ms(t.now))
	return err
}

// UndoFeedback takes back what followed from a feedback: patients stand as before,
// unless somebody set them otherwise since or another opt-out holds them, and the
// address is suppressed no more.
// why is a code. What the message says stays: it did come back.
func (t *Tx) UndoFeedback(ctx context.Context, f *studymail.Feedback, actor, why string) (patients int, err error) {
	what := "undo feedback " + f.ID.String()
	n, err := t.exec(ctx, what, `UPDATE feedback SET state = 40, seen_at = coalesce(seen_at, $1) WHERE id = $2 AND state = 20`, ms(t.now), f.Key)
	if err != nil {
		return 0, err
	}
	if n != 1 {
		return 0, studymail.Errorf(studymail.Conflict, "feedback %s is not applied any more; look at it again", f.ID)
	}
	f.State = studymail.FeedbackUndone
	var back []studymail.ID
	err = t.each(ctx, what, `UPDATE patients SET cancelled = fp.was, updated_at = $1 FROM feedback_patients fp
		WHERE fp.feedback_id = $2 AND patients.id = fp.patient_id AND patients.cancelled = fp.became
			AND NOT (fp.became = 30 AND EXISTS (SELECT 1 FROM opt_outs o WHERE o.person_id = patients.person_id
				AND (o.provider_id = 0 OR o.provider_id = patients.provider_id) AND o.feedback_id <> fp.feedback_id)) RETURNING uuid`,
		[]any{ms(t.now), f.Key}, func(rows *sql.Rows) error {
			var id studymail.ID
			err := rows.Scan(&id)
			back = append(back, id)
			return err
		})
	if err != nil {
		return 0, err
	}
	// Who is held by another opt-out stays; to undo that one brings them back.
	if _, err := t.exec(ctx, what, `INSERT INTO feedback_patients (feedback_id, patient_id, was, became)
		SELECT o.feedback_id, fp.patient_id, fp.was, fp.became FROM feedback_patients fp
		JOIN patients pa ON pa.id = fp.patient_id
		JOIN opt_outs o ON o.person_id = pa.person_id AND (o.provider_id = 0 OR o.provider_id = pa.provider_id) AND o.feedback_id <> fp.feedback_id
		WHERE fp.feedback_id = $1 AND fp.became = 30 ON CONFLICT (feedback_id, patient_id) DO NOTHING`, f.Key); err != nil {
		return 0, err
	}
	events := []studymail.Event{{Actor: actor, Action: "feedback undone", About: f.ID, Detail: why}}
	for _, id := range back {
		events = append(events, studymail.Event{Actor: actor, Action: "cancellation undone", About: id, Detail: why + "; feedback " + f.ID.String()})
	}
	if _, err := t.LiftSuppressionsOf(ctx, f, actor, why); err != nil {
		return 0, err
	}
	if _, err := t.exec(ctx, what, `DELETE FROM opt_outs WHERE feedback_id = $1`, f.Key); err != nil {
		return 0, err
	}
	// What did not arrive before counts no more.
	if _, err := t.exec(ctx, what, `UPDATE people SET email_at = $1 WHERE id IN (SELECT pa.person_id FROM feedback f
		JOIN messages m ON m.id = f.message_id JOIN patients pa ON pa.id = m.patient_id WHERE f.id = $2)`, ms(t.now), f.Key); err != nil {
		return 0, err
	}
	return len(back), t.AddEvents(ctx, events)
}

// LiftSuppressionsOf has addresses mailed again that a feedback had suppressed, and
// writes the events. It gives how many.
func (t *Tx) LiftSuppressionsOf(ctx context.Context, f *studymail.Feedback, actor, why string) (int, error) {
	var events []studymail.Event
	err := t.each(ctx, "lift the suppressions of feedback "+f.ID.String(), `DELETE FROM suppressions WHERE feedback_id = $1 RETURNING uuid`, []any{f.Key}, func(rows *sql.Rows) error {
		var id studymail.ID
		err := rows.Scan(&id)
		events = append(events, studymail.Event{Actor: actor, Action: "suppression lifted", About: id, Detail: why})
		return err
	})
	if err != nil {
		return 0, err
	}
	return len(events), t.AddEvents(ctx, events)
}
