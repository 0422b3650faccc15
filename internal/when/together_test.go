package when_test

import (
	"testing"
	"time"

	"studymail/internal/when"
)

func TestHoursTogether(t *testing.T) {
	t.Parallel()
	week := "Mon-Fri 09:00-17:00"
	for _, c := range []struct{ name, one, other, at, from, until string }{
		{"no limit on one", week, "", "2026-06-16 10:00", "2026-06-16 09:00", "2026-06-16 17:00"},
		{"both are open", week, "10:00-12:00", "2026-06-16 11:00", "2026-06-16 10:00", "2026-06-16 12:00"},
		{"one is closed", week, "10:00-12:00", "2026-06-16 12:00", "2026-06-17 10:00", "2026-06-17 12:00"},
		{"both are closed, for unlike times", week, "Sun-Mon 16:00-20:00", "2026-06-16 18:00", "2026-06-22 16:00", "2026-06-22 17:00"},
		{"the other way round", "Sun-Mon 16:00-20:00", week, "2026-06-16 18:00", "2026-06-22 16:00", "2026-06-22 17:00"},
		{"they only touch", "09:00-12:00", "12:00-13:00", "2026-06-16 12:00", "2027-07-21 12:00", "2027-07-21 12:00"},
		{"never", "Sat", "Sun", "2026-06-16 12:00", "2027-07-21 12:00", "2027-07-21 12:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			from, until := when.Together(clock(t, c.at), hours(t, c.one, ""), hours(t, c.other, ""))
			if !from.Equal(clock(t, c.from)) || !until.Equal(clock(t, c.until)) {
				t.Errorf("from %v until %v", from, until)
			}
		})
	}
	if from, until := when.Together(clock(t, "2026-06-16 12:00"), when.Hours{}, when.Hours{}); !from.IsZero() || !until.IsZero() {
		t.Errorf("without any limit: from %v until %v", from, until)
	}
}

func TestOpenTimeLeavesOutWhatIsClosed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, one, other, a, b string
		want                   time.Duration
	}{
		{"no limit", "", "", "2026-06-15 00:00", "2026-06-16 00:00", 24 * time.Hour},
		{"a week", "Mon-Fri 09:00-17:00", "", "2026-06-15 00:00", "2026-06-22 00:00", 40 * time.Hour},
		{"a week of two", "Mon-Fri 09:00-17:00", "Tue-Sat 12:00-20:00", "2026-06-15 00:00", "2026-06-22 00:00", 20 * time.Hour},
		{"a part of a day", "Mon-Fri 09:00-17:00", "", "2026-06-15 10:00", "2026-06-15 11:30", 90 * time.Minute},
		{"closed from end to end", "Mon-Fri 09:00-17:00", "", "2026-06-20 10:00", "2026-06-21 11:30", 0},
		{"the day the clock goes forward", "Sun", "", "2026-03-29 00:00", "2026-03-30 00:00", 23 * time.Hour},
		{"the day the clock goes back", "Sun", "", "2026-10-25 00:00", "2026-10-26 00:00", 25 * time.Hour},
		{"backwards", "", "", "2026-06-16 00:00", "2026-06-15 00:00", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := when.OpenTime(clock(t, c.a), clock(t, c.b), hours(t, c.one, ""), hours(t, c.other, "")); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestClosedUntilIsZeroWhileMailMayLeave(t *testing.T) {
	t.Parallel()
	h := hours(t, "Mon-Fri 09:00-17:00", "")
	if got := when.ClosedUntil(clock(t, "2026-06-16 16:59"), h); !got.IsZero() {
		t.Errorf("open: %v", got)
	}
	if got := when.ClosedUntil(clock(t, "2026-06-16 17:00"), h); !got.Equal(clock(t, "2026-06-17 09:00")) {
		t.Errorf("closed: %v", got)
	}
	if got := when.ClosedUntil(clock(t, "2026-06-16 17:00")); !got.IsZero() {
		t.Errorf("without hours: %v", got)
	}
}
