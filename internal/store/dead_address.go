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
	var (
		m   addressed
		now int64
	)
	found, err := t.one(ctx, "mark patient "+patient.String(), `SELECT pa.id, pa.person_id, pe.revision, pe.email_hash FROM patients pa JOIN people pe ON pe.id = pa.person_id WHERE pa.uuid = $1`,
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
	for i := range all {
		if _, err := t.takeOut(ctx, &all[i], e.Cancelled, actor, why); err != nil {
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
