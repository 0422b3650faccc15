package jobs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/jobs"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// TestEachTimeFiresOnce is I7: processes look at the same schedules at the same
// moment, for a thousand due times on the two databases together.
//
// Two things keep it true, and each was taken away to see: `next_run_at = $3` in
// store.moveSchedule and the unique key on (schedule_id, due_at). With either
// one left this test still passes (storetest.ADueTimeIsTakenOnce fails without
// the first); with both away it fails on both databases in the first minute:
// "2 schedules fired 6 times: [2 2 2]".
func TestEachTimeFiresOnce(t *testing.T) {
	t.Parallel()
	const minutes = 250
	each(t, func(t *testing.T, s *store.Store) {
		lookers := 3
		if s.Kind() == store.SQLite {
			lookers = 2 // they wait for one another's locks by sleeping
		}
		clock := storetest.NewClock(t, "2026-03-01T08:00:00Z")
		clocked := storetest.WithClock(t, s, clock)
		two := []studymail.Schedule{aSweep("1m"), aSweep("0 * * * *")}
		two[1].Kind, two[1].Expr, two[1].Job = studymail.Cron, "* * * * *", studymail.StuckSweepJob
		var mine []*jobs.Scheduler
		for range lookers {
			s := storetest.WithClock(t, s, clock)
			mine = append(mine, jobs.NewScheduler(s, newQueue(t, s), new(capture).logger()))
		}
		write(t, clocked, func(tx *store.Tx) error {
			for i := range two {
				two[i].Overlap = studymail.OverlapAllow // else only the first of them fires: nobody works here
				if err := tx.AddSchedule(t.Context(), &two[i]); err != nil {
					return err
				}
			}
			return nil
		})
		seen := map[string]int{}
		for minute := range minutes {
			clock.Advance(time.Minute)
			var all sync.WaitGroup
			fired := make([]int, lookers)
			for i, d := range mine {
				all.Go(func() {
					res, err := d.Tick(t.Context())
					if err != nil {
						t.Error(err)
					}
					fired[i] = res.Fired
				})
			}
			all.Wait()
			n := 0
			for _, f := range fired {
				n += f
			}
			if n != len(two) {
				t.Fatalf("minute %d: %d schedules fired %d times: %v", minute, len(two), n, fired)
			}
			for _, sched := range two {
				seen[sched.Expr+" "+history(t, clocked, sched.Key)[0].DueAt.Format(time.RFC3339)]++
			}
		}
		if len(seen) != len(two)*minutes {
			t.Errorf("%d different times fired, not %d", len(seen), len(two)*minutes)
		}
		if got := jobsOfRuns(t, s); len(got) != len(two)*minutes {
			t.Errorf("%d runs have jobs, not %d", len(got), len(two)*minutes)
		} else if most := slices.Max(got); most != 1 {
			t.Errorf("a run has %d jobs", most)
		}
	})
}

// jobsOfRuns counts the jobs of each schedule run that has any.
func jobsOfRuns(t *testing.T, s *store.Store) []int {
	t.Helper()
	query := `SELECT CAST(args AS TEXT) FROM river_job`
	if s.Kind() == store.SQLite {
		query = `SELECT json(args) FROM river_job`
	}
	rows, err := s.JobsDB().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	count := map[string]int{}
	for rows.Next() {
		var args string
		if err := rows.Scan(&args); err != nil {
			t.Fatal(err)
		}
		var a struct {
			Run string `json:"schedule_run"`
		}
		if err := json.Unmarshal([]byte(args), &a); err != nil || a.Run == "" {
			t.Fatalf("arguments %s: %v", args, err)
		}
		count[a.Run]++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, n := range count {
		all = append(all, n)
	}
	return all
}

func TestStartingAgainNeverFires(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		clock := storetest.NewClock(t, "2026-03-01T08:00:00Z")
		s = storetest.WithClock(t, s, clock)
		fired := 0
		for _, every := range []time.Duration{30 * time.Second, 30 * time.Second, time.Minute, time.Minute} {
			if err := jobs.EnsureBuiltins(t.Context(), s, every, "Europe/London"); err != nil {
				t.Fatal(err)
			}
			res, err := jobs.NewScheduler(s, newQueue(t, s), new(capture).logger()).Tick(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			fired += res.Fired
			clock.Advance(7 * time.Second)
		}
		if fired != 0 {
			t.Fatalf("%d schedules fired because the program started", fired)
		}
		var names []string
		if err := s.Read(t.Context(), func(tx *store.Tx) error {
			all, err := tx.Schedules(t.Context())
			for _, row := range all {
				names = append(names, row.Name+" "+row.Expr)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Join(names, ", "), "Retention purge 30 3 * * *, Retry sweep 1m0s, Stuck sweep 30s"; got != want {
			t.Errorf("the built-in schedules are %s, want %s", got, want)
		}
	})
}

func TestBuiltinsTwoAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := jobs.EnsureBuiltins(t.Context(), s, 30*time.Second, "UTC"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if err := s.Read(t.Context(), func(tx *store.Tx) error {
			rows, err := tx.Schedules(t.Context())
			if err == nil && len(rows) != 3 {
				t.Errorf("there are %d built-in schedules", len(rows))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// A clock that is an hour behind all of a sudden: sweeps go on.
func TestTheTickOutlivesAClockPutBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		clock := storetest.NewClock(t, "2026-03-01T08:00:00Z")
		s = storetest.WithClock(t, s, clock)
		d := jobs.NewScheduler(s, newQueue(t, s), new(capture).logger())
		sweep, daily := aSweep("30s"), aSweep("1m")
		sweep.Overlap, daily.Overlap = studymail.OverlapAllow, studymail.OverlapAllow
		daily.Kind, daily.Expr = studymail.Cron, "1 8 * * *"
		write(t, s, func(tx *store.Tx) error {
			if err := tx.AddSchedule(t.Context(), &sweep); err != nil {
				return err
			}
			return tx.AddSchedule(t.Context(), &daily)
		})
		look := func(n int) (fired int) {
			for range n {
				clock.Advance(time.Second)
				res, err := d.Tick(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				fired += res.Fired
			}
			return fired
		}
		if n := look(120); n != 4+1 {
			t.Fatalf("fired %d times in two minutes", n)
		}
		clock.Advance(-time.Hour)
		if n := look(121); n != 4 {
			t.Errorf("fired %d times in the two minutes after the clock was put back an hour", n)
		}
		if got := d.LastTick(); !got.Equal(clock.Now()) {
			t.Errorf("the last tick was at %s, the clock shows %s", got, clock.Now())
		}
		clock.Advance(-2 * time.Minute) // 08:01 comes again
		clock.Advance(time.Hour)
		look(60)
		if n := len(history(t, s, daily.Key)); n != 1 {
			t.Errorf("the daily schedule has %d runs on its day", n)
		}
	})
}

func TestAFiringIsWorkedAndItsOutcomeKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		clinic := storetest.NewClinic(t, s)
		c := newCalls()
		campaign := studymail.Campaign{Name: "C", Study: clinic.Study.Key, State: studymail.Scheduled}
		sched := storetest.ASchedule(studymail.Interval, "1s")
		orphan := storetest.ASchedule(studymail.Interval, "2s")
		sched.Job, orphan.Job = studymail.CampaignJob, studymail.CampaignJob
		letter := studymail.Template{Name: "invitation"}
		version := studymail.TemplateVersion{Format: "markdown", Subject: "S", Body: "B"}
		write(t, s, func(tx *store.Tx) error {
			if err := tx.AddTemplate(t.Context(), &letter, &version); err != nil {
				return err
			}
			if err := tx.AddSchedule(t.Context(), &sched); err != nil {
				return err
			}
			if err := tx.AddSchedule(t.Context(), &orphan); err != nil {
				return err
			}
			campaign.Schedule = sched.Key
			_, err := tx.AddCampaign(t.Context(), store.NewCampaign{Campaign: &campaign, TemplateVersion: version.Key})
			return err
		})
		e := start(t, s, c.handlers(), new(capture).logger())
		defer stop(t, e)
		for range 2 {
			if got := wait(t, "the campaign's plan", c.plan); got != campaign.ID {
				t.Fatalf("planned %s, want %s", got, campaign.ID)
			}
		}
		write(t, s, func(tx *store.Tx) error {
			row, err := tx.ScheduleByID(t.Context(), sched.ID)
			if err != nil {
				return err
			}
			return tx.SetScheduleEnabled(t.Context(), &row.Schedule, false)
		})
		eventually(t, "all runs are done", func() bool {
			for _, r := range history(t, s, sched.Key) {
				if r.Outcome == studymail.RunWaiting || r.Outcome == studymail.RunRunning {
					return false
				}
			}
			return true
		})
		for _, r := range history(t, s, sched.Key) {
			if r.Outcome == studymail.RunEnded && r.Detail != "planned=3" {
				t.Errorf("a run ended as %+v", r)
			}
		}
		eventually(t, "the schedule without a campaign has a run", func() bool { return len(history(t, s, orphan.Key)) > 0 })
		if r := history(t, s, orphan.Key)[0]; r.Outcome != studymail.RunFailed || r.Detail != "code=no_campaign" {
			t.Errorf("the run of a schedule that no campaign has is %+v", r)
		}
		eventually(t, "the tick is written down", func() bool {
			var at time.Time
			if err := s.Read(t.Context(), func(tx *store.Tx) error {
				var err error
				at, err = tx.SchedulerTick(t.Context())
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return !at.IsZero()
		})
	})
}

func TestARunWhoseJobIsGoneFails(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		clock := storetest.NewClock(t, "2026-03-01T08:00:00Z")
		s = storetest.WithClock(t, s, clock)
		q := newQueue(t, s)
		sched := aSweep("10m")
		write(t, s, func(tx *store.Tx) error {
			if err := tx.AddSchedule(t.Context(), &sched); err != nil {
				return err
			}
			_, err := q.RunSchedule(t.Context(), tx, &sched)
			return err
		})
		d := jobs.NewScheduler(s, q, new(capture).logger())
		outcome := func() studymail.ScheduleOutcome {
			clock.Advance(2 * time.Minute)
			if _, err := d.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			return history(t, s, sched.Key)[0].Outcome
		}
		if got := outcome(); got != studymail.RunWaiting {
			t.Fatalf("a run whose job waits is %s", got)
		}
		write(t, s, func(tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(t.Context(), `DELETE FROM river_job`)
			return err
		})
		if got := outcome(); got != studymail.RunFailed {
			t.Fatalf("a run whose job is gone is %s", got)
		}
	})
}

// A failure of the database is logged once while it lasts, and its end is.
func TestAFailingTickIsLoggedOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	if err := jobs.Migrate(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	log := new(capture)
	e := start(t, s, newCalls().handlers(), log.logger(), func(o *jobs.Options) { o.Tick = 5 * time.Millisecond })
	defer stop(t, e)
	rename := func(from, to string) {
		write(t, s, func(tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(t.Context(), "ALTER TABLE "+from+" RENAME TO "+to)
			return err
		})
	}
	rename("schedules", "gone")
	eventually(t, "the failure is logged", func() bool { return len(log.lines(t, "schedules could not be looked at")) > 0 })
	rename("gone", "schedules")
	eventually(t, "its end is logged", func() bool { return len(log.lines(t, "schedules are looked at again")) > 0 })
	if n := len(log.lines(t, "schedules could not be looked at")); n != 1 {
		t.Errorf("one failure is logged %d times", n)
	}
}

const killedURL = "STUDYMAIL_TEST_KILLED_URL"

// TestTheKilled is the process that TestStartRightAfterAKill kills.
func TestTheKilled(t *testing.T) { //nolint:paralleltest // it is a program
	url := os.Getenv(killedURL)
	if url == "" {
		t.Skip("run by TestStartRightAfterAKill")
	}
	s := storetest.OpenURL(t, url, time.Now)
	h := newCalls().handlers()
	begun := make(chan struct{}, 100)
	h.RetrySweep = func(ctx context.Context) (string, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return "", ctx.Err()
	}
	start(t, s, h, new(capture).logger())
	<-begun
	if _, err := os.Stdout.WriteString("begun\n"); err != nil {
		t.Fatal(err)
	}
	select {} // until it is killed
}

// A process is killed while a sweep of its works; the next starts at once: it
// works what is queued, and the sweep's next time fires, although River still
// thinks that the killed one's job runs.
func TestStartRightAfterAKill(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		q, c := newQueue(t, s), newCalls()
		sched := aSweep("1s")
		sched.Overlap = studymail.OverlapAllow
		write(t, s, func(tx *store.Tx) error { return tx.AddSchedule(t.Context(), &sched) })
		killed := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheKilled$", "-test.v") //nolint:gosec // ourselves
		killed.Env = append(os.Environ(), killedURL+"="+s.URL())
		out, err := killed.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := killed.Start(); err != nil {
			t.Fatal(err)
		}
		begun := false
		for lines := bufio.NewScanner(out); !begun && lines.Scan(); {
			begun = strings.Contains(lines.Text(), "begun")
		}
		if !begun {
			t.Fatal("the process that is to be killed did not begin")
		}
		if err := killed.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		from := time.Now()
		e := start(t, s, c.handlers(), new(capture).logger())
		defer stop(t, e)
		_ = killed.Wait() // it was killed: it says so
		id := studymail.NewID()
		write(t, s, func(tx *store.Tx) error { return q.Wake(t.Context(), tx, id) })
		if got := wait(t, "a job", c.send); got != id {
			t.Fatalf("worked %s, want %s", got, id)
		}
		wait(t, "the next sweep", c.sweep)
		if took := time.Since(from); took > 15*time.Second {
			t.Errorf("work went on %s after the kill", took)
		}
		if st := stats(t, q); st.Running == 0 {
			t.Errorf("the killed process's job is not listed as running any more: %+v", st)
		}
	})
}
