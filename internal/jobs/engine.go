package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivertype"

	"studymail"
	"studymail/internal/store"
)

// How long things take; docs/decisions has the measurements.
const (
	workFor    = 40 * time.Second // a job's own limit; the rest is for ending in order
	jobTimeout = 50 * time.Second
	rescueFrom = 51 * time.Second // must be more than the timeout
	softStop   = 10 * time.Second // else a stop waits for ever
	tickEvery  = 500 * time.Millisecond
	keepJobs   = 24 * time.Hour
)

// Handlers is the work itself. Each may be called twice for the same thing, also
// at once, and must leave it to the tables what there is to do. A detail holds
// counts and codes only ("requeued=3"), or "" when there was nothing to do.
type Handlers struct {
	SendPass       func(ctx context.Context, run studymail.ID) error
	PlanCampaign   func(ctx context.Context, campaign, firing studymail.ID) (detail string, err error) // firing: the schedule's run, or zero
	RunImport      func(ctx context.Context, id studymail.ID) error
	Resend         func(ctx context.Context, id studymail.ID) error
	RetrySweep     func(ctx context.Context) (detail string, err error)
	StuckSweep     func(ctx context.Context) (detail string, err error)
	RetentionPurge func(ctx context.Context) (detail string, err error)
}

// Options of an Engine. The zero value of each but Log and Now is its default.
type Options struct {
	Log      *slog.Logger
	Now      func() time.Time // the machine's clock: River's times are its
	Name     string           // stands with the jobs that it works: the worker's UUID; "": one of River's making
	Workers  int              // how many jobs of a queue at once; 4
	PollOnly bool             // no LISTEN/NOTIFY: behind pgbouncer
	Tick     time.Duration    // how often the schedules are looked at; 500 ms
	Keep     time.Duration    // how long a job that is done stays listed; a day
}

// Engine works jobs and looks at the schedules, until it is stopped.
type Engine struct {
	client    *river.Client[*sql.Tx]
	scheduler *Scheduler
	listener  *pgxpool.Pool // PostgreSQL: for LISTEN only
	stopTick  context.CancelFunc
	ticks     sync.WaitGroup
}

// Start starts working. ctx is for starting only: Stop ends what was started.
func Start(ctx context.Context, s *store.Store, h Handlers, o Options) (*Engine, error) {
	if o.Workers == 0 {
		o.Workers = 4
	}
	if o.Tick == 0 {
		o.Tick = tickEvery
	}
	if o.Keep == 0 {
		o.Keep = keepJobs
	}
	queue, err := NewQueue(s)
	if err != nil {
		return nil, err
	}
	e := &Engine{scheduler: NewScheduler(s, queue, o.Log)}
	driver, err := e.listeningDriver(ctx, s, o.PollOnly)
	if err != nil {
		return nil, err
	}
	workers, err := newWorkers(s, h)
	if err != nil {
		return nil, err
	}
	slots := river.QueueConfig{MaxWorkers: o.Workers}
	e.client, err = river.NewClient(driver, &river.Config{
		ID:                          o.Name,
		Logger:                      slog.New(riverLog{o.Log.Handler()}),
		Queues:                      map[string]river.QueueConfig{sendQueue: slots, planQueue: slots, sweepQueue: slots, importQueue: slots},
		Workers:                     workers,
		Middleware:                  []rivertype.Middleware{&mask{log: o.Log}},
		RetryPolicy:                 retryPolicy{o.Now},
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        rescueFrom,
		SoftStopTimeout:             softStop,
		PollOnly:                    o.PollOnly,
		CompletedJobRetentionPeriod: o.Keep,
	})
	if err != nil {
		e.closeListener()
		return nil, fmt.Errorf("make the job engine: %w", err)
	}
	// River takes the end of this context for the order to stop.
	running := context.WithoutCancel(ctx)
	if err := e.client.Start(running); err != nil {
		e.closeListener()
		return nil, &studymail.Error{Code: studymail.Unavailable, Message: "the job engine did not start: the database does not answer, or has no job tables; run `studymail migrate`", Cause: err}
	}
	ticking, stop := context.WithCancel(running)
	e.stopTick = stop
	e.ticks.Go(func() { e.scheduler.run(ticking, o.Tick) })
	return e, nil
}

// listeningDriver gives the driver that the worker's side needs: on PostgreSQL
// with a connection of its own that listens for new jobs.
func (e *Engine) listeningDriver(ctx context.Context, s *store.Store, pollOnly bool) (riverdriver.Driver[*sql.Tx], error) {
	if s.Kind() == store.SQLite || pollOnly {
		return driverOf(s), nil
	}
	cfg, err := pgxpool.ParseConfig(s.URL())
	if err != nil { // the store is open: it parsed once; the error may quote the password
		return nil, studymail.Errorf(studymail.Invalid, "DATABASE_URL: not a PostgreSQL URL")
	}
	cfg.MaxConns, cfg.MinConns = 1, 0
	cfg.ConnConfig.RuntimeParams["application_name"] = "studymail jobs"
	// The pool takes this context for dialling at once only; it dials when River listens.
	e.listener, err = pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, &studymail.Error{Code: studymail.Unavailable, Message: "no connection that listens for new jobs", Cause: err}
	}
	return riverdatabasesql.NewWithPgxListener(s.JobsDB(), e.listener), nil
}

func (e *Engine) closeListener() {
	if e.listener != nil {
		e.listener.Close()
	}
}

// LastTick is when this engine last looked at the schedules; zero: not yet.
func (e *Engine) LastTick() time.Time { return e.scheduler.LastTick() }

// Stop ends the looking and the working: jobs have ten seconds to end, then
// their contexts are cancelled. It waits until all is over, or ctx is.
func (e *Engine) Stop(ctx context.Context) error {
	e.stopTick()
	e.ticks.Wait()
	err := e.client.Stop(ctx)
	e.closeListener()
	if err != nil {
		return errors.Join(studymail.Errorf(studymail.Unavailable, "jobs did not end in time"), err)
	}
	return nil
}
