package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"studymail"
	"studymail/internal/store"
)

// How often a scheduler does what it does not do at each look.
const (
	noteEvery   = 10 * time.Second
	settleEvery = time.Minute
)

// Scheduler looks at the schedules and queues the jobs of those that are due.
// Any number may look at once, in any number of processes.
type Scheduler struct {
	store *store.Store
	queue *Queue
	log   *slog.Logger

	last atomic.Int64 // the last look, in milliseconds; 0: none

	mu      sync.Mutex
	noted   time.Time // the last look that was written down
	settled time.Time
	failing string // the failure that was logged last
}

// NewScheduler makes a Scheduler; Start has one of its own.
func NewScheduler(s *store.Store, q *Queue, log *slog.Logger) *Scheduler {
	return &Scheduler{store: s, queue: q, log: log}
}

// LastTick is when this scheduler last looked without a failure.
func (d *Scheduler) LastTick() time.Time {
	if ms := d.last.Load(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

// run looks every so often until ctx ends.
func (d *Scheduler) run(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		err := protect(func() error {
			_, err := d.Tick(ctx)
			return err
		})
		if ctx.Err() != nil {
			return
		}
		d.report(ctx, err)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// report logs a failure once, not twice a second while it lasts, and its end.
func (d *Scheduler) report(ctx context.Context, err error) {
	text := ""
	if err != nil {
		text = maskError(err).Error()
	}
	if text == d.failing {
		return
	}
	d.failing = text
	if err == nil {
		d.log.InfoContext(ctx, "schedules are looked at again")
		return
	}
	d.log.LogAttrs(ctx, slog.LevelError, "schedules could not be looked at", maskError(err).attrs()...)
}

// Ticked is what a look found.
type Ticked struct {
	Fired  int // jobs queued
	Missed int // times passed over by their schedules' policies
}

// Tick looks once. Each due schedule is taken in a transaction of its own, which
// also queues its job: either both are there or neither.
func (d *Scheduler) Tick(ctx context.Context) (Ticked, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var (
		res Ticked
		due []studymail.Schedule
		now time.Time
	)
	if err := d.store.Read(ctx, func(tx *store.Tx) error {
		var err error
		now = tx.Now()
		due, err = tx.DueSchedules(ctx)
		return err
	}); err != nil {
		return res, err
	}
	if last := d.LastTick(); last.IsZero() || now.Before(last) {
		// The clock may have been put back, now or while nobody looked.
		if err := d.store.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.CatchUpIntervals(ctx)
			return err
		}); err != nil {
			return res, err
		}
	}
	var failed error
	for _, s := range due {
		taken, err := d.take(ctx, s)
		if err != nil { // it stays due; the others are not to wait for it
			failed = errors.Join(failed, err)
			continue
		}
		if taken.Run != nil {
			res.Fired++
		}
		res.Missed += taken.Missed
	}
	if failed != nil {
		return res, failed
	}
	if passed(d.noted, now, noteEvery) {
		if err := d.store.Write(ctx, func(tx *store.Tx) error { return tx.NoteSchedulerTick(ctx) }); err != nil {
			return res, err
		}
		d.noted = now
	}
	if passed(d.settled, now, settleEvery) {
		if err := d.settle(ctx); err != nil {
			return res, err
		}
		d.settled = now
	}
	d.last.Store(now.UnixMilli())
	return res, nil
}

// passed tells that it is time again; a clock that was put back is a reason, too.
func passed(last, now time.Time, every time.Duration) bool {
	return last.IsZero() || now.Before(last) || now.Sub(last) >= every
}

func (d *Scheduler) take(ctx context.Context, s studymail.Schedule) (store.TakenSchedule, error) {
	var taken store.TakenSchedule
	err := d.store.Write(ctx, func(tx *store.Tx) error {
		mine := s // Write may call again
		var err error
		if taken, err = tx.TakeDueSchedule(ctx, &mine); err != nil {
			return err
		}
		return d.queue.Fire(ctx, tx, s.Job, taken)
	})
	if err != nil {
		return store.TakenSchedule{}, err
	}
	if taken.Run != nil {
		d.log.DebugContext(ctx, "schedule fired", slog.String("schedule", s.ID.String()), slog.String("schedule_run", taken.Run.ID.String()))
	}
	if taken.Missed > 0 {
		level := slog.LevelWarn
		if s.Job == studymail.RetrySweepJob || s.Job == studymail.StuckSweepJob { // each process does so at its start, too
			level = slog.LevelInfo
		}
		d.log.Log(ctx, level, "schedule missed times", slog.String("schedule", s.ID.String()), slog.Int("missed", taken.Missed))
	}
	return taken, nil
}

// settle fails the runs whose job is gone: cancelled by hand, thrown away after
// its last try by a process that died. Else they would stand in the way of the
// next for ever.
func (d *Scheduler) settle(ctx context.Context) error {
	var lost []studymail.ID
	// One snapshot: a run and its job are committed together.
	if err := d.store.Read(ctx, func(tx *store.Tx) error {
		lost = nil
		runs, err := tx.OpenScheduleRuns(ctx)
		if err != nil || len(runs) == 0 {
			return err
		}
		open, err := d.queue.openScheduleRuns(ctx, tx)
		if err != nil {
			return err
		}
		for _, r := range runs {
			if !open[r.ID] {
				lost = append(lost, r.ID)
			}
		}
		return nil
	}); err != nil || len(lost) == 0 {
		return err
	}
	d.log.WarnContext(ctx, "schedule runs without a job", slog.Int("count", len(lost)))
	return d.store.Write(ctx, func(tx *store.Tx) error {
		for _, id := range lost {
			if _, err := tx.EndScheduleRun(ctx, id, studymail.RunFailed, "code=lost"); err != nil {
				return err
			}
		}
		return nil
	})
}

// EnsureBuiltins makes the built-in schedules that are missing. The retry
// sweep's interval follows sweepEvery, without firing.
func EnsureBuiltins(ctx context.Context, s *store.Store, sweepEvery time.Duration, zone string) error {
	builtins := []studymail.Schedule{
		{Name: "Retry sweep", Job: studymail.RetrySweepJob, Kind: studymail.Interval, Expr: sweepEvery.String()},
		{Name: "Stuck sweep", Job: studymail.StuckSweepJob, Kind: studymail.Interval, Expr: (30 * time.Second).String()},
		{Name: "Retention purge", Job: studymail.RetentionPurgeJob, Kind: studymail.Cron, Expr: "30 3 * * *", MissedWithin: 24 * time.Hour},
	}
	return s.Write(ctx, func(tx *store.Tx) error {
		for _, b := range builtins {
			b.Enabled, b.Zone, b.Missed = true, zone, studymail.MissedRunOnce
			// Sweeps do no harm to one another. With "skip", a sweep whose process
			// was killed would hold up the next until River rescues its job.
			b.Overlap = studymail.OverlapAllow
			if err := tx.EnsureBuiltin(ctx, b); err != nil {
				return err
			}
		}
		return nil
	})
}
