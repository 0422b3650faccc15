package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/when"
)

type campaignNewPage struct {
	Heading         heading
	Form            *form
	Steps           []wizardStep
	Step            string
	Next            string
	Hidden          []hidden
	Back            string
	Empty           empty // what must be there first
	Studies         []option
	Providers       []providerTick
	ProviderProblem string
	InStudy         int
	Letters         []option
	Whens           []option
	CanaryWaits     []option
	Repeats         []option
	Zone            string
	Times           whenTimes
	Reminders       []reminderFields
}

// wizardStep is a step of a form of several pages.
type wizardStep struct {
	Number  int
	Title   string
	Path    string // of one that was answered
	Current bool
}

type providerTick struct {
	ID      string
	Name    string
	InStudy int
	Ticked  bool
}

type reminderFields struct{ Days, Letter field }

// whenTimes are times in words, and the next few.
type whenTimes struct {
	Words   string
	Next    []moment
	Problem string
}

func (s *site) campaignNew(v *visit) error {
	f := newForm()
	f.values = v.r.URL.Query()
	wanted := f.Get("show") // one step once more, with what was typed
	if wanted == "" {
		wanted = f.Get("step")
	}
	if wanted == "" {
		wanted = "study"
	}
	return s.showCampaignStep(v, f, wanted)
}

func (s *site) showCampaignStep(v *visit, f *form, wanted string) error {
	var a *campaignAnswers
	err := v.read(func(tx *store.Tx) (err error) {
		if a, err = v.readAnswers(tx, f, wanted); err != nil || a.replaces.IsZero() {
			return err
		}
		draft, err := tx.CampaignByID(v.ctx(), a.replaces)
		f.Set("name", draft.Name) // names are typed, and stand in no address
		return err
	})
	if err != nil {
		return noCampaign(err)
	}
	return s.askCampaign(v, f, a)
}

// askCampaign shows one step, with what is wrong with it.
func (s *site) askCampaign(v *visit, f *form, a *campaignAnswers) error {
	status := http.StatusOK
	if !f.OK() {
		status = http.StatusUnprocessableEntity
	}
	p := campaignNewPage{Form: f, Step: a.step, Hidden: a.others(), Back: "/campaigns", Heading: heading{Title: "Plan a campaign", Up: link{"Campaigns", "/campaigns"}}}
	if !a.replaces.IsZero() {
		p.Heading = heading{Title: "Change a draft", Up: link{"The draft", "/campaigns/" + a.replaces.String()}}
		p.Back = p.Heading.Up.Path
	}
	before := true
	for i, step := range campaignSteps {
		w := wizardStep{Number: i + 1, Title: step.title, Current: step.name == a.step}
		if before = before && !w.Current; before {
			w.Path = a.at(step.name)
		}
		if w.Current && i > 0 {
			p.Back = a.at(campaignSteps[i-1].name)
		}
		if w.Current && i+1 < len(campaignSteps) {
			p.Next = campaignSteps[i+1].name
		}
		p.Steps = append(p.Steps, w)
	}
	p.Steps = append(p.Steps, wizardStep{Number: len(campaignSteps) + 1, Title: "Review"})
	s.fillCampaignStep(v, f, a, &p)
	return v.pageAs(status, "campaign_new", p.Heading.Title, p)
}

// fillCampaignStep adds what a step has to choose from.
func (s *site) fillCampaignStep(v *visit, f *form, a *campaignAnswers, p *campaignNewPage) {
	switch a.step {
	case "study":
		p.Studies = anyOf("Choose a study")
		for i := range a.studies {
			p.Studies = append(p.Studies, option{Value: a.studies[i].ID.String(), Text: a.studies[i].Name})
		}
		if len(a.studies) == 0 {
			p.Empty = empty{"No active study yet", "A campaign is to the patients of a study.", v.linkTo("Add a study", "/studies/new")}
		}
	case "who":
		s.fillWho(f, a, p)
	case "letter":
		p.Letters = a.letterOptions("Choose a letter")
		if len(a.templates) == 0 {
			p.Empty = empty{"No letter yet", "A letter is a template that somebody wrote.", v.linkTo("Write a template", "/templates/new")}
		}
	case "when":
		p.Whens = []option{
			{Value: "now", Text: "Now", Hint: "as soon as you have confirmed it on the next page but one"},
			{Value: "at", Text: "At a time"},
			{Value: "again", Text: "Again and again", Hint: "each time to those only who have not had it: newcomers"},
		}
		for _, r := range repeats {
			p.Repeats = append(p.Repeats, option{Value: r.name, Text: r.text})
		}
		p.Repeats = append(p.Repeats, option{Value: "cron", Text: "By a cron expression"})
		p.CanaryWaits = canaryWaits
		if f.Get("canary_wait") == "" {
			f.Set("canary_wait", "1h")
		}
		p.Zone = s.Config.TimeZone.String()
		if f.Get("when") == "" {
			f.Set("when", "now").Set("repeat", "weekdays").Set("clock", "09:00")
		}
		p.Times = s.timesOf(f)
	case "reminders":
		letters := a.letterOptions("No reminder")
		for i := 1; i <= reminderRows; i++ {
			n := strconv.Itoa(i)
			if i > 3 && f.Get("days"+n) == "" && f.Get("template"+n) == "" {
				break
			}
			p.Reminders = append(p.Reminders, reminderFields{
				f.Input("number", "days"+n, "Reminder "+n+": days later").Digits(),
				f.Select("template"+n, "Reminder "+n+": letter", letters),
			})
		}
	}
}

func (s *site) fillWho(f *form, a *campaignAnswers, p *campaignNewPage) {
	p.InStudy, p.ProviderProblem = a.facets.Total, f.problems["provider"]
	ticked := map[string]bool{}
	for _, id := range f.All("provider") {
		ticked[id] = true
	}
	for i := range a.providers {
		id, n := a.providers[i].ID.String(), a.facets.Provider[a.providers[i].Key]
		if n > 0 || ticked[id] {
			p.Providers = append(p.Providers, providerTick{id, a.providers[i].Name + " (" + a.providers[i].ODSCode + ")", n, ticked[id]})
		}
	}
}

func (a *campaignAnswers) letterOptions(none string) []option {
	all := anyOf(none)
	for i := range a.templates {
		all = append(all, option{Value: a.templates[i].ID.String(), Text: letterWords(a.templates[i].Name, a.templates[i].Versions)})
	}
	return all
}

// timesOf words what a form says of when, as far as it says it.
func (s *site) timesOf(f *form) whenTimes {
	try := newForm()
	try.values = f.values
	a := &campaignAnswers{}
	a.readWhen(s, try)
	if problems := try.Problems(); len(problems) > 0 {
		return whenTimes{Problem: problems[0].Text}
	}
	if f.Get("when") == "now" {
		return whenTimes{Words: "It starts when you confirm it."}
	}
	return s.timesOfSpec(a.spec)
}

func (s *site) timesOfSpec(spec when.Spec) whenTimes {
	t := whenTimes{Words: sentence(spec.Words())}
	for _, at := range spec.NextN(s.Now(), timesShown) {
		t.Next = append(t.Next, momentIn(at))
	}
	return t
}

// momentIn shows a time with its weekday in its own zone, which it names.
func momentIn(t time.Time) moment {
	return moment{
		Machine: t.UTC().Format(time.RFC3339),
		Words:   t.Format("Monday 2 January 2006, 15:04 MST"),
		Exact:   t.Format("Monday 2 January 2006, 15:04:05 MST") + " (" + t.Location().String() + ")",
	}
}

// linkTo is a link to a page that the user may open; none where there is none.
func (v *visit) linkTo(text, path string) link {
	for _, rt := range routes() {
		if rt.method == http.MethodGet && rt.path == path && v.may(rt.needs) {
			return link{text, path}
		}
	}
	return link{}
}

// campaignAdd makes the draft of what was answered.
func (s *site) campaignAdd(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	var a *campaignAnswers
	if err := v.read(func(tx *store.Tx) (err error) {
		if a, err = v.readAnswers(tx, f, ""); err != nil {
			return err
		}
		if f.OK() {
			a.new.Name = f.Line("name")
		}
		return nil
	}); err != nil {
		return err
	}
	if !f.OK() {
		return s.askCampaign(v, f, a)
	}
	var where string
	err = v.write(func(tx *store.Tx) error {
		c, err := s.Planner.CreateIn(v.ctx(), tx, a.new, v.actor())
		if err != nil {
			return err
		}
		var done bool
		if done, where, err = v.once(tx, f, "/campaigns/"+c.ID.String()+"/start"); err != nil {
			return err
		}
		if done {
			return errSentBefore // and what was just made is not kept
		}
		if a.replaces.IsZero() {
			return nil
		}
		err = s.Planner.Discard(v.ctx(), tx, a.replaces, v.actor())
		if studymail.CodeOf(err) == studymail.NotFound || studymail.CodeOf(err) == studymail.Conflict {
			return studymail.Errorf(studymail.Conflict, "that draft was started or discarded meanwhile; nothing was changed: look among the campaigns")
		}
		return err
	})
	switch {
	case err == nil, errors.Is(err, errSentBefore):
		return v.redirect(where)
	default:
		if err = f.Fail(err); err != nil {
			return err
		}
		return s.askCampaign(v, f, a)
	}
}

// errSentBefore tells that a form has acted before.
var errSentBefore = errors.New("the form was sent before")

// answersOf are the answers by which a draft was made, as an address has them.
func (s *site) answersOf(v *visit, tx *store.Tx, c *store.CampaignRow, steps []store.StepRow) (*campaignAnswers, error) {
	a := &campaignAnswers{replaces: c.ID, fields: map[string][]string{"draft": {c.ID.String()}, "when": {"now"}}}
	study, err := tx.StudyByKey(v.ctx(), c.Study)
	if err != nil {
		return nil, err
	}
	a.fields.Set("study", study.ID.String())
	providers, err := tx.CampaignProviders(v.ctx(), c.Key)
	if err != nil {
		return nil, err
	}
	for i := range providers {
		a.fields.Add("provider", providers[i].ID.String())
	}
	if c.Again {
		a.fields.Set("again", "yes")
	}
	if c.Canary.First > 0 {
		a.fields.Set("canary", strconv.Itoa(c.Canary.First))
		a.fields.Set("canary_wait", canaryWaits[0].Value)
		for _, w := range canaryWaits {
			if d, err := time.ParseDuration(w.Value); err == nil && d <= c.Canary.Wait {
				a.fields.Set("canary_wait", w.Value)
			}
		}
	}
	for i := range steps {
		if n := strconv.Itoa(i); i == 0 {
			a.fields.Set("template", steps[i].TemplateID.String())
		} else if i <= reminderRows {
			a.fields.Set("days"+n, strconv.Itoa(steps[i].AfterDays))
			a.fields.Set("template"+n, steps[i].TemplateID.String())
		}
	}
	if c.Schedule == 0 {
		return a, nil
	}
	sched, err := tx.ScheduleByID(v.ctx(), c.ScheduleID)
	if err != nil {
		return nil, err
	}
	switch sched.Kind {
	case studymail.Once:
		a.fields.Set("when", "at")
		if at, err := time.Parse(time.RFC3339, sched.Expr); err == nil {
			a.fields.Set("at", at.In(s.Config.TimeZone).Format("2006-01-02T15:04"))
		}
	case studymail.Cron:
		a.fields.Set("when", "again")
		a.fields.Set("zone", sched.Zone)
		repeat := "cron"
		for _, r := range repeats {
			if clock, ok := strings.CutSuffix(sched.Expr, " "+r.days); ok {
				if t, err := time.Parse("4 15", clock); err == nil {
					repeat = r.name
					a.fields.Set("clock", t.Format("15:04"))
				}
				break
			}
		}
		a.fields.Set("repeat", repeat)
		if repeat == "cron" {
			a.fields.Set("cron", sched.Expr)
		}
	case studymail.Interval:
	}
	return a, nil
}
