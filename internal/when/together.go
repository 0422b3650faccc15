package when

import "time"

// Together gives the time in which mail may leave by all of these hours that
// holds t, or else the next one, as Interval does for one. Those without a limit
// do not count; without any that has one both are zero. When they have no time
// in common in the next 400 days, both are that far ahead.
func Together(t time.Time, all ...Hours) (from, until time.Time) {
	far := t.AddDate(0, 0, farthest)
	for at := t; at.Before(far); at = until {
		from, until = time.Time{}, time.Time{}
		for _, h := range all {
			if h.Always() {
				continue
			}
			f, u := h.Interval(at)
			if !f.Before(u) {
				return far, far
			}
			if f.After(from) {
				from = f
			}
			if until.IsZero() || u.Before(until) {
				until = u
			}
		}
		if until.IsZero() || from.Before(until) {
			return from, until
		}
	}
	return far, far
}

// ClosedUntil gives when mail may leave by all of these hours; zero when it may
// at t.
func ClosedUntil(t time.Time, all ...Hours) time.Time {
	if from, _ := Together(t, all...); from.After(t) {
		return from
	}
	return time.Time{}
}

// OpenTime is for how much of the time between a and b mail may leave by all of
// these hours.
func OpenTime(a, b time.Time, all ...Hours) time.Duration {
	var sum time.Duration
	for a.Before(b) {
		from, until := Together(a, all...)
		if until.IsZero() || until.After(b) {
			until = b
		}
		if from.Before(a) {
			from = a
		}
		if !until.After(from) {
			break
		}
		sum += until.Sub(from)
		a = until
	}
	return sum
}
