package when_test

import (
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/when"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind       studymail.ScheduleKind
		expr, want string
	}{
		{studymail.Cron, "0 9 * * tue", "every Tuesday at 09:00 (Europe/London)"},
		{studymail.Cron, "0 9 * * *", "every day at 09:00 (Europe/London)"},
		{studymail.Cron, "0 9,17 * * 1-5", "every Monday to Friday at 09:00 and 17:00 (Europe/London)"},
		{studymail.Cron, "30 8 * * 0,6", "every Saturday and Sunday at 08:30 (Europe/London)"},
		{studymail.Cron, "0 9 1 * *", "on day 1 of every month at 09:00 (Europe/London)"},
		{studymail.Cron, "0 9 1,15 * *", "on day 1 and 15 of every month at 09:00 (Europe/London)"},
		{studymail.Cron, "0 9 1 1 *", "on 1 January at 09:00 (Europe/London)"},
		{studymail.Cron, "0 9 1 1,7 *", "on 1 January and July at 09:00 (Europe/London)"},
		{studymail.Cron, "0 9 * 6-8 *", "every day in June to August at 09:00 (Europe/London)"},
		{studymail.Cron, "0 9 1 * mon", "on day 1 of the month and every Monday at 09:00 (Europe/London)"},
		{studymail.Cron, "0 9 1 2 mon", "on day 1 of the month and every Monday in February at 09:00 (Europe/London)"},
		{studymail.Cron, "0 9 1-31 * mon", "every day at 09:00 (Europe/London)"},
		{studymail.Cron, "*/5 * * * *", "every 5 minutes (Europe/London)"},
		{studymail.Cron, "* * * * *", "every minute (Europe/London)"},
		{studymail.Cron, "@hourly", "every hour (Europe/London)"},
		{studymail.Cron, "15 * * * *", "every hour at 15 minutes past (Europe/London)"},
		{studymail.Cron, "15 * * * mon", "every hour at 15 minutes past on Monday (Europe/London)"},
		{studymail.Cron, "5,50 * * * *", "at minutes 5 and 50 of every hour (Europe/London)"},
		{studymail.Cron, "0 */2 * * *", "every 2 hours from 00:00 (Europe/London)"},
		{studymail.Cron, "15 9-17 * * *", "every day at 15 minutes past the hours 09 to 17 (Europe/London)"},
		{studymail.Cron, "0 9-17 * * *", "every day on the hours 09 to 17 (Europe/London)"},
		{studymail.Cron, "*/10 9-17 * * 1-5", "every 10 minutes in the hours 09 to 17 on Monday to Friday (Europe/London)"},
		{studymail.Interval, "1h", "every hour"},
		{studymail.Interval, "90m", "every 1 hour 30 minutes"},
		{studymail.Interval, "5d", "every 5 days"},
		{studymail.Interval, "30s", "every 30 seconds"},
		{studymail.Once, "2026-12-01 09:00", "once, on Tuesday 1 December 2026 at 09:00 (Europe/London)"},
	} {
		if got := must(t, c.kind, c.expr, london).Words(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.expr, got, c.want)
		}
	}
	s := must(t, studymail.Cron, "0 9 * * *", london)
	s.Start, s.End = at(t, "2026-05-01T00:00:00Z"), at(t, "2026-06-01T00:00:00Z")
	if got, want := s.Words(), "every day at 09:00 (Europe/London), from Friday 1 May 2026 at 01:00, until Monday 1 June 2026 at 01:00"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (when.Spec{}).Words(); got != "never" {
		t.Errorf("got %q", got)
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 15, 23, 30, 0, 0, time.UTC) // 00:30 on the 16th in London
	for _, c := range []struct{ in, want, problem string }{
		{in: "2026-12-01 09:00", want: "2026-12-01T09:00:00Z"},
		{in: " 2026-07-01 09:00:30 ", want: "2026-07-01T08:00:30Z"},
		{in: "2026-07-01T09:00", want: "2026-07-01T08:00:00Z"},
		{in: "2026-07-01T09:00:00+05:00", want: "2026-07-01T04:00:00Z"},
		{in: "2026-07-01T09:00:00Z", want: "2026-07-01T09:00:00Z"},
		{in: "today 17:00", want: "2026-06-16T16:00:00Z"},
		{in: "Tomorrow 09:00", want: "2026-06-17T08:00:00Z"},
		{in: "2026-10-25 01:30", want: "2026-10-25T00:30:00Z"}, // the first of two
		{in: "2026-03-29 01:00", problem: "01:00 does not exist on 29 March 2026 in Europe/London: the clocks jump from 01:00 to 02:00; write 02:00"},
		{in: "2026-03-29 01:59", problem: "01:59 does not exist"},
		{in: "2026-03-29 02:00", want: "2026-03-29T01:00:00Z"},
		{in: "2026-12-01", problem: `write "2026-12-01 09:00"`},
		{in: "09:00", problem: "not a time"},
		{in: "tomorrow", problem: "not a time"},
		{in: "tomorrow 25:00", problem: "not a time"},
		{in: "", problem: "not a time"},
		{in: "01/12/2026 09:00", problem: "not a time"},
		{in: strings.Repeat("9", 5000), problem: "not a time"},
	} {
		got, err := when.ParseTime(c.in, london, now)
		switch {
		case c.problem != "":
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%q: got %v, %v; want the problem %q", c.in, got, err, c.problem)
			}
		case err != nil || got.UTC().Format(time.RFC3339) != c.want:
			t.Errorf("%q: got %v, %v; want %s", c.in, got, err, c.want)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("2026-12-01 09:00", london)
	f.Add("tomorrow 09:00", "Pacific/Apia")
	now := time.Date(2026, 6, 15, 23, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s, zone string) {
		got, err := when.ParseTime(s, zone, now)
		if (err == nil) == got.IsZero() && !strings.HasPrefix(strings.TrimSpace(s), "0001") {
			t.Fatalf("%q in %q: %v, %v", s, zone, got, err)
		}
	})
}
