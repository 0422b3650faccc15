package when

import (
	"strings"
	"time"
	_ "time/tzdata" // the static binary runs where there is no zoneinfo

	"studymail"
)

// Spec says when something happens. Make one with Parse; the zero Spec never
// does. Start and End bound it and may be set afterwards.
type Spec struct {
	Kind studymail.ScheduleKind
	Expr string // as Parse takes it again
	Zone *time.Location

	// Start is the first moment at which it may fire, and what an interval
	// counts from; zero: no such bound.
	Start time.Time
	// End is the last moment at which it may fire; zero: no such bound.
	End time.Time

	cron  fields
	every time.Duration
	at    time.Time
}

// Parse reads a Spec of a kind: a cron expression of five fields or a
// descriptor such as @daily; an interval such as 90s, 1h30m or 5d; or a time
// such as "2026-12-01 09:00" (or RFC 3339). "@every 5m" is an interval, too.
func Parse(kind studymail.ScheduleKind, expr, zone string) (Spec, error) {
	loc, err := Zone(zone)
	if err != nil {
		return Spec{}, err
	}
	s := Spec{Kind: kind, Zone: loc}
	switch kind {
	case studymail.Cron:
		expr = strings.Join(strings.Fields(expr), " ")
		if rest, ok := strings.CutPrefix(expr, "@every "); ok {
			return Parse(studymail.Interval, rest, zone)
		}
		s.Expr = expr
		s.cron, err = parseCron(expr)
		if err == nil && s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, loc)).IsZero() {
			err = studymail.Errorf(studymail.Invalid, "the cron expression %q never comes true: no such day in that month", expr)
		}
	case studymail.Interval:
		s.Expr = strings.TrimSpace(expr)
		s.every, err = parseInterval(s.Expr)
	case studymail.Once:
		s.at, err = parseAbsolute(strings.TrimSpace(expr), loc)
		s.Expr = s.at.Format(time.RFC3339)
	default:
		err = studymail.Errorf(studymail.Invalid, "not a kind of schedule; write cron, interval or once")
	}
	if err != nil {
		return Spec{}, err
	}
	return s, nil
}

// Of gives a schedule's Spec, with its start and end.
func Of(sc studymail.Schedule) (Spec, error) {
	s, err := Parse(sc.Kind, sc.Expr, sc.Zone)
	if err != nil {
		return Spec{}, err
	}
	s.Start, s.End = sc.StartsAt, sc.EndsAt
	return s, nil
}

// Zone finds a time zone by its name.
func Zone(name string) (*time.Location, error) {
	// "" and "Local" would mean UTC and this machine's zone: neither is said by its name.
	if name != "" && name != "Local" {
		if loc, err := time.LoadLocation(name); err == nil {
			return loc, nil
		}
	}
	return nil, studymail.Errorf(studymail.Invalid, "not a time zone; write a name such as Europe/London or UTC")
}

// Next gives the first time strictly after the one given, in the Spec's zone;
// zero when there is none any more.
func (s Spec) Next(after time.Time) time.Time {
	if s.Zone == nil {
		return time.Time{}
	}
	if !s.Start.IsZero() && after.Before(s.Start) {
		after = s.Start.Add(-time.Nanosecond)
	}
	var t time.Time
	switch s.Kind {
	case studymail.Cron:
		t = s.cron.next(after, s.Zone)
	case studymail.Interval:
		t = s.nextInterval(after)
	case studymail.Once:
		if s.at.After(after) {
			t = s.at
		}
	}
	if t.IsZero() || (!s.End.IsZero() && t.After(s.End)) {
		return time.Time{}
	}
	return t.In(s.Zone)
}

// maxNext bounds NextN.
const maxNext = 100

// NextN gives the next n times (at most 100), fewer when there are no more.
func (s Spec) NextN(after time.Time, n int) []time.Time {
	n = min(n, maxNext)
	var all []time.Time
	for len(all) < n {
		after = s.Next(after)
		if after.IsZero() {
			break
		}
		all = append(all, after)
	}
	return all
}
