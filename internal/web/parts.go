package web

import "strconv"

// What the parts in templates/parts show. docs/pages.md has examples of each.

// badge is a word in a colour: good, bad, warn, info or quiet. The word says it
// all; the colour only helps.
type badge struct{ Kind, Text string }

// pager is the part "pager": keyset paging, forwards by where the last row stood,
// and back to the first page.
type pager struct {
	Shown  int
	What   string // "event": one of them
	Total  int64  // -1: not counted
	About  bool   // Total is not exact
	More   bool   // there are more than Total
	Plural string // of What, where it is not by the rule
	First  string // where the first page is; "" on it
	Next   string // where the next page is; "" on the last one
}

// newPager pages a list that was asked for one row more than it shows. It gives
// how many to show.
func (v *visit) newPager(what string, got, size int, after func(last int) int64) (p pager, show int) {
	p = pager{Shown: got, What: what, Total: -1}
	if v.query("after") != "" {
		p.First = v.with("after", "")
	}
	if got > size {
		p.Shown = size
		p.Next = v.with("after", strconv.FormatInt(after(size-1), 10))
	}
	return p, p.Shown
}

// empty is the part "empty": what a list says that has nothing to show.
type empty struct {
	Heading string
	Text    string // what to do first
	Link    link   // where; may be empty
}

// confirm is the part "confirm": what is about to happen, to exactly how many, and
// the button that says so.
type confirm struct {
	Action string // where the form goes
	Text   string // what happens, and whether it can be taken back
	Button string // "Send 1,234 letters"
	Danger bool
	Form   *form             // its token makes a double click act once
	Hidden map[string]string // what the form carries besides
	Back   string
}

// progress is the part "progress": a bar with its words.
type progress struct {
	Label     string
	Done, All int64
	Text      string // "1,234 of 5,000, about 3 minutes to go"
}

// entry is a row of the part "timeline".
type entry struct {
	At     moment
	Badge  badge
	Text   string
	Detail string
	Link   link
}

// masked is the part "masked": a personal detail that is not shown, or is.
type masked struct {
	Text   string // masked, or in full when Shown
	Shown  bool
	Action string // the POST that shows it; "": the user may not see it
	What   string // "address": names the button for who cannot see
}

// fact is a row of the part "facts": a name and what stands there.
type fact struct {
	Name  string
	Value any // text, badge, moment, link or masked
}

// heading is the part "heading", with which each page begins.
type heading struct {
	Title   string
	Up      link   // the page that this one belongs to
	Actions []link // what can be done from here
	Words   string // what the page is for
}
