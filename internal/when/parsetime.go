package when

import (
	"strings"
	"time"

	"studymail"
)

// ParseTime reads a time that a user wrote, in a zone: "2026-12-01 09:00",
// "today 17:30", "tomorrow 09:00", or RFC 3339 with its own offset
// (2026-12-01T09:00:00Z). A local time that comes twice, because the clocks go
// back, is the first of the two; one that the clocks jump over is an error.
func ParseTime(s, zone string, now time.Time) (time.Time, error) {
	loc, err := Zone(zone)
	if err != nil {
		return time.Time{}, err
	}
	s = strings.TrimSpace(s)
	today := now.In(loc)
	for i, word := range []string{"today ", "tomorrow "} {
		if clock, ok := cutPrefixFold(s, word); ok {
			t, err := time.Parse("15:04", strings.TrimSpace(clock))
			if err != nil {
				return time.Time{}, notTime()
			}
			return existing(wall{today.Year(), today.Month(), today.Day() + i, t.Hour(), t.Minute(), 0}, loc)
		}
	}
	return parseAbsolute(s, loc)
}

var absoluteLayouts = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"}

func parseAbsolute(s string, loc *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.In(loc), nil
	}
	for _, layout := range absoluteLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return existing(wallOf(t), loc)
		}
	}
	if _, err := time.Parse(time.DateOnly, s); err == nil {
		return time.Time{}, studymail.Errorf(studymail.Invalid, "%q is a date without a time; write \"%s 09:00\"", s, s)
	}
	return time.Time{}, notTime()
}

func existing(w wall, loc *time.Location) (time.Time, error) {
	t, exists := w.resolve(loc)
	if exists {
		return t, nil
	}
	shown := w.in(time.UTC)
	_, before := t.Add(-time.Nanosecond).Zone()
	jumpFrom := t.UTC().Add(time.Duration(before) * time.Second)
	return time.Time{}, studymail.Errorf(studymail.Invalid, "%s does not exist on %s in %s: the clocks jump from %s to %s; write %s or another time",
		shown.Format("15:04"), shown.Format("2 January 2006"), loc, jumpFrom.Format("15:04"), t.Format("15:04"), t.Format("15:04"))
}

func notTime() error {
	return studymail.Errorf(studymail.Invalid, "not a time; write one such as \"2026-12-01 09:00\", \"tomorrow 09:00\" or 2026-12-01T09:00:00Z")
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
