package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"studymail"
	"studymail/internal/logs"
	"studymail/internal/statedir"
	"studymail/internal/store"
)

// watch is the restore guard's part in this process. Each sign of life moves the
// database's counter on, and then the file of STATE_DIR; only then a worker is given
// its lease. A database that is behind the file is disarmed by it; and without a
// lease, or disarmed, no window opens.
//
// The order matters: after a crash between database and file the file is behind,
// which is harmless.
type watch struct {
	dir      *statedir.Dir
	home     store.Home
	database studymail.ID
	seen     atomic.Int64 // by this process
	armed    atomic.Bool
}

func newWatch(ctx context.Context, s *store.Store, stateDir string) (*watch, error) {
	dir, err := statedir.Open(stateDir)
	if err != nil {
		return nil, err
	}
	w := &watch{dir: dir}
	w.armed.Store(true)
	if w.home, err = s.Home(ctx); err != nil {
		return nil, err
	}
	err = s.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Arming(ctx)
		w.database = a.Database
		return err
	})
	return w, err
}

// sighting is what this machine knows before it gives a sign of life. A file
// that cannot be read for once does not stop a worker: it has seen it before.
func (w *watch) sighting() (store.Sighting, error) {
	s := store.Sighting{Home: w.home, Counter: w.seen.Load()}
	seen, err := w.dir.Seen(w.database)
	if errors.Is(err, statedir.ErrDamaged) {
		s.Damaged = true
		return s, nil
	}
	s.Counter = max(s.Counter, seen)
	if s.Counter > 0 {
		return s, nil
	}
	return s, err
}

// sign gives the database a sign of life.
func (w *watch) sign(ctx context.Context, s *store.Store, log *slog.Logger) error {
	sighting, err := w.sighting()
	if err != nil {
		return err
	}
	a, err := s.Advance(ctx, sighting)
	if err != nil {
		return err
	}
	w.seen.Store(a.Counter)
	if err := w.dir.Note(w.database, a.Counter); err != nil {
		log.Error("STATE_DIR does not take how far on the database is: a restored one may not be noticed", "error", err)
	}
	if w.armed.Swap(a.Armed) != a.Armed {
		if a.Armed {
			logs.SendingArmed(log)
		} else {
			logs.SendingDisarmed(log, a.Reason)
		}
	}
	return nil
}

// lastSign is that of a worker that ends in order: a copy that was made while it
// worked is behind the file by then, however short that was.
func (o *Outbox) lastSign(ctx context.Context) {
	if err := o.watch.sign(ctx, o.opts.Store, o.log); err != nil {
		o.log.Warn("the database has no last sign of life of this worker", "error", err)
	}
}
