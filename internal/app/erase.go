package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"studymail"
	"studymail/internal/logs"
	"studymail/internal/statedir"
	"studymail/internal/store"
)

// ErasePerson erases a person for good: noted in this machine's erasure log first, so
// that a restored backup cannot bring them back, then in one transaction, then in all
// that older windows and SQLite's log of changes hold. why is one of studymail.ErasureReasons.
func (a *App) ErasePerson(ctx context.Context, id studymail.ID, actor, why string) (e store.Erased, err error) {
	var database studymail.ID
	err = a.Store.Read(ctx, func(tx *store.Tx) error {
		now, err := tx.Arming(ctx)
		if err != nil {
			return err
		}
		database = now.Database
		_, err = tx.PersonByID(ctx, id) // who is not there is not noted
		return err
	})
	if err != nil {
		return e, err
	}
	dir, err := statedir.Open(a.Config.StateDir)
	if err != nil {
		return e, err
	}
	if err := dir.NoteErased(database, id); err != nil {
		return e, studymail.Errorf(studymail.Unavailable, "%w; nobody was erased: see to STATE_DIR, then try again", err)
	}
	err = a.Store.Write(ctx, func(tx *store.Tx) (err error) {
		e, err = tx.ErasePerson(ctx, id, actor, why)
		return err
	})
	if err != nil {
		return e, fmt.Errorf("%w (it is noted in the erasure log, and done when studymail starts next)", err)
	}
	if !e.Already {
		logs.PersonErased(a.Logs.App, id)
	}
	// From here on nothing can be opened any more: the rest is done again later if it
	// is not done now.
	if _, err := a.Store.FinishErasures(context.WithoutCancel(ctx)); err != nil {
		a.Logs.App.Error("what is left of erased people could not be taken away; it is tried again", "error", err)
	}
	return e, nil
}

// keepErased compares this machine's erasure log with the database, both ways: who was
// erased and is there again, after an older backup was restored, is erased again; whom
// other machines erased is noted here. A log that cannot be written is told, and stops
// nothing.
func (a *App) keepErased(ctx context.Context, log *slog.Logger) error {
	var (
		again            int
		database         studymail.ID
		unknown, missing []studymail.ID
	)
	err := a.Store.Read(ctx, func(tx *store.Tx) error {
		now, err := tx.Arming(ctx)
		if err != nil {
			return err
		}
		database = now.Database
		noted, err := statedir.At(a.Config.StateDir).Erased(database)
		if err != nil {
			return err
		}
		if unknown, err = tx.UnknownErasures(ctx, noted); err != nil {
			return err
		}
		missing, err = notLogged(ctx, tx, noted)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range unknown {
		err := a.Store.Write(ctx, func(tx *store.Tx) error {
			done, err := tx.EraseAgain(ctx, id)
			if done {
				again++
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("erase a person again after a restore: %w", err)
		}
	}
	if again > 0 {
		logs.ErasedAgain(log, again)
		if _, err := a.Store.FinishErasures(ctx); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	dir, err := statedir.Open(a.Config.StateDir)
	if err == nil {
		err = dir.NoteErased(database, missing...)
	}
	if err != nil {
		log.Error("the erasure log of this machine could not be brought up to date", "error", err)
	}
	return nil
}

// notLogged gives whom the database knows as erased and a log does not.
func notLogged(ctx context.Context, tx *store.Tx, log []studymail.ID) (missing []studymail.ID, err error) {
	known := make(map[studymail.ID]bool, len(log))
	for _, id := range log {
		known[id] = true
	}
	for last := int64(0); ; {
		var page []studymail.ID
		if page, last, err = tx.Erasures(ctx, last, 1000); err != nil || len(page) == 0 {
			return missing, err
		}
		for _, id := range page {
			if !known[id] {
				missing = append(missing, id)
			}
		}
	}
}

// erasuresEvery is how often a worker compares its log with the database.
const erasuresEvery = time.Minute

// keepErasedEach looks once a minute: the database may be put back under running
// workers, and other machines erase people, too. It also finishes erasures that could
// not be finished at once.
func (a *App) keepErasedEach(ctx context.Context) func() error {
	looked := a.Now()
	return func() error {
		now := a.Now()
		if since := now.Sub(looked); since >= 0 && since < erasuresEvery {
			return nil
		}
		looked = now
		if err := a.keepErased(ctx, a.Logs.Worker); err != nil {
			return err
		}
		_, err := a.Store.FinishErasures(ctx)
		return err
	}
}
