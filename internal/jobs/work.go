package jobs

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"studymail"
	"studymail/internal/store"
)

// worker works jobs of one kind.
type worker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	work func(ctx context.Context, job *river.Job[T]) error
}

// Work implements river.Worker.
func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error { return w.work(ctx, job) }

func add[T river.JobArgs](all *river.Workers, work func(context.Context, *river.Job[T]) error) error {
	return river.AddWorkerSafely(all, &worker[T]{work: work})
}

// newWorkers registers all kinds, in every process: the rescuer throws away
// jobs of kinds that it does not know.
func newWorkers(s *store.Store, h Handlers) (*river.Workers, error) {
	f := &firing{s}
	all := river.NewWorkers()
	return all, errors.Join(
		add(all, func(ctx context.Context, job *river.Job[sendPass]) error {
			return limited(ctx, func(ctx context.Context) error { return h.SendPass(ctx, job.Args.Run) })
		}),
		add(all, func(ctx context.Context, job *river.Job[planCampaign]) error {
			return f.work(ctx, job.Args.ScheduleRun, job.Attempt >= job.MaxAttempts, func(ctx context.Context) (string, error) {
				return h.PlanCampaign(ctx, job.Args.Campaign, job.Args.ScheduleRun)
			})
		}),
		add(all, func(ctx context.Context, job *river.Job[runImport]) error {
			return limited(ctx, func(ctx context.Context) error { return h.RunImport(ctx, job.Args.Import) })
		}),
		add(all, func(ctx context.Context, job *river.Job[resendMessages]) error {
			return limited(ctx, func(ctx context.Context) error { return h.Resend(ctx, job.Args.Resend) })
		}),
		add(all, func(ctx context.Context, job *river.Job[retrySweep]) error {
			return f.work(ctx, job.Args.ScheduleRun, job.Attempt >= job.MaxAttempts, h.RetrySweep)
		}),
		add(all, func(ctx context.Context, job *river.Job[stuckSweep]) error {
			return f.work(ctx, job.Args.ScheduleRun, job.Attempt >= job.MaxAttempts, h.StuckSweep)
		}),
		add(all, func(ctx context.Context, job *river.Job[retentionPurge]) error {
			return f.work(ctx, job.Args.ScheduleRun, job.Attempt >= job.MaxAttempts, h.RetentionPurge)
		}),
	)
}

// limited works for at most 40 seconds; with more to do it asks to be called
// again at once.
func limited(ctx context.Context, do func(context.Context) error) error {
	working, cancel := context.WithTimeout(ctx, workFor)
	defer cancel()
	err := protect(func() error { return do(working) })
	if errors.Is(err, ErrMore) || (errors.Is(err, context.DeadlineExceeded) && working.Err() != nil && ctx.Err() == nil) {
		return river.JobSnooze(0)
	}
	return err
}

// firing works the job of a schedule's run and notes what becomes of the run.
type firing struct {
	store *store.Store
}

// work calls do unless the run has ended already. last says that there is no
// further try: the run fails then, and only then.
func (f *firing) work(ctx context.Context, run studymail.ID, last bool, do func(context.Context) (string, error)) error {
	var detail string
	work := func(ctx context.Context) error {
		var err error
		detail, err = do(ctx)
		return err
	}
	if run.IsZero() { // started by a command, not by a schedule
		return limited(ctx, work)
	}
	var open bool
	if err := f.store.Write(ctx, func(tx *store.Tx) error {
		var err error
		open, err = tx.BeginScheduleRun(ctx, run)
		return err
	}); err != nil || !open {
		return err
	}
	err := limited(ctx, work)
	switch {
	case err == nil:
		return f.end(ctx, run, studymail.RunEnded, detail)
	case isSnooze(err), ctx.Err() != nil, !last:
		return err // it goes on later
	}
	masked := maskError(err)
	return errors.Join(masked, f.end(ctx, run, studymail.RunFailed, "code="+masked.code))
}

// end notes the outcome also when the program is stopping: the work was done.
func (f *firing) end(ctx context.Context, run studymail.ID, outcome studymail.ScheduleOutcome, detail string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return f.store.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.EndScheduleRun(ctx, run, outcome, bounded(detail))
		return err
	})
}

func isSnooze(err error) bool {
	_, ok := errors.AsType[*river.JobSnoozeError](err)
	return ok
}

// bounded keeps a detail to what a table's cell can show.
func bounded(detail string) string {
	const most = 200
	if len(detail) <= most {
		return detail
	}
	return strings.ToValidUTF8(detail[:most], "")
}
