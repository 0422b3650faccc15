package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"studymail"
	"studymail/internal/jobs"
	"studymail/internal/store"
)

// What pages ask of jobs and do to them, on both databases, beside a worker that
// works them: a failure is shown as a code and a type, a paused queue begins
// nothing, and what is retried is worked.
func TestJobsAreSeenAndSteered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		q := newQueue(t, s)
		worked := newCalls()
		h := worked.handlers()
		h.PlanCampaign = func(context.Context, studymail.ID, studymail.ID) (string, error) {
			return "", errors.New("anna@example.org")
		}
		worker := studymail.NewID()
		e := start(t, s, h, slog.New(slog.DiscardHandler), func(o *jobs.Options) { o.Name = worker.String() })
		defer stop(t, e)

		list := func(f studymail.JobFilter) (all []studymail.Job) {
			t.Helper()
			err := s.Read(ctx, func(tx *store.Tx) (err error) {
				all, err = q.Jobs(ctx, tx, f)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		queue := func(name string) (found studymail.JobQueue) {
			t.Helper()
			err := s.Read(ctx, func(tx *store.Tx) error {
				all, err := q.Queues(ctx, tx)
				for _, one := range all {
					if one.Name == name {
						found = one
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		eventually(t, "the queue is worked", func() bool { return queue("send").Worked && queue("plan").Worked })

		campaign, run := studymail.NewID(), studymail.NewID()
		write(t, s, func(tx *store.Tx) error { return q.PlanCampaign(ctx, tx, campaign, studymail.ID{}) })
		eventually(t, "the plan failed", func() bool { return len(list(studymail.JobFilter{State: studymail.JobRetrying})) == 1 })
		j := list(studymail.JobFilter{Kind: "plan_campaign"})[0]
		if j.About.Campaign != campaign || len(j.Failures) == 0 || j.Failures[0].Text != "internal: *errors.errorString" || len(j.Workers) != 1 || j.Workers[0] != worker {
			t.Errorf("%+v", j)
		}
		write(t, s, func(tx *store.Tx) error {
			_, err := q.CancelJob(ctx, tx, j.Number)
			return err
		})
		eventually(t, "the plan is cancelled", func() bool {
			return list(studymail.JobFilter{Kind: "plan_campaign"})[0].State == studymail.JobCancelled
		})

		for range 2 { // once more changes nothing
			write(t, s, func(tx *store.Tx) error {
				_, err := q.SetQueuePaused(ctx, tx, "send", true)
				return err
			})
		}
		eventually(t, "the queue is paused", func() bool { return !queue("send").Paused.IsZero() })
		write(t, s, func(tx *store.Tx) error {
			changed, err := q.SetQueuePaused(ctx, tx, "send", false)
			if !changed {
				t.Error("resuming changed nothing")
			}
			return err
		})
		write(t, s, func(tx *store.Tx) error { return q.Wake(ctx, tx, run) })
		if got := wait(t, "a job of a queue that was resumed", worked.send); got != run {
			t.Errorf("%s", got)
		}
		eventually(t, "the job is done", func() bool { return len(list(studymail.JobFilter{State: studymail.JobDone, Queue: "send"})) == 1 })
		if rest := list(studymail.JobFilter{Before: list(studymail.JobFilter{Limit: 1})[0].Number}); len(rest) != 1 || rest[0].Number != j.Number {
			t.Errorf("%+v", rest)
		}
		for _, do := range []func(context.Context, *store.Tx, int64) (studymail.Job, error){q.Job, q.CancelJob, q.RetryJob} {
			err := s.Write(ctx, func(tx *store.Tx) error {
				_, err := do(ctx, tx, 999_999)
				return err
			})
			if studymail.CodeOf(err) != studymail.NotFound {
				t.Errorf("a job that is not there: %v", err)
			}
		}
		err := s.Write(ctx, func(tx *store.Tx) error {
			_, err := q.SetQueuePaused(ctx, tx, "anything", true)
			return err
		})
		if studymail.CodeOf(err) != studymail.NotFound {
			t.Errorf("no queue of ours: %v", err)
		}
		write(t, s, func(tx *store.Tx) error {
			again, err := q.RetryJob(ctx, tx, j.Number)
			if again.State != studymail.JobWaiting {
				t.Errorf("retried, it is %s", again.State)
			}
			return err
		})
	})
}
