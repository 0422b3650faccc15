package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/when"
)

// How a form asks when: "days" is the cron expression of certain weekdays at one
// time, as people say it. Any other expression is shown as it is.
const (
	onDays   = "days"
	interval = "interval"
	once     = "once"
	byCron   = "cron"
)

type scheduleFormPage struct {
	Heading  heading
	Form     *form
	Path     string
	Back     string
	Button   string
	Of       string // the schedule that is edited; "" for a new one
	BuiltIn  bool   // when it runs is not for pages to say
	When     string // of a built-in one
	Does     []option
	How      []option
	Days     []option
	Missed   []option
	Within   []option
	Overlap  []option
	Preview  []nextTime
	Words    string // of the preview
	Previews bool
}

var weekdays = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// withins are how late a missed time may be made up for.
var withins = []time.Duration{time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

const draftsToChoose = 100

func (s *site) scheduleNew(v *visit) error {
	f := newForm().Set("how", onDays).Set("time", "09:00").Set("zone", s.Config.TimeZone.String()).Set("missed", string(studymail.MissedRunOnce)).
		Set("within", (24*time.Hour).String()).Set("overlap", string(studymail.OverlapSkip)).SetYes("enabled", true)
	if id, err := studymail.ParseID(v.query("campaign")); err == nil {
		f.Set("does", id.String())
	}
	return s.showScheduleForm(v, http.StatusOK, nil, f)
}

func (s *site) showScheduleForm(v *visit, status int, r *store.ScheduleRow, f *form) error {
	p := scheduleFormPage{
		Form: f, Path: "/schedules", Back: "/schedules", Button: "Add the schedule",
		Heading: heading{Title: "Add a schedule", Up: link{"Schedules", "/schedules"}},
		How: []option{
			{Value: onDays, Text: "On certain days", Hint: "at one time of the day"},
			{Value: interval, Text: "Every so often", Hint: "such as every 2 hours"},
			{Value: once, Text: "Once", Hint: "on one date"},
			{Value: byCron, Text: "By a cron expression", Hint: "for those who know them"},
		},
		Missed: []option{{Value: string(studymail.MissedRunOnce), Text: "It is made up for, once"}, {Value: string(studymail.MissedSkip), Text: "It is left out"}},
		Overlap: []option{
			{Value: string(studymail.OverlapSkip), Text: "The new time is left out"},
			{Value: string(studymail.OverlapAllow), Text: "Both run"},
		},
	}
	for i, d := range weekdays {
		n := strconv.Itoa(i + 1)
		p.Days = append(p.Days, option{Value: n, Text: d, Chosen: slices.Contains(f.All("day"), n)})
	}
	for _, d := range withins {
		p.Within = append(p.Within, option{Value: d.String(), Text: spanWords(d)})
	}
	if w := f.Get("within"); w != "" && !slices.ContainsFunc(p.Within, func(o option) bool { return o.Value == w }) {
		if d, err := time.ParseDuration(w); err == nil { // as it is stored
			p.Within = append(p.Within, option{Value: w, Text: spanWords(d)})
		}
	}
	if r != nil {
		p.Of, p.Path, p.Button = r.ID.String(), "/schedules/"+r.ID.String(), "Save"
		p.Back, p.Heading = p.Path, heading{Title: "Edit " + r.Name, Up: link{r.Name, p.Path}}
		p.BuiltIn, p.When = r.BuiltIn, whenWords(&r.Schedule)
	} else {
		var err error
		if p.Does, err = s.whatSchedulesDo(v); err != nil {
			return err
		}
	}
	p.Previews = !p.BuiltIn
	if p.Previews && f.Get("how") != "" {
		s.previewTimes(f, &p)
	}
	return v.pageAs(status, "schedule_form", p.Heading.Title, p)
}

// whatSchedulesDo are the choices of what a new one does.
func (s *site) whatSchedulesDo(v *visit) ([]option, error) {
	var drafts []store.CampaignRow
	err := v.read(func(tx *store.Tx) (err error) {
		drafts, err = tx.DraftsWithoutSchedule(v.ctx(), draftsToChoose)
		return err
	})
	var all []option
	for i := range drafts {
		c := &drafts[i]
		all = append(all, option{Value: c.ID.String(), Text: "Start the campaign " + c.Name + " (study " + c.StudyName + ")"})
	}
	for _, j := range []studymail.ScheduledJob{studymail.RetrySweepJob, studymail.StuckSweepJob, studymail.RetentionPurgeJob} {
		all = append(all, option{Value: string(j), Text: "Housekeeping: " + strings.ToLower(jobWords(j)[:1]) + jobWords(j)[1:]})
	}
	return all, err
}

// preview says in words what is filled in, and when it would fire.
func (s *site) previewTimes(f *form, p *scheduleFormPage) {
	sched, problem, _ := whenOf(f)
	if problem != "" {
		return
	}
	spec, err := when.Of(sched)
	if err != nil {
		return
	}
	p.Words = sentence(spec.Words())
	p.Preview = nextOf(spec, spec.Next(s.Now()), s.Now())
}

// whenOf reads when a form says that a schedule fires; problem is the name of the
// field with which something is wrong.
func whenOf(f *form) (sched studymail.Schedule, problem, words string) {
	sched.Zone = strings.TrimSpace(f.Get("zone"))
	if _, err := when.Zone(sched.Zone); err != nil {
		return sched, "zone", err.Error()
	}
	field := ""
	switch f.Get("how") {
	case onDays:
		field, sched.Kind = "time", studymail.Cron
		at, err := time.Parse("15:04", strings.TrimSpace(f.Get("time")))
		if err != nil {
			return sched, field, "write a time of the day, such as 09:00"
		}
		days := "*"
		if chosen := f.All("day"); len(chosen) > 0 && len(chosen) < len(weekdays) {
			days = strings.Join(chosen, ",")
		}
		if len(f.All("day")) == 0 {
			return sched, "day", "tick at least one day"
		}
		sched.Expr = fmt.Sprintf("%d %d * * %s", at.Minute(), at.Hour(), days)
	case interval:
		field, sched.Kind, sched.Expr = "every", studymail.Interval, strings.TrimSpace(f.Get("every"))
	case once:
		field, sched.Kind, sched.Expr = "at", studymail.Once, strings.TrimSpace(f.Get("at"))
	case byCron:
		field, sched.Kind, sched.Expr = "cron", studymail.Cron, strings.TrimSpace(f.Get("cron"))
	default:
		return sched, "how", "choose one of these"
	}
	spec, err := when.Parse(sched.Kind, sched.Expr, sched.Zone)
	if err != nil {
		return sched, field, err.Error()
	}
	sched.Kind, sched.Expr = spec.Kind, spec.Expr
	for name, to := range map[string]*time.Time{"starts": &sched.StartsAt, "ends": &sched.EndsAt} {
		if typed := strings.TrimSpace(f.Get(name)); typed != "" {
			if *to, err = when.ParseTime(typed, sched.Zone, time.Time{}); err != nil {
				return sched, name, err.Error()
			}
		}
	}
	if !sched.EndsAt.IsZero() && sched.EndsAt.Before(sched.StartsAt) {
		return sched, "ends", "that is before it begins"
	}
	return sched, "", ""
}

// readSchedule reads a form into a schedule. Of a built-in one only what its editors may change.
func (s *site) readSchedule(f *form, sched *studymail.Schedule) {
	if !sched.BuiltIn {
		sched.Name = f.Required("name")
		w, problem, words := whenOf(f)
		if problem != "" {
			f.Problem(problem, "%s", words)
		}
		sched.Kind, sched.Expr, sched.Zone, sched.StartsAt, sched.EndsAt = w.Kind, w.Expr, w.Zone, w.StartsAt, w.EndsAt
	}
	sched.Missed = studymail.MissedPolicy(f.Choice("missed", string(studymail.MissedRunOnce), string(studymail.MissedSkip)))
	sched.Overlap = studymail.OverlapPolicy(f.Choice("overlap", string(studymail.OverlapSkip), string(studymail.OverlapAllow)))
	if sched.Missed == studymail.MissedRunOnce {
		within, err := time.ParseDuration(f.Get("within"))
		if err != nil || within < 0 || within > 366*24*time.Hour {
			f.Problem("within", "choose one of these")
		}
		sched.MissedWithin = within
	}
}

// scheduleFields are what a form shows of a schedule that is stored.
func scheduleFields(r *studymail.Schedule) *form {
	f := newForm().Set("name", r.Name).Set("zone", r.Zone).Set("missed", string(r.Missed)).Set("within", r.MissedWithin.String()).Set("overlap", string(r.Overlap))
	zone, err := when.Zone(r.Zone)
	if err != nil {
		zone = time.UTC
	}
	local := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format("2006-01-02T15:04")
	}
	f.Set("starts", local(r.StartsAt)).Set("ends", local(r.EndsAt))
	switch r.Kind {
	case studymail.Interval:
		f.Set("how", interval).Set("every", r.Expr)
	case studymail.Once:
		f.Set("how", once)
		if spec, err := when.Parse(r.Kind, r.Expr, r.Zone); err == nil {
			if at, err := time.Parse(time.RFC3339, spec.Expr); err == nil {
				f.Set("at", local(at))
			}
		}
	case studymail.Cron:
		f.Set("how", byCron).Set("cron", r.Expr)
		if at, days := asDays(r.Expr); at != "" {
			f.Set("how", onDays).Set("time", at)
			f.values["day"] = days
		}
	}
	f.Version = version(r.UpdatedAt)
	return f
}

// asDays gives the time and the weekdays of a cron expression that says no more.
func asDays(expr string) (at string, days []string) {
	parts := strings.Fields(expr)
	if len(parts) != 5 || parts[2] != "*" || parts[3] != "*" {
		return "", nil
	}
	minute, err := strconv.Atoi(parts[0])
	if err != nil {
		return "", nil
	}
	hour, err := strconv.Atoi(parts[1])
	if err != nil {
		return "", nil
	}
	for i, d := range weekdays {
		n, short := strconv.Itoa(i+1), strings.ToLower(d[:3])
		if parts[4] == "*" || slices.ContainsFunc(strings.Split(strings.ToLower(parts[4]), ","), func(p string) bool {
			return p == n || p == short || n == "7" && p == "0"
		}) {
			days = append(days, n)
		}
	}
	if parts[4] != "*" && len(days) != len(strings.Split(parts[4], ",")) {
		return "", nil
	}
	return fmt.Sprintf("%02d:%02d", hour, minute), days
}
