package web

import (
	"strings"

	"studymail"
	"studymail/internal/store"
)

const schedulesOnAPage = 50

type scheduleListPage struct {
	Heading heading
	Form    *form
	Enabled []option
	Does    []option
	Rows    []scheduleRow
	Empty   empty
	Pager   pager
}

func (s *site) scheduleList(v *visit) error {
	var all []store.ScheduleRow
	err := v.read(func(tx *store.Tx) (err error) {
		all, err = tx.Schedules(v.ctx())
		return err
	})
	if err != nil {
		return err
	}
	f := newForm().Set("q", v.query("q")).Set("enabled", v.query("enabled")).Set("does", v.query("does"))
	p := scheduleListPage{
		Form: f, Heading: heading{Title: "Schedules", Words: "What happens by itself, and when: campaigns at their times, and the housekeeping that is built in. Each time fires once."},
		Enabled: []option{{Text: "On and off"}, {Value: "yes", Text: "On"}, {Value: "no", Text: "Off"}},
		Does:    []option{{Text: "Everything"}, {Value: "campaigns", Text: "Campaigns"}, {Value: "housekeeping", Text: "Housekeeping"}},
		Empty:   empty{Heading: "No such schedules", Text: "Take a filter away.", Link: link{"Show all schedules", "/schedules"}},
	}
	if v.may(studymail.MayAdminister) {
		p.Heading.Actions = []link{{"Add a schedule", "/schedules/new"}}
	}
	if len(all) == 0 {
		p.Empty = empty{Heading: "No schedules yet", Text: "The housekeeping has its own once a worker has started. A campaign gets one when it is planned for a time."}
	}
	var shown []*store.ScheduleRow
	for i := range all {
		if scheduleAsked(f, &all[i]) {
			shown = append(shown, &all[i])
		}
	}
	from := min(int(max(v.number("after", 0), 0)), len(shown))
	var show int
	p.Pager, show = v.newPager("schedule", len(shown)-from, schedulesOnAPage, func(last int) int64 { return int64(from + last + 1) })
	p.Pager.Total = int64(len(shown))
	for _, r := range shown[from : from+show] {
		p.Rows = append(p.Rows, s.scheduleRow(r))
	}
	return v.page("schedule_list", "Schedules", p)
}

func scheduleAsked(f *form, r *store.ScheduleRow) bool {
	if q := f.Get("q"); q != "" && !strings.Contains(strings.ToLower(r.Name), strings.ToLower(q)) {
		return false
	}
	switch f.Get("enabled") {
	case "yes":
		if !r.Enabled {
			return false
		}
	case "no":
		if r.Enabled {
			return false
		}
	}
	switch f.Get("does") {
	case "campaigns":
		return r.Job == studymail.CampaignJob
	case "housekeeping":
		return r.Job != studymail.CampaignJob
	}
	return true
}
