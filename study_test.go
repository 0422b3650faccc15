package studymail_test

import (
	"testing"
	"time"

	"studymail"
)

func TestParseDateTakesADayAlone(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "2026-03-31", "2028-02-29", "0001-01-01", "9999-12-31"} {
		if got, err := studymail.ParseDate(in); err != nil || string(got) != in {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, in := range []string{
		"2026-02-29", "2026-13-01", "2026-3-1", "31.03.2026", "2026-03-31 ", "2026-03-31T00:00:00Z", "2026/03/31", "tomorrow", "-2026-03-31", "12026-03-31",
	} {
		if got, err := studymail.ParseDate(in); studymail.CodeOf(err) != studymail.Invalid || got != "" {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

// Dates are compared as texts: the earlier one sorts first.
func TestDateOfIsTheDayInTheZone(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   string
		zone *time.Location
		want studymail.Date
	}{
		{"2026-01-15T23:59:59Z", london, "2026-01-15"},
		{"2026-06-15T23:00:00Z", london, "2026-06-16"}, // summer time
		{"2026-06-15T22:59:59Z", london, "2026-06-15"},
		{"2026-06-15T12:00:00Z", auckland, "2026-06-16"},
		{"2026-12-31T23:30:00-05:00", time.UTC, "2027-01-01"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := studymail.DateOf(at, c.zone); got != c.want {
			t.Errorf("%s in %v: %s, want %s", c.at, c.zone, got, c.want)
		}
	}
}
