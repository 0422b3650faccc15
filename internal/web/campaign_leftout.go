package web

import (
	"net/url"
	"strconv"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

const leftOutOnAPage = 100

type campaignLeftOutPage struct {
	Heading heading
	Steps   []option
	Reasons []option
	Form    *form
	Path    string
	Rows    []leftOutRow
	Empty   empty
	Pager   pager
}

type leftOutRow struct {
	Patient  link
	Provider string
	Reason   string
}

func leftOutPath(campaign studymail.ID, step int, reason studymail.Reason) string {
	q := url.Values{}
	if step != 0 {
		q.Set("step", strconv.Itoa(step))
	}
	if reason != "" {
		q.Set("reason", string(reason))
	}
	return (&url.URL{Path: "/campaigns/" + campaign.String() + "/left-out", RawQuery: q.Encode()}).String()
}

// campaignLeftOut lists whom a step left out, and why.
func (s *site) campaignLeftOut(v *visit) error {
	var (
		c       store.CampaignRow
		steps   []store.StepRow
		step    *store.StepRow
		counts  map[int64]*studymail.Counts
		looked  []store.Looked
		rows    []store.PatientRow
		reason  = studymail.Reason(v.query("reason"))
		perhaps = v.number("step", 1)
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if c, err = s.campaignOf(v, tx); err != nil {
			return err
		}
		if steps, err = tx.CampaignStepRows(v.ctx(), c.Key); err != nil {
			return err
		}
		if step, err = stepOf(steps, perhaps); err != nil {
			return err
		}
		if counts, err = tx.CountsOfSteps(v.ctx(), c.Key); err != nil {
			return err
		}
		if looked, err = tx.LeftOutOfStep(v.ctx(), step.Key, reason, v.number("after", 0), leftOutOnAPage+1); err != nil || len(looked) == 0 {
			return err
		}
		ids := make([]studymail.ID, len(looked))
		for i := range looked {
			ids[i] = looked[i].Patient
		}
		rows, err = tx.PatientsByID(v.ctx(), ids)
		return err
	})
	if err != nil {
		return err
	}
	path := "/campaigns/" + c.ID.String()
	p := campaignLeftOutPage{
		Heading: heading{Title: "Left out of " + c.Name, Up: link{"Campaign " + c.Name, path}, Words: stepTitle(step.Number) + ": who did not get it, and why. Each patient counts once, with the latest reason."},
		Path:    path + "/left-out", Form: newForm().Set("step", strconv.Itoa(step.Number)).Set("reason", string(reason)), Reasons: anyOf("Any"),
		Empty: empty{Heading: "Nobody was left out", Text: "For this letter and this reason there is nobody.", Link: link{"Back to the campaign", path}},
	}
	for i := range steps {
		p.Steps = append(p.Steps, option{Value: strconv.Itoa(steps[i].Number), Text: stepTitle(steps[i].Number)})
	}
	total := 0
	if n := counts[step.Key]; n != nil {
		for _, line := range reasonsOf(n.LeftOut, func(r studymail.Reason) string { return string(r) }) {
			p.Reasons = append(p.Reasons, option{Value: line.Path, Text: line.Reason + " (" + commas(line.Count) + ")"})
		}
		if total = sumOf(n.LeftOut); reason != "" {
			total = n.LeftOut[reason]
		}
	}
	var show int
	p.Pager, show = v.newPager("patient", len(looked), leftOutOnAPage, func(last int) int64 { return looked[last].Key })
	p.Pager.Total = int64(total)
	names := map[studymail.ID]string{}
	for i := range rows {
		o, err := s.open(&rows[i])
		if err != nil {
			return err
		}
		names[rows[i].ID] = o.username()
	}
	for i := range looked[:show] {
		l := &looked[i]
		p.Rows = append(p.Rows, leftOutRow{link{names[l.Patient], "/patients/" + l.Patient.String()}, l.ODSCode, sentenceWord(string(l.Reason))})
	}
	return v.page("campaign_left_out", p.Heading.Title, p)
}

func stepOf(steps []store.StepRow, number int64) (*store.StepRow, error) {
	for i := range steps {
		if int64(steps[i].Number) == number {
			return &steps[i], nil
		}
	}
	return nil, studymail.Errorf(studymail.NotFound, "this campaign has no such letter")
}

type campaignReminderPage struct {
	Heading heading
	Words   string
	Plan    plannedNow
}

// campaignReminder tells what a reminder would do at its next look, as things stand.
func (s *site) campaignReminder(v *visit) error {
	var (
		c    store.CampaignRow
		step *store.StepRow
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if c, err = s.campaignOf(v, tx); err != nil {
			return err
		}
		steps, err := tx.CampaignStepRows(v.ctx(), c.Key)
		if err != nil {
			return err
		}
		step, err = stepOf(steps, v.number("step", 2))
		if err == nil && !step.Reminder() {
			err = studymail.Errorf(studymail.NotFound, "this campaign has no such reminder")
		}
		return err
	})
	if err != nil {
		return err
	}
	counted, err := s.countPlan(v, &c, step.Key)
	if err != nil {
		return err
	}
	plan := plannedNow{Counting: true}
	if counted != nil {
		plan = planOf(counted.exact)
	}
	p := campaignReminderPage{
		Heading: heading{Title: stepTitle(step.Number) + " of " + c.Name, Up: link{"Campaign " + c.Name, "/campaigns/" + c.ID.String()}},
		Words:   "What it would do as things stand now. Nothing is sent by looking.", Plan: plan,
	}
	if !step.NextRunAt.IsZero() {
		p.Words = "It looks on " + momentIn(step.NextRunAt.In(s.Config.TimeZone)).Words + ". If everything stayed as it is now, this would come of it; nothing is sent by looking."
	}
	return v.page("campaign_reminder", p.Heading.Title, p)
}

// plannedNow is what a plan would do now: who gets the letter, and who is left out for
// which reason.
type plannedNow struct {
	Planned  int
	LeftOut  []reasonLine
	Total    int  // left out
	Counting bool // it is not there yet …
	About    bool // … and the numbers are not exact
}

func planOf(res audience.Result) plannedNow {
	return plannedNow{Planned: res.Planned, LeftOut: reasonsOf(res.LeftOut, func(studymail.Reason) string { return "" }), Total: sumOf(res.LeftOut)}
}
