package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/feedback"
	"studymail/internal/jobs"
	"studymail/internal/limiter"
	"studymail/internal/logs"
	"studymail/internal/outbox"
	"studymail/internal/store"
)

// Parts say what a process runs.
type Parts struct {
	Mode    string // serve, worker or web: for the log
	Workers bool   // hands mail over, works jobs, looks at the schedules
	Web     bool   // answers on HTTP_ADDR

	// Ended is told how many messages are uncertain because of the end.
	Ended func(uncertain int)
}

// tickEvery is how often a worker looks for what dead processes left behind.
const tickEvery = time.Second

// Serve runs the parts until ctx ends, then ends them in order. started is
// called once all run.
func (a *App) Serve(ctx context.Context, p Parts, started func(addr string)) (err error) {
	began := a.Now()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	fail := func(err error) {
		if err != nil {
			cancel(err)
		}
	}

	servers, addr, err := a.pages(ctx, p.Web)
	if err != nil {
		return err
	}
	for _, s := range servers {
		running.Go(func() { fail(s.server.Serve(s.listener)) })
	}
	stopServers := func(ctx context.Context) {
		for _, s := range servers {
			s.server.Stop(ctx)
		}
	}

	running.Go(func() { a.watchKeys(ctx, p.Mode) })

	var (
		engine *jobs.Engine
		box    *outbox.Outbox
	)
	if p.Workers {
		engine, box, err = a.startWorkers(ctx, &running, fail)
		if err != nil {
			cancel(err)
			stopServers(context.WithoutCancel(ctx))
			running.Wait()
			return err
		}
	}
	log := a.Logs.App
	logs.ProcessStarted(log, p.Mode, ReadVersion().Version, string(a.Store.Kind()), addr)
	if started != nil {
		started(addr)
	}
	<-ctx.Done()
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 13*time.Second)
	defer stop()
	stopServers(last)
	var errs []error
	if engine != nil {
		errs = append(errs, engine.Stop(last))
	}
	running.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		errs = append(errs, cause)
	}
	logs.ProcessStopped(log, p.Mode, a.Now().Sub(began))
	if box != nil && p.Ended != nil {
		p.Ended(box.Doubtful())
	}
	return errors.Join(errs...)
}

func (a *App) startWorkers(ctx context.Context, running *sync.WaitGroup, fail func(error)) (*jobs.Engine, *outbox.Outbox, error) {
	if os.Getenv("GOGC") == "" { // the runtime's own variable: it has the last word
		// Little lives long here: collecting at five times what does, instead of at
		// twice, takes 8 % off a mail's processor time for 10 MB of memory.
		debug.SetGCPercent(400)
	}
	// SWEEP_EVERY may be another than when the tables were made.
	if err := a.ensureBuiltins(ctx); err != nil {
		return nil, nil, err
	}
	transport, err := a.Transport()
	if err != nil {
		return nil, nil, err
	}
	planner, err := a.Planner()
	if err != nil {
		return nil, nil, err
	}
	lim := limiter.New(limiter.Options{
		Store: a.Store, Transport: transport.Name(), Limits: a.Config.Limits, Now: a.Now, Log: a.Logs.Worker,
	})
	box, err := outbox.New(ctx, outbox.Options{
		Store: a.Store, Transport: transport, Letterbox: a.Letterbox(), Log: a.Logs.Worker, Now: a.Now,
		Limiter: lim, Together: a.Config.Limits.Connections,
		Connections: a.lanes(), Window: min(a.Config.SMTPWindow, store.MaxWindow/2),
		Lease:    lease,
		Retries:  outbox.Retries{Base: a.Config.RetryBase, Max: a.Config.RetryMax},
		StateDir: a.Config.StateDir, Version: ReadVersion().Version,
	})
	if err != nil {
		return nil, nil, err
	}
	// Before anything else: what a process that was killed held comes back.
	if _, err := box.Recover(ctx); err != nil {
		return nil, nil, errors.Join(err, box.Abandon(context.WithoutCancel(ctx)))
	}
	imports := a.newImporter()
	engine, err := jobs.Start(ctx, a.Store, a.handlers(planner, box, imports), jobs.Options{
		Log: a.Logs.Worker, Now: time.Now, Name: box.WorkerID().String(), Keep: a.Config.JobHistory, PollOnly: a.Store.Pooled(), // River's times are the machine's
	})
	if err != nil {
		return nil, nil, errors.Join(err, box.Abandon(context.WithoutCancel(ctx)))
	}
	// Hours that passed while nobody worked must not hold up what may leave now.
	if _, err := a.Store.RefreshHours(ctx, true); err != nil {
		a.Logs.Worker.Error("send hours could not be looked at", "error", err)
	}
	if ses, ok := transport.(*outbox.SES); ok {
		again := make(chan struct{}, 1)
		ses.Spent = func() {
			select {
			case again <- struct{}{}:
			default:
			}
		}
		running.Go(func() { a.followAccount(ctx, ses, lim, again) })
	}
	running.Go(func() { lim.Run(ctx) })
	running.Go(func() { fail(box.Run(ctx)) })
	running.Go(func() { imports.run(ctx) })
	intake := a.Feedback()
	if a.Config.FeedbackSMTPAddr != "" {
		running.Go(func() { fail(a.receiveFeedback(ctx, intake)) })
	}
	if a.Config.FeedbackIMAP.Host != "" {
		running.Go(func() { fail(a.readMailbox(ctx, intake)) })
	}
	if a.Config.SES.QueueURL != "" {
		running.Go(func() { fail(a.readQueue(ctx, intake)) })
	}
	running.Go(func() { a.tick(ctx, planner, box, intake) })
	return engine, box, nil
}

// handlers are what jobs do.
func (a *App) handlers(planner *audience.Planner, box *outbox.Outbox, imports *importer) jobs.Handlers {
	return jobs.Handlers{
		RunImport: imports.job,
		Resend: func(ctx context.Context, id studymail.ID) error {
			defer box.Wake()
			return planner.Resend(ctx, id)
		},
		SendPass: func(context.Context, studymail.ID) error {
			box.Wake()
			return nil
		},
		PlanCampaign: func(ctx context.Context, campaign, firing studymail.ID) (string, error) {
			res, err := planner.PlanScheduled(ctx, campaign, firing)
			if err != nil {
				return "", err
			}
			box.Wake()
			return res, nil
		},
		RetrySweep: func(ctx context.Context) (string, error) {
			n, err := a.retrySweep(ctx)
			if n > 0 {
				box.Wake()
			}
			return counted("requeued", n), err
		},
		StuckSweep: func(ctx context.Context) (string, error) {
			r, err := box.Recover(ctx)
			if r.Requeued+r.Uncertain == 0 {
				return "", err
			}
			return fmt.Sprintf("requeued=%d uncertain=%d", r.Requeued, r.Uncertain), err
		},
		RetentionPurge: func(ctx context.Context) (string, error) {
			p, err := a.Purge(ctx, "schedule")
			return p.String(), err
		},
	}
}

func counted(what string, n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s=%d", what, n)
}

// retrySweep brings all due messages back, in short transactions.
func (a *App) retrySweep(ctx context.Context) (int, error) {
	total, began := 0, a.Now()
	for {
		var n int
		err := a.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.RetryDue(ctx)
			return err
		})
		if total += n; err == nil && n > 0 {
			continue
		}
		if total > 0 {
			logs.Swept(a.Logs.Worker, total, a.Now().Sub(began))
		}
		return total, err
	}
}

// tick does what must not wait for the job engine or its leader, each in a loop
// of its own so that a long plan holds up nothing else.
func (a *App) tick(ctx context.Context, planner *audience.Planner, box *outbox.Outbox, intake *feedback.Intake) {
	var loops sync.WaitGroup
	loops.Go(func() {
		a.every(ctx, "dead workers could not be looked for", func() error { return a.recoverDead(ctx, box) })
	})
	loops.Go(func() {
		a.every(ctx, "abandoned plans could not be taken up", func() error { return a.takeUp(ctx, planner, box) })
	})
	loops.Go(func() {
		a.every(ctx, "campaigns could not be ended", func() error { return a.finish(ctx, planner) })
	})
	loops.Go(func() {
		a.every(ctx, "send hours could not be looked at", a.followHours(ctx, box))
	})
	loops.Go(func() {
		a.every(ctx, "what became of letters could not be noted for lists", func() error {
			_, err := a.Store.KeepLastMessages(ctx)
			return err
		})
	})
	loops.Go(func() {
		a.every(ctx, "campaigns could not be looked at for halts", a.haltCampaigns(ctx))
	})
	loops.Go(func() {
		a.every(ctx, "feedback that waited could not be applied", func() error {
			_, err := intake.ApplyWaiting(ctx)
			return err
		})
	})
	loops.Go(func() {
		a.every(ctx, "erasures could not be kept up", a.keepErasedEach(ctx))
	})
	loops.Wait()
}

// every runs fn each second until ctx ends, and logs a failure once while it lasts.
func (a *App) every(ctx context.Context, what string, fn func() error) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	failing := ""
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		err := fn()
		text := ""
		if err != nil {
			text = err.Error()
		}
		if err != nil && text != failing && ctx.Err() == nil {
			a.Logs.Worker.Error(what, "error", err)
		}
		failing = text
	}
}

// recoverDead takes back what dead workers held.
func (a *App) recoverDead(ctx context.Context, box *outbox.Outbox) error {
	r, err := box.Recover(ctx)
	if r.Requeued > 0 {
		box.Wake()
	}
	return err
}

// takeUp goes on with the plans of dead planners.
func (a *App) takeUp(ctx context.Context, planner *audience.Planner, box *outbox.Outbox) error {
	n, err := planner.TakeUp(ctx)
	if n > 0 {
		box.Wake()
	}
	return err
}

// finish ends campaigns whose last message came to rest, and cancels what waits
// of cancelled ones.
func (a *App) finish(ctx context.Context, planner *audience.Planner) error {
	if _, err := planner.CancelWaiting(ctx); err != nil {
		return err
	}
	done, err := planner.Settle(ctx, "worker")
	if err != nil {
		return err
	}
	for _, f := range done {
		logs.CampaignMoved(a.Logs.Worker, f.ID, f.State)
	}
	return nil
}
