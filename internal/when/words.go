package when

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"studymail"
)

// Words says it plainly: "every Tuesday at 09:00 (Europe/London)".
func (s Spec) Words() string {
	if s.Zone == nil {
		return "never"
	}
	var b strings.Builder
	switch s.Kind {
	case studymail.Cron:
		b.WriteString(s.cron.words() + " (" + s.Zone.String() + ")")
	case studymail.Interval:
		b.WriteString("every " + durationWords(s.every))
	case studymail.Once:
		b.WriteString("once, on " + s.momentWords(s.at) + " (" + s.Zone.String() + ")")
	default:
		return "never"
	}
	if !s.Start.IsZero() {
		b.WriteString(", from " + s.momentWords(s.Start))
	}
	if !s.End.IsZero() {
		b.WriteString(", until " + s.momentWords(s.End))
	}
	return b.String()
}

func (s Spec) momentWords(t time.Time) string {
	return t.In(s.Zone).Format("Monday 2 January 2006 at 15:04")
}

const (
	allMinutes = 1<<60 - 1
	allDom     = 1<<32 - 2
	allMonths  = 1<<13 - 2
	allDow     = 1<<7 - 1
	fewTimes   = 6
)

func (f fields) words() string {
	dom, dow := f.dom != allDom, f.dow != allDow
	// Either will do where both fields are restricted (crontab(5)), so a full one
	// beside another that was not a star means every day.
	if !f.anyDom && !f.anyDow && (!dom || !dow) {
		dom, dow = false, false
	}
	months := ""
	if f.month != allMonths {
		months = listOf(f.month, func(m int) string { return time.Month(m).String() })
	}
	times, often := f.timeWords()

	var days string
	switch {
	case dom && dow:
		days = "on day " + listOf(f.dom, strconv.Itoa) + " of the month and every " + f.weekdays()
	case dow && often:
		days = "on " + f.weekdays()
	case dow:
		days = "every " + f.weekdays()
	case dom && months != "" && bits.OnesCount64(f.dom) == 1:
		days = "on " + listOf(f.dom, strconv.Itoa) + " " + months
	case dom:
		days = "on day " + listOf(f.dom, strconv.Itoa) + " of " + orMonth(months)
	case !often:
		days = "every day"
	}
	if months != "" && (dow || !dom) {
		days = strings.TrimSpace(days + " in " + months)
	}
	if often {
		return strings.TrimSpace(times + " " + days)
	}
	return strings.TrimSpace(days + " " + times)
}

func orMonth(months string) string {
	if months == "" {
		return "every month"
	}
	return months
}

// timeWords says the times of a day; often tells that they come first in the
// sentence ("every 5 minutes on Monday").
func (f fields) timeWords() (words string, often bool) {
	hours, minutes := members(f.hour), members(f.minute)
	if f.everyHour() {
		switch {
		case f.minute == 1:
			return "every hour", true
		case len(minutes) == 1:
			return "every hour at " + strconv.Itoa(minutes[0]) + " minutes past", true
		}
		return f.minuteWords(), true
	}
	if len(hours)*len(minutes) <= fewTimes {
		var at []string
		for _, h := range hours {
			for _, m := range minutes {
				at = append(at, fmt.Sprintf("%02d:%02d", h, m))
			}
		}
		return "at " + join(at), false
	}
	hour := func(h int) string { return fmt.Sprintf("%02d", h) }
	if len(minutes) == 1 {
		if step := stepOf(f.hour, 24); step > 0 && minutes[0] == 0 {
			return "every " + strconv.Itoa(step) + " hours from 00:00", true
		}
		past := "on the hours "
		if minutes[0] != 0 {
			past = "at " + strconv.Itoa(minutes[0]) + " minutes past the hours "
		}
		return past + listOf(f.hour, hour), false
	}
	return f.minuteWords() + " in the hours " + listOf(f.hour, hour), true
}

func (f fields) minuteWords() string {
	if f.minute == allMinutes {
		return "every minute"
	}
	if step := stepOf(f.minute, 60); step > 0 {
		return "every " + strconv.Itoa(step) + " minutes"
	}
	words := "at minutes " + listOf(f.minute, strconv.Itoa)
	if f.everyHour() {
		words += " of every hour"
	}
	return words
}

// stepOf gives n for 0, n, 2n, … up to a full turn; 0 for anything else.
func stepOf(set uint64, turn int) int {
	step := bits.TrailingZeros64(set &^ 1)
	if set&1 == 0 || step < 2 || step >= turn || turn%step != 0 {
		return 0
	}
	var want uint64
	for i := 0; i < turn; i += step {
		want |= 1 << uint(i)
	}
	if set != want {
		return 0
	}
	return step
}

func (f fields) weekdays() string {
	// Monday first: move Sunday from bit 0 to bit 7.
	set := f.dow
	if set&1 != 0 {
		set = set&^1 | 1<<7
	}
	return listOf(set, func(d int) string { return time.Weekday(d % 7).String() })
}

// listOf writes the members of a set; runs of three or more as "a to b".
func listOf(set uint64, name func(int) string) string {
	var parts []string
	all := members(set)
	for i := 0; i < len(all); {
		j := i
		for j+1 < len(all) && all[j+1] == all[j]+1 {
			j++
		}
		if j-i >= 2 {
			parts = append(parts, name(all[i])+" to "+name(all[j]))
		} else {
			for ; i <= j; i++ {
				parts = append(parts, name(all[i]))
			}
		}
		i = j + 1
	}
	return join(parts)
}

func join(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

func durationWords(d time.Duration) string {
	var parts []string
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		n := d / u.unit
		d -= n * u.unit
		switch {
		case n == 0:
		case n == 1 && len(parts) == 0 && d == 0:
			return u.name
		case n == 1:
			parts = append(parts, "1 "+u.name)
		default:
			parts = append(parts, strconv.FormatInt(int64(n), 10)+" "+u.name+"s")
		}
	}
	if d > 0 {
		parts = append(parts, d.String())
	}
	return strings.Join(parts, " ")
}
