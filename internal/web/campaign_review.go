package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
	"studymail/internal/when"
)

// inRequest is how long a form's answer waits for long work. A worker goes on with
// what is not done by then.
const inRequest = 8 * time.Second

type campaignReviewPage struct {
	Heading heading
	Changed string
	Facts   []fact
	Times   whenTimes
	Plan    plannedNow
	Words   string
	Confirm confirm // without a button there is nothing to confirm
	Change  string
	Samples []letterSample
	Groups  int // of patients, with a sample each or not
}

// campaignReview shows what a draft will do, and asks once the numbers are exact.
func (s *site) campaignReview(v *visit) error {
	n, err := s.readCampaign(v)
	if err != nil {
		return err
	}
	if n.State != studymail.Draft {
		v.flash("This campaign is not a draft any more.")
		return v.redirect("/campaigns/" + n.ID.String())
	}
	counted, err := s.countPlan(v, &n.CampaignRow, 0)
	if err != nil {
		return err
	}
	return s.showReview(v, http.StatusOK, n, counted, "")
}

// showReview shows what a draft does, with the exact numbers and the button, or while
// they are counted, which is nil then, with what is known about them.
func (s *site) showReview(v *visit, status int, n *campaignNow, counted *planCount, changed string) error {
	path := "/campaigns/" + n.ID.String()
	p := campaignReviewPage{
		Heading: heading{Title: "Review " + n.Name, Up: link{"Campaign " + n.Name, path}, Words: "Nothing was sent yet."},
		Changed: changed,
	}
	if counted != nil {
		p.Plan = planOf(counted.exact)
	} else {
		var err error
		if p.Plan, err = s.aboutPlan(v, &n.CampaignRow); err != nil {
			return err
		}
	}
	var spec when.Spec
	err := v.read(func(tx *store.Tx) error {
		if !n.AdHoc {
			a, err := s.answersOf(v, tx, &n.CampaignRow, n.steps)
			if err != nil {
				return err
			}
			p.Change = a.at("study")
		}
		if n.Schedule == 0 {
			return nil
		}
		sched, err := tx.ScheduleByID(v.ctx(), n.ScheduleID)
		if err != nil {
			return err
		}
		spec, err = when.Of(sched.Schedule)
		return err
	})
	if err != nil {
		return err
	}
	if p.Facts, err = s.reviewFacts(v, n); err != nil {
		return err
	}
	if n.Schedule != 0 {
		p.Times = s.timesOfSpec(spec)
	}
	if p.Samples, p.Groups, err = s.samplesOf(v, n, counted); err != nil {
		return err
	}
	if f := s.timeFact(v, n, p.Plan.Planned); f.Name != "" {
		p.Facts = append(p.Facts, f)
	}
	if counted != nil {
		s.askToStart(&p, n, counted.exact, spec)
	}
	return v.pageAs(status, "campaign_review", p.Heading.Title, p)
}

// askToStart says what the button does, to exactly how many; or why there is none.
func (s *site) askToStart(p *campaignReviewPage, n *campaignNow, res audience.Result, spec when.Spec) {
	path := "/campaigns/" + n.ID.String()
	p.Confirm = confirm{
		Action: path + "/start", Form: newForm(), Back: path, Hidden: map[string]string{"expect": frozenPlan(res)},
		Button: "Send " + countOf(int64(res.Planned), "letter") + " now",
		Text:   countOf(int64(res.Planned), "letter") + " will be planned now and leave as fast as the mail server takes them. It can be paused and cancelled at any time; what has left cannot be taken back.",
	}
	switch {
	case n.Schedule != 0:
		first := spec.Next(s.Now())
		p.Confirm.Button = "Start it at its time"
		p.Confirm.Text = "It starts by itself, first on " + momentIn(first).Words + ". Who gets the letter is decided then: as things stand now, " +
			countOf(int64(res.Planned), "patient") + ". It can be paused and cancelled at any time."
		if first.IsZero() {
			p.Words, p.Confirm.Button = "Its time has passed: change the draft, and choose another.", ""
		}
	case res.Planned == 0:
		p.Words, p.Confirm.Button = "Nobody would get this letter now, so there is nothing to send. The reasons stand above; change the draft, or what keeps the patients from it.", ""
	}
}

// reviewFacts say what the draft is, and each of its reminders.
func (s *site) reviewFacts(v *visit, n *campaignNow) ([]fact, error) {
	all, err := s.campaignFacts(v, n)
	if err != nil {
		return nil, err
	}
	var facts []fact
	for _, f := range all {
		switch f.Name {
		case "Started", "Ended", "Next start", "Schedule", "UUID", "Made":
		default:
			facts = append(facts, f)
		}
	}
	if n.Schedule == 0 {
		facts = append(facts, fact{"When", "Now, when you confirm it"})
	}
	for i := range n.steps {
		if step := &n.steps[i]; step.Reminder() {
			facts = append(facts, fact{stepTitle(step.Number), letterWords(step.TemplateName, step.Version) + ", " + countOf(int64(step.AfterDays), "day") +
				" after the first letter, to those who were sent it and are still in study"})
		}
	}
	return append(facts, s.paceFacts()...), nil
}

// paceFacts say which limits mail keeps within.
func (s *site) paceFacts() []fact {
	var words []string
	for _, l := range s.Config.Limits.All() {
		if _, set := l.Of(); set {
			words = append(words, l.String()+" "+l.Unit)
		}
	}
	if words == nil {
		return nil
	}
	return []fact{{"Limits", "At most " + strings.Join(words, ", ")}}
}

// frozenPlan writes a plan as a form carries it: what was shown is what is done.
func frozenPlan(res audience.Result) string {
	words := []string{strconv.Itoa(res.Planned)}
	for _, r := range slices.Sorted(maps.Keys(res.LeftOut)) {
		words = append(words, fmt.Sprintf("%s=%d", r, res.LeftOut[r]))
	}
	return strings.Join(words, ";")
}

// planChanged says what is another than in a frozen plan.
func planChanged(frozen string, res audience.Result) string {
	was := map[string]int{}
	for i, part := range strings.Split(frozen, ";") {
		name, n, _ := strings.Cut(part, "=")
		if i == 0 {
			name, n = "", part
		}
		was[name], _ = strconv.Atoi(n)
	}
	var words []string
	say := func(what string, before, now int) {
		if before != now {
			words = append(words, fmt.Sprintf("%s: %s, before %s", what, commas(now), commas(before)))
		}
	}
	say("will get the letter", was[""], res.Planned)
	for _, r := range slices.Sorted(maps.Keys(res.LeftOut)) {
		say(string(r), was[string(r)], res.LeftOut[r])
		delete(was, string(r))
	}
	delete(was, "")
	for _, r := range studymail.Reasons() { // only reasons that there are are repeated
		if n, gone := was[string(r)]; gone {
			say(string(r), n, 0)
		}
	}
	return "Meanwhile something changed, and nothing was sent yet (" + strings.Join(words, "; ") + "). Look again, and confirm the new numbers."
}

// campaignStart lets a draft go, if its plan is the one that was shown.
func (s *site) campaignStart(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	n, err := s.readCampaign(v)
	if err != nil {
		return err
	}
	path := "/campaigns/" + n.ID.String()
	if n.State != studymail.Draft {
		v.flash("It was started already, once.")
		return v.redirect(path)
	}
	counted, err := s.countPlan(v, &n.CampaignRow, 0)
	if err != nil {
		return err
	}
	if res := counted.exact; f.Get("expect") != frozenPlan(res) {
		return s.showReview(v, http.StatusConflict, n, counted, planChanged(f.Get("expect"), res))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx()), inRequest)
	defer cancel()
	started, err := s.Planner.Start(ctx, n.ID, v.actor(), nil)
	if studymail.CodeOf(err) == studymail.Conflict { // somebody else was quicker
		v.flash("It changed meanwhile: this is how it stands now.")
		return v.redirect(path)
	}
	if err != nil {
		return s.startFailed(v, n.ID, err)
	}
	if started.State == studymail.Scheduled {
		v.flash("The campaign starts on %s.", s.timeOf(started.NextRunAt).Words)
		return v.redirect(path)
	}
	v.flash("%s planned, %s left out. They leave now.", sentenceWord(countOf(int64(started.Planned), "letter")), commas(sumOf(started.LeftOut)))
	return v.redirect(path)
}

// startFailed goes on to the page of a campaign that began all the same: a worker
// goes on with a plan that takes longer than a form's answer may.
func (s *site) startFailed(v *visit, id studymail.ID, failed error) error {
	if studymail.CodeOf(failed) == studymail.Conflict || s.stateOf(v, id) != studymail.Running {
		return failed
	}
	v.flash("The campaign has begun: its plan is being made, and nothing leaves before it is whole.")
	return v.redirect("/campaigns/" + id.String())
}

// stateOf reads where a campaign stands, also when the time for the answer is over.
func (s *site) stateOf(v *visit, id studymail.ID) studymail.CampaignState {
	ctx := context.WithoutCancel(v.ctx())
	var c store.CampaignRow
	if err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		c, err = tx.CampaignByID(ctx, id)
		return err
	}); err != nil {
		return studymail.Draft
	}
	return c.State
}
