package outbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

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

// register makes a worker of this process.
func register(ctx context.Context, s *store.Store, stateDir, version string, lease time.Duration) (*worker, error) {
	w := &worker{dir: filepath.Join(stateDir, "workers")}
	w.ID, w.PID, w.Version = studymail.NewID(), os.Getpid(), version
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
	from := bootTime()
	if err := s.Write(ctx, func(tx *store.Tx) error { return tx.AddWorker(ctx, &w.Worker, lease) }); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	w.until.Store(from + int64(lease))
	return w, nil
}

// release lets go of the lock, when the worker's row is stopped.
func (w *worker) release() {
	_ = os.Remove(w.lockPath(w.ID)) // a file that stays is found free, and harmless
	_ = w.lock.Close()
}

func (w *worker) lockPath(id studymail.ID) string { return filepath.Join(w.dir, id.String()+".lock") }

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

// Recover takes back what dead workers held: those whose lock is free at once,
// others when their lease is over. It needs neither the job engine nor its leader.
func (o *Outbox) Recover(ctx context.Context) (store.Recovered, error) {
	me := o.worker.Load()
	var (
		sum  store.Recovered
		dead []studymail.Worker
		gone = map[studymail.ID]bool{}
	)
	err := o.opts.Store.Read(ctx, func(tx *store.Tx) error {
		alive, err := tx.AliveWorkers(ctx)
		if err != nil {
			return err
		}
		dead = nil
		for _, w := range alive {
			proven := me.gone(&w)
			if w.ID != me.ID && (proven || w.LeaseUntil.Before(tx.Now())) {
				dead = append(dead, w)
				gone[w.ID] = proven
			}
		}
		stopped, err := tx.UnprovenWorkers(ctx, me.Host, me.BootID)
		for _, w := range stopped {
			if me.gone(&w) {
				gone[w.ID] = true
			}
		}
		return err
	})
	if err != nil {
		return sum, err
	}
	for i := range dead {
		w := &dead[i]
		var r store.Recovered
		err := o.opts.Store.Write(ctx, func(tx *store.Tx) (err error) {
			r, err = tx.StopWorker(ctx, w, gone[w.ID])
			return err
		})
		if err != nil {
			return sum, err
		}
		o.log.Warn("took back what a dead worker held", "dead_worker", w.ID, "queued", r.Requeued, "uncertain", r.Uncertain)
		sum.Requeued += r.Requeued
		sum.Uncertain += r.Uncertain
	}
	return sum, o.prove(ctx, gone)
}

func (o *Outbox) prove(ctx context.Context, gone map[studymail.ID]bool) error {
	var ids []studymail.ID
	for id, proven := range gone {
		if proven {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := o.opts.Store.Write(ctx, func(tx *store.Tx) error { return tx.ProveDead(ctx, ids) }); err != nil {
		return err
	}
	me := o.worker.Load()
	for _, id := range ids {
		_ = os.Remove(me.lockPath(id)) // its worker is gone; a file that stays is harmless
	}
	return nil
}

// beat renews the lease. A worker that was declared dead meanwhile becomes a
// new one: its claims are others' by now, and the guard refuses them.
func (o *Outbox) beat(ctx context.Context) error {
	w := o.worker.Load()
	from := bootTime()
	alive := false
	err := o.recorder.do(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		alive, err = tx.Heartbeat(ctx, &w.Worker, o.opts.Lease)
		return err
	})
	if err != nil {
		return err
	}
	if alive {
		w.until.Store(from + int64(o.opts.Lease))
		return nil
	}
	o.log.Warn("this worker's lease was over: it starts anew", "worker", w.ID)
	fresh, err := register(ctx, o.opts.Store, o.opts.StateDir, o.opts.Version, o.opts.Lease)
	if err != nil {
		return err
	}
	o.worker.Store(fresh)
	return nil // the old lock stays ours: its windows may still get late outcomes
}
