package web

import (
	"net/http"
	"strconv"

	"studymail"
	"studymail/internal/store"
)

// scheduleSwitchForm asks before a schedule is switched off or on.
func (s *site) scheduleSwitchForm(v *visit) error {
	r, c, err := s.scheduleOf(v)
	if err != nil {
		return err
	}
	return s.askScheduleSwitch(v, http.StatusOK, &r, c, "")
}

func (s *site) askScheduleSwitch(v *visit, status int, r *store.ScheduleRow, c *store.CampaignRow, changed string) error {
	path := "/schedules/" + r.ID.String()
	f := newForm()
	f.Version = version(r.UpdatedAt)
	p := confirmPage{
		Changed: changed, Heading: heading{Title: "Switch off " + r.Name, Up: link{r.Name, path}},
		Confirm: confirm{
			Action: path + "/enabled", Form: f, Back: path, Danger: true, Button: "Switch off " + r.Name, Hidden: map[string]string{"to": "off"},
			Text: "It fires no more until it is switched on again. What it started goes on. " + offMeans(r.Job),
		},
	}
	if !r.Enabled {
		p.Heading.Title = "Switch on " + r.Name
		p.Confirm.Danger, p.Confirm.Button, p.Confirm.Hidden["to"] = false, "Switch on "+r.Name, "on"
		p.Confirm.Text = "It goes on with its next time from now on: " + whenWords(&r.Schedule) + ". Times that passed while it was off do not fire."
	}
	if p.Confirm.Hidden["to"] == "on" && c != nil && c.State == studymail.Draft {
		return studymail.Errorf(studymail.Conflict, "the campaign %s is a draft: start it, and its schedule is switched on with it", c.Name)
	}
	return v.pageAs(status, "confirm", p.Heading.Title, p)
}

// offMeans says what is missing while a schedule is off.
func offMeans(j studymail.ScheduledJob) string {
	switch j {
	case studymail.CampaignJob:
		return "Its campaign reaches nobody new by itself meanwhile."
	case studymail.RetrySweepJob:
		return "Letters that wait for another attempt stay where they are meanwhile: do not leave it off for long."
	case studymail.StuckSweepJob:
		return "Workers take back what dead ones held in any case; this is a second look."
	case studymail.RetentionPurgeJob:
		return "What has been kept long enough is kept longer meanwhile."
	}
	return ""
}

func (s *site) scheduleSwitch(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	r, c, err := s.scheduleOf(v)
	if err != nil {
		return err
	}
	path, on := "/schedules/"+r.ID.String(), f.Get("to") == "on"
	if on == r.Enabled {
		v.flash("%s is %s already.", r.Name, onOff(on))
		return v.redirect(path)
	}
	if f.Version != version(r.UpdatedAt) {
		return s.askScheduleSwitch(v, http.StatusConflict, &r, c, "Meanwhile somebody edited it: what is below is new. Nothing was done yet.")
	}
	if on && c != nil && c.State == studymail.Draft {
		return studymail.Errorf(studymail.Conflict, "the campaign %s is a draft: start it, and its schedule is switched on with it", c.Name)
	}
	action := map[bool]string{true: "schedule enabled", false: "schedule disabled"}[on]
	err = v.write(func(tx *store.Tx) error {
		row := r.Schedule
		if err := tx.SetScheduleEnabled(v.ctx(), &row, on); err != nil {
			return err
		}
		return v.event(tx, action, row.ID, "")
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		return studymail.Errorf(studymail.Conflict, "somebody else changed it meanwhile; nothing was changed: open its page again")
	}
	if err != nil {
		return err
	}
	v.flash("%s is %s.", r.Name, onOff(on))
	return v.redirect(path)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// scheduleRunForm says what running a schedule by hand does, to how many.
func (s *site) scheduleRunForm(v *visit) error {
	r, c, err := s.scheduleOf(v)
	if err != nil {
		return err
	}
	n, err := s.reachOf(v, c)
	if err != nil {
		return err
	}
	return s.askScheduleRun(v, http.StatusOK, &r, c, n, "")
}

// reachOf counts the patients in study of a campaign: it reaches them at most.
func (s *site) reachOf(v *visit, c *store.CampaignRow) (n int, err error) {
	if c == nil || c.Study == 0 {
		return 0, nil
	}
	return s.inStudyOf(v, store.PatientFilter{Study: c.Study})
}

func (s *site) askScheduleRun(v *visit, status int, r *store.ScheduleRow, c *store.CampaignRow, n int, changed string) error {
	path := "/schedules/" + r.ID.String()
	p := confirmPage{
		Changed: changed, Heading: heading{Title: "Run " + r.Name + " now", Up: link{r.Name, path}},
		Confirm: confirm{
			Action: path + "/run", Form: newForm(), Back: path, Button: "Run it now", Hidden: map[string]string{"expect": strconv.Itoa(n)},
			Text: jobWords(r.Job) + ". One run is queued, and a worker begins it within seconds. Its own times stay as they are.",
		},
	}
	if r.Job == studymail.CampaignJob {
		if r.Campaign.IsZero() {
			return studymail.Errorf(studymail.Conflict, "there is no campaign to start: it is a draft, has ended, or was cancelled; nothing was done")
		}
		p.Confirm.Danger, p.Confirm.Button = true, "Start a run, at most "+countOf(int64(n), "letter")
		p.Confirm.Text = "The campaign " + c.Name + " sends its letter now to those who have not had it: of " + countOf(int64(n), "patient") +
			" in study " + c.StudyName + ", all but those who had it already or are left out for a reason. Its own times stay as they are."
	}
	return v.pageAs(status, "confirm", p.Heading.Title, p)
}

func (s *site) scheduleRun(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	r, c, err := s.scheduleOf(v)
	if err != nil {
		return err
	}
	n, err := s.reachOf(v, c)
	if err != nil {
		return err
	}
	if f.Get("expect") != strconv.Itoa(n) {
		return s.askScheduleRun(v, http.StatusConflict, &r, c, n, "Meanwhile something changed: what is below is new. Nothing was done yet.")
	}
	path, alive := "/schedules/"+r.ID.String(), 0
	err = v.write(func(tx *store.Tx) error {
		done, _, err := v.once(tx, f, path)
		if err != nil || done {
			return err
		}
		workers, err := tx.AliveWorkers(v.ctx())
		if err != nil {
			return err
		}
		alive = len(workers)
		run, err := s.Engine.RunSchedule(v.ctx(), tx, &r.Schedule)
		if err != nil {
			return err
		}
		return v.event(tx, "schedule run", r.ID, "run "+run.ID.String())
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		return studymail.Errorf(studymail.Conflict, "its last run still works, or its campaign is over; nothing was done: look at its runs")
	}
	if err != nil {
		return err
	}
	v.flash("A run of %s is queued.", r.Name)
	if alive == 0 {
		v.flash("No worker is alive: it begins once one is started.")
	}
	return v.redirect(path)
}
