package outbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"studymail"
	"studymail/internal/store"

	"golang.org/x/sys/unix"
)

// worker is this process as the database knows it: a row with a lease, and a
// lock file that the kernel lets go when the process ends, however it ends.
type worker struct {
	studymail.Worker
	dir     string
	lock    *os.File
	claims  atomic.Int64
	windows atomic.Int64
	until   atomic.Int64 // the lease, on the clock that runs in sleep too
}

// register makes a worker of this process, and gives the database a sign of life.
func (o *Outbox) register(ctx context.Context) (*worker, error) {
	w := &worker{dir: filepath.Join(o.opts.StateDir, "workers")}
	w.ID, w.PID, w.Version = studymail.NewID(), os.Getpid(), o.opts.Version
	w.Host, w.BootID = thisMachine()
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return nil, studymail.Errorf(studymail.Unavailable, "make the folder for workers' locks: %w; give STATE_DIR a folder that can be written", err)
	}
	// The lock comes before the row: whoever sees the row finds the lock taken.
	f, err := os.OpenFile(w.lockPath(w.ID), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, studymail.Errorf(studymail.Unavailable, "make this worker's lock: %w; give STATE_DIR a folder that can be written", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil { //nolint:gosec // a file descriptor is small
		return nil, errors.Join(fmt.Errorf("lock this worker's lock: %w", err), f.Close())
	}
	w.lock = f
	if err := o.watch.sign(ctx, o.opts.Store, o.opts.Log); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	from := bootTime()
	if err := o.opts.Store.Write(ctx, func(tx *store.Tx) error { return tx.AddWorker(ctx, &w.Worker, o.opts.Lease) }); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	w.until.Store(from + int64(o.opts.Lease))
	return w, nil
}

// release lets go of the lock, when the worker's row is stopped.
func (w *worker) release() {
	_ = os.Remove(w.lockPath(w.ID)) // a file that stays is found free, and harmless
	_ = w.lock.Close()
}

func (w *worker) lockPath(id studymail.ID) string { return filepath.Join(w.dir, id.String()+".lock") }

func (w *worker) journalPath(id studymail.ID) string {
	return filepath.Join(w.dir, id.String()+".journal")
}

// leased tells whether the lease still runs, however long the machine slept.
func (w *worker) leased() bool { return bootTime() < w.until.Load() }

// gone tells for certain that the process of another worker of this machine
// ended: nobody holds its lock.
func (w *worker) gone(other *studymail.Worker) bool {
	if other.Host != w.Host || other.BootID != w.BootID || other.ID == w.ID {
		return false
	}
	f, err := os.OpenFile(w.lockPath(other.ID), os.O_RDWR, 0)
	if err != nil {
		return false // another STATE_DIR, perhaps: its lease will tell
	}
	defer func() { _ = f.Close() }()
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil //nolint:gosec // a file descriptor is small
}

// bootTime is CLOCK_BOOTTIME in nanoseconds: it goes on while the machine or
// the process sleeps, and nobody can set it.
func bootTime() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return int64(^uint64(0) >> 1) // no clock, no lease
	}
	return ts.Nano()
}

func thisMachine() (host, bootID string) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return host, ""
	}
	return host, strings.TrimSpace(string(b))
}

// finding is a worker that does not work any more.
type finding struct {
	studymail.Worker
	gone    bool // for certain: else only its lease is over
	stopped bool // what it held was taken back before, when only its lease was over
}

// Recover takes back what dead workers held: those whose lock is free at once,
// by what their journals say; others when their lease is over. It needs neither
// the job engine nor its leader.
func (o *Outbox) Recover(ctx context.Context) (store.Recovered, error) {
	var sum store.Recovered
	found, err := o.find(ctx)
	if err != nil {
		return sum, err
	}
	me := o.worker.Load()
	for i := range found {
		f := &found[i]
		var r store.Recovered
		if f.stopped {
			r, err = o.prove(ctx, &f.Worker)
		} else {
			r, err = o.stopWorker(ctx, &f.Worker, f.gone)
		}
		if err != nil {
			return sum, err
		}
		if f.gone {
			// Files that stay are harmless.
			_ = os.Remove(me.lockPath(f.ID))
			_ = os.Remove(me.journalPath(f.ID))
		}
		o.log.Warn("took back what a dead worker held", "dead_worker", f.ID, "queued", r.Requeued, "settled", r.Settled, "uncertain", r.Uncertain)
		sum.Requeued += r.Requeued
		sum.Settled += r.Settled
		sum.Uncertain += r.Uncertain
	}
	return sum, nil
}

// find looks for workers that do not work any more.
func (o *Outbox) find(ctx context.Context) (found []finding, err error) {
	me := o.worker.Load()
	err = o.opts.Store.Read(ctx, func(tx *store.Tx) error {
		found = nil
		alive, err := tx.AliveWorkers(ctx)
		if err != nil {
			return err
		}
		for _, w := range alive {
			if w.ID == me.ID {
				continue
			}
			gone := me.gone(&w)
			if silent := o.lookout.silent(&w, bootTime(), o.opts.Lease); gone || silent || w.LeaseUntil.Before(tx.Now()) {
				found = append(found, finding{Worker: w, gone: gone})
			}
		}
		o.lookout.forget(alive)
		stopped, err := tx.UnprovenWorkers(ctx, me.Host, me.BootID)
		for _, w := range stopped {
			if me.gone(&w) {
				found = append(found, finding{Worker: w, gone: true, stopped: true})
			}
		}
		return err
	})
	return found, err
}

// beat renews the lease, and gives the database a sign of life. A worker that was declared dead meanwhile becomes a
// new one: its claims are others' by now, and the guard refuses them.
func (o *Outbox) beat(ctx context.Context) error {
	w := o.worker.Load()
	if err := o.watch.sign(ctx, o.opts.Store, o.log); err != nil {
		return err
	}
	from := bootTime()
	alive := false
	sent, counts := o.recorder.flowed(o.opts.Now()), o.recorder.counted()
	err := o.recorder.do(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if alive, err = tx.Heartbeat(ctx, &w.Worker, o.opts.Lease); err != nil {
			return err
		}
		if err := tx.AddFlow(ctx, w.Key, o.opts.Transport.Name(), sent); err != nil {
			return err
		}
		return tx.AddFigures(ctx, o.opts.Letterbox.Zone, counts)
	})
	if err != nil {
		return err
	}
	if alive {
		w.until.Store(from + int64(o.opts.Lease))
		return nil
	}
	o.log.Warn("this worker's lease was over: it starts anew", "worker", w.ID)
	fresh, err := o.register(ctx)
	if err != nil {
		return err
	}
	if err := o.journal.alias(fresh.journalPath(fresh.ID)); err != nil {
		o.log.Warn("no journal for the new worker: should this process be killed, more messages will be uncertain", "error", err)
	}
	o.worker.Store(fresh)
	return nil // the old lock stays ours while its windows wait for late outcomes: they hold the worker
}
