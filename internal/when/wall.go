package when

import "time"

// wall is a time as the clock on the wall shows it.
type wall struct {
	year                 int
	month                time.Month
	day                  int
	hour, minute, second int
}

func wallOf(t time.Time) wall {
	return wall{t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second()}
}

func (w wall) in(loc *time.Location) time.Time {
	return time.Date(w.year, w.month, w.day, w.hour, w.minute, w.second, 0, loc)
}

// resolve gives the moment at which the clock on the wall first shows w. When it
// never does (the clocks jump over it), exists is false and the moment is the
// jump. time.Date promises neither choice, so it is made here.
func (w wall) resolve(loc *time.Location) (t time.Time, exists bool) {
	near := w.in(loc)
	from, to := near.ZoneBounds()
	utc := w.in(time.UTC)
	shown := wallOf(utc) // normalised: day 32 is the first of the next month

	// The offsets that can matter: that of the moment near, and its neighbours.
	var first time.Time
	try := func(at time.Time) {
		_, offset := at.Zone()
		c := utc.Add(-time.Duration(offset) * time.Second).In(loc)
		if wallOf(c) == shown && (first.IsZero() || c.Before(first)) {
			first = c
		}
	}
	try(near)
	if !from.IsZero() {
		try(from.Add(-time.Nanosecond))
	}
	if !to.IsZero() {
		try(to)
	}
	if !first.IsZero() {
		return first, true
	}
	for _, jump := range [...]time.Time{from, to} {
		if jump.IsZero() {
			continue
		}
		_, before := jump.Add(-time.Nanosecond).Zone()
		_, after := jump.Zone()
		since := utc.Sub(time.Unix(jump.Unix(), 0).UTC())
		if since >= time.Duration(before)*time.Second && since < time.Duration(after)*time.Second {
			return jump.In(loc), false
		}
	}
	return near, false
}
