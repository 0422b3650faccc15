package app

import (
	"context"
	"errors"
	"time"

	"studymail/internal/outbox"
	"studymail/internal/store"
)

// lookAgainAfter: so often send hours are reckoned anew though their time has not
// passed. The clock may have been set back.
const lookAgainAfter = time.Minute

// followHours gives what is done each second for the send hours of studies and
// care providers: their intervals are kept up to date, and what waited for hours
// that begin, or that were edited, is brought back.
func (a *App) followHours(ctx context.Context, box *outbox.Outbox) func() error {
	var seen, all time.Time
	return func() error {
		now := a.Now()
		whole := now.Sub(all) >= lookAgainAfter || now.Before(all)
		changed, failed := a.Store.RefreshHours(ctx, whole)
		if whole && failed == nil {
			all = now
		}
		began := changed > 0
		if err := a.Store.Read(ctx, func(tx *store.Tx) error {
			opened, err := tx.Opened(ctx, seen)
			began = began || opened
			return err
		}); err != nil {
			return errors.Join(failed, err)
		}
		if began {
			n, err := a.bringBack(ctx)
			if n > 0 {
				box.Wake()
			}
			if err != nil {
				return errors.Join(failed, err)
			}
		}
		seen = now
		return failed
	}
}

// bringBack queues what waits for hours that were edited or have begun.
func (a *App) bringBack(ctx context.Context) (int, error) {
	total := 0
	for {
		n := 0
		err := a.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.Recall(ctx)
			return err
		})
		if total += n; err != nil {
			return total, err
		}
		if n == 0 {
			break
		}
	}
	n, err := a.retrySweep(ctx)
	return total + n, err
}
