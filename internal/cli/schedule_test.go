package cli

import (
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/store"
)

// withSchedule adds a schedule in Europe/London that starts no campaign.
func withSchedule(t *testing.T, d *desk) studymail.Schedule {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Dir: d.sys.Dir, Environ: d.sys.Environ, Now: time.Now, Warn: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	sched := studymail.Schedule{
		Name: "Tuesdays", Job: studymail.CampaignJob, Kind: studymail.Cron, Expr: "0 9 * * tue", Zone: "Europe/London", Enabled: true,
		Missed: studymail.MissedRunOnce, MissedWithin: 90 * time.Minute, Overlap: studymail.OverlapSkip,
	}
	if err := a.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.AddSchedule(t.Context(), &sched) }); err != nil {
		t.Fatal(err)
	}
	return sched
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := newDesk(t, kind)
		sched := withSchedule(t, d)
		all := answer[[]scheduleView](t, d, "schedule", "list")
		if len(all) != 4 || !all[0].BuiltIn || all[3].ID != sched.ID || len(all[3].Next) != 1 || all[3].Last != nil {
			t.Fatalf("list: %+v", all)
		}
		for _, want := range []string{"Retry sweep", "Tuesdays", "every Tuesday at 09:00 (Europe/London)"} {
			if out := d.must(t, "schedule", "list"); !strings.Contains(out, want) {
				t.Errorf("list lacks %q:\n%s", want, out)
			}
		}

		id := sched.ID.String()
		shown := answer[scheduleView](t, d, "schedule", "show", id)
		if len(shown.Next) != 5 || !shown.Next[0].Equal(sched.NextRunAt) || shown.MissedWithin != "1h30m0s" {
			t.Errorf("shown: %+v", shown)
		}
		for i, at := range shown.Next {
			if local := at.In(mustZone(t, "Europe/London")); local.Weekday() != time.Tuesday || local.Hour() != 9 {
				t.Errorf("time number %d is %s", i, local)
			}
		}
		out := d.must(t, "schedule", "show", id)
		for _, want := range []string{"cron 0 9 * * tue", "run once, if at most 1h30m late", "skipped while the last run works", "Next times:", "It has not run yet", "its campaign has ended"} {
			if !strings.Contains(out, want) {
				t.Errorf("show lacks %q:\n%s", want, out)
			}
		}

		if v := answer[scheduleView](t, d, "schedule", "disable", id); v.Enabled || len(v.Next) != 0 {
			t.Errorf("disabled: %+v", v)
		}
		if out := d.must(t, "schedule", "show", id); !strings.Contains(out, "No next time") {
			t.Errorf("a disabled schedule shows:\n%s", out)
		}
		d.must(t, "schedule", "disable", id) // again: nothing to do, no event
		if out := d.must(t, "schedule", "enable", id); !strings.Contains(out, `"Tuesdays" is enabled; its next time is Tue `) {
			t.Errorf("enabling says: %s", out)
		}
		same(t, "events", actions(t, d), []string{"schedule disabled", "schedule enabled"})
	})
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestScheduleRunByHand(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := newDesk(t, kind)
		sweep := answer[[]scheduleView](t, d, "schedule", "list")[1]
		if sweep.Job != studymail.RetrySweepJob {
			t.Fatalf("the second schedule is %+v", sweep)
		}
		if out := d.must(t, "schedule", "run", sweep.ID.String()); !strings.Contains(out, "is queued. No worker is alive") {
			t.Errorf("running says: %s", out)
		}
		run := answer[studymail.ScheduleRun](t, d, "schedule", "run", sweep.ID.String())
		shown := answer[scheduleView](t, d, "schedule", "show", sweep.ID.String())
		if len(shown.Runs) != 2 || shown.Runs[0].ID != run.ID || shown.Runs[0].Outcome != studymail.RunWaiting {
			t.Errorf("runs: %+v", shown.Runs)
		}
		if out := d.must(t, "schedule", "show", sweep.ID.String()); !strings.Contains(out, "by hand") {
			t.Errorf("show:\n%s", out)
		}
		if !shown.Next[0].Equal(sweep.Next[0]) {
			t.Errorf("its next time moved from %s to %s", sweep.Next[0], shown.Next[0])
		}
	})
}

func TestScheduleWrongUse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	lone := withSchedule(t, d)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"schedule"}, exitUsage, "list, show, run, enable, disable"},
		{[]string{"schedule", "show"}, exitUsage, "the schedule's ID is missing"},
		{[]string{"schedule", "show", "Tuesdays"}, exitUsage, "not a UUID"},
		{[]string{"schedule", "show", studymail.NewID().String()}, exitFailed, "no schedule"},
		{[]string{"schedule", "enable", studymail.NewID().String()}, exitFailed, "no schedule"},
		{[]string{"schedule", "run", lone.ID.String()}, exitFailed, "no campaign waits"},
	} {
		r := d.run(t, "", c.args...)
		if r.code != c.code || !strings.Contains(r.err, c.says) || r.out != "" {
			t.Errorf("%v: exit code %d, %q and %q; want %d and %q", c.args, r.code, r.out, r.err, c.code, c.says)
		}
	}
}
