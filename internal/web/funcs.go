package web

import (
	"html/template"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// funcs are what templates may call besides the parts.
func (s *site) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":    func(name string) string { return s.assets.path(name) },
		"number":   func(n any) string { return humanize.Comma(toInt64(n)) },
		"count":    func(n any, one string) string { return countOf(toInt64(n), one) },
		"time":     s.timeOf,
		"ago":      s.agoOf,
		"day":      func(t time.Time) string { return t.In(s.Config.TimeZone).Format("2 January 2006") },
		"sentence": sentenceWord,
		"badge":    func(kind, text string) badge { return badge{kind, text} },
		"isMoment": func(v any) bool { _, ok := v.(moment); return ok },
		"isBadge":  func(v any) bool { _, ok := v.(badge); return ok },
		"isLink":   func(v any) bool { _, ok := v.(link); return ok },
		"isMasked": func(v any) bool { _, ok := v.(masked); return ok },
		"heading":  func(title string) heading { return heading{Title: title} },
		"link":     func(text, path string) link { return link{text, path} },
		"yesno": func(b bool) string {
			if b {
				return "Yes"
			}
			return "No"
		},
	}
}

func toInt64(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case int32:
		return int64(n)
	}
	return 0
}

// countOf words a number of things: "1 patient", "1,234 patients", "2 studies".
func countOf(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if stem, isY := strings.CutSuffix(one, "y"); isY && !strings.HasSuffix(stem, "a") { // days
		return commas(int(n)) + " " + stem + "ies"
	}
	if strings.HasSuffix(one, "s") { // addresses
		one += "e"
	}
	return commas(int(n)) + " " + one + "s"
}

// commas writes 1,234.
func commas(n int) string { return humanize.Comma(int64(n)) }

// moment is a time as the part "time" shows it: words, and all of it on hover.
type moment struct {
	Machine string // for <time datetime>
	Words   string
	Exact   string
}

// timeOf shows a time to the minute in the installation's zone, which it names;
// nothing for the zero time.
func (s *site) timeOf(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	local := t.In(s.Config.TimeZone)
	return moment{
		Machine: t.UTC().Format(time.RFC3339),
		Words:   local.Format("2 Jan 2006, 15:04 MST"),
		Exact:   local.Format("Monday 2 January 2006, 15:04:05.000 MST") + " (" + s.Config.TimeZone.String() + ")",
	}
}

// agoOf shows how long ago a time was, or how far ahead it is.
func (s *site) agoOf(t time.Time) moment {
	m := s.timeOf(t)
	if !t.IsZero() {
		m.Words = humanize.RelTime(t, s.Now(), "ago", "from now")
	}
	return m
}
