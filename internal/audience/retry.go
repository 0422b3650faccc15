package audience

import (
	"context"

	"studymail"
	"studymail/internal/store"
)

// Retried is what queueing messages again did.
type Retried struct {
	Queued int                      `json:"queued"`
	Left   map[studymail.Reason]int `json:"left"` // may not be mailed now
}

// retryAtOnce bounds a transaction that looks at each message by itself.
const retryAtOnce = 200

// RetryPage queues the next messages of a filter again, in one transaction: each
// patient is looked at anew, and who may not be mailed now is left as is. It gives how
// many it looked at; move f.After on and call it again while more is true.
func (p *Planner) RetryPage(ctx context.Context, f *store.MessageFilter, actor string) (res Retried, looked int, more bool, err error) {
	var after int64
	err = p.Store.Write(ctx, func(tx *store.Tx) (err error) {
		res, looked, after, err = p.retryIn(ctx, tx, f, actor)
		return err
	})
	if err == nil {
		f.After = after
	}
	return res, looked, looked == retryAtOnce, err
}

// retryIn queues the next messages of a filter again, in a transaction of the caller's.
// It gives how many it looked at, and the row key of the last.
func (p *Planner) retryIn(ctx context.Context, tx *store.Tx, f *store.MessageFilter, actor string) (res Retried, looked int, after int64, err error) {
	page := *f
	page.Limit = retryAtOnce
	res, after = Retried{Left: map[studymail.Reason]int{}}, f.After
	rows, _, err := tx.MessagePage(ctx, page)
	if err != nil {
		return res, 0, after, err
	}
	recheck, woken := p.Recheck(tx), map[studymail.ID]bool{}
	for i := range rows {
		m := &rows[i]
		after = m.Key
		why, err := recheck.Why(ctx, m)
		if err != nil {
			return res, 0, after, err
		}
		if why != "" {
			res.Left[why]++
			continue
		}
		if err := tx.SendAgain(ctx, m, p.AttemptLimit, p.ExpiresAfter); err != nil {
			return res, 0, after, err
		}
		res.Queued++
		if err := tx.AddEvent(ctx, actor, "message queued again", m.ID, "was "+m.State.String()); err != nil {
			return res, 0, after, err
		}
		if !woken[m.RunID] {
			woken[m.RunID] = true
			if err := p.Wake(ctx, tx, m.RunID); err != nil {
				return res, 0, after, err
			}
		}
	}
	return res, len(rows), after, nil
}
