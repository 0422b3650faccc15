package when

import (
	"time"

	"studymail"
)

// Grace is how late a run may be and still count as on time: a tick comes after
// the due moment, never at it.
const Grace = time.Minute

// Policy says what happens to times that passed while nobody looked.
type Policy struct {
	within time.Duration
}

// Skip leaves missed times out: only what is due now, within Grace, runs.
func Skip() Policy { return Policy{} }

// RunOnce makes up for the last missed time, once, if it is at most that late.
func RunOnce(within time.Duration) Policy { return Policy{within: within} }

// PolicyOf gives a schedule's policy.
func PolicyOf(s studymail.Schedule) Policy {
	if s.Missed == studymail.MissedRunOnce {
		return RunOnce(s.MissedWithin)
	}
	return Skip()
}

// maxMissed bounds the counting of missed cron times; more are given as this many.
const maxMissed = 1000

// Due tells what a schedule whose next run was to be at nextRunAt does at now.
// When fire, it runs once, for dueAt: the latest of the times that have come.
// Missed counts those that get no run of their own. next is the new next run, to
// be stored in any case; zero when there is none any more.
//
// When nothing is due it gives nextRunAt back unchanged: asking never moves a
// schedule, nor does a clock that was put back.
func Due(s Spec, nextRunAt, now time.Time, p Policy) (fire bool, dueAt, next time.Time, missed int) {
	if nextRunAt.IsZero() || nextRunAt.After(now) {
		return false, time.Time{}, nextRunAt, 0
	}
	dueAt, passed := s.latest(nextRunAt, now)
	// Counted from the latest due time, an interval keeps its beat.
	next = s.Next(dueAt)
	if now.Sub(dueAt) <= max(p.within, Grace) {
		return true, dueAt, next, passed - 1
	}
	return false, time.Time{}, next, passed
}

// latest gives the last due time up to now, from the first one on, and how many
// there are.
func (s Spec) latest(first, now time.Time) (last time.Time, n int) {
	last, n = first, 1
	switch s.Kind {
	case studymail.Interval:
		t := s.Next(first)
		if s.every <= 0 || t.IsZero() || t.After(now) {
			return first, 1
		}
		end := now
		if !s.End.IsZero() && s.End.Before(end) {
			end = s.End
		}
		steps := end.Sub(t) / s.every
		return t.Add(steps * s.every), int(steps) + 2
	case studymail.Cron:
		for t := s.Next(first); !t.IsZero() && !t.After(now); t = s.Next(t) {
			last = t
			if n++; n >= maxMissed {
				return s.lastBefore(last, now), n
			}
		}
	case studymail.Once:
	}
	return last, n
}

// lastBefore finds the last time of a dense schedule up to now without walking
// through all: it looks back in steps that double until it finds one.
func (s Spec) lastBefore(known, now time.Time) time.Time {
	for back := time.Minute; now.Add(-back).After(known); back *= 2 {
		t := s.Next(now.Add(-back))
		if t.IsZero() || t.After(now) {
			continue
		}
		for !t.IsZero() && !t.After(now) {
			known, t = t, s.Next(t)
		}
		return known
	}
	return known
}
