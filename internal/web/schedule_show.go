package web

import (
	"studymail"
	"studymail/internal/store"
	"studymail/internal/when"
)

const (
	runsOnAPage = 25
	mostRuns    = 200 // as many as are kept
)

type scheduleShowPage struct {
	Heading heading
	ID      studymail.ID
	Facts   []fact
	Next    []nextTime
	Zone    string
	WhyNone string // why there is no next time
	Switch  bool   // the user may switch it off and on, and run it
	On      bool
	Runs    []scheduleRunRow
	AllRuns string // where all are; "" when all are shown
	History []entry
}

type scheduleRunRow struct {
	Due     moment // nothing: by hand
	ByHand  bool
	Began   moment
	Took    string
	Outcome badge
	Detail  string
}

// scheduleOf finds the schedule of the path, and its campaign if it has one.
func (s *site) scheduleOf(v *visit) (r store.ScheduleRow, c *store.CampaignRow, err error) {
	id, err := v.id("id")
	if err != nil {
		return r, nil, err
	}
	err = v.read(func(tx *store.Tx) (err error) {
		if r, err = tx.ScheduleByID(v.ctx(), id); err != nil {
			return err
		}
		c, err = tx.CampaignOfSchedule(v.ctx(), r.Key)
		return err
	})
	if studymail.CodeOf(err) == studymail.NotFound {
		err = studymail.Errorf(studymail.NotFound, "there is no such schedule; look for it among the schedules")
	}
	return r, c, err
}

func (s *site) scheduleShow(v *visit) error {
	r, c, err := s.scheduleOf(v)
	if err != nil {
		return err
	}
	limit := runsOnAPage + 1
	if v.query("runs") == "all" {
		limit = mostRuns
	}
	var runs []studymail.ScheduleRun
	err = v.read(func(tx *store.Tx) (err error) {
		runs, err = tx.ScheduleRuns(v.ctx(), r.Key, limit)
		return err
	})
	if err != nil {
		return err
	}
	path := "/schedules/" + r.ID.String()
	p := scheduleShowPage{
		Heading: heading{Title: r.Name, Up: link{"Schedules", "/schedules"}, Words: jobWords(r.Job) + "."}, ID: r.ID, Zone: r.Zone, On: r.Enabled,
	}
	if v.may(studymail.MayAdminister) {
		p.Heading.Actions, p.Switch = []link{{"Edit", path + "/edit"}, {"Run now…", path + "/run"}}, true
	}
	p.Facts = s.scheduleFacts(v, &r, c)
	if spec, err := when.Of(r.Schedule); err == nil {
		p.Next = nextOf(spec, r.NextRunAt, s.Now())
	}
	if len(p.Next) == 0 {
		p.WhyNone = whyNoTime(&r.Schedule, c)
	}
	if limit == runsOnAPage+1 && len(runs) == limit {
		runs, p.AllRuns = runs[:runsOnAPage], v.with("runs", "all")
	}
	for i := range runs {
		p.Runs = append(p.Runs, s.scheduleRunRow(&runs[i]))
	}
	if p.History, err = s.history(v, r.ID); err != nil {
		return err
	}
	return v.page("schedule_show", "Schedule "+r.Name, p)
}

func (s *site) scheduleFacts(v *visit, r *store.ScheduleRow, c *store.CampaignRow) []fact {
	facts := []fact{{"State", enabledBadge(&r.Schedule)}, {"When", whenWords(&r.Schedule)}}
	if c != nil {
		facts = append(facts, fact{"Campaign", v.linked("/campaigns/{id}", c.Name, "/campaigns/"+c.ID.String())}, fact{"The campaign is", campaignBadge(c.State)})
	} else if r.Job == studymail.CampaignJob {
		facts = append(facts, fact{"Campaign", badge{"warn", "None"}})
	}
	facts = append(facts,
		fact{"As written", string(r.Kind) + " " + r.Expr}, fact{"Time zone", r.Zone},
		fact{"Missed times", missedWords(&r.Schedule)}, fact{"Overlaps", overlapWords(r.Overlap)})
	if zone, err := when.Zone(r.Zone); err == nil {
		if !r.StartsAt.IsZero() {
			facts = append(facts, fact{"Not before", zoned(r.StartsAt, zone)})
		}
		if !r.EndsAt.IsZero() {
			facts = append(facts, fact{"Not after", zoned(r.EndsAt, zone)})
		}
	}
	return append(facts, fact{"Added", s.timeOf(r.CreatedAt)}, fact{"UUID", r.ID.String()})
}

// linked is a link where its page is there, and the words alone where it is not.
func (v *visit) linked(route, text, path string) any {
	if v.hasRoute("GET", route) {
		return link{text, path}
	}
	return text
}

func whyNoTime(r *studymail.Schedule, c *store.CampaignRow) string {
	_, err := when.Of(*r)
	switch {
	case err != nil:
		return "It never fires: " + sentence(err.Error()) + " Edit it."
	case !r.Enabled && c != nil && c.State == studymail.Draft:
		return "Its campaign is a draft. Starting the campaign switches this schedule on."
	case !r.Enabled:
		return "It is off. Switched on, it goes on with its next time from then; times that passed do not fire."
	}
	return "All its times have passed. Edit it to give it others."
}

func (s *site) scheduleRunRow(r *studymail.ScheduleRun) scheduleRunRow {
	row := scheduleRunRow{ByHand: r.DueAt.IsZero(), Due: s.timeOf(r.DueAt), Began: s.timeOf(r.FiredAt), Outcome: outcomeOfRun(r.Outcome), Detail: runDetail(r), Took: "–"}
	switch r.Outcome {
	case studymail.RunEnded, studymail.RunFailed:
		row.Took = tookWords(r.EndedAt.Sub(r.FiredAt))
	case studymail.RunWaiting, studymail.RunRunning:
		row.Took = "so far " + tookWords(s.Now().Sub(r.FiredAt))
	case studymail.RunMissed, studymail.RunOverlapped:
	}
	return row
}
