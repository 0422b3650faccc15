package when_test

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/when"
)

func TestDue(t *testing.T) {
	t.Parallel()
	const none = ""
	for _, c := range []struct {
		name           string
		kind           studymail.ScheduleKind
		expr           string
		nextRunAt, now string
		policy         when.Policy
		fire           bool
		dueAt, next    string
		missed         int
	}{
		{"not yet", studymail.Cron, "0 9 * * *", "2026-01-02T09:00:00Z", "2026-01-02T08:59:59Z", when.Skip(), false, none, "2026-01-02T09:00:00Z", 0},
		{"a tick late", studymail.Cron, "0 9 * * *", "2026-01-02T09:00:00Z", "2026-01-02T09:00:01Z", when.Skip(), true, "2026-01-02T09:00:00Z", "2026-01-03T09:00:00Z", 0},
		{"missed and skipped", studymail.Cron, "0 9 * * *", "2026-01-02T09:00:00Z", "2026-01-02T12:00:00Z", when.Skip(), false, none, "2026-01-03T09:00:00Z", 1},
		{"missed and made up for", studymail.Cron, "0 9 * * *", "2026-01-02T09:00:00Z", "2026-01-02T12:00:00Z", when.RunOnce(4 * time.Hour), true, "2026-01-02T09:00:00Z", "2026-01-03T09:00:00Z", 0},
		{"too late to make up", studymail.Cron, "0 9 * * *", "2026-01-02T09:00:00Z", "2026-01-02T14:00:00Z", when.RunOnce(4 * time.Hour), false, none, "2026-01-03T09:00:00Z", 1},
		{"three days away: once, for the last", studymail.Cron, "0 9 * * *", "2026-01-02T09:00:00Z", "2026-01-04T10:00:00Z", when.RunOnce(4 * time.Hour), true, "2026-01-04T09:00:00Z", "2026-01-05T09:00:00Z", 2},
		{"hourly, on time for the last", studymail.Cron, "0 * * * *", "2026-01-02T09:00:00Z", "2026-01-02T12:00:30Z", when.Skip(), true, "2026-01-02T12:00:00Z", "2026-01-02T13:00:00Z", 3},
		{"interval keeps its beat", studymail.Interval, "30s", "2026-01-02T09:00:10Z", "2026-01-02T09:00:12Z", when.Skip(), true, "2026-01-02T09:00:10Z", "2026-01-02T09:00:40Z", 0},
		{"interval after a long sleep", studymail.Interval, "30s", "2026-01-02T09:00:10Z", "2026-01-03T09:00:12Z", when.Skip(), true, "2026-01-03T09:00:10Z", "2026-01-03T09:00:40Z", 2880},
		{"minutely after a year counts no further than it must", studymail.Cron, "* * * * *", "2025-01-02T09:00:00Z", "2026-01-02T09:00:30Z", when.Skip(), true, "2026-01-02T09:00:00Z", "2026-01-02T09:01:00Z", 999},
		{"a dense hour long ago, asked at night", studymail.Cron, "* 9 * * *", "2025-01-02T09:00:00Z", "2026-01-02T23:00:00Z", when.RunOnce(24 * time.Hour), true, "2026-01-02T09:59:00Z", "2026-01-03T09:00:00Z", 999},
		{"once, in time", studymail.Once, "2026-01-02 09:00", "2026-01-02T09:00:00Z", "2026-01-02T09:00:01Z", when.Skip(), true, "2026-01-02T09:00:00Z", none, 0},
		{"once, missed", studymail.Once, "2026-01-02 09:00", "2026-01-02T09:00:00Z", "2026-01-02T10:00:00Z", when.Skip(), false, none, none, 1},
		{"never again", studymail.Once, "2026-01-02 09:00", none, "2026-01-02T10:00:00Z", when.Skip(), false, none, none, 0},
		{"the clock was put back", studymail.Cron, "0 9 * * *", "2026-01-03T09:00:00Z", "2026-01-02T08:00:00Z", when.RunOnce(time.Hour), false, none, "2026-01-03T09:00:00Z", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := must(t, c.kind, c.expr, "UTC")
			parse := func(v string) time.Time {
				if v == none {
					return time.Time{}
				}
				return at(t, v)
			}
			fire, dueAt, next, missed := when.Due(s, parse(c.nextRunAt), at(t, c.now), c.policy)
			if fire != c.fire || !dueAt.Equal(parse(c.dueAt)) || !next.Equal(parse(c.next)) || missed != c.missed {
				t.Fatalf("got  %v %v %v %d\nwant %v %v %v %d", fire, dueAt, next, missed, c.fire, c.dueAt, c.next, c.missed)
			}
		})
	}
}

func TestDueStopsAtTheEnd(t *testing.T) {
	t.Parallel()
	for kind, expr := range map[studymail.ScheduleKind]string{studymail.Interval: "1m", studymail.Cron: "* * * * *"} {
		s := must(t, kind, expr, "UTC")
		s.End = at(t, "2026-01-02T10:00:00Z")
		fire, dueAt, next, missed := when.Due(s, at(t, "2026-01-02T09:00:00Z"), at(t, "2026-01-02T12:00:00Z"), when.RunOnce(3*time.Hour))
		if !fire || !dueAt.Equal(s.End) || !next.IsZero() || missed != 60 {
			t.Errorf("%v: got %v %v %v %d", kind, fire, dueAt, next, missed)
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	sc := studymail.Schedule{Kind: studymail.Interval, Expr: "1d", Zone: "UTC", StartsAt: at(t, "2026-01-02T09:00:00Z"), EndsAt: at(t, "2026-01-03T12:00:00Z"), Missed: studymail.MissedRunOnce, MissedWithin: 5 * time.Hour}
	s, err := when.Of(sc)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.NextN(at(t, "2026-01-01T00:00:00Z"), 9); len(got) != 2 || !got[1].Equal(at(t, "2026-01-03T09:00:00Z")) {
		t.Fatalf("got %v", got)
	}
	due, late := at(t, "2026-01-03T09:00:00Z"), at(t, "2026-01-03T13:00:00Z")
	if fire, _, _, _ := when.Due(s, due, late, when.PolicyOf(sc)); !fire {
		t.Error("four hours late of five allowed: fires")
	}
	sc.Missed = studymail.MissedSkip
	if fire, _, _, _ := when.Due(s, due, late, when.PolicyOf(sc)); fire {
		t.Error("a missed time is skipped")
	}
	if _, err := when.Of(studymail.Schedule{Kind: "x"}); err == nil {
		t.Error("a schedule of no kind has no Spec")
	}
}
