package web

import (
	"net/http"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/when"
)

const eventsOnAPage = 50

type eventListPage struct {
	Heading heading
	Form    *form
	Actions []option
	Rows    []eventRow
	Empty   empty
	Pager   pager
}

type eventRow struct {
	At     moment
	Who    link // without a path: not a user
	Action string
	About  studymail.ID
	Detail string
	Origin string
}

func (s *site) eventList(v *visit) error {
	f := newForm()
	for _, name := range []string{"about", "actor", "action", "since", "until"} {
		f.Set(name, v.query(name))
	}
	filter := store.EventFilter{Action: f.Get("action"), Actor: f.Line("actor"), Before: v.number("after", 0), Limit: eventsOnAPage + 1}
	var err error
	if about := f.Get("about"); about != "" {
		if filter.About, err = studymail.ParseID(about); err != nil {
			f.Problem("about", "%s", err)
		}
	}
	filter.Since, filter.Until = s.dayOf(f, "since"), s.dayOf(f, "until")
	if !filter.Until.IsZero() {
		filter.Until = filter.Until.AddDate(0, 0, 1)
	}
	p := eventListPage{
		Form: f, Heading: heading{Title: "Events", Words: "Who did what to which thing, when, and from where. Nothing is ever taken off this list."},
		Empty: empty{Heading: "No such events", Text: "Take a filter away, or choose other days.", Link: link{"Show all events", "/events"}},
	}
	if !f.OK() {
		return v.pageAs(http.StatusUnprocessableEntity, "event_list", "Events", p)
	}
	var (
		all     []studymail.Event
		actions []string
	)
	err = v.read(func(tx *store.Tx) (err error) {
		if actions, err = tx.EventActions(v.ctx()); err != nil {
			return err
		}
		all, err = tx.Events(v.ctx(), filter)
		return err
	})
	if err != nil {
		return err
	}
	p.Actions = []option{{Text: "Everything"}}
	for _, a := range actions {
		p.Actions = append(p.Actions, option{Value: a, Text: a})
	}
	var show int
	p.Pager, show = v.newPager("event", len(all), eventsOnAPage, func(last int) int64 { return all[last].Key })
	for i := range all[:show] {
		p.Rows = append(p.Rows, s.eventRow(&all[i]))
	}
	return v.page("event_list", "Events", p)
}

func (s *site) eventRow(e *studymail.Event) eventRow {
	return eventRow{s.timeOf(e.At), whoOf(e.Actor), e.Action, e.About, e.Detail, e.Origin}
}

// whoOf names an actor: a user by the beginning of their UUID, with where to look.
func whoOf(actor string) link {
	if id, err := studymail.ParseID(actor); err == nil {
		return link{"User " + shortID(id), "/events?actor=" + actor}
	}
	return link{Text: actor}
}

// shortID is the end of a UUID: their beginnings are alike, they are times.
func shortID(id studymail.ID) string {
	s := id.String()
	return s[len(s)-12:]
}

// dayOf takes a day of a form as its beginning in the installation's zone.
func (s *site) dayOf(f *form, name string) time.Time {
	d := f.Date(name)
	if d == "" || f.problems[name] != "" {
		return time.Time{}
	}
	t, err := when.ParseTime(string(d)+" 00:00", s.Config.TimeZone.String(), s.Now())
	if err != nil {
		f.Problem(name, "that day has no midnight here; choose the next")
	}
	return t
}

// history is what the events say about one thing, for its page.
func (s *site) history(v *visit, about studymail.ID) ([]entry, error) {
	var all []studymail.Event
	err := v.read(func(tx *store.Tx) (err error) {
		all, err = tx.Events(v.ctx(), store.EventFilter{About: about, Limit: 20})
		return err
	})
	var rows []entry
	for i := range all {
		who := whoOf(all[i].Actor)
		rows = append(rows, entry{At: s.timeOf(all[i].At), Text: sentence(all[i].Action), Detail: all[i].Detail, Link: link{"by " + who.Text, who.Path}})
	}
	return rows, err
}
