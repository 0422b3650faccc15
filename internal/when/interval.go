package when

import (
	"regexp"
	"strconv"
	"time"

	"studymail"
)

// The bounds of an interval. Shorter than a second is a loop, not a schedule.
const (
	minInterval = time.Second
	maxInterval = 366 * day
	day         = 24 * time.Hour
)

var daysFirst = regexp.MustCompile(`^([0-9]{1,4})d(.*)$`)

// parseInterval reads 90s, 1h30m, 5d, 1d12h. A day is 24 hours: intervals run in
// real time.
func parseInterval(s string) (time.Duration, error) {
	var d time.Duration
	rest := s
	if m := daysFirst.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return 0, notInterval()
		}
		d, rest = time.Duration(n)*day, m[2]
	}
	if rest != "" || d == 0 {
		more, err := time.ParseDuration(rest)
		if err != nil || more < 0 || more > maxInterval {
			return 0, notInterval()
		}
		d += more
	}
	if d < minInterval || d > maxInterval {
		return 0, notInterval()
	}
	return d, nil
}

func notInterval() error {
	return studymail.Errorf(studymail.Invalid, "not an interval; write one such as 90s, 15m, 1h30m or 5d, from 1s to 366d")
}

// nextInterval counts from Start; without one, from the time given, which for a
// schedule is its last due time, so that a late tick does not shift the next.
func (s Spec) nextInterval(after time.Time) time.Time {
	if s.every <= 0 {
		return time.Time{}
	}
	if s.Start.IsZero() {
		return after.Add(s.every)
	}
	if after.Before(s.Start) {
		return s.Start
	}
	steps := after.Sub(s.Start)/s.every + 1
	t := s.Start.Add(steps * s.every)
	if !t.After(after) { // Sub saturates after 292 years
		return time.Time{}
	}
	return t
}
