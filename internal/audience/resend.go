package audience

import (
	"context"
	"fmt"

	"studymail"
	"studymail/internal/store"
)

// Resend goes on with messages that are sent again by a job, a page in a transaction
// that also notes how far it is: a worker that dies loses nothing and does nothing
// twice. It ends when the job's time is over, or all is done.
func (p *Planner) Resend(ctx context.Context, id studymail.ID) error {
	for {
		done := false
		err := p.Store.Write(ctx, func(tx *store.Tx) (err error) {
			done, err = p.resendPage(ctx, tx, id)
			return err
		})
		if err != nil || done {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err // the job goes on in its next turn
		}
	}
}

func (p *Planner) resendPage(ctx context.Context, tx *store.Tx, id studymail.ID) (done bool, err error) {
	r, err := tx.ResendByID(ctx, id)
	if err != nil || r.Done {
		return true, err
	}
	behind := r.Filter.After
	res, looked, after, err := p.retryIn(ctx, tx, &r.Filter, r.Actor)
	if err != nil {
		return false, err
	}
	r.Filter.After, r.Looked, r.Queued, r.Done = after, r.Looked+looked, r.Queued+res.Queued, looked < retryAtOnce
	for why, n := range res.Left {
		r.Left[why] += n
	}
	if err := tx.AdvanceResend(ctx, &r, behind); err != nil || !r.Done {
		return false, err
	}
	left := 0
	for _, n := range r.Left {
		left += n
	}
	return true, tx.AddEvent(ctx, r.Actor, "sending again ended", r.ID, fmt.Sprintf("queued=%d left=%d", r.Queued, left))
}
