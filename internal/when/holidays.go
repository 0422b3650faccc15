package when

import (
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/gb"
)

// region is a part of the United Kingdom with bank holidays of its own.
type region string

// The regions.
const (
	england         region = "england"
	wales           region = "wales"
	scotland        region = "scotland"
	northernIreland region = "northern-ireland"
)

func regionNames() []string {
	return []string{string(england), string(wales), string(scotland), string(northernIreland)}
}

func regionOf(word string) (region, bool) {
	word = strings.ToLower(strings.ReplaceAll(word, "_", "-"))
	if word == "ni" {
		word = string(northernIreland)
	}
	return region(word), slices.Contains(regionNames(), word)
}

func (r region) words() string {
	switch r {
	case england:
		return "England"
	case wales:
		return "Wales"
	case scotland:
		return "Scotland"
	case northernIreland:
		return "Northern Ireland"
	}
	return string(r)
}

// holiday tells whether a day is a bank holiday, or what is had instead of one
// that falls on a weekend.
func (r region) holiday(day time.Time) bool {
	actual, observed, _ := calendars[r].IsHoliday(day)
	return actual || observed
}

// What the library has of the United Kingdom is England's and Wales's; the
// others' own days are added by the Banking and Financial Dealings Act 1971,
// Schedule 1, and by yearly proclamation.
var calendars = map[region]*cal.Calendar{
	england: {Holidays: gb.Holidays},
	wales:   {Holidays: gb.Holidays},
	scotland: {Holidays: append(without(gb.Holidays, gb.EasterMonday, gb.SummerHoliday),
		fixed("2nd January", time.January, 2, afterAnother), gb.SummerHolidayScotland,
		fixed("St Andrew's Day", time.November, 30, monday))},
	northernIreland: {Holidays: append(without(gb.Holidays),
		fixed("St Patrick's Day", time.March, 17, monday),
		fixed("Battle of the Boyne", time.July, 12, monday))},
}

// Instead of a weekend: the Monday, or for a holiday right behind another, the
// first day that is not that one's.
var (
	monday       = []cal.AltDay{{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 1}}
	afterAnother = []cal.AltDay{{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 2}, {Day: time.Monday, Offset: 1}}
)

func fixed(name string, month time.Month, day int, instead []cal.AltDay) *cal.Holiday {
	return &cal.Holiday{Name: name, Type: cal.ObservanceBank, Month: month, Day: day, Func: cal.CalcDayOfMonth, Observed: instead}
}

func without(all []*cal.Holiday, not ...*cal.Holiday) []*cal.Holiday {
	return slices.DeleteFunc(slices.Clone(all), func(h *cal.Holiday) bool { return slices.Contains(not, h) })
}
