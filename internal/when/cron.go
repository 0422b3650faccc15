package when

import (
	"math/bits"
	"sort"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"studymail"
)

// fields is a cron expression as sets of bits.
type fields struct {
	minute, hour, dom, month, dow uint64
	anyDom, anyDow                bool // the field was *: only the other one decides
}

const (
	starBit  = 1 << 63 // robfig/cron's mark of a field that was *
	allHours = 1<<24 - 1
	// searchYears is how far ahead a date is looked for: 29 February can be eight
	// years away (2096 to 2104).
	searchYears = 9
	lastYear    = 9999
)

var cronFields = [5]struct{ name, allowed string }{
	{"minute", "0 to 59"},
	{"hour", "0 to 23"},
	{"day of month", "1 to 31"},
	{"month", "1 to 12 or jan to dec"},
	{"day of week", "0 to 7 or sun to sat (0 and 7 are Sunday)"},
}

func parseCron(expr string) (fields, error) {
	if strings.HasPrefix(expr, "@") {
		sched, err := cron.ParseStandard(expr)
		spec, ok := sched.(*cron.SpecSchedule)
		if err != nil || !ok {
			return fields{}, studymail.Errorf(studymail.Invalid, "not a schedule; allowed are @yearly, @monthly, @weekly, @daily, @hourly, @every 5m, or five fields such as \"0 9 * * tue\"")
		}
		return newFields(spec), nil
	}
	if strings.Contains(expr, "TZ=") {
		return fields{}, studymail.Errorf(studymail.Invalid, "a cron expression does not name its time zone: give the zone by itself")
	}
	parts := strings.Fields(expr)
	if len(parts) != len(cronFields) {
		return fields{}, studymail.Errorf(studymail.Invalid, "%d fields; a cron expression has five: minute, hour, day of month, month, day of week, such as \"0 9 * * tue\"", len(parts))
	}
	parts[4] = sundayIsSeven(parts[4])
	for i, f := range cronFields {
		// Alone among stars, so that the message names the field that is wrong.
		alone := [5]string{"*", "*", "*", "*", "*"}
		alone[i] = parts[i]
		if _, err := cron.ParseStandard(strings.Join(alone[:], " ")); err != nil || strings.Trim(parts[i], ",") != parts[i] || strings.Contains(parts[i], ",,") {
			return fields{}, studymail.Errorf(studymail.Invalid, "%s: not right; allowed are %s, *, a list (1,3), a range (1-5), a step (*/2)", f.name, f.allowed)
		}
	}
	sched, err := cron.ParseStandard(strings.Join(parts, " "))
	spec, ok := sched.(*cron.SpecSchedule)
	if err != nil || !ok {
		return fields{}, studymail.Errorf(studymail.Invalid, "not a cron expression")
	}
	return newFields(spec), nil
}

// sundayIsSeven rewrites 7 as 0: cron takes both for Sunday, the parser one.
func sundayIsSeven(field string) string {
	parts := strings.Split(field, ",")
	for i, p := range parts {
		if p == "7" {
			parts[i] = "0"
		} else if from, ok := strings.CutSuffix(p, "-7"); ok {
			parts[i] = from + "-6,0"
		}
	}
	return strings.Join(parts, ",")
}

func newFields(s *cron.SpecSchedule) fields {
	return fields{
		minute: s.Minute &^ starBit, hour: s.Hour &^ starBit,
		dom: s.Dom &^ starBit, month: s.Month &^ starBit, dow: s.Dow &^ starBit,
		anyDom: s.Dom&starBit != 0, anyDow: s.Dow&starBit != 0,
	}
}

// everyHour tells the expressions that run in real time.
func (f fields) everyHour() bool { return f.hour == allHours }

func (f fields) onDay(year int, month time.Month, dayOfMonth int) bool {
	if f.month&(1<<uint(month)) == 0 {
		return false
	}
	dom := f.dom&(1<<uint(dayOfMonth)) != 0
	dow := f.dow&(1<<uint(time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC).Weekday())) != 0
	// crontab(5): with both restricted, either will do.
	if f.anyDom || f.anyDow {
		return dom && dow
	}
	return dom || dow
}

func (f fields) next(after time.Time, loc *time.Location) time.Time {
	if f.minute == 0 || f.hour == 0 {
		return time.Time{}
	}
	after = after.In(loc)
	if f.everyHour() {
		return f.nextInRealTime(after, loc)
	}
	return f.nextOnTheWall(after, loc)
}

// nextOnTheWall tries days. A day's times are in order as moments, too, because
// each is the first moment that shows it or, where none does, the jump over it;
// so the first one after is found by bisection.
func (f fields) nextOnTheWall(after time.Time, loc *time.Location) time.Time {
	hours, minutes := members(f.hour), members(f.minute)
	date := time.Date(after.Year(), after.Month(), after.Day(), 0, 0, 0, 0, time.UTC)
	for end := min(date.Year()+searchYears, lastYear); date.Year() <= end; date = f.followingDay(date) {
		if !f.onDay(date.Year(), date.Month(), date.Day()) {
			continue
		}
		moment := func(i int) time.Time {
			w := wall{date.Year(), date.Month(), date.Day(), hours[i/len(minutes)], minutes[i%len(minutes)], 0}
			t, _ := w.resolve(loc)
			return t
		}
		n := len(hours) * len(minutes)
		if i := sort.Search(n, func(i int) bool { return moment(i).After(after) }); i < n {
			return moment(i)
		}
	}
	return time.Time{}
}

// followingDay skips whole months that are not meant.
func (f fields) followingDay(date time.Time) time.Time {
	date = date.AddDate(0, 0, 1)
	for i := 0; i < 12 && f.month&(1<<uint(date.Month())) == 0; i++ {
		date = time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return date
}

// nextInRealTime walks minutes within a day that is meant, and days otherwise.
func (f fields) nextInRealTime(after time.Time, loc *time.Location) time.Time {
	t := after.Add(time.Minute - time.Duration(after.Second())*time.Second - time.Duration(after.Nanosecond()))
	for end := min(t.Year()+searchYears, lastYear); t.Year() <= end; {
		if !f.onDay(t.Year(), t.Month(), t.Day()) {
			d := f.followingDay(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC))
			start, _ := wall{d.Year(), d.Month(), d.Day(), 0, 0, 0}.resolve(loc)
			if !start.After(t) {
				return time.Time{} // no zone's days run backwards; never loop on one that does
			}
			t = start
			continue
		}
		if f.minute&(1<<uint(t.Minute())) != 0 {
			return t
		}
		t = t.Add(time.Minute)
	}
	return time.Time{}
}

func members(set uint64) []int {
	all := make([]int, 0, bits.OnesCount64(set))
	for ; set != 0; set &= set - 1 {
		all = append(all, bits.TrailingZeros64(set))
	}
	return all
}
