package audience

import (
	"context"
	"time"

	"studymail"
	"studymail/internal/store"
)

// handOverPatience is how long after its last sign a hand-over may still come
// through: RFC 5321 §4.5.3.2.6 gives a server ten minutes for the final dot.
const handOverPatience = 11 * time.Minute

// Resolve settles an uncertain message by hand, in a transaction of the caller's: as
// sent, or by sending it again, which is refused while the first hand-over could
// still come through.
func (p *Planner) Resolve(ctx context.Context, tx *store.Tx, id studymail.ID, again bool, actor string) error {
	m, err := tx.MessageByID(ctx, id)
	if err != nil {
		return err
	}
	if m.State != studymail.Uncertain {
		return studymail.Errorf(studymail.Conflict, "message %s is %s, not uncertain: there is nothing to settle", id, m.State)
	}
	if !again {
		if err := tx.SettleAsSent(ctx, &m); err != nil {
			return err
		}
		return tx.AddEvent(ctx, actor, "message settled", id, "as sent")
	}
	why, err := p.Recheck(tx).Why(ctx, &m)
	if err != nil {
		return err
	}
	if why != "" {
		return studymail.Errorf(studymail.Conflict, "message %s is not sent again (%s)", id, why)
	}
	over, err := tx.HandOverOver(ctx, m.ClaimToken)
	if err != nil {
		return err
	}
	if ready := m.UpdatedAt.Add(handOverPatience); !over && tx.Now().Before(ready) {
		return studymail.Errorf(studymail.Conflict, "message %s: its first hand-over could still come through; try again after %s, or settle it as sent",
			id, ready.In(p.Zone).Format("2006-01-02 15:04:05 MST"))
	}
	if err := tx.SendAgain(ctx, &m, p.AttemptLimit, p.ExpiresAfter); err != nil {
		return err
	}
	if err := tx.AddEvent(ctx, actor, "message settled", id, "as resend"); err != nil {
		return err
	}
	return p.Wake(ctx, tx, m.RunID)
}
