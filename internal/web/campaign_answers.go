package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
	"studymail/internal/when"
)

// A campaign is planned step by step. What was answered so far stands in the address,
// so that Back, Reload and a link work as ever; nothing is stored before the last step.
// No personal detail is among the answers: they are UUIDs, times and numbers.

// campaignSteps are the steps, in order. The review is a page of the draft.
var campaignSteps = []struct{ name, title string }{
	{"study", "Study"}, {"who", "Who"}, {"letter", "Letter"}, {"when", "When"}, {"reminders", "Reminders"},
}

// Reminders that the form has room for.
const reminderRows = 5

// answerNames are the answers, in addresses and forms, by the step that asks.
func answerNames(step string) []string {
	switch step {
	case "study":
		return []string{"study"}
	case "who":
		return []string{"provider", "again"}
	case "letter":
		return []string{"template"}
	case "when":
		return []string{"when", "at", "repeat", "clock", "cron", "zone", "canary", "canary_wait"}
	case "reminders":
		var all []string
		for i := 1; i <= reminderRows; i++ {
			all = append(all, "days"+strconv.Itoa(i), "template"+strconv.Itoa(i))
		}
		return all
	}
	return nil
}

// campaignAnswers are what was answered so far.
type campaignAnswers struct {
	step      string // that is asked now
	fields    url.Values
	studies   []studymail.Study // those to choose from
	providers []studymail.Provider
	templates []studymail.Template
	study     *studymail.Study
	facets    store.PatientFacets // of the study's patients in study
	new       audience.New
	spec      when.Spec // of a time, or of times
	replaces  studymail.ID
}

// readAnswers reads the answers, and finds the step to ask: the one that is wanted, or
// the first before it that is not answered well, with what is wrong noted in the form.
func (v *visit) readAnswers(tx *store.Tx, f *form, wanted string) (*campaignAnswers, error) {
	a := &campaignAnswers{fields: url.Values{}}
	for _, s := range campaignSteps {
		for _, name := range answerNames(s.name) {
			for _, value := range f.All(name) {
				if value = strings.TrimSpace(value); value != "" {
					a.fields.Add(name, value)
				}
			}
		}
	}
	if id := f.Get("draft"); id != "" {
		draft, err := studymail.ParseID(id)
		if err != nil {
			return nil, studymail.Errorf(studymail.NotFound, "there is no such page")
		}
		a.replaces = draft
		a.fields.Set("draft", id)
	}
	if err := a.lists(v, tx); err != nil {
		return nil, err
	}
	for _, s := range campaignSteps {
		a.step = s.name
		if s.name == wanted {
			return a, nil
		}
		if err := a.read(v, tx, f, s.name); err != nil {
			return nil, err
		}
		if !f.OK() {
			return a, nil
		}
	}
	return a, nil
}

// lists reads what there is to choose from.
func (a *campaignAnswers) lists(v *visit, tx *store.Tx) error {
	studies, err := tx.Studies(v.ctx())
	if err != nil {
		return err
	}
	a.studies = slices.DeleteFunc(studies, func(s studymail.Study) bool { return !s.Active })
	if a.providers, err = tx.Providers(v.ctx()); err != nil {
		return err
	}
	templates, err := tx.Templates(v.ctx())
	a.templates = slices.DeleteFunc(templates, func(t studymail.Template) bool { return t.Archived })
	return err
}

func (a *campaignAnswers) read(v *visit, tx *store.Tx, f *form, step string) error {
	switch step {
	case "study":
		return a.readStudy(v, tx, f)
	case "who":
		a.readWho(f)
	case "letter":
		if t := a.template(f.Get("template")); t != nil {
			a.new.Template = t.Name
		} else {
			f.Problem("template", "choose a letter")
		}
	case "when":
		a.readWhen(v.site, f)
	case "reminders":
		a.readReminders(f)
	}
	return nil
}

func (a *campaignAnswers) readStudy(v *visit, tx *store.Tx, f *form) (err error) {
	i := slices.IndexFunc(a.studies, func(s studymail.Study) bool { return s.ID.String() == f.Get("study") })
	if i < 0 {
		f.Problem("study", "choose a study")
		return nil
	}
	a.study, a.new.Study = &a.studies[i], a.studies[i].Name
	yes := true
	a.facets, err = tx.PatientFacets(v.ctx(), store.PatientFilter{Study: a.study.Key, InStudy: &yes})
	return err
}

func (a *campaignAnswers) readWho(f *form) {
	a.new.Again = f.Yes("again")
	for _, id := range f.All("provider") {
		i := slices.IndexFunc(a.providers, func(p studymail.Provider) bool { return p.ID.String() == id })
		if i < 0 {
			f.Problem("provider", "there is no such care provider; choose among these")
			return
		}
		if !slices.Contains(a.new.Providers, a.providers[i].ODSCode) {
			a.new.Providers = append(a.new.Providers, a.providers[i].ODSCode)
		}
	}
}

func (a *campaignAnswers) template(id string) *studymail.Template {
	i := slices.IndexFunc(a.templates, func(t studymail.Template) bool { return t.ID.String() == id })
	if i < 0 {
		return nil
	}
	return &a.templates[i]
}

// readWhen reads when the campaign is to start.
func (a *campaignAnswers) readWhen(s *site, f *form) {
	a.readCanary(f)
	here := s.Config.TimeZone.String()
	switch f.Choice("when", "now", "at", "again") {
	case "at":
		at, err := when.ParseTime(f.Line("at"), here, s.Now())
		switch {
		case err != nil:
			f.Problem("at", "%s", whenProblem(err))
		case !at.After(s.Now()):
			f.Problem("at", "that has passed; choose a later time, or “Now”")
		default:
			a.new.At = at
			a.spec, err = when.Parse(studymail.Once, at.Format(time.RFC3339), here)
			if err != nil {
				f.Problem("at", "%s", whenProblem(err))
			}
		}
	case "again":
		zone := f.Line("zone")
		if zone == "" {
			zone = here
		}
		field, expr, err := cronOf(f)
		if err == nil {
			a.spec, err = when.Parse(studymail.Cron, expr, zone)
		}
		if _, zoneErr := when.Zone(zone); zoneErr != nil {
			field, err = "zone", zoneErr
		}
		if err != nil {
			f.Problem(field, "%s", whenProblem(err))
			return
		}
		if a.spec.Kind != studymail.Cron {
			f.Problem("cron", "write five fields, such as 0 9 * * tue: minute, hour, day of month, month, day of week")
			return
		}
		a.new.Cron, a.new.Zone = a.spec.Expr, zone
	}
}

// canaryWaits are how long the rest of a campaign may wait for its canary.
var canaryWaits = []option{
	{Value: "15m", Text: "15 minutes"},
	{Value: "1h", Text: "1 hour"},
	{Value: "4h", Text: "4 hours"},
	{Value: "24h", Text: "1 day"},
	{Value: "72h", Text: "3 days"},
}

// readCanary reads with how many letters the campaign begins.
func (a *campaignAnswers) readCanary(f *form) {
	if f.Get("canary") == "" {
		return
	}
	names := make([]string, len(canaryWaits))
	for i, w := range canaryWaits {
		names[i] = w.Value
	}
	if f.Get("canary_wait") == "" {
		f.Set("canary_wait", "1h")
	}
	a.new.Canary.First = f.Number("canary", 1, studymail.MaxCanary)
	a.new.Canary.Wait, _ = time.ParseDuration(f.Choice("canary_wait", names...)) // one of these
}

// repeats are the times that need no cron expression: the fields behind the hour.
var repeats = []struct{ name, text, days string }{
	{"weekdays", "From Monday to Friday", "* * 1-5"},
	{"daily", "Every day", "* * *"},
	{"mon", "Every Monday", "* * 1"},
	{"tue", "Every Tuesday", "* * 2"},
	{"wed", "Every Wednesday", "* * 3"},
	{"thu", "Every Thursday", "* * 4"},
	{"fri", "Every Friday", "* * 5"},
	{"sat", "Every Saturday", "* * 6"},
	{"sun", "Every Sunday", "* * 0"},
	{"monthly", "On the first of each month", "1 * *"},
}

// cronOf gives the cron expression of a form, and the field that it came from.
func cronOf(f *form) (field, expr string, err error) {
	name := f.Get("repeat")
	if name == "cron" {
		return "cron", f.Line("cron"), nil
	}
	for _, r := range repeats {
		if r.name != name {
			continue
		}
		clock, err := time.Parse("15:04", f.Get("clock"))
		if err != nil {
			return "clock", "", studymail.Errorf(studymail.Invalid, "a time of day, such as 09:00")
		}
		return "clock", fmt.Sprintf("%d %d %s", clock.Minute(), clock.Hour(), r.days), nil
	}
	return "repeat", "", studymail.Errorf(studymail.Invalid, "choose one of these")
}

// whenProblem takes from an error of times what a field can say.
func whenProblem(err error) string { return strings.TrimSuffix(sentence(err.Error()), ".") }

func (a *campaignAnswers) readReminders(f *form) {
	a.new.Reminders = nil
	for i := 1; i <= reminderRows; i++ {
		days, letter := "days"+strconv.Itoa(i), "template"+strconv.Itoa(i)
		if f.Get(days) == "" && f.Get(letter) == "" {
			continue
		}
		t := a.template(f.Get(letter))
		if t == nil {
			f.Problem(letter, "choose a letter, or empty both fields")
		}
		n := f.Number(days, 1, 365)
		if t == nil || !f.OK() {
			continue
		}
		a.new.Reminders = append(a.new.Reminders, audience.Reminder{AfterDays: n, Template: t.Name})
		if err := audience.CheckReminders(slices.Clone(a.new.Reminders)); err != nil {
			f.Problem(days, "%s", whenProblem(err))
		}
	}
}

// at is the address of a step with the answers so far.
func (a *campaignAnswers) at(step string) string {
	q := url.Values{}
	for name, values := range a.fields {
		q[name] = values
	}
	q.Set("step", step)
	return "/campaigns/new?" + q.Encode()
}

// others are the answers of the other steps, as a form carries them.
func (a *campaignAnswers) others() []hidden {
	own := answerNames(a.step)
	var all []hidden
	for _, s := range campaignSteps {
		for _, name := range answerNames(s.name) {
			if slices.Contains(own, name) {
				continue
			}
			for _, value := range a.fields[name] {
				all = append(all, hidden{name, value})
			}
		}
	}
	if !a.replaces.IsZero() {
		all = append(all, hidden{"draft", a.replaces.String()})
	}
	return all
}
