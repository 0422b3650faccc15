package store

import (
	"context"

	"studymail"
)

// MarkAddressDead is for a patient whose address a server refused as none of its own:
// what follows is what follows from a bounce that says so (docs/feedback.md). The
// person's patients who are in their studies become Not contactable, what waits for
// them is skipped, and the address is suppressed. revision is that of the details the
// letter was written from: when the person has been edited since, or it is not known
// (0), only this patient is marked.
func (t *Tx) MarkAddressDead(ctx context.Context, patient studymail.ID, revision int64, actor string) error {
	const why = "no such mailbox"
	what := "mark patient " + patient.String()
	var (
		m   addressed
		now int64
	)
	found, err := t.one(ctx, what, `SELECT pa.id, pa.person_id, pe.revision, pe.email_hash FROM patients pa JOIN people pe ON pe.id = pa.person_id WHERE pa.uuid = $1`,
		[]any{patient}, &m.patient, &m.person, &now, &m.emailHash)
	if err != nil || !found {
		return err
	}
	e := FeedbackEffect{Cancelled: studymail.NotContactable, Whose: studymail.OptOutAll}
	same := revision == now
	if !same {
		e.Whose = studymail.OptOutStudy
	}
	all, err := t.patientsInReach(ctx, &m, e)
	if err != nil {
		return err
	}
	for _, p := range all {
		n, err := t.exec(ctx, what, `UPDATE patients SET cancelled = 40, updated_at = $1 WHERE id = $2 AND cancelled = 0`, ms(t.now), p.key)
		if err != nil {
			return err
		}
		if n == 0 {
			continue // somebody else was quicker
		}
		if err := t.AddEvent(ctx, actor, "patient marked not contactable", p.id, why); err != nil {
			return err
		}
		if _, err := t.skipWaiting(ctx, p.key, studymail.ReasonNotContactable); err != nil {
			return err
		}
	}
	if !same || len(m.emailHash) == 0 {
		return nil
	}
	s := studymail.Suppression{EmailHash: m.emailHash, Reason: why, Source: studymail.RefusedByServer}
	added, err := t.AddSuppression(ctx, &s)
	if err != nil || !added {
		return err
	}
	return t.AddEvent(ctx, actor, "address suppressed", s.ID, why)
}
