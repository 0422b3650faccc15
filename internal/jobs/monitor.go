package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"studymail"
	"studymail/internal/store"
)

// What pages ask about jobs and have done to them, each in a transaction of the
// caller's: with what is done goes an event.

// statesOf are the engine's words for a state of ours.
func statesOf(s studymail.JobState) []rivertype.JobState {
	switch s {
	case studymail.JobWaiting:
		return []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStateScheduled, rivertype.JobStatePending}
	case studymail.JobRunning:
		return []rivertype.JobState{rivertype.JobStateRunning}
	case studymail.JobRetrying:
		return []rivertype.JobState{rivertype.JobStateRetryable}
	case studymail.JobDone:
		return []rivertype.JobState{rivertype.JobStateCompleted}
	case studymail.JobCancelled:
		return []rivertype.JobState{rivertype.JobStateCancelled}
	case studymail.JobGivenUp:
		return []rivertype.JobState{rivertype.JobStateDiscarded}
	}
	return nil
}

func stateOf(s rivertype.JobState) studymail.JobState {
	for _, ours := range studymail.JobStates() {
		if slices.Contains(statesOf(ours), s) {
			return ours
		}
	}
	return studymail.JobState(s)
}

// JobKinds lists the kinds of jobs that there are.
func (q *Queue) JobKinds() []string {
	return []string{sendPass{}.Kind(), planCampaign{}.Kind(), retrySweep{}.Kind(), stuckSweep{}.Kind(), retentionPurge{}.Kind()}
}

func paramsOf(f studymail.JobFilter) *river.JobListParams {
	p := river.NewJobListParams().OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(f.Limit)
	if f.State != "" {
		p = p.States(statesOf(f.State)...)
	}
	if f.Kind != "" {
		p = p.Kinds(f.Kind)
	}
	if f.Queue != "" {
		p = p.Queues(f.Queue)
	}
	if f.Before > 0 {
		p = p.Where("id < @before", river.NamedArgs{"before": f.Before})
	}
	return p
}

// Jobs lists jobs, the newest first; a filter without a limit gives 1,000.
func (q *Queue) Jobs(ctx context.Context, tx *store.Tx, f studymail.JobFilter) ([]studymail.Job, error) {
	if f.Limit == 0 {
		f.Limit = 1000
	}
	res, err := q.client.JobListTx(ctx, tx.SQL(), paramsOf(f))
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	all := make([]studymail.Job, len(res.Jobs))
	for i, row := range res.Jobs {
		all[i] = jobOf(row)
	}
	return all, nil
}

// Job finds a job by its number.
func (q *Queue) Job(ctx context.Context, tx *store.Tx, number int64) (studymail.Job, error) {
	row, err := q.client.JobGetTx(ctx, tx.SQL(), number)
	return jobOr(row, number, "find", err)
}

// CancelJob cancels a job: one that runs is asked to end.
func (q *Queue) CancelJob(ctx context.Context, tx *store.Tx, number int64) (studymail.Job, error) {
	row, err := q.client.JobCancelTx(ctx, tx.SQL(), number)
	return jobOr(row, number, "cancel", err)
}

// RetryJob has a job worked anew, at once.
func (q *Queue) RetryJob(ctx context.Context, tx *store.Tx, number int64) (studymail.Job, error) {
	row, err := q.client.JobRetryTx(ctx, tx.SQL(), number)
	return jobOr(row, number, "retry", err)
}

func jobOr(row *rivertype.JobRow, number int64, what string, err error) (studymail.Job, error) {
	if errors.Is(err, rivertype.ErrNotFound) {
		return studymail.Job{}, studymail.Errorf(studymail.NotFound, "there is no job %d: finished ones are kept for a while only", number)
	}
	if err != nil {
		return studymail.Job{}, fmt.Errorf("%s job %d: %w", what, number, err)
	}
	return jobOf(row), nil
}

func jobOf(row *rivertype.JobRow) studymail.Job {
	a := aboutJob(row)
	j := studymail.Job{
		Number: row.ID, Kind: row.Kind, Queue: row.Queue, State: stateOf(row.State), Attempt: row.Attempt, MaxAttempts: row.MaxAttempts,
		CreatedAt: row.CreatedAt.UTC(), DueAt: row.ScheduledAt.UTC(),
		About: studymail.JobAbout{Run: a.Run, Campaign: a.Campaign, ScheduleRun: a.ScheduleRun, Resend: a.Resend},
	}
	if row.AttemptedAt != nil {
		j.BegunAt = row.AttemptedAt.UTC()
	}
	if row.FinalizedAt != nil {
		j.EndedAt = row.FinalizedAt.UTC()
	}
	for _, by := range row.AttemptedBy {
		if id, err := studymail.ParseID(by); err == nil && !slices.Contains(j.Workers, id) { // engines are named by their workers
			j.Workers = append(j.Workers, id)
		}
	}
	for _, e := range row.Errors {
		j.Failures = append(j.Failures, studymail.JobFailure{At: e.At.UTC(), Attempt: e.Attempt, Text: bounded(e.Error)})
	}
	return j
}

// Queues tells of each queue how full it is, and whether it is paused.
func (q *Queue) Queues(ctx context.Context, tx *store.Tx) ([]studymail.JobQueue, error) {
	db := q.driver.UnwrapExecutor(tx.SQL())
	depths, err := db.JobCountByQueueAndState(ctx, &riverdriver.JobCountByQueueAndStateParams{QueueNames: queueNames()})
	if err != nil {
		return nil, fmt.Errorf("count the jobs of each queue: %w", err)
	}
	known, err := q.client.QueueListTx(ctx, tx.SQL(), river.NewQueueListParams().First(100))
	if err != nil {
		return nil, fmt.Errorf("list the queues: %w", err)
	}
	var all []studymail.JobQueue
	for _, name := range queueNames() {
		one := studymail.JobQueue{Name: name}
		for _, d := range depths {
			if d.Queue == name {
				one.Waiting, one.Running = int(d.CountAvailable), int(d.CountRunning)
			}
		}
		for _, k := range known.Queues {
			if k.Name != name {
				continue
			}
			if one.Worked = true; k.PausedAt != nil {
				one.Paused = k.PausedAt.UTC()
			}
		}
		if one.Waiting > 0 {
			oldest, err := q.client.JobListTx(ctx, tx.SQL(), river.NewJobListParams().States(rivertype.JobStateAvailable).Queues(name).
				OrderBy(river.JobListOrderByScheduledAt, river.SortOrderAsc).First(1))
			if err != nil {
				return nil, fmt.Errorf("find the oldest job of queue %s: %w", name, err)
			}
			if len(oldest.Jobs) > 0 {
				one.Oldest = oldest.Jobs[0].ScheduledAt.UTC()
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// SetQueuePaused has no more jobs of a queue begun, or goes on. It tells whether
// that changed anything.
func (q *Queue) SetQueuePaused(ctx context.Context, tx *store.Tx, name string, paused bool) (bool, error) {
	if !slices.Contains(queueNames(), name) {
		return false, studymail.Errorf(studymail.NotFound, "there is no such queue")
	}
	row, err := q.client.QueueGetTx(ctx, tx.SQL(), name)
	if errors.Is(err, rivertype.ErrNotFound) {
		return false, studymail.Errorf(studymail.Conflict, "no worker has worked queue %s yet: start one first; nothing was changed", name)
	}
	if err == nil && (row.PausedAt != nil) == paused {
		return false, nil
	}
	if err == nil && paused {
		err = q.client.QueuePauseTx(ctx, tx.SQL(), name, nil)
	} else if err == nil {
		err = q.client.QueueResumeTx(ctx, tx.SQL(), name, nil)
	}
	if err != nil {
		return false, fmt.Errorf("pause or resume queue %s: %w", name, err)
	}
	return true, nil
}
