package when_test

import (
	"slices"
	"testing"
	"time"

	"studymail"
	"studymail/internal/when"
)

func hours(t *testing.T, h, closed string) when.Hours {
	t.Helper()
	v, err := when.ParseHours(studymail.SendHours{Hours: h, Zone: "Europe/London", ClosedOn: closed})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func clock(t *testing.T, s string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	v, err := time.ParseInLocation("2006-01-02 15:04", s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHoursInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ hours, closed, want string }{
		{"", "", "always"},
		{"Mon-Fri 09:00-17:00", "", "Monday to Friday 09:00–17:00 (Europe/London)"},
		{"mon-fri 9:00-12:00 13:00-17:00, Saturday 10:00-12:00", "", "Monday to Friday 09:00–12:00 and 13:00–17:00, Saturday 10:00–12:00 (Europe/London)"},
		{"Mon Wed Fri 09:00-17:00", "", "Monday, Wednesday and Friday 09:00–17:00 (Europe/London)"},
		{"Sat-Mon", "", "Monday, Saturday and Sunday (Europe/London)"},
		{"08:00-20:00", "", "every day 08:00–20:00 (Europe/London)"},
		{"tue 09:00-12:00; tue 12:00-17:00", "", "Tuesday 09:00–17:00 (Europe/London)"},
		{"", "england", "every day, not on bank holidays of England (Europe/London)"},
		{"Mon-Fri", "scotland, NI 2026-12-24 2026-12-24", "Monday to Friday, not on bank holidays of Scotland, bank holidays of Northern Ireland and 2026-12-24 (Europe/London)"},
	} {
		if got := hours(t, c.hours, c.closed).Words(); got != c.want {
			t.Errorf("%q closed on %q: %q, want %q", c.hours, c.closed, got, c.want)
		}
	}
}

func TestWhatAreNotHoursIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []studymail.SendHours{
		{Hours: "nine to five"},
		{Hours: "Mon-Fri 17:00-09:00"},
		{Hours: "22:00-02:00"},
		{Hours: "Mon 09:00"},
		{Hours: "09:00-17:00 Mon"},
		{Hours: "Mon-Xyz 09:00-17:00"},
		{Hours: "Mo 09:00-17:00"},
		{Hours: "09:60-17:00"},
		{Hours: "09:00-24:01"},
		{Hours: "-1:00-17:00"},
		{Hours: ","},
		{ClosedOn: "france"},
		{ClosedOn: "2026-02-30"},
		{Hours: "Mon-Fri", Zone: "Europe/Atlantis"},
	} {
		if c.Zone == "" {
			c.Zone = "Europe/London"
		}
		if _, err := when.ParseHours(c); studymail.CodeOf(err) != studymail.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := when.ParseHours(studymail.SendHours{Hours: "Mon-Fri"}); err == nil {
		t.Error("hours without a zone were taken")
	}
}

// The bank holidays that gov.uk lists for 2025 to 2027, without those that were
// proclaimed for one year only.
func TestBankHolidaysAreThoseOfGovUK(t *testing.T) {
	t.Parallel()
	england := []string{
		"2025-01-01", "2025-04-18", "2025-04-21", "2025-05-05", "2025-05-26", "2025-08-25", "2025-12-25", "2025-12-26",
		"2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28",
		"2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30", "2027-12-27", "2027-12-28",
	}
	for region, want := range map[string][]string{
		"england": england,
		"wales":   england,
		"scotland": {
			"2025-01-01", "2025-01-02", "2025-04-18", "2025-05-05", "2025-05-26", "2025-08-04", "2025-12-01", "2025-12-25", "2025-12-26",
			"2026-01-01", "2026-01-02", "2026-04-03", "2026-05-04", "2026-05-25", "2026-08-03", "2026-11-30", "2026-12-25", "2026-12-28",
			"2027-01-01", "2027-01-04", "2027-03-26", "2027-05-03", "2027-05-31", "2027-08-02", "2027-11-30", "2027-12-27", "2027-12-28",
		},
		"northern-ireland": {
			"2025-01-01", "2025-03-17", "2025-04-18", "2025-04-21", "2025-05-05", "2025-05-26", "2025-07-14", "2025-08-25", "2025-12-25", "2025-12-26",
			"2026-01-01", "2026-03-17", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-07-13", "2026-08-31", "2026-12-25", "2026-12-28",
			"2027-01-01", "2027-03-17", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-07-12", "2027-08-30", "2027-12-27", "2027-12-28",
		},
	} {
		h := hours(t, "Mon-Fri", region)
		var got []string
		for day := clock(t, "2025-01-01 12:00"); day.Year() < 2028; day = day.AddDate(0, 0, 1) {
			if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday && !h.Open(day) {
				got = append(got, day.Format(time.DateOnly))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", region, got, want)
		}
	}
}

func TestIntervalsAtTheirEdges(t *testing.T) {
	t.Parallel()
	week := "Mon-Fri 09:00-17:00"
	for _, c := range []struct{ name, hours, closed, at, from, until string }{
		{"within", week, "", "2026-06-16 10:00", "2026-06-16 09:00", "2026-06-16 17:00"},
		{"at the first moment", week, "", "2026-06-16 09:00", "2026-06-16 09:00", "2026-06-16 17:00"},
		{"at the last moment", week, "", "2026-06-16 17:00", "2026-06-17 09:00", "2026-06-17 17:00"},
		{"over a weekend", week, "", "2026-06-19 18:00", "2026-06-22 09:00", "2026-06-22 17:00"},
		{"over Easter in England", week, "england", "2026-04-02 17:00", "2026-04-07 09:00", "2026-04-07 17:00"},
		{"over Easter in Scotland", week, "scotland", "2026-04-02 17:00", "2026-04-06 09:00", "2026-04-06 17:00"},
		{"a day of one's own", week, "2026-12-24 england", "2026-12-23 17:00", "2026-12-29 09:00", "2026-12-29 17:00"},
		{"over midnight without a break", "Mon 20:00-24:00, Tue 00:00-02:00", "", "2026-06-15 21:00", "2026-06-15 20:00", "2026-06-16 02:00"},
		{"whole days until the weekend", "Mon-Fri", "", "2026-06-17 12:00", "2026-06-17 00:00", "2026-06-20 00:00"},
		{"in the hour that is missing in March", "01:30-03:00", "", "2026-03-28 12:00", "2026-03-29 02:00", "2026-03-29 03:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			from, until := hours(t, c.hours, c.closed).Interval(clock(t, c.at))
			if !from.Equal(clock(t, c.from)) || !until.Equal(clock(t, c.until)) {
				t.Errorf("from %v until %v", from, until)
			}
		})
	}
}

// Interval is held against every quarter of an hour of a year: the plain rule
// (is this time of this day within the hours?) knows nothing of intervals.
// Without extend it failed, and so it
// did with an interval that held its own end.
func TestIntervalsAgreeWithEveryQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	const quarter = 15 * time.Minute
	for _, text := range []string{"Mon-Fri 09:00-17:00", "Sun 22:00-24:00, Mon 00:00-06:30, Sat", "00:00-24:00", "01:15-01:45"} {
		h := hours(t, text, "england 2026-07-01")
		plain := func(at time.Time) bool {
			m := 60*at.Hour() + at.Minute()
			day := at.Format(time.DateOnly)
			off := []string{
				"2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-26", "2026-12-28", "2026-07-01",
			}
			if slices.Contains(off, day) {
				return false
			}
			switch text {
			case "Mon-Fri 09:00-17:00":
				return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && m >= 540 && m < 1020
			case "00:00-24:00":
				return true
			case "01:15-01:45":
				// Of an hour that comes twice the first one counts.
				_, offset := at.Zone()
				_, before := at.Add(-time.Hour).Zone()
				return m >= 75 && m < 105 && offset >= before
			}
			return at.Weekday() == time.Sunday && m >= 1320 || at.Weekday() == time.Monday && m < 390 || at.Weekday() == time.Saturday
		}
		at := clock(t, "2026-01-01 00:00")
		end := clock(t, "2027-01-01 00:00")
		var open time.Duration
		for ; at.Before(end); at = at.Add(quarter) {
			from, until := h.Interval(at)
			if want := plain(at); want != !from.After(at) {
				t.Fatalf("%s: at %v it is open: %v (from %v until %v)", text, at, !want, from, until)
			}
			if from.After(at) && (plain(from.Add(-quarter)) || !plain(from)) {
				t.Fatalf("%s: at %v the next time is said to begin at %v", text, at, from)
			}
			if plain(until) && until.Before(end) || !plain(until.Add(-time.Minute)) {
				t.Fatalf("%s: at %v it is said to end at %v", text, at, until)
			}
			if plain(at) {
				open += quarter
			}
		}
		if got := when.OpenTime(clock(t, "2026-01-01 00:00"), end, h); got != open {
			t.Errorf("%s: open for %v of the year, want %v", text, got, open)
		}
	}
}

func FuzzParseHours(f *testing.F) {
	for _, s := range []string{"Mon-Fri 09:00-17:00, Sat", "08:00-20:00", "Sat-Mon 00:00-24:00; Tue"} {
		f.Add(s, "england 2026-12-24")
	}
	at := time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text, closed string) {
		h, err := when.ParseHours(studymail.SendHours{Hours: text, Zone: "Europe/London", ClosedOn: closed})
		if err != nil || h.Always() {
			return
		}
		from, until := h.Interval(at)
		if !until.After(at) || until.Before(from) {
			t.Errorf("at %v: from %v until %v", at, from, until)
		}
		if h.Words() == "" {
			t.Error("no words")
		}
	})
}
