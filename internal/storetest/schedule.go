package storetest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// Clock is a clock that a test sets.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts a clock at a time in RFC 3339.
func NewClock(tb testing.TB, at string) *Clock {
	tb.Helper()
	return &Clock{now: moment(tb, at)}
}

func moment(tb testing.TB, at string) time.Time {
	tb.Helper()
	now, err := time.Parse(time.RFC3339, at)
	if err != nil {
		tb.Fatal(err)
	}
	return now.UTC()
}

// Now is the time that was set.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on, or back.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// WithClock opens the store's database a second time, with a clock.
func WithClock(tb testing.TB, s *store.Store, clock *Clock) *store.Store {
	tb.Helper()
	other, err := store.Open(tb.Context(), s.URL(), clock.Now)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := other.Close(); err != nil {
			tb.Error(err)
		}
	})
	return other
}

// ASchedule is a sweep's schedule that is enabled, runs a late time once, and
// skips overlaps.
func ASchedule(kind studymail.ScheduleKind, expr string) studymail.Schedule {
	return studymail.Schedule{
		Name: "every " + expr, Job: studymail.RetrySweepJob, Kind: kind, Expr: expr, Zone: "Europe/London", Enabled: true,
		Missed: studymail.MissedRunOnce, MissedWithin: time.Hour, Overlap: studymail.OverlapSkip,
	}
}

func addSchedule(t *testing.T, s *store.Store, sched studymail.Schedule) studymail.Schedule {
	t.Helper()
	write(t, s, func(tx *store.Tx) error { return tx.AddSchedule(t.Context(), &sched) })
	return sched
}

// takeAll takes all that is due and ends the runs at once.
func takeAll(t *testing.T, s *store.Store, outcome studymail.ScheduleOutcome) []store.TakenSchedule {
	t.Helper()
	var all []store.TakenSchedule
	write(t, s, func(tx *store.Tx) error {
		all = nil
		due, err := tx.DueSchedules(t.Context())
		if err != nil {
			return err
		}
		for i := range due {
			taken, err := tx.TakeDueSchedule(t.Context(), &due[i])
			if err != nil {
				return err
			}
			if taken.Run != nil && outcome != studymail.RunWaiting {
				if _, err := tx.EndScheduleRun(t.Context(), taken.Run.ID, outcome, "x=1"); err != nil {
					return err
				}
			}
			all = append(all, taken)
		}
		return nil
	})
	return all
}

func fired(all []store.TakenSchedule) (n int) {
	for _, taken := range all {
		if taken.Run != nil {
			n++
		}
	}
	return n
}

func scheduleOf(t *testing.T, s *store.Store, id studymail.ID) store.ScheduleRow {
	t.Helper()
	var row store.ScheduleRow
	read(t, s, func(tx *store.Tx) error {
		var err error
		row, err = tx.ScheduleByID(t.Context(), id)
		return err
	})
	return row
}

func historyOf(t *testing.T, s *store.Store, sched studymail.Schedule) []studymail.ScheduleRun {
	t.Helper()
	var all []studymail.ScheduleRun
	read(t, s, func(tx *store.Tx) error {
		var err error
		all, err = tx.ScheduleRuns(t.Context(), sched.Key, 1000)
		return err
	})
	return all
}

// ScheduleComesBackAsItWasAdded promises every field, and the next time.
func ScheduleComesBackAsItWasAdded(t *testing.T, s *store.Store) {
	s = WithClock(t, s, NewClock(t, "2026-03-01T10:00:00Z"))
	want := ASchedule(studymail.Cron, "0 9 * * tue")
	want.StartsAt, want.EndsAt = moment(t, "2026-03-04T00:00:00Z"), moment(t, "2026-06-01T00:00:00Z")
	want.Missed, want.MissedWithin, want.Overlap = studymail.MissedSkip, 90*time.Minute, studymail.OverlapAllow
	want = addSchedule(t, s, want)
	equal(t, "next time", want.NextRunAt, moment(t, "2026-03-10T09:00:00Z"))
	equal(t, "schedule", scheduleOf(t, s, want.ID).Schedule, want)
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.Schedules(t.Context())
		if err == nil && (len(all) != 1 || all[0].Schedule != want || all[0].Last != nil) {
			t.Fatalf("the list has %+v", all)
		}
		return err
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.ScheduleByID(t.Context(), studymail.NewID())
		return err
	})
}

// AScheduleWithoutATimeLeftIsRefused promises that mistakes show at once.
func AScheduleWithoutATimeLeftIsRefused(t *testing.T, s *store.Store) {
	s = WithClock(t, s, NewClock(t, "2026-03-01T10:00:00Z"))
	past := ASchedule(studymail.Once, "2026-03-01 09:00")
	ended := ASchedule(studymail.Cron, "0 9 * * *")
	ended.EndsAt = moment(t, "2026-03-01T11:00:00Z")
	wrong := ASchedule(studymail.Cron, "0 9 * *")
	nowhere := ASchedule(studymail.Interval, "5m")
	nowhere.Zone = "Europe/Nowhere"
	for _, sched := range []studymail.Schedule{past, ended, wrong, nowhere} {
		refuse(t, s, studymail.Invalid, func(tx *store.Tx) error { return tx.AddSchedule(t.Context(), &sched) })
	}
}

// EditingAndEnablingNeverFire promises I7's second half.
func EditingAndEnablingNeverFire(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:30:00Z")
	s = WithClock(t, s, clock)
	for _, c := range []struct {
		kind       studymail.ScheduleKind
		expr, then string
	}{{studymail.Cron, "0 9 * * *", "0 9,10 * * *"}, {studymail.Interval, "30m", "20m"}, {studymail.Once, "2026-03-20 09:00", "2026-03-21 09:00"}} {
		sched := addSchedule(t, s, ASchedule(c.kind, c.expr))
		clock.Advance(29 * time.Minute)
		write(t, s, func(tx *store.Tx) error { return tx.SetScheduleEnabled(t.Context(), &sched, false) })
		if got := scheduleOf(t, s, sched.ID); !got.NextRunAt.IsZero() || got.Enabled {
			t.Fatalf("%s: disabled, and still due at %s", c.kind, got.NextRunAt)
		}
		clock.Advance(26 * time.Hour) // times of the first two pass
		write(t, s, func(tx *store.Tx) error { return tx.SetScheduleEnabled(t.Context(), &sched, true) })
		equal(t, string(c.kind)+" enabled: fired", len(takeAll(t, s, studymail.RunEnded)), 0)
		sched.Expr = c.then
		write(t, s, func(tx *store.Tx) error { return tx.UpdateSchedule(t.Context(), &sched) })
		equal(t, string(c.kind)+" edited: fired", len(takeAll(t, s, studymail.RunEnded)), 0)
		if !sched.NextRunAt.After(clock.Now()) {
			t.Fatalf("%s: next time %s is not after %s", c.kind, sched.NextRunAt, clock.Now())
		}
		equal(t, string(c.kind)+" history", len(historyOf(t, s, sched)), 0)
		write(t, s, func(tx *store.Tx) error { return tx.SetScheduleEnabled(t.Context(), &sched, false) })
		clock.Advance(-26*time.Hour - 29*time.Minute)
	}
}

// TwoEditorsOfAScheduleCollideVisibly promises that no edit is lost unseen.
func TwoEditorsOfAScheduleCollideVisibly(t *testing.T, s *store.Store) {
	s = WithClock(t, s, NewClock(t, "2026-03-01T08:30:00Z")) // which stands still: both within a millisecond
	one := addSchedule(t, s, ASchedule(studymail.Interval, "5m"))
	two := one
	one.Expr, two.Expr = "6m", "7m"
	write(t, s, func(tx *store.Tx) error { return tx.UpdateSchedule(t.Context(), &one) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.UpdateSchedule(t.Context(), &two) })
	equal(t, "expression", scheduleOf(t, s, one.ID).Expr, "6m")
	write(t, s, func(tx *store.Tx) error { return tx.UpdateSchedule(t.Context(), &one) })
}

// ADueTimeIsTakenOnce promises I7's first half: whoever comes second, or with
// an old edition of the schedule, takes nothing.
func ADueTimeIsTakenOnce(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:30:00Z")
	s = WithClock(t, s, clock)
	sched := addSchedule(t, s, ASchedule(studymail.Interval, "5m"))
	clock.Advance(5 * time.Minute)
	first, second := sched, sched
	write(t, s, func(tx *store.Tx) error {
		taken, err := tx.TakeDueSchedule(t.Context(), &first)
		if err == nil && (!taken.Taken || taken.Run == nil || taken.Missed != 0 || !taken.Run.DueAt.Equal(clock.Now())) {
			t.Fatalf("the first taker got %+v", taken)
		}
		return err
	})
	write(t, s, func(tx *store.Tx) error {
		taken, err := tx.TakeDueSchedule(t.Context(), &second)
		if err == nil && (taken.Taken || taken.Run != nil) {
			t.Fatalf("the second taker got %+v", taken)
		}
		return err
	})
	equal(t, "runs", len(historyOf(t, s, sched)), 1)

	clock.Advance(5 * time.Minute)
	old := scheduleOf(t, s, sched.ID).Schedule
	edited := old
	edited.Missed = studymail.MissedSkip
	write(t, s, func(tx *store.Tx) error {
		if err := tx.UpdateSchedule(t.Context(), &edited); err != nil {
			return err
		}
		taken, err := tx.TakeDueSchedule(t.Context(), &old)
		if err == nil && taken.Taken {
			t.Fatal("a schedule was taken by an edition that is no more")
		}
		return err
	})
}

// MissedTimesFollowThePolicy promises the table.
func MissedTimesFollowThePolicy(t *testing.T, s *store.Store) {
	for _, c := range []struct {
		name   string
		kind   studymail.ScheduleKind
		expr   string
		missed studymail.MissedPolicy
		late   time.Duration // after 09:00
		fire   int
		passed int
		next   string
	}{
		{"on time", studymail.Cron, "0 9 * * *", studymail.MissedSkip, 0, 1, 0, "2026-02-03T09:00:00Z"},
		{"a tick late", studymail.Cron, "0 9 * * *", studymail.MissedSkip, 2 * time.Second, 1, 0, "2026-02-03T09:00:00Z"},
		{"skip", studymail.Cron, "0 9 * * *", studymail.MissedSkip, 5 * time.Minute, 0, 1, "2026-02-03T09:00:00Z"},
		{"once, early enough", studymail.Cron, "0 9 * * *", studymail.MissedRunOnce, 59 * time.Minute, 1, 0, "2026-02-03T09:00:00Z"},
		{"once, too late", studymail.Cron, "0 9 * * *", studymail.MissedRunOnce, 61 * time.Minute, 0, 1, "2026-02-03T09:00:00Z"},
		{"once, three days", studymail.Cron, "0 9 * * *", studymail.MissedRunOnce, 72*time.Hour + time.Minute, 1, 3, "2026-02-06T09:00:00Z"},
		{"skip, three days", studymail.Cron, "0 9 * * *", studymail.MissedSkip, 72*time.Hour + time.Hour, 0, 4, "2026-02-06T09:00:00Z"},
		{"single time, too late", studymail.Once, "2026-02-02 09:00", studymail.MissedRunOnce, 2 * time.Hour, 0, 1, ""},
		{"single time", studymail.Once, "2026-02-02 09:00", studymail.MissedRunOnce, time.Minute, 1, 0, ""},
		{"interval after a night", studymail.Interval, "30m", studymail.MissedSkip, 8*time.Hour + 5*time.Second, 1, 16, "2026-02-02T17:30:00Z"},
	} {
		clock := NewClock(t, "2026-02-02T08:30:00Z")
		s := WithClock(t, s, clock)
		sched := ASchedule(c.kind, c.expr)
		sched.Name, sched.Missed = c.name, c.missed
		sched = addSchedule(t, s, sched)
		clock.Advance(30*time.Minute + c.late)
		all := takeAll(t, s, studymail.RunEnded)
		if len(all) != 1 || fired(all) != c.fire || all[0].Missed != c.passed {
			t.Fatalf("%s: got %+v, want %d fired and %d missed", c.name, all, c.fire, c.passed)
		}
		var next time.Time
		if c.next != "" {
			next = moment(t, c.next)
		}
		got := scheduleOf(t, s, sched.ID)
		equal(t, c.name+": next time", got.NextRunAt, next)
		outcomes := ""
		for _, r := range historyOf(t, s, sched) {
			outcomes += string(r.Outcome) + " "
		}
		want := ""
		if c.fire > 0 {
			want = "done "
		}
		if c.passed > 0 {
			want += "missed "
		}
		equal(t, c.name+": history", outcomes, want)
		if got.NextRunAt.IsZero() {
			continue
		}
		write(t, s, func(tx *store.Tx) error { return tx.SetScheduleEnabled(t.Context(), &got.Schedule, false) })
	}
}

// OverlapsFollowThePolicy promises that the next time waits for the last run, or
// does not, as the schedule says.
func OverlapsFollowThePolicy(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:30:00Z")
	s = WithClock(t, s, clock)
	for _, c := range []struct {
		policy  studymail.OverlapPolicy
		running bool
		fire    int
	}{
		{studymail.OverlapSkip, false, 0},
		{studymail.OverlapSkip, true, 0},
		{studymail.OverlapAllow, false, 1},
		{studymail.OverlapAllow, true, 1},
	} {
		sched := ASchedule(studymail.Interval, "5m")
		sched.Name = string(c.policy) + map[bool]string{true: " running", false: " waiting"}[c.running]
		sched.Overlap = c.policy
		sched = addSchedule(t, s, sched)
		clock.Advance(5 * time.Minute)
		all := takeAll(t, s, studymail.RunWaiting)
		equal(t, sched.Name+": the first", fired(all), 1)
		first := all[0].Run.ID
		if c.running {
			write(t, s, func(tx *store.Tx) error {
				open, err := tx.BeginScheduleRun(t.Context(), first)
				if err == nil && !open {
					t.Fatal("a waiting run did not begin")
				}
				return err
			})
		}
		clock.Advance(5 * time.Minute)
		equal(t, sched.Name+": the second", fired(takeAll(t, s, studymail.RunEnded)), c.fire)
		if c.fire == 0 {
			last := scheduleOf(t, s, sched.ID).Last
			if last.Outcome != studymail.RunOverlapped || last.EndedAt.IsZero() {
				t.Fatalf("%s: the second time is noted as %+v", sched.Name, last)
			}
			refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
				_, err := tx.RunScheduleNow(t.Context(), &sched)
				return err
			})
		}
		write(t, s, func(tx *store.Tx) error {
			_, err := tx.EndScheduleRun(t.Context(), first, studymail.RunEnded, "")
			return err
		})
		clock.Advance(5 * time.Minute)
		equal(t, sched.Name+": the third", fired(takeAll(t, s, studymail.RunEnded)), 1)
		got := scheduleOf(t, s, sched.ID).Schedule
		write(t, s, func(tx *store.Tx) error { return tx.SetScheduleEnabled(t.Context(), &got, false) })
	}
}

// ACampaignThatSendsIsAnOverlap promises that a run lasts until its mail is out.
func ACampaignThatSendsIsAnOverlap(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:30:00Z")
	s = WithClock(t, s, clock)
	clinic := NewClinic(t, s)
	_, version := addTemplate(t, s, "invitation")
	sched := ASchedule(studymail.Interval, "5m")
	sched.Job = studymail.CampaignJob
	sched = addSchedule(t, s, sched)
	c := studymail.Campaign{Name: "C", Study: clinic.Study.Key, State: studymail.Scheduled, Schedule: sched.Key}
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.AddCampaign(t.Context(), store.NewCampaign{Campaign: &c, TemplateVersion: version.Key})
		return err
	})
	clock.Advance(5 * time.Minute)
	all := takeAll(t, s, studymail.RunEnded)
	if fired(all) != 1 || all[0].Campaign != c.ID {
		t.Fatalf("the schedule of campaign %s fired %+v", c.ID, all)
	}
	for _, step := range []struct {
		to   studymail.CampaignState
		fire int
	}{{studymail.Running, 0}, {studymail.Paused, 0}, {studymail.Running, 0}} {
		write(t, s, func(tx *store.Tx) error { return tx.MoveCampaign(t.Context(), &c, step.to) })
		clock.Advance(5 * time.Minute)
		equal(t, "fired while "+step.to.String(), fired(takeAll(t, s, studymail.RunEnded)), step.fire)
	}
	write(t, s, func(tx *store.Tx) error { return tx.MoveCampaign(t.Context(), &c, studymail.Scheduled) })
	clock.Advance(5 * time.Minute)
	equal(t, "fired when its mail was out", fired(takeAll(t, s, studymail.RunEnded)), 1)
	write(t, s, func(tx *store.Tx) error { return tx.MoveCampaign(t.Context(), &c, studymail.CampaignCanceled) })
	clock.Advance(5 * time.Minute)
	all = takeAll(t, s, studymail.RunEnded)
	if len(all) != 1 || !all[0].Campaign.IsZero() {
		t.Fatalf("a cancelled campaign is still started: %+v", all)
	}
	if got := scheduleOf(t, s, sched.ID); got.Enabled || !got.NextRunAt.IsZero() {
		t.Fatalf("the schedule of a cancelled campaign goes on: %+v", got.Schedule)
	}
}

// AClockPutBackNeitherFiresTwiceNorStops promises that times shown again do not
// run again, and that intervals go on at once.
func AClockPutBackNeitherFiresTwiceNorStops(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:00:00Z")
	s = WithClock(t, s, clock)
	beat := addSchedule(t, s, ASchedule(studymail.Interval, "10m"))
	daily := addSchedule(t, s, ASchedule(studymail.Cron, "30 8 * * *"))
	hour := func(minutes int) (n int) {
		for range minutes {
			clock.Advance(time.Minute)
			n += fired(takeAll(t, s, studymail.RunEnded))
		}
		return n
	}
	equal(t, "fired from 08:00 to 09:00", hour(60), 6+1)
	clock.Advance(-time.Hour)
	write(t, s, func(tx *store.Tx) error {
		moved, err := tx.CatchUpIntervals(t.Context())
		if err == nil && moved != 1 {
			t.Fatalf("%d intervals were brought back, not 1", moved)
		}
		return err
	})
	equal(t, "fired from 08:00 to 09:00 again", hour(62), 6)
	equal(t, "runs of the cron expression", len(historyOf(t, s, daily)), 1)
	seen := map[time.Time]bool{}
	for _, r := range historyOf(t, s, beat) {
		if seen[r.DueAt] {
			t.Fatalf("%s fired twice", r.DueAt)
		}
		seen[r.DueAt] = true
	}
	equal(t, "runs of the interval", len(seen), 12)

	// Neither does an edit while the clock shows an old time.
	clock.Advance(-time.Hour)
	got := scheduleOf(t, s, daily.ID).Schedule
	got.Expr = "30 8 * * 0-6"
	write(t, s, func(tx *store.Tx) error { return tx.UpdateSchedule(t.Context(), &got) })
	equal(t, "next time of the edited one", got.NextRunAt, moment(t, "2026-03-02T08:30:00Z"))
}

// BothClockChangesFireOnce promises 01:30 in London once a day all year.
func BothClockChangesFireOnce(t *testing.T, s *store.Store) {
	for _, c := range []struct {
		name, from string
		due        []string
	}{
		{"the hour that is missing", "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
		{"the hour that comes twice", "2026-10-24T12:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
	} {
		clock := NewClock(t, c.from)
		s := WithClock(t, s, clock)
		sched := ASchedule(studymail.Cron, "30 1 * * *")
		sched.Name = c.name
		sched = addSchedule(t, s, sched)
		for range 2 * 24 * 4 {
			clock.Advance(15 * time.Minute)
			takeAll(t, s, studymail.RunEnded)
		}
		var due []string
		for _, r := range historyOf(t, s, sched) {
			due = append([]string{r.DueAt.Format(time.RFC3339)}, due...)
		}
		equal(t, c.name, strings.Join(due, " "), strings.Join(c.due, " "))
		got := scheduleOf(t, s, sched.ID).Schedule
		write(t, s, func(tx *store.Tx) error { return tx.SetScheduleEnabled(t.Context(), &got, false) })
	}
}

// ARunByHandLeavesTheTimesAlone promises an extra run.
func ARunByHandLeavesTheTimesAlone(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:00:00Z")
	s = WithClock(t, s, clock)
	sched := addSchedule(t, s, ASchedule(studymail.Cron, "0 9 * * *"))
	for range 2 {
		write(t, s, func(tx *store.Tx) error {
			taken, err := tx.RunScheduleNow(t.Context(), &sched)
			if err != nil {
				return err
			}
			_, err = tx.EndScheduleRun(t.Context(), taken.Run.ID, studymail.RunEnded, "")
			return err
		})
	}
	got := scheduleOf(t, s, sched.ID)
	equal(t, "next time", got.NextRunAt, moment(t, "2026-03-01T09:00:00Z"))
	if got.Last == nil || !got.Last.DueAt.IsZero() || got.Last.Outcome != studymail.RunEnded {
		t.Fatalf("the last run is %+v", got.Last)
	}
	clock.Advance(time.Hour)
	equal(t, "fired at its time", fired(takeAll(t, s, studymail.RunEnded)), 1)

	lone := ASchedule(studymail.Cron, "5 9 * * *")
	lone.Job = studymail.CampaignJob
	lone = addSchedule(t, s, lone)
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { // no campaign has it
		_, err := tx.RunScheduleNow(t.Context(), &lone)
		return err
	})
}

// AScheduleRunEndsOnce promises that a late second job changes nothing.
func AScheduleRunEndsOnce(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:00:00Z")
	s = WithClock(t, s, clock)
	sched := addSchedule(t, s, ASchedule(studymail.Interval, "5m"))
	clock.Advance(5 * time.Minute)
	id := takeAll(t, s, studymail.RunWaiting)[0].Run.ID
	write(t, s, func(tx *store.Tx) error {
		for i, want := range []bool{true, true, false} {
			if i == 2 {
				ended, err := tx.EndScheduleRun(t.Context(), id, studymail.RunFailed, "code=timeout")
				if err != nil || !ended {
					t.Fatalf("end: %v, %v", ended, err)
				}
			}
			open, err := tx.BeginScheduleRun(t.Context(), id)
			if err != nil || open != want {
				t.Fatalf("beginning number %d: %v, %v", i, open, err)
			}
		}
		ended, err := tx.EndScheduleRun(t.Context(), id, studymail.RunEnded, "x=1")
		if err == nil && ended {
			t.Fatal("a run ended twice")
		}
		return err
	})
	last := scheduleOf(t, s, sched.ID).Last
	if last.Outcome != studymail.RunFailed || last.Detail != "code=timeout" || !last.EndedAt.Equal(clock.Now()) {
		t.Fatalf("the run is %+v", last)
	}
}

// AFiringBeginsOnePlan promises that a job that is done again plans no second run.
func AFiringBeginsOnePlan(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:00:00Z")
	s = WithClock(t, s, clock)
	addSchedule(t, s, ASchedule(studymail.Interval, "5m"))
	clock.Advance(5 * time.Minute)
	id := takeAll(t, s, studymail.RunWaiting)[0].Run.ID
	begin := func(want bool, when string) {
		t.Helper()
		write(t, s, func(tx *store.Tx) error {
			first, err := tx.BeginFiringsPlan(t.Context(), id)
			equal(t, when, first, want)
			return err
		})
	}
	begin(false, "before its job works")
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.BeginScheduleRun(t.Context(), id)
		return err
	})
	begin(true, "the first time")
	begin(false, "the second time")
}

// TheHistoryOfASchedulesRunsIsBounded promises 200 runs, of them at most 20 that
// found nothing to do, and never loses one that works.
func TheHistoryOfASchedulesRunsIsBounded(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:00:00Z")
	s = WithClock(t, s, clock)
	idle := ASchedule(studymail.Interval, "30s")
	idle.Overlap = studymail.OverlapAllow
	idle = addSchedule(t, s, idle)
	for i := range 300 {
		clock.Advance(30 * time.Second)
		write(t, s, func(tx *store.Tx) error {
			due, err := tx.DueSchedules(t.Context())
			if err != nil || len(due) != 1 {
				t.Fatalf("due: %+v, %v", due, err)
			}
			taken, err := tx.TakeDueSchedule(t.Context(), &due[0])
			if err != nil || i == 0 { // the first never ends
				return err
			}
			detail := ""
			if i > 60 {
				detail = "requeued=1"
			}
			_, err = tx.EndScheduleRun(t.Context(), taken.Run.ID, studymail.RunEnded, detail)
			return err
		})
		all := historyOf(t, s, idle)
		if i == 60 && len(all) > 22 {
			t.Fatalf("%d runs are kept of 60 that did nothing", len(all))
		}
		if len(all) > 201 {
			t.Fatalf("%d runs are kept", len(all))
		}
		if all[len(all)-1].Outcome != studymail.RunWaiting {
			t.Fatal("the run that works was removed")
		}
	}
}

// ABrokenScheduleStopsAlone promises I8 for schedules.
func ABrokenScheduleStopsAlone(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:00:00Z")
	s = WithClock(t, s, clock)
	broken := addSchedule(t, s, ASchedule(studymail.Interval, "4m"))
	sound := addSchedule(t, s, ASchedule(studymail.Interval, "5m"))
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(t.Context(), `UPDATE schedules SET zone = 'Europe/Gone' WHERE id = $1`, broken.Key)
		return err
	})
	clock.Advance(5 * time.Minute)
	equal(t, "fired", fired(takeAll(t, s, studymail.RunEnded)), 1)
	equal(t, "last outcome of the sound one", scheduleOf(t, s, sound.ID).Last.Outcome, studymail.RunEnded)
	got := scheduleOf(t, s, broken.ID)
	if got.Last.Outcome != studymail.RunFailed || got.Last.Detail != "code=invalid" || !got.NextRunAt.IsZero() {
		t.Fatalf("the broken one is %+v, last run %+v", got.Schedule, got.Last)
	}
}

// ABuiltinScheduleIsMadeOnceAndFollowsItsInterval promises that starting again
// neither doubles, nor fires, nor undoes what was edited.
func ABuiltinScheduleIsMadeOnceAndFollowsItsInterval(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:00:00Z")
	s = WithClock(t, s, clock)
	want := ASchedule(studymail.Interval, "30s")
	want.Name = "Retry sweep"
	ensure := func(expr string) store.ScheduleRow {
		want.Expr = expr
		write(t, s, func(tx *store.Tx) error { return tx.EnsureBuiltin(t.Context(), want) })
		var all []store.ScheduleRow
		read(t, s, func(tx *store.Tx) error {
			var err error
			all, err = tx.Schedules(t.Context())
			return err
		})
		if len(all) != 1 || !all[0].BuiltIn {
			t.Fatalf("the built-in schedules are %+v", all)
		}
		equal(t, "fired by a start", len(takeAll(t, s, studymail.RunEnded)), 0)
		return all[0]
	}
	first := ensure("30s")
	equal(t, "next time", first.NextRunAt, moment(t, "2026-03-01T08:00:30Z"))
	clock.Advance(10 * time.Second)
	equal(t, "after a restart", ensure("30s").Schedule, first.Schedule)
	edited := first.Schedule
	edited.Name, edited.Overlap = "Another name", studymail.OverlapAllow
	write(t, s, func(tx *store.Tx) error { return tx.UpdateSchedule(t.Context(), &edited) })
	clock.Advance(10 * time.Second)
	changed := ensure("1m")
	equal(t, "next time with another interval", changed.NextRunAt, moment(t, "2026-03-01T08:01:20Z"))
	if changed.Name != "Another name" || changed.Overlap != studymail.OverlapAllow || changed.Expr != "1m" {
		t.Fatalf("the edited built-in schedule is %+v", changed.Schedule)
	}
}

// TheSchedulersTickIsKept promises it for the health of the installation.
func TheSchedulersTickIsKept(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:00:00Z")
	s = WithClock(t, s, clock)
	tick := func() (at time.Time) {
		read(t, s, func(tx *store.Tx) error {
			var err error
			at, err = tx.SchedulerTick(t.Context())
			return err
		})
		return at
	}
	equal(t, "before the first", tick(), time.Time{})
	for range 2 {
		clock.Advance(time.Minute)
		write(t, s, func(tx *store.Tx) error { return tx.NoteSchedulerTick(t.Context()) })
		equal(t, "the last tick", tick(), clock.Now())
	}
}
