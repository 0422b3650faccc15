package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"studymail"
	"studymail/internal/logs"
	"studymail/internal/statedir"
	"studymail/internal/store"
)

// ReadArming reads whether mail may leave, and what arming would let go.
func (a *App) ReadArming(ctx context.Context) (now studymail.Arming, waiting store.Waiting, err error) {
	err = a.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if now, err = tx.Arming(ctx); err != nil {
			return err
		}
		waiting, err = tx.WaitingToLeave(ctx)
		return err
	})
	if err != nil {
		return now, waiting, err
	}
	return now, waiting, a.foresee(ctx, &now)
}

// foresee shows a database as disarmed that the next worker will disarm.
func (a *App) foresee(ctx context.Context, now *studymail.Arming) error {
	if !now.Armed {
		return nil
	}
	sighting, err := a.sighting(ctx, now.Database)
	if err != nil {
		return err
	}
	return a.Store.Read(ctx, func(tx *store.Tx) error {
		why, err := tx.WouldDisarm(ctx, sighting)
		if err != nil || why == "" {
			return err
		}
		now.Armed, now.Reason, now.Since, now.CopiedAt = false, why, tx.Now(), now.LastSign
		return nil
	})
}

func (a *App) sighting(ctx context.Context, database studymail.ID) (s store.Sighting, err error) {
	if s.Home, err = a.Store.Home(ctx); err != nil {
		return s, err
	}
	s.Counter, err = statedir.At(a.Config.StateDir).Seen(database)
	if errors.Is(err, statedir.ErrDamaged) {
		s.Damaged, err = true, nil
	}
	return s, err
}

// Arm lets mail leave again, when it stands as the operator saw it (was).
func (a *App) Arm(ctx context.Context, was studymail.Arming, actor, detail string) (studymail.Arming, error) {
	dir, err := statedir.Open(a.Config.StateDir)
	if err != nil {
		return was, err
	}
	sighting, err := a.sighting(ctx, was.Database)
	if err != nil {
		return was, err
	}
	var now studymail.Arming
	err = a.Store.Write(ctx, func(tx *store.Tx) error {
		stands, err := tx.Arming(ctx)
		if err != nil {
			return err
		}
		if stands.Armed { // only foreseen: now it is so
			if was, err = tx.Advance(ctx, sighting); err != nil {
				return err
			}
		}
		now, err = tx.Arm(ctx, was, sighting.Counter, actor, detail)
		return err
	})
	if err != nil {
		return was, err
	}
	logs.SendingArmed(a.Logs.App)
	return now, dir.Note(now.Database, now.Counter)
}

// Disarm stops all mail; false when it was off already.
func (a *App) Disarm(ctx context.Context, note, actor string) (now studymail.Arming, done bool, err error) {
	err = a.Store.Write(ctx, func(tx *store.Tx) (err error) {
		now, done, err = tx.Disarm(ctx, studymail.ByHand, logs.Scrub(note), actor)
		return err
	})
	if err == nil && done {
		logs.SendingDisarmed(a.Logs.App, now.Reason)
	}
	return now, done, err
}

// sendingCheck is what health says of it. The operator's words are not in it: the
// page needs no login.
func sendingCheck(a *studymail.Arming) studymail.Check {
	c := studymail.Check{Name: "sending", OK: a.Armed, Value: "armed", Limit: "armed", Mend: "read docs/operations.md#restore, then `studymail arm`"}
	if a.Armed {
		return c
	}
	c.Value = fmt.Sprintf("OFF since %s: %s", a.Since.UTC().Format(time.RFC3339), a.Reason)
	if !a.Reason.IsCopy() {
		c.Mend = "`studymail arm` switches it on again"
	}
	return c
}
