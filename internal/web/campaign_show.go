package web

import (
	"slices"
	"strconv"

	"studymail"
	"studymail/internal/store"
)

type campaignShowPage struct {
	Heading   heading
	ID        studymail.ID
	Live      string // where the page is told what is new; "": nothing moves
	State     badge
	Held      string
	Halted    *haltedCampaign // it stopped by itself
	CameBack  []reasonLine
	Progress  progress
	Started   bool // it has numbers
	Columns   []string
	Numbers   []numberRow
	Sum       string // how they add up
	LeftOut   []leftOutGroup
	Why       []reasonLine
	Retry     link
	Reminders []reminderCard
	Facts     []fact
	History   []entry
}

// numberRow is a line of numbers: of all letters, or of one step.
type numberRow struct {
	Name  string
	Cells []numberCell
}

type numberCell struct {
	Name  string
	Count int
	Path  string
}

// leftOutGroup are the reasons for which a step left patients out.
type leftOutGroup struct {
	Title string
	Total int
	Lines []reasonLine
}

// reminderCard says what a reminder does.
type reminderCard struct {
	Title  string
	Letter link
	When   string
	Next   moment
	Words  string
	Path   string // what it would do now
}

func (s *site) campaignShow(v *visit) error {
	n, err := s.readCampaign(v)
	if err != nil {
		return err
	}
	path := "/campaigns/" + n.ID.String()
	p := campaignShowPage{
		Heading: heading{Title: n.Name, Up: link{"Campaigns", "/campaigns"}, Actions: s.campaignActions(v, n)}, ID: n.ID,
		State: campaignBadge(n.State), Held: s.held(n), Progress: s.campaignProgress(n), Started: len(n.runs) > 0,
	}
	if n.moves() {
		p.Live = path + "/live"
	}
	s.campaignNumbers(v, n, &p)
	if p.Halted = s.haltedCampaign(v, n); p.Halted != nil {
		p.Held = ""
	}
	for _, came := range slices.Backward(studymail.CameBacks()) {
		if count := n.cameBack[came]; count > 0 {
			p.CameBack = append(p.CameBack, reasonLine{Reason: sentenceWord(came.String()), Count: count})
		}
	}
	for _, w := range n.why {
		reason := sentenceWord(string(w.Reason))
		if w.Reason == "" {
			reason = "No reason noted"
		}
		p.Why = append(p.Why, reasonLine{
			sentenceWord(w.State.String()), reason, w.Messages, v.messagesPath(n.ID, "state", w.State.String(), "reason", string(w.Reason)),
		})
	}
	if n.all.Failed > 0 && n.State != studymail.CampaignCanceled && v.may(studymail.MaySend) {
		p.Retry = link{"Send the " + countOf(int64(n.all.Failed), "failed letter") + " again…", path + "/retry"}
	}
	for i := range n.steps {
		if step := &n.steps[i]; step.Reminder() {
			p.Reminders = append(p.Reminders, s.reminderCard(v, n, step))
		}
	}
	if p.Facts, err = s.campaignFacts(v, n); err != nil {
		return err
	}
	if p.History, err = s.history(v, n.ID); err != nil {
		return err
	}
	return v.page("campaign_show", "Campaign "+n.Name, p)
}

// campaignActions are what can be done with a campaign as it stands.
func (s *site) campaignActions(v *visit, n *campaignNow) []link {
	if !v.may(studymail.MaySend) {
		return nil
	}
	path := "/campaigns/" + n.ID.String()
	switch n.State {
	case studymail.Draft:
		if n.AdHoc {
			return []link{{"Discard…", path + "/discard"}}
		}
		return []link{{"Review and send…", path + "/start"}, {"Discard…", path + "/discard"}}
	case studymail.Running, studymail.Scheduled:
		if n.hasHeld() && n.State == studymail.Running {
			return []link{{"Let the rest go…", path + "/release"}, {"Pause…", path + "/pause"}, {"Cancel…", path + "/cancel"}}
		}
		return []link{{"Pause…", path + "/pause"}, {"Cancel…", path + "/cancel"}}
	case studymail.Paused:
		return []link{{"Resume…", path + "/resume"}, {"Cancel…", path + "/cancel"}}
	case studymail.Finished, studymail.CampaignCanceled:
	}
	return nil
}

// campaignNumbers lays the numbers out: each is a link to its messages, and all of
// them together are what was selected.
func (s *site) campaignNumbers(v *visit, n *campaignNow, p *campaignShowPage) {
	row := func(name string, c *studymail.Counts, step int) {
		r := numberRow{Name: name}
		add := func(name string, count int, path string) {
			r.Cells = append(r.Cells, numberCell{name, count, path})
		}
		for _, state := range []struct {
			state studymail.State
			n     int
		}{
			{studymail.Queued, c.Queued},
			{studymail.Sending, c.Sending},
			{studymail.Deferred, c.Deferred},
			{studymail.Sent, c.Sent},
			{studymail.Failed, c.Failed},
			{studymail.Skipped, c.Skipped},
			{studymail.Uncertain, c.Uncertain},
			{studymail.MessageCanceled, c.Cancelled},
		} {
			word := state.state.String()
			add(sentenceWord(word), state.n, v.messagesPath(n.ID, "state", word, "step", stepWord(step)))
		}
		add("Planned", c.Planned, v.messagesPath(n.ID, "step", stepWord(step)))
		add("Left out", sumOf(c.LeftOut), leftOutPath(n.ID, step, ""))
		p.Numbers = append(p.Numbers, r)
	}
	if len(n.steps) > 1 {
		for i := range n.steps {
			row(stepTitle(n.steps[i].Number), n.counts[n.steps[i].Key], n.steps[i].Number)
		}
	}
	row("All letters", &n.all, 0)
	for _, c := range p.Numbers[0].Cells {
		p.Columns = append(p.Columns, c.Name)
	}
	p.Sum = countOf(int64(n.all.Selected), "patient") + " selected: " + countOf(int64(n.all.Planned), "letter") + " planned, " + commas(sumOf(n.all.LeftOut)) + " left out."
	if len(n.steps) > 1 {
		p.Sum += " Each patient counts once for the first letter, and once for each reminder."
	}
	for i := range n.steps {
		c := n.counts[n.steps[i].Key]
		if len(c.LeftOut) == 0 {
			continue
		}
		number := n.steps[i].Number
		p.LeftOut = append(p.LeftOut, leftOutGroup{stepTitle(number), sumOf(c.LeftOut), reasonsOf(c.LeftOut, func(r studymail.Reason) string {
			return leftOutPath(n.ID, number, r)
		})})
	}
}

// reminderCard says what a reminder has done and will do.
func (s *site) reminderCard(v *visit, n *campaignNow, step *store.StepRow) reminderCard {
	c := n.counts[step.Key]
	first := n.counts[n.steps[0].Key]
	r := reminderCard{
		Title: stepTitle(step.Number), Letter: link{Text: letterWords(step.TemplateName, step.Version)},
		When: countOf(int64(step.AfterDays), "day") + " after the first letter", Next: s.timeOf(step.NextRunAt),
	}
	if v.hasRoute("GET", "/templates/{id}") {
		r.Letter.Path = "/templates/" + step.TemplateID.String()
	}
	left := max(0, first.Sent-c.Planned-sumOf(c.LeftOut))
	switch over := n.State == studymail.Finished || n.State == studymail.CampaignCanceled; {
	case n.State == studymail.CampaignCanceled:
		r.Words = "The campaign was cancelled: it reminds nobody any more."
	case step.Off:
		r.Words = "Somebody has disabled its schedule: it reminds nobody until that is enabled."
	case !step.NextRunAt.IsZero():
		r.Words = "It will look for those who were sent the first letter " + countOf(int64(step.AfterDays), "day") + " before and are still in study: at most " + countOf(int64(left), "patient") + " so far."
		r.Path = "/campaigns/" + n.ID.String() + "/reminder?step=" + strconv.Itoa(step.Number)
	case over:
		r.Words = "It is over."
	case len(n.runs) == 0:
		r.Words = "It begins to count when the first letters are planned."
	}
	if c.Selected > 0 {
		r.Words += " So far: " + countOf(int64(c.Planned), "letter") + " planned, " + commas(c.Sent) + " sent, " + commas(sumOf(c.LeftOut)) + " left out."
	}
	return r
}

// campaignFacts say what a campaign is.
func (s *site) campaignFacts(v *visit, n *campaignNow) ([]fact, error) {
	var (
		study     studymail.Study
		providers []studymail.Provider
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if n.Study != 0 {
			if study, err = tx.StudyByKey(v.ctx(), n.Study); err != nil {
				return err
			}
		}
		providers, err = tx.CampaignProviders(v.ctx(), n.Key)
		return err
	})
	if err != nil {
		return nil, err
	}
	to := fact{"To", "Chosen patients"}
	if n.Study != 0 {
		to = fact{"Study", link{study.Name, "/studies/" + study.ID.String()}}
	}
	letter := fact{"Letter", letterWords(n.TemplateName, n.Version)}
	if v.hasRoute("GET", "/templates/{id}") && len(n.steps) > 0 {
		letter.Value = link{letterWords(n.TemplateName, n.Version), "/templates/" + n.steps[0].TemplateID.String()}
	}
	facts := []fact{to, letter}
	for i := range providers {
		facts = append(facts, fact{"Only patients of", link{providers[i].Name + " (" + providers[i].ODSCode + ")", "/providers/" + providers[i].ID.String()}})
	}
	if n.Again {
		facts = append(facts, fact{"Again", "Also to those who had this letter in another campaign"})
	}
	if n.Canary.First > 0 {
		facts = append(facts, fact{"A careful start", countOf(int64(n.Canary.First), "letter") + " first, then " + waitWords(n.Canary.Wait) + " for what comes back of them"})
	}
	if n.Schedule != 0 {
		if v.hasRoute("GET", "/schedules/{id}") {
			facts = append(facts, fact{"Schedule", link{"Its schedule", "/schedules/" + n.ScheduleID.String()}})
		}
		facts = append(facts, fact{"Next start", s.timeOf(n.next)})
	}
	facts = append(facts, fact{"Made", s.timeOf(n.CreatedAt)}, fact{"Started", s.timeOf(n.StartedAt)})
	if n.State == studymail.Finished || n.State == studymail.CampaignCanceled {
		facts = append(facts, fact{"Ended", s.timeOf(n.EndedAt)})
	}
	return append(facts, fact{"UUID", n.ID.String()}), nil
}
