package when

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"studymail"
)

// Hours say when mail may leave: hours of the days of a week on the clock on the
// wall of a zone, without the days on which it is closed. The zero Hours have
// no limit.
type Hours struct {
	zone     *time.Location
	week     [7][]span // by time.Weekday, in order, apart from each other
	holidays []region
	closed   []studymail.Date
}

// span is a part of a day, in minutes from its midnight; to may be 24:00.
type span struct{ from, to int }

const wholeDay = 24 * 60

// farthest is how many days Interval looks ahead.
const farthest = 400

// ParseHours reads what SendHours keep: hours such as "Mon-Fri 09:00-17:00, Sat
// 10:00-12:00" ("" for always), a zone, and the days on which it is closed: dates,
// and the names of regions whose bank holidays count ("england 2026-12-24").
func ParseHours(s studymail.SendHours) (Hours, error) {
	if s.Always() {
		return Hours{}, nil
	}
	loc, err := Zone(s.Zone)
	if err != nil {
		return Hours{}, err
	}
	h := Hours{zone: loc}
	if err := h.parseWeek(s.Hours); err != nil {
		return Hours{}, err
	}
	if err := h.parseClosed(s.ClosedOn); err != nil {
		return Hours{}, err
	}
	return h, nil
}

func (h *Hours) parseWeek(text string) error {
	if strings.TrimSpace(text) == "" {
		text = "00:00-24:00"
	}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' }) {
		var (
			days  []time.Weekday
			spans []span
		)
		for _, word := range strings.Fields(part) {
			if s, ok := parseSpan(word); ok {
				spans = append(spans, s)
				continue
			}
			more, ok := parseDays(word)
			if !ok || len(spans) > 0 {
				return notHours()
			}
			days = append(days, more...)
		}
		if len(days)+len(spans) == 0 {
			return notHours()
		}
		if len(days) == 0 {
			days = weekdays
		}
		if len(spans) == 0 {
			spans = []span{{0, wholeDay}}
		}
		for _, d := range days {
			h.week[d] = append(h.week[d], spans...)
		}
	}
	some := false
	for d := range h.week {
		h.week[d] = merged(h.week[d])
		some = some || len(h.week[d]) > 0
	}
	if !some {
		return notHours()
	}
	return nil
}

// Monday first, as people write them.
var weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

// parseDays reads Mon, monday, Mon-Fri, Sat-Mon.
func parseDays(word string) ([]time.Weekday, bool) {
	first, last, isRange := strings.Cut(word, "-")
	from, ok := parseDay(first)
	if !ok {
		return nil, false
	}
	to := from
	if isRange {
		if to, ok = parseDay(last); !ok {
			return nil, false
		}
	}
	days := []time.Weekday{from}
	for d := from; d != to; {
		d = (d + 1) % 7
		days = append(days, d)
	}
	return days, true
}

func parseDay(s string) (time.Weekday, bool) {
	s = strings.ToLower(s)
	for _, d := range weekdays {
		if name := strings.ToLower(d.String()); len(s) >= 3 && strings.HasPrefix(name, s) {
			return d, true
		}
	}
	return 0, false
}

// parseSpan reads 09:00-17:00.
func parseSpan(word string) (span, bool) {
	a, b, ok := strings.Cut(word, "-")
	from, fromOK := parseClock(a)
	to, toOK := parseClock(b)
	return span{from, to}, ok && fromOK && toOK && from < to
}

func parseClock(s string) (int, bool) {
	hour, minute, ok := strings.Cut(s, ":")
	if !ok || len(hour) == 0 || len(hour) > 2 || len(minute) != 2 || strings.Trim(hour+minute, "0123456789") != "" {
		return 0, false
	}
	h, _ := strconv.Atoi(hour)   // digits only, as looked at above
	m, _ := strconv.Atoi(minute) // the same
	return 60*h + m, m < 60 && 60*h+m <= wholeDay
}

func notHours() error {
	return studymail.Errorf(studymail.Invalid, "not hours; write them such as \"Mon-Fri 09:00-17:00, Sat 10:00-12:00\", those over midnight as two parts")
}

// merged sorts spans and joins those that touch.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var all []span
	for _, s := range spans {
		if n := len(all); n > 0 && s.from <= all[n-1].to {
			all[n-1].to = max(all[n-1].to, s.to)
			continue
		}
		all = append(all, s)
	}
	return all
}

func (h *Hours) parseClosed(text string) error {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\t' }) {
		if _, err := time.Parse(time.DateOnly, word); err == nil {
			h.closed = append(h.closed, studymail.Date(word))
			continue
		}
		r, ok := regionOf(word)
		if !ok {
			return studymail.Errorf(studymail.Invalid, "closed on: write days such as 2026-12-24, and regions whose bank holidays count (%s)", strings.Join(regionNames(), ", "))
		}
		if !slices.Contains(h.holidays, r) {
			h.holidays = append(h.holidays, r)
		}
	}
	slices.Sort(h.closed)
	h.closed = slices.Compact(h.closed)
	return nil
}

// Always tells that there is no limit.
func (h Hours) Always() bool { return h.zone == nil }

// Interval gives the time in which mail may leave that holds t, or else the
// next one: from its first moment to the first after it. Both are zero when
// there is no limit. Without any in the next 400 days both are that far ahead.
func (h Hours) Interval(t time.Time) (from, until time.Time) {
	if h.zone == nil {
		return from, until
	}
	day := wallOf(t.In(h.zone))
	day.hour, day.minute, day.second = 0, 0, 0
	for range farthest {
		for _, s := range h.spansOf(day) {
			begin, end := day.at(s.from, h.zone), day.at(s.to, h.zone)
			if begin.Before(end) && end.After(t) {
				return begin, h.extend(day, s, end)
			}
		}
		day = day.tomorrow()
	}
	far := day.in(h.zone)
	return far, far
}

// extend goes on over midnights for as long as there is no break.
func (h Hours) extend(day wall, s span, end time.Time) time.Time {
	for range farthest {
		if s.to != wholeDay {
			break
		}
		day = day.tomorrow()
		spans := h.spansOf(day)
		if len(spans) == 0 || spans[0].from != 0 {
			break
		}
		s = spans[0]
		end = day.at(s.to, h.zone)
	}
	return end
}

// spansOf gives the hours of a day.
func (h Hours) spansOf(day wall) []span {
	noon := time.Date(day.year, day.month, day.day, 12, 0, 0, 0, time.UTC)
	spans := h.week[noon.Weekday()]
	if len(spans) == 0 || slices.Contains(h.closed, studymail.Date(noon.Format(time.DateOnly))) {
		return nil
	}
	for _, r := range h.holidays {
		if r.holiday(noon) {
			return nil
		}
	}
	return spans
}

// at gives the moment of a minute of the day; in a gap of the clock, the end of it.
func (w wall) at(minute int, loc *time.Location) time.Time {
	w.minute = minute
	t, _ := w.resolve(loc)
	return t
}

func (w wall) tomorrow() wall {
	w.day++
	return wallOf(w.in(time.UTC))
}

// Open tells whether mail may leave.
func (h Hours) Open(t time.Time) bool {
	from, _ := h.Interval(t)
	return !from.After(t)
}

// Words says it plainly: "Monday to Friday 09:00–17:00, not on bank holidays of
// England (Europe/London)".
func (h Hours) Words() string {
	if h.zone == nil {
		return "always"
	}
	var parts []string
	said := map[time.Weekday]bool{}
	for _, d := range weekdays {
		if said[d] || len(h.week[d]) == 0 {
			continue
		}
		var set uint64
		for i, other := range weekdays {
			if slices.Equal(h.week[d], h.week[other]) {
				said[other] = true
				set |= 1 << uint(i)
			}
		}
		var spans []string
		for _, s := range h.week[d] {
			spans = append(spans, fmt.Sprintf("%02d:%02d–%02d:%02d", s.from/60, s.from%60, s.to/60, s.to%60))
		}
		days := listOf(set, func(i int) string { return weekdays[i].String() })
		if set == 1<<7-1 {
			days = "every day"
		}
		if times := join(spans); times != "00:00–24:00" {
			days += " " + times
		}
		parts = append(parts, days)
	}
	text := strings.Join(parts, ", ")
	var off []string
	for _, r := range h.holidays {
		off = append(off, "bank holidays of "+r.words())
	}
	for _, d := range h.closed {
		off = append(off, string(d))
	}
	if len(off) > 0 {
		text += ", not on " + join(off)
	}
	return text + " (" + h.zone.String() + ")"
}
