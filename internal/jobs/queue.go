package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"studymail"
	"studymail/internal/store"
)

// Queue queues jobs, each in a transaction of the caller's: the job is there
// when that is committed, and was never there when it is not.
type Queue struct {
	client *river.Client[*sql.Tx]
	driver riverdriver.Driver[*sql.Tx]
}

// NewQueue makes a Queue. It holds nothing open.
func NewQueue(s *store.Store) (*Queue, error) {
	driver := driverOf(s)
	client, err := river.NewClient(driver, &river.Config{Logger: quiet()})
	if err != nil {
		return nil, fmt.Errorf("make the job queue: %w", err)
	}
	return &Queue{client, driver}, nil
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Wake wakes the senders for a run that has mail waiting.
func (q *Queue) Wake(ctx context.Context, tx *store.Tx, run studymail.ID) error {
	return q.insert(ctx, tx, sendPass{Run: run})
}

// PlanCampaign starts a run of a campaign; scheduleRun is the firing that asks
// for it, or zero.
func (q *Queue) PlanCampaign(ctx context.Context, tx *store.Tx, campaign, scheduleRun studymail.ID) error {
	return q.insert(ctx, tx, planCampaign{Campaign: campaign, ScheduleRun: scheduleRun})
}

// Import has some worker check or write an import.
func (q *Queue) Import(ctx context.Context, tx *store.Tx, id studymail.ID) error {
	return q.insert(ctx, tx, runImport{Import: id})
}

// Resend has some worker send messages again.
func (q *Queue) Resend(ctx context.Context, tx *store.Tx, id studymail.ID) error {
	return q.insert(ctx, tx, resendMessages{Resend: id})
}

// Sweep starts a sweep (any scheduled job but campaign); scheduleRun is the
// firing that asks for it, or zero.
func (q *Queue) Sweep(ctx context.Context, tx *store.Tx, job studymail.ScheduledJob, scheduleRun studymail.ID) error {
	s := sweep{ScheduleRun: scheduleRun}
	switch job {
	case studymail.RetrySweepJob:
		return q.insert(ctx, tx, retrySweep{s})
	case studymail.StuckSweepJob:
		return q.insert(ctx, tx, stuckSweep{s})
	case studymail.RetentionPurgeJob:
		return q.insert(ctx, tx, retentionPurge{s})
	case studymail.CampaignJob:
	}
	return studymail.Errorf(studymail.Internal, "%q is no sweep", job)
}

// Fire queues the job of a schedule's run that was taken in this transaction.
func (q *Queue) Fire(ctx context.Context, tx *store.Tx, job studymail.ScheduledJob, taken store.TakenSchedule) error {
	if taken.Run == nil {
		return nil
	}
	if job != studymail.CampaignJob {
		return q.Sweep(ctx, tx, job, taken.Run.ID)
	}
	if taken.Campaign.IsZero() {
		_, err := tx.EndScheduleRun(ctx, taken.Run.ID, studymail.RunFailed, "code=no_campaign")
		return err
	}
	return q.PlanCampaign(ctx, tx, taken.Campaign, taken.Run.ID)
}

// RunSchedule runs a schedule by hand, now: some worker will.
func (q *Queue) RunSchedule(ctx context.Context, tx *store.Tx, s *studymail.Schedule) (studymail.ScheduleRun, error) {
	taken, err := tx.RunScheduleNow(ctx, s)
	if err != nil {
		return studymail.ScheduleRun{}, err
	}
	return *taken.Run, q.Fire(ctx, tx, s.Job, taken)
}

func (q *Queue) insert(ctx context.Context, tx *store.Tx, args river.JobArgs) error {
	if _, err := q.client.InsertTx(ctx, tx.SQL(), args, nil); err != nil {
		return fmt.Errorf("queue a job of kind %s: %w", args.Kind(), err)
	}
	return nil
}

// Stats is how full the queues are.
type Stats struct {
	Waiting   int                   `json:"waiting"`         // may be worked now or when its time comes
	Running   int                   `json:"running"`         // is worked, or was when its process died
	Retrying  int                   `json:"retrying"`        // failed, waits for its next try
	Done      int                   `json:"done"`            // kept as history
	Cancelled int                   `json:"cancelled"`       // by hand; kept as history
	GivenUp   int                   `json:"given_up"`        // failed for good; kept as history
	Oldest    time.Time             `json:"oldest,omitzero"` // since when the oldest waiting job may be worked; zero: none waits
	Queues    map[string]QueueDepth `json:"queues"`
}

// QueueDepth is how full one queue is.
type QueueDepth struct {
	Waiting int `json:"waiting"`
	Running int `json:"running"`
}

// Stats counts the jobs.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	db := q.driver.GetExecutor()
	states, err := db.JobCountByAllStates(ctx, &riverdriver.JobCountByAllStatesParams{})
	if err != nil {
		return Stats{}, fmt.Errorf("count the jobs: %w", err)
	}
	stats := Stats{
		Waiting:   states[rivertype.JobStateAvailable] + states[rivertype.JobStateScheduled] + states[rivertype.JobStatePending],
		Running:   states[rivertype.JobStateRunning],
		Retrying:  states[rivertype.JobStateRetryable],
		Done:      states[rivertype.JobStateCompleted],
		Cancelled: states[rivertype.JobStateCancelled],
		GivenUp:   states[rivertype.JobStateDiscarded],
		Queues:    map[string]QueueDepth{},
	}
	depths, err := db.JobCountByQueueAndState(ctx, &riverdriver.JobCountByQueueAndStateParams{QueueNames: queueNames()})
	if err != nil {
		return Stats{}, fmt.Errorf("count the jobs of each queue: %w", err)
	}
	for _, d := range depths {
		stats.Queues[d.Queue] = QueueDepth{Waiting: int(d.CountAvailable), Running: int(d.CountRunning)}
	}
	oldest, err := q.client.JobList(ctx, river.NewJobListParams().States(rivertype.JobStateAvailable).
		OrderBy(river.JobListOrderByScheduledAt, river.SortOrderAsc).First(1))
	if err != nil {
		return Stats{}, fmt.Errorf("find the oldest job: %w", err)
	}
	if len(oldest.Jobs) > 0 {
		stats.Oldest = oldest.Jobs[0].ScheduledAt.UTC()
	}
	return stats, nil
}

// openScheduleRuns gives the schedule runs that have a job which waits or works.
func (q *Queue) openScheduleRuns(ctx context.Context, tx *store.Tx) (map[studymail.ID]bool, error) {
	const most = 10000
	jobs, err := q.client.JobListTx(ctx, tx.SQL(), river.NewJobListParams().
		Kinds(planCampaign{}.Kind(), retrySweep{}.Kind(), stuckSweep{}.Kind(), retentionPurge{}.Kind()).
		States(rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled).
		First(most))
	if err != nil {
		return nil, fmt.Errorf("list the jobs of schedules: %w", err)
	}
	if len(jobs.Jobs) == most {
		return nil, studymail.Errorf(studymail.Unavailable, "%d jobs of schedules wait: start a worker", most)
	}
	open := map[studymail.ID]bool{}
	for _, j := range jobs.Jobs {
		if run := aboutJob(j).ScheduleRun; !run.IsZero() {
			open[run] = true
		}
	}
	return open, nil
}
