package web

import (
	"context"

	"studymail"
	"studymail/internal/store"
)

// Engine is the job engine as pages see it. What it does, it does in the page's
// transaction: the event about it is in the same.
type Engine interface {
	RunSchedule(ctx context.Context, tx *store.Tx, s *studymail.Schedule) (studymail.ScheduleRun, error)

	JobKinds() []string
	Jobs(ctx context.Context, tx *store.Tx, f studymail.JobFilter) ([]studymail.Job, error)
	Job(ctx context.Context, tx *store.Tx, number int64) (studymail.Job, error)
	CancelJob(ctx context.Context, tx *store.Tx, number int64) (studymail.Job, error)
	RetryJob(ctx context.Context, tx *store.Tx, number int64) (studymail.Job, error)

	Queues(ctx context.Context, tx *store.Tx) ([]studymail.JobQueue, error)
	SetQueuePaused(ctx context.Context, tx *store.Tx, name string, paused bool) (changed bool, err error)
}

// confirmPage asks before something is done: templates/confirm.html.
type confirmPage struct {
	Heading heading
	Changed string // what is new since the question was asked first
	Facts   []fact
	Confirm confirm
}
