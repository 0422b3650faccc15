package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"studymail"
	"studymail/internal/jobs"
	"studymail/internal/store"
	"studymail/internal/storetest"
	"studymail/internal/storetest/pgtest"
)

func TestMigrateTwoAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := jobs.CheckVersion(t.Context(), s); studymail.CodeOf(err) != studymail.Conflict {
			t.Fatalf("without tables: %v", err)
		}
		var all sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			other, err := store.Open(t.Context(), s.URL(), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = other.Close() })
			all.Go(func() { errs[i] = jobs.Migrate(t.Context(), other) })
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err, errors.Unwrap(err))
		}
		if err := jobs.CheckVersion(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAJobIsThereExactlyWhenItsTransactionIs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		q, c := newQueue(t, s), newCalls()
		e := start(t, s, c.handlers(), new(capture).logger())
		defer stop(t, e)
		undone, done := studymail.NewID(), studymail.NewID()
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			if err := q.Wake(t.Context(), tx, undone); err != nil {
				return err
			}
			return errors.New("roll back")
		})
		if err == nil {
			t.Fatal("the transaction was not rolled back")
		}
		write(t, s, func(tx *store.Tx) error { return q.Wake(t.Context(), tx, done) })
		if got := wait(t, "the job", c.send); got != done {
			t.Fatalf("worked %s, want %s", got, done)
		}
		imported := studymail.NewID()
		write(t, s, func(tx *store.Tx) error { return q.Import(t.Context(), tx, imported) })
		if got := wait(t, "the import", c.imports); got != imported {
			t.Fatalf("imported %s, want %s", got, imported)
		}
		eventually(t, "both jobs are done", func() bool { return stats(t, q).Done == 2 })
		if st := stats(t, q); st.Waiting+st.Running+st.Retrying != 0 || !st.Oldest.IsZero() {
			t.Fatalf("there are other jobs: %+v", st)
		}
	})
}

// With LISTEN/NOTIFY (or SQLite's table of notifications) a job does not wait
// for the next look, which is a second away.
func TestAJobThatWasQueuedByAnotherProcessStartsAtOnce(t *testing.T) {
	t.Parallel()
	for _, pollOnly := range []bool{false, true} {
		t.Run(fmt.Sprintf("pollOnly=%v", pollOnly), func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, s *store.Store) {
				other, err := store.Open(t.Context(), s.URL(), time.Now)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = other.Close() }()
				q, c := newQueue(t, other), newCalls()
				e := start(t, s, c.handlers(), new(capture).logger(), func(o *jobs.Options) { o.PollOnly = pollOnly })
				defer stop(t, e)
				fastest := time.Hour
				for range 8 {
					id := studymail.NewID()
					begun := time.Now()
					write(t, other, func(tx *store.Tx) error { return q.Wake(t.Context(), tx, id) })
					if got := wait(t, "the job", c.send); got != id {
						t.Fatalf("worked %s, want %s", got, id)
					}
					fastest = min(fastest, time.Since(begun))
				}
				t.Logf("the fastest of 8 started after %s", fastest)
				if !pollOnly && fastest > 500*time.Millisecond {
					t.Errorf("the fastest of 8 jobs started after %s: nobody was notified", fastest)
				}
			})
		})
	}
}

// pgbouncer in transaction mode takes no prepared statements.
func TestWithoutPreparedStatements(t *testing.T) {
	t.Parallel()
	s := storetest.OpenURL(t, withParam(storetest.URL(t, store.Postgres), "default_query_exec_mode=exec"), time.Now)
	if err := jobs.Migrate(t.Context(), s); err != nil {
		t.Fatal(err, errors.Unwrap(err))
	}
	q, c := newQueue(t, s), newCalls()
	e := start(t, s, c.handlers(), new(capture).logger(), func(o *jobs.Options) { o.PollOnly = true })
	defer stop(t, e)
	id := studymail.NewID()
	write(t, s, func(tx *store.Tx) error { return q.Wake(t.Context(), tx, id) })
	if got := wait(t, "the job", c.send); got != id {
		t.Fatalf("worked %s, want %s", got, id)
	}
	eventually(t, "the job is done", func() bool { return stats(t, q).Done == 1 })
}

func withParam(url, param string) string {
	if strings.Contains(url, "?") {
		return url + "&" + param
	}
	return url + "?" + param
}

func TestStopLeavesNothingBehind(t *testing.T) { //nolint:paralleltest // counts goroutines
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			url := storetest.URL(t, kind)
			before := goleak.IgnoreCurrent()
			s, err := store.Open(t.Context(), url, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := jobs.Migrate(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			c := newCalls()
			q := newQueue(t, s)
			for range 2 { // a second engine in the same process is like the first
				e := start(t, s, c.handlers(), new(capture).logger())
				id := studymail.NewID()
				write(t, s, func(tx *store.Tx) error { return q.Wake(t.Context(), tx, id) })
				wait(t, "the job", c.send)
				eventually(t, "it has looked at the schedules", func() bool { return !e.LastTick().IsZero() })
				begun := time.Now()
				stop(t, e)
				if took := time.Since(begun); took > 8*time.Second {
					t.Errorf("an idle engine took %s to stop", took)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			goleak.VerifyNone(t, before)
		})
	}
}

func TestAFailedJobIsTriedAgainSoonAndAnEndedOneIsNot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		q, c := newQueue(t, s), newCalls()
		var tries atomic.Int32
		h := c.handlers()
		h.PlanCampaign = func(_ context.Context, campaign, _ studymail.ID) (string, error) {
			switch tries.Add(1) {
			case 1:
				return "", errors.New("no luck")
			case 2:
				return "", fmt.Errorf("chunk: %w", jobs.ErrMore)
			}
			c.plan <- campaign
			return "planned=3", nil
		}
		log := new(capture)
		e := start(t, s, h, log.logger())
		defer stop(t, e)
		id := studymail.NewID()
		begun := time.Now()
		write(t, s, func(tx *store.Tx) error { return q.PlanCampaign(t.Context(), tx, id, studymail.ID{}) })
		if got := wait(t, "the third try", c.plan); got != id {
			t.Fatalf("planned %s, want %s", got, id)
		}
		if took := time.Since(begun); took < time.Second {
			t.Errorf("tried again after %s, not a second", took)
		}
		eventually(t, "the job is done", func() bool { return stats(t, q).Done == 1 })
		if n := len(log.lines(t, "job failed")); n != 1 {
			t.Errorf("%d failures are logged, not 1: more to do is none", n)
		}
	})
}

// TestNoTextLeaves is I5 for jobs: what an error says and what a panic carries
// is found neither in River's tables nor in any log, at any level. Without the
// mask (Middleware: nil) it fails for each of the cases.
func TestNoTextLeaves(t *testing.T) {
	t.Parallel()
	const canary = "Canary.Bird@example.org"
	each(t, func(t *testing.T, s *store.Store) {
		q, c := newQueue(t, s), newCalls()
		log := new(capture)
		h := c.handlers()
		var sends, plans atomic.Int32
		h.SendPass = func(_ context.Context, run studymail.ID) error {
			switch sends.Add(1) {
			case 1:
				return fmt.Errorf("550 no such user %s: %w", canary, studymail.Errorf(studymail.Unavailable, "server says %s", canary))
			case 2:
				panic(canary)
			case 3:
				panic(fmt.Errorf("a panic with an error about %s", canary))
			}
			c.send <- run
			return nil
		}
		h.PlanCampaign = func(context.Context, studymail.ID, studymail.ID) (string, error) {
			if plans.Add(1) == 1 {
				var none []string
				_ = none[plans.Load()] // a run-time error
			}
			return "planned=3", nil
		}
		h.RetrySweep = func(context.Context) (string, error) { return "", errors.New(canary) }
		e := start(t, s, h, log.logger())
		defer stop(t, e)
		sched := aSweep("5m")
		var firing studymail.ScheduleRun
		write(t, s, func(tx *store.Tx) error {
			if err := tx.AddSchedule(t.Context(), &sched); err != nil {
				return err
			}
			var err error
			if firing, err = q.RunSchedule(t.Context(), tx, &sched); err != nil {
				return err
			}
			if err := q.PlanCampaign(t.Context(), tx, studymail.NewID(), studymail.ID{}); err != nil {
				return err
			}
			return q.Wake(t.Context(), tx, studymail.NewID())
		})
		wait(t, "the fourth try", c.send)
		eventually(t, "the others are done", func() bool {
			st := stats(t, q)
			return st.Done == 2 && st.GivenUp == 1
		})
		run := history(t, s, sched.Key)[0]
		if run.ID != firing.ID || run.Outcome != studymail.RunFailed || run.Detail != "code=internal" {
			t.Errorf("the run whose job failed for good is %+v", run)
		}
		table := dump(t, s, "river_job") + dump(t, s, "schedule_runs") + dump(t, s, "river_queue")
		for _, where := range []struct{ name, text string }{{"the tables", table}, {"the log", log.String()}} {
			if strings.Contains(strings.ToLower(where.text), "canary") {
				t.Errorf("%s quote the canary:\n%s", where.name, where.text)
			}
		}
		for _, want := range []string{"unavailable: *studymail.Error", "panic: string", "panic: *", "panic: runtime.boundsError", "internal: *errors.errorString"} {
			if !strings.Contains(table, want) {
				t.Errorf("River's table does not say %q:\n%s", want, table)
			}
		}
		for _, line := range log.lines(t, "job failed") {
			if line["job"] == nil || line["kind"] == nil || line["code"] == nil || line["type"] == nil {
				t.Errorf("a failure is logged as %v", line)
			}
			if line["code"] == "panic" && !strings.Contains(fmt.Sprint(line["place"]), "jobs_test.") {
				t.Errorf("a panic is logged without its place: %v", line)
			}
		}
		if n := len(log.lines(t, "job failed")); n != 3+1+3 {
			t.Errorf("%d failures are logged, not 7", n)
		}
	})
}

// dump gives a table as text, JSON columns spelled out.
func dump(t *testing.T, s *store.Store, table string) string {
	t.Helper()
	columns := "*"
	if table == "river_job" {
		columns = "id, kind, state, CAST(args AS TEXT), CAST(metadata AS TEXT), CAST(errors AS TEXT)"
		if s.Kind() == store.SQLite {
			columns = "id, kind, state, json(args), json(metadata), json(errors)"
		}
	}
	rows, err := s.JobsDB().QueryContext(t.Context(), "SELECT "+columns+" FROM "+table) //nolint:gosec // constants
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			value := *v.(*any)
			if b, ok := value.([]byte); ok {
				value = string(b)
			}
			fmt.Fprintf(&out, "%s=%v ", names[i], value)
		}
		out.WriteString("\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A server that goes away and comes back: jobs and schedules go on by
// themselves, and a job starts at once again: it is listened for again.
func TestPostgreSQLRestarts(t *testing.T) {
	t.Parallel()
	server := pgtest.New(t, pgtest.Options{})
	s := storetest.OpenURL(t, server.Database(t), time.Now)
	if err := jobs.Migrate(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	q, c := newQueue(t, s), newCalls()
	log := new(capture)
	e := start(t, s, c.handlers(), log.logger())
	defer stop(t, e)
	eventually(t, "it has looked at the schedules", func() bool { return !e.LastTick().IsZero() })
	server.Restart(t)
	before := time.Now()
	wake := func() (took time.Duration) {
		id := studymail.NewID()
		eventually(t, "a job is queued", func() bool {
			return s.Write(t.Context(), func(tx *store.Tx) error { return q.Wake(t.Context(), tx, id) }) == nil
		})
		begun := time.Now()
		if got := wait(t, "the job", c.send); got != id {
			t.Fatalf("worked %s, want %s", got, id)
		}
		return time.Since(begun)
	}
	wake()
	eventually(t, "it looks at the schedules again", func() bool { return e.LastTick().After(before) })
	eventually(t, "it listens again", func() bool { return wake() < 300*time.Millisecond })
}
