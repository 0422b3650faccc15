package when_test

import (
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/when"
)

const london = "Europe/London"

func must(t *testing.T, kind studymail.ScheduleKind, expr, zone string) when.Spec {
	t.Helper()
	s, err := when.Parse(kind, expr, zone)
	if err != nil {
		t.Fatalf("Parse(%q, %q, %q): %v", kind, expr, zone, err)
	}
	return s
}

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNext(t *testing.T) {
	t.Parallel()
	// In 2026 London's clocks go forward on 29 March at 01:00Z and back on
	// 25 October at 01:00Z.
	for _, c := range []struct {
		name              string
		kind              studymail.ScheduleKind
		expr, zone, after string
		want              []string // in UTC
	}{
		{"weekly in winter", studymail.Cron, "0 9 * * tue", london, "2026-01-01T00:00:00Z", []string{"2026-01-06T09:00:00Z", "2026-01-13T09:00:00Z"}},
		{"weekly across the change keeps the wall clock", studymail.Cron, "0 9 * * tue", london, "2026-03-24T09:00:00Z", []string{"2026-03-31T08:00:00Z", "2026-04-07T08:00:00Z"}},
		{"strictly after", studymail.Cron, "0 9 * * *", "UTC", "2026-01-01T09:00:00Z", []string{"2026-01-02T09:00:00Z"}},
		{"a nanosecond before", studymail.Cron, "0 9 * * *", "UTC", "2026-01-01T08:59:59.999999999Z", []string{"2026-01-01T09:00:00Z"}},
		{"missing time fires once, after the gap", studymail.Cron, "30 1 * * *", london, "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
		{"the gap's first minute", studymail.Cron, "0 1 * * *", london, "2026-03-28T12:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
		{"many missing times and the one after the gap are one", studymail.Cron, "*/20 1,2 * * *", london, "2026-03-29T00:00:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-29T01:20:00Z", "2026-03-29T01:40:00Z", "2026-03-30T00:00:00Z"}},
		{"from inside what follows the gap", studymail.Cron, "30 1 * * *", london, "2026-03-29T01:00:00Z", []string{"2026-03-30T00:30:00Z"}},
		{"before the gap", studymail.Cron, "59 0 * * *", london, "2026-03-28T12:00:00Z", []string{"2026-03-29T00:59:00Z"}},
		{"time that comes twice fires the first time", studymail.Cron, "30 1 * * *", london, "2026-10-24T12:00:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"asked between the two", studymail.Cron, "30 1 * * *", london, "2026-10-25T01:15:00Z", []string{"2026-10-26T01:30:00Z"}},
		{"minutes of a fixed hour only in its first coming", studymail.Cron, "*/30 1 * * *", london, "2026-10-24T12:00:00Z", []string{"2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:00:00Z"}},
		{"two o'clock comes once", studymail.Cron, "0 2 * * *", london, "2026-10-24T12:00:00Z", []string{"2026-10-25T02:00:00Z"}},
		{"every two hours is on the wall", studymail.Cron, "0 */2 * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", []string{"2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"}},
		{"hourly over the gap", studymail.Cron, "30 * * * *", london, "2026-03-28T23:45:00Z", []string{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}},
		{"hourly serves both hours", studymail.Cron, "@hourly", london, "2026-10-24T23:30:00Z", []string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}},
		{"minutely through the repeated hour", studymail.Cron, "*/30 * * * *", london, "2026-10-25T00:10:00Z", []string{"2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"}},
		{"hourly on Sundays only", studymail.Cron, "0 * * * 0", london, "2026-03-28T12:00:00Z", []string{"2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"}},
		{"midnight that does not exist", studymail.Cron, "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", []string{"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}},
		{"a whole day that does not exist", studymail.Cron, "0 9 * * *", "Pacific/Apia", "2011-12-29T20:00:00Z", []string{"2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"}},
		{"half an hour's change", studymail.Cron, "45 1 * * *", "Australia/Lord_Howe", "2026-04-03T16:00:00Z", []string{"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
		{"hourly when Sao Paulo's day starts at one", studymail.Cron, "0 * 4 11 *", "America/Sao_Paulo", "2018-11-01T12:00:00Z", []string{"2018-11-04T03:00:00Z", "2018-11-04T04:00:00Z"}},
		{"leap day", studymail.Cron, "0 9 29 2 *", "UTC", "2096-03-01T00:00:00Z", []string{"2104-02-29T09:00:00Z"}},
		{"either day will do", studymail.Cron, "0 9 1 * mon", "UTC", "2026-01-27T00:00:00Z", []string{"2026-02-01T09:00:00Z", "2026-02-02T09:00:00Z"}},
		{"seven is Sunday", studymail.Cron, "0 9 * * 7", "UTC", "2026-01-01T00:00:00Z", []string{"2026-01-04T09:00:00Z"}},
		{"Friday to seven", studymail.Cron, "0 9 * * fri-7", "UTC", "2026-01-01T00:00:00Z", []string{"2026-01-02T09:00:00Z", "2026-01-03T09:00:00Z", "2026-01-04T09:00:00Z", "2026-01-09T09:00:00Z"}},
		{"descriptor", studymail.Cron, "@monthly", london, "2026-06-15T00:00:00Z", []string{"2026-06-30T23:00:00Z"}},
		{"interval in real time", studymail.Interval, "1h", london, "2026-03-29T00:30:00Z", []string{"2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"}},
		{"every is an interval", studymail.Cron, "@every 90m", "UTC", "2026-01-01T00:00:00Z", []string{"2026-01-01T01:30:00Z"}},
		{"days", studymail.Interval, "1d12h", "UTC", "2026-01-01T00:00:00Z", []string{"2026-01-02T12:00:00Z"}},
		{"once, local", studymail.Once, "2026-07-01 09:00", london, "2026-01-01T00:00:00Z", []string{"2026-07-01T08:00:00Z"}},
		{"once, with an offset", studymail.Once, "2026-07-01T09:00:00+02:00", london, "2026-01-01T00:00:00Z", []string{"2026-07-01T07:00:00Z"}},
		{"once, over", studymail.Once, "2026-07-01 09:00", london, "2026-07-01T08:00:00Z", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := must(t, c.kind, c.expr, c.zone)
			got := s.NextN(at(t, c.after), max(1, len(c.want)))
			var texts []string
			for _, g := range got {
				texts = append(texts, g.UTC().Format(time.RFC3339Nano))
			}
			if strings.Join(texts, " ") != strings.Join(c.want, " ") {
				t.Fatalf("got  %v\nwant %v", texts, c.want)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	s := must(t, studymail.Cron, "0 9 * * *", "UTC")
	s.Start, s.End = at(t, "2026-05-01T09:00:00Z"), at(t, "2026-05-03T09:00:00Z")
	if got := s.Next(at(t, "2026-01-01T00:00:00Z")); !got.Equal(s.Start) {
		t.Fatalf("the start itself is due; got %v", got)
	}
	if got := s.NextN(at(t, "2026-01-01T00:00:00Z"), 9); len(got) != 3 || !got[2].Equal(s.End) {
		t.Fatalf("three times up to and with the end; got %v", got)
	}
	i := must(t, studymail.Interval, "7d", london)
	i.Start = at(t, "2026-05-01T09:00:00Z")
	if got := i.Next(i.Start.Add(-time.Hour)); !got.Equal(i.Start) {
		t.Fatalf("an interval begins at its start; got %v", got)
	}
	if got := i.Next(i.Start.Add(8 * 24 * time.Hour)); !got.Equal(i.Start.Add(14 * 24 * time.Hour)) {
		t.Fatalf("an interval keeps its start's beat; got %v", got)
	}
	if got := (when.Spec{}).Next(i.Start); !got.IsZero() {
		t.Fatalf("the zero Spec is never due; got %v", got)
	}
	if n := len(s.NextN(i.Start, -1)); n != 0 {
		t.Fatalf("NextN(-1) gives %d", n)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind             studymail.ScheduleKind
		expr, zone, want string
	}{
		{studymail.Cron, "0 25 * * *", london, "hour: not right"},
		{studymail.Cron, "61 * * * *", london, "minute: not right"},
		{studymail.Cron, "0 9 0 * *", london, "day of month: not right"},
		{studymail.Cron, "0 9 L * *", london, "day of month: not right"},
		{studymail.Cron, "0 9 * foo *", london, "month: not right"},
		{studymail.Cron, "0 9 * * 8", london, "day of week: not right"},
		{studymail.Cron, "0 9 * * 5-1", london, "day of week: not right"},
		{studymail.Cron, "0 9 * * 5-7/2", london, "day of week: not right"},
		{studymail.Cron, ", 9 * * *", london, "minute: not right"},
		{studymail.Cron, "*/0 9 * * *", london, "minute: not right"},
		{studymail.Cron, "0 9 * *", london, "4 fields"},
		{studymail.Cron, "0 0 9 * * *", london, "6 fields"},
		{studymail.Cron, "", london, "0 fields"},
		{studymail.Cron, "@often", london, "not a schedule"},
		{studymail.Cron, "TZ=UTC", london, "zone by itself"},
		{studymail.Cron, "CRON_TZ=UTC 0 9 * * *", london, "zone by itself"},
		{studymail.Cron, "0 9 30 2 *", london, "never comes true"},
		{studymail.Cron, "0 9 31 4,6,9,11 *", london, "never comes true"},
		{studymail.Cron, "@every 1ms", london, "not an interval"},
		{studymail.Interval, "", london, "not an interval"},
		{studymail.Interval, "5", london, "not an interval"},
		{studymail.Interval, "-5m", london, "not an interval"},
		{studymail.Interval, "9999d", london, "not an interval"},
		{studymail.Interval, "366d1s", london, "not an interval"},
		{studymail.Interval, "5d-1h", london, "not an interval"},
		{studymail.Once, "soon", london, "not a time"},
		{studymail.Once, "2026-03-29 01:30", london, "does not exist"},
		{studymail.Once, "2026-02-30 09:00", london, "not a time"},
		{"weekly", "x", london, "not a kind"},
		{studymail.Cron, "0 9 * * *", "", "not a time zone"},
		{studymail.Cron, "0 9 * * *", "Local", "not a time zone"},
		{studymail.Cron, "0 9 * * *", "Europe/Lodnon", "not a time zone"},
		{studymail.Cron, "0 9 * * *", "../../etc/passwd", "not a time zone"},
	} {
		t.Run(string(c.kind)+" "+c.expr+" "+c.zone, func(t *testing.T) {
			t.Parallel()
			s, err := when.Parse(c.kind, c.expr, c.zone)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, %v; want an error with %q", s, err, c.want)
			}
			if studymail.CodeOf(err) != studymail.Invalid {
				t.Fatalf("code %v", studymail.CodeOf(err))
			}
		})
	}
}

func TestExprParsesAgain(t *testing.T) {
	t.Parallel()
	after := at(t, "2026-01-01T00:00:00Z")
	for _, c := range []struct {
		kind studymail.ScheduleKind
		expr string
	}{{studymail.Cron, " 0  9 * *  7"}, {studymail.Cron, "@every 5m"}, {studymail.Interval, "1d12h"}, {studymail.Once, "2026-07-01 09:00"}} {
		s := must(t, c.kind, c.expr, london)
		again := must(t, s.Kind, s.Expr, s.Zone.String())
		if !again.Next(after).Equal(s.Next(after)) || s.Next(after).IsZero() {
			t.Errorf("%v: %q reads back as another schedule", c, s.Expr)
		}
	}
}

func FuzzParseNext(f *testing.F) {
	for _, e := range []string{"0 9 * * tue", "*/5 0-22 29 2 *", "@daily", "30 1 * * *", "59 23 31 12 5-7", "@every 1h", "0 0 1 1 *"} {
		f.Add(string(studymail.Cron), e, london, int64(1774746000))
	}
	f.Add(string(studymail.Interval), "1d", "Pacific/Apia", int64(1325239200))
	f.Add(string(studymail.Once), "2026-12-01 09:00", "Asia/Kathmandu", int64(0))
	f.Fuzz(func(t *testing.T, kind, expr, zone string, unix int64) {
		s, err := when.Parse(studymail.ScheduleKind(kind), expr, zone)
		if err != nil {
			if studymail.CodeOf(err) != studymail.Invalid {
				t.Fatalf("%v has code %v", err, studymail.CodeOf(err))
			}
			return
		}
		if s.Words() == "" {
			t.Fatal("no words")
		}
		after := time.Unix(unix%(1<<37), 0) // some four thousand years either way
		for range 5 {
			next := s.Next(after)
			if next.IsZero() {
				return
			}
			if !next.After(after) {
				t.Fatalf("Parse(%q, %q, %q): next %v is not after %v", kind, expr, zone, next, after)
			}
			fire, _, then, missed := when.Due(s, next, next, when.Skip())
			if !fire || missed != 0 || (!then.IsZero() && !then.After(next)) {
				t.Fatalf("due at its very time: fire %v, next %v, missed %d", fire, then, missed)
			}
			after = next
		}
	})
}

// TestNextAgreesWithTheMinutesOfAYear compares with the plain way to find out:
// walk through the year, five minutes at a time, and look at the clock.
func TestNextAgreesWithTheMinutesOfAYear(t *testing.T) {
	t.Parallel()
	from := at(t, "2026-01-01T00:00:00Z")
	for _, zone := range []string{london, "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe", "Asia/Kolkata"} {
		s := must(t, studymail.Cron, "5,35 0,1,23 * * *", zone)
		shown := map[[4]int]bool{}
		var want []time.Time
		for m := range 365 * 24 * 12 {
			at := from.Add(time.Duration(5*m) * time.Minute).In(s.Zone)
			clock := [4]int{int(at.Month()), at.Day(), at.Hour(), at.Minute()}
			if h := at.Hour(); !shown[clock] && (h < 2 || h == 23) && at.Minute()%30 == 5 {
				want = append(want, at)
			}
			shown[clock] = true
		}
		missing := 0
		got, i := from, 0
		for i < len(want) {
			got = s.Next(got)
			switch {
			case got.Equal(want[i]):
				i++
			case got.Before(want[i]): // a time that the clocks jumped over
				missing++
			default:
				t.Fatalf("%s: got %v, want %v", zone, got, want[i])
			}
		}
		if missing > 2 {
			t.Errorf("%s: %d times that no clock shows", zone, missing)
		}
	}
}
