package web

import (
	"context"
	"math"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/when"
)

type homePage struct {
	Heading   heading
	Steps     []firstStep // not empty: nothing was ever sent from here
	Needs     []need
	Campaigns []homeCampaign
	MoreOpen  bool // there are more than those
	Next      []scheduleRow
	Health    healthCard
	Monitor   bool // the user may look at the monitor
	Days      chart
	Live      bool
}

// need is something that a person must do now.
type need struct {
	Badge badge
	Text  string
	More  string // what it means, and what to do
	Link  link
}

type homeCampaign struct {
	Name     any // a link, where campaigns have pages
	Study    string
	State    badge
	Progress progress
}

// firstStep is one of the things that a first letter needs.
type firstStep struct {
	Text string
	Done bool
	Link link
}

const (
	homeCampaigns = 6
	homeSchedules = 5
	homeFailed    = 5                  // campaigns with letters that failed; the rest is a number
	failedFor     = 7 * 24 * time.Hour // a campaign that ended with failures is shown so long
)

// desk is what the first page is told from.
type desk struct {
	deskNumbers
	steps     store.FirstSteps
	uncertain int
	oldest    time.Time
	schedules []store.ScheduleRow
	days      points
}

// deskNumbers are those that take long to count.
type deskNumbers struct {
	failed    []store.FailedCampaign
	odd       int // what came back that nobody understood, nor looked at
	open      []store.CampaignRow
	counts    []studymail.Counts
	perSecond []float64
}

func (s *site) readDesk(v *visit) (d desk, err error) {
	numbers, err := s.desk.get(v.ctx(), s.Now, s.readDeskNumbers)
	if err != nil {
		return d, err
	}
	err = v.read(func(tx *store.Tx) (err error) {
		d = desk{deskNumbers: numbers}
		if d.steps, err = tx.FirstSteps(v.ctx()); err != nil {
			return err
		}
		if d.uncertain, d.oldest, err = tx.Uncertain(v.ctx()); err != nil {
			return err
		}
		if d.schedules, err = tx.Schedules(v.ctx()); err != nil {
			return err
		}
		d.days, err = s.readPoints(v, tx, spanOf("month"))
		return err
	})
	return d, err
}

func (s *site) readDeskNumbers(ctx context.Context) (d deskNumbers, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		d = deskNumbers{}
		if d.failed, err = tx.FailedLately(ctx, s.Now().Add(-failedFor)); err != nil {
			return err
		}
		if d.odd, err = tx.CountMatching(ctx, store.FeedbackFilter{State: studymail.FeedbackKept, Unseen: true}, feedbackCounted); err != nil {
			return err
		}
		if d.open, err = tx.OpenCampaigns(ctx, homeCampaigns+1); err != nil {
			return err
		}
		for i := range d.open[:min(len(d.open), homeCampaigns)] {
			counts, err := tx.Counts(ctx, d.open[i].Key)
			if err != nil {
				return err
			}
			rate, err := tx.Flow(ctx, d.open[i].Key, studymail.FlowEvery)
			if err != nil {
				return err
			}
			d.counts, d.perSecond = append(d.counts, counts), append(d.perSecond, rate)
		}
		return nil
	})
	return d, err
}

func (s *site) home(v *visit) error {
	d, err := s.readDesk(v)
	if err != nil {
		return err
	}
	p := homePage{Heading: heading{Title: "Home"}, Monitor: v.hasRoute("GET", "/monitor"), Live: true}
	if p.Health, err = s.health(v); err != nil {
		return err
	}
	if !d.steps.Campaigns {
		p.Steps = firstSteps(v, &d.steps)
		p.Heading.Words = "Welcome to studymail. It e-mails patients about research studies, on behalf of their care providers."
	}
	p.Needs = s.needs(v, &d, &p.Health)
	for i := range d.counts {
		p.Campaigns = append(p.Campaigns, s.homeCampaign(v, &d.open[i], &d.counts[i], d.perSecond[i]))
	}
	p.MoreOpen = len(d.open) > homeCampaigns
	p.Next = s.nextSchedules(d.schedules)
	p.Days = s.counts(&d.days, "Letters of the last 30 days", []string{studymail.Sent.String(), studymail.Failed.String(), studymail.FigureBounced}, []string{"Sent", "Failed", "Bounced"})
	p.Days.Empty = "No letter was sent in the last 30 days."
	return v.page("home", "Home", p)
}

// needs lists what needs a person now, the gravest first.
func (s *site) needs(v *visit, d *desk, h *healthCard) []need {
	var all []need
	for _, c := range h.Bad {
		n := need{Badge: badge{"bad", "Mail is held up"}, Text: sentenceWord(c.Name) + ": " + c.Value + ".", More: "Tell whoever runs this installation."}
		if v.may(studymail.MayAdminister) {
			n.More, n.Link = "What to do: "+sentence(c.Mend), link{"Look at the monitor", "/monitor"}
		}
		if strings.HasPrefix(c.Name, "transport") {
			n.Badge.Text = "The way out is closed"
		}
		all = append(all, n)
	}
	for i := range d.open {
		if c := &d.open[i]; c.Halt != nil {
			all = append(all, need{
				badge{"bad", "Stopped by itself"},
				"The campaign " + c.Name + " stopped by itself: " + string(c.Halt.Reason) + ", " + c.Halt.Detail + ".",
				"Nothing more of it leaves before a person lets it go on. Its page says what to do.",
				link{"Look at it", "/campaigns/" + c.ID.String()},
			})
		}
	}
	if d.odd > 0 {
		all = append(all, need{
			badge{"info", "Feedback"},
			countOf(int64(d.odd), "mail") + " came back that nobody understood.",
			"They changed nothing. A person should look at them: somebody may have written to you.",
			link{"Look at them", "/feedback?state=kept&seen=no"},
		})
	}
	if d.uncertain > 0 {
		all = append(all, need{
			badge{"warn", "Uncertain"},
			countOf(int64(d.uncertain), "letter") + " may or may not have been sent.",
			"studymail does not guess, or somebody would get two letters: say for each what became of it. The oldest waits since " + s.timeOf(d.oldest).Words + ".",
			v.messagesLink("Settle them", "?state=uncertain"),
		})
	}
	for i := range d.failed {
		if i == homeFailed {
			more := int64(len(d.failed) - homeFailed)
			all = append(all, need{
				badge{"bad", "Failed"}, "Letters failed in " + countOf(more, "more campaign") + ", too.", "", v.messagesLink("Look at all that failed", "?state=failed"),
			})
			break
		}
		c := &d.failed[i]
		all = append(all, need{
			badge{"bad", "Failed"},
			"Of the campaign " + c.Name + " " + countOf(int64(c.Failed), "letter") + " failed.",
			"They are not tried again by themselves. Each says why.", v.messagesLink("Look at them", "?state=failed&campaign="+c.ID.String()),
		})
	}
	for i := range d.schedules {
		if n, needs := s.scheduleNeeds(&d.schedules[i]); needs {
			all = append(all, n)
		}
	}
	return all
}

func (v *visit) messagesLink(text, query string) link {
	if v.hasRoute("GET", "/messages") {
		return link{text, "/messages" + query}
	}
	return link{}
}

// scheduleNeeds tells whether somebody should look at a schedule: its last time was
// missed or failed. An interval soon comes again: it needs nobody.
func (s *site) scheduleNeeds(r *store.ScheduleRow) (need, bool) {
	if r.Last == nil || r.Kind == studymail.Interval {
		return need{}, false
	}
	look := link{"Look at it", "/schedules/" + r.ID.String()}
	switch r.Last.Outcome {
	case studymail.RunMissed:
		return need{
			badge{"warn", "Missed"},
			"The schedule " + r.Name + " was due " + s.timeOf(r.Last.DueAt).Words + " and nothing ran.",
			"No worker was up in time. Run it by hand if it is still wanted.", look,
		}, true
	case studymail.RunFailed:
		return need{
			badge{"bad", "Failed"},
			"The last run of the schedule " + r.Name + " failed, " + s.timeOf(r.Last.FiredAt).Words + ".",
			sentence(runDetail(r.Last)) + " Run it by hand once that is mended.", look,
		}, true
	case studymail.RunWaiting, studymail.RunRunning, studymail.RunEnded, studymail.RunOverlapped:
	}
	return need{}, false
}

func (s *site) homeCampaign(v *visit, c *store.CampaignRow, n *studymail.Counts, perSecond float64) homeCampaign {
	left := n.Unfinished()
	row := homeCampaign{
		Name: v.linked("/campaigns/{id}", c.Name, "/campaigns/"+c.ID.String()), Study: c.StudyName, State: campaignBadge(c.State),
		Progress: progress{Label: "Letters of " + c.Name + " that came to rest", Done: int64(n.Planned - left), All: int64(max(n.Planned, 1))},
	}
	words := commas(n.Planned-left) + " of " + countOf(int64(n.Planned), "letter")
	switch {
	case n.Planned == 0:
		words = "The letters are being planned"
	case c.State == studymail.Paused:
		words += ", paused"
	case left > 0 && perSecond > 0:
		words += ", about " + aboutWords(time.Duration(math.Min(float64(left)/perSecond, 1e7)*float64(time.Second))) + " to go"
	}
	if n.Failed+n.Uncertain > 0 {
		words += "; " + commas(n.Failed) + " failed, " + commas(n.Uncertain) + " uncertain"
	}
	row.Progress.Text = words
	return row
}

// aboutWords round a duration to what people say.
func aboutWords(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return "a minute"
	case d < 90*time.Minute:
		return countOf(int64(d.Round(time.Minute)/time.Minute), "minute")
	case d < 36*time.Hour:
		return countOf(int64(d.Round(time.Hour)/time.Hour), "hour")
	}
	return countOf(int64(d.Round(24*time.Hour)/(24*time.Hour)), "day")
}

// nextSchedules are those that fire next: campaigns, and what is not housekeeping.
func (s *site) nextSchedules(all []store.ScheduleRow) []scheduleRow {
	var next []*store.ScheduleRow
	for i := range all {
		r := &all[i]
		if r.BuiltIn || r.NextRunAt.IsZero() {
			continue
		}
		if _, err := when.Of(r.Schedule); err != nil {
			continue
		}
		at := len(next)
		for at > 0 && next[at-1].NextRunAt.After(r.NextRunAt) {
			at--
		}
		next = append(next[:at], append([]*store.ScheduleRow{r}, next[at:]...)...)
	}
	var rows []scheduleRow
	for _, r := range next[:min(len(next), homeSchedules)] {
		rows = append(rows, s.scheduleRow(r))
	}
	return rows
}

// firstSteps lead from an empty installation to a first letter.
func firstSteps(v *visit, f *store.FirstSteps) []firstStep {
	steps := []struct {
		text  string
		done  bool
		needs studymail.Permission
		words string
		route string
	}{
		{"Add the care providers on whose behalf letters go out.", f.Providers, studymail.MayEdit, "Add a care provider", "/providers/new"},
		{"Add the study that patients are invited to.", f.Studies, studymail.MayEdit, "Add a study", "/studies/new"},
		{"Import its patients from a file, or add one.", f.Patients, studymail.MayEdit, "Import patients", "/imports"},
		{"Write the letter.", f.Templates, studymail.MayWrite, "Write a letter", "/templates/new"},
		{"Plan a campaign: which study, which letter, when.", f.Campaigns, studymail.MaySend, "Plan a campaign", "/campaigns/new"},
	}
	var rows []firstStep
	for _, k := range steps {
		row := firstStep{Text: k.text, Done: k.done}
		if !k.done && v.may(k.needs) && v.hasRoute("GET", k.route) {
			row.Link = link{k.words, k.route}
		}
		rows = append(rows, row)
	}
	return rows
}
