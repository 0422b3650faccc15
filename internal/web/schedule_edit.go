package web

import (
	"net/http"
	"slices"

	"studymail"
	"studymail/internal/store"
)

// schedulePreview shows the form again as it was typed, with what it would do.
// Nothing is stored.
func (s *site) schedulePreview(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	var of *store.ScheduleRow
	if id, err := studymail.ParseID(f.Get("of")); err == nil {
		err = v.read(func(tx *store.Tx) error {
			r, err := tx.ScheduleByID(v.ctx(), id)
			of = &r
			return err
		})
		if err != nil {
			return err
		}
	}
	status := http.StatusOK
	if _, problem, words := whenOf(f); problem != "" {
		f.Problem(problem, "%s", words)
		if !v.isHTMX() { // a part of a page is taken from an answer of success only
			status = http.StatusUnprocessableEntity
		}
	}
	return s.showScheduleForm(v, status, of, f)
}

func (s *site) scheduleAdd(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	sched := studymail.Schedule{Enabled: f.Yes("enabled")}
	s.readSchedule(f, &sched)
	campaign, err := studymail.ParseID(f.Get("does"))
	if err == nil {
		sched.Job, sched.Enabled = studymail.CampaignJob, false // starting the campaign switches it on
	} else {
		sched.Job = studymail.ScheduledJob(f.Choice("does", string(studymail.RetrySweepJob), string(studymail.StuckSweepJob), string(studymail.RetentionPurgeJob)))
	}
	if !f.OK() {
		return s.showScheduleForm(v, http.StatusUnprocessableEntity, nil, f)
	}
	path := ""
	err = v.write(func(tx *store.Tx) error {
		all, err := tx.Schedules(v.ctx())
		if err != nil {
			return err
		}
		row := sched
		row.ID = studymail.NewID()
		done, where, err := v.once(tx, f, "/schedules")
		if path = where; err != nil || done {
			return err
		}
		if slices.ContainsFunc(all, func(o store.ScheduleRow) bool { return o.Name == row.Name }) {
			return studymail.Errorf(studymail.Conflict, "there is a schedule of this name already; choose another name")
		}
		if err := tx.AddSchedule(v.ctx(), &row); err != nil {
			return err
		}
		if !campaign.IsZero() {
			if err := tx.GiveDraftSchedule(v.ctx(), campaign, row.Key); err != nil {
				return err
			}
			if err := v.event(tx, "campaign given a schedule", campaign, "schedule "+row.ID.String()); err != nil {
				return err
			}
		}
		path = "/schedules/" + row.ID.String()
		return v.event(tx, "schedule added", row.ID, "job "+string(row.Job))
	})
	if err != nil {
		if err = f.Fail(err); err != nil {
			return err
		}
		return s.showScheduleForm(v, http.StatusUnprocessableEntity, nil, f)
	}
	if campaign.IsZero() {
		v.flash("Schedule %s is added.", sched.Name)
	} else {
		v.flash("Schedule %s is added. Start its campaign to switch it on.", sched.Name)
	}
	return v.redirect(path)
}

func (s *site) scheduleEditForm(v *visit) error {
	r, _, err := s.scheduleOf(v)
	if err != nil {
		return err
	}
	return s.showScheduleForm(v, http.StatusOK, &r, scheduleFields(&r.Schedule))
}

func (s *site) scheduleEdit(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	r, _, err := s.scheduleOf(v)
	if err != nil {
		return err
	}
	sched := r.Schedule
	s.readSchedule(f, &sched)
	if !f.OK() {
		return s.showScheduleForm(v, http.StatusUnprocessableEntity, &r, f)
	}
	sched.UpdatedAt = f.Edited()
	err = v.write(func(tx *store.Tx) error {
		all, err := tx.Schedules(v.ctx())
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(o store.ScheduleRow) bool { return o.Name == sched.Name && o.ID != sched.ID }) {
			return studymail.Errorf(studymail.Invalid, "there is a schedule of this name already; choose another name")
		}
		row := sched
		if err := tx.UpdateSchedule(v.ctx(), &row); err != nil {
			return err
		}
		return v.event(tx, "schedule edited", row.ID, string(row.Kind)+" "+row.Expr)
	})
	switch {
	case studymail.CodeOf(err) == studymail.Conflict:
		stored := scheduleFields(&r.Schedule)
		var pairs []string
		for _, name := range []string{"name", "how", "time", "every", "at", "cron", "zone", "starts", "ends", "missed", "within", "overlap"} {
			pairs = append(pairs, name, stored.Get(name))
		}
		f.Collides(r.UpdatedAt, pairs...)
		return s.showScheduleForm(v, http.StatusConflict, &r, f)
	case err != nil:
		if err = f.Fail(err); err != nil {
			return err
		}
		return s.showScheduleForm(v, http.StatusUnprocessableEntity, &r, f)
	}
	v.flash("Schedule %s is saved. It goes on with its next time; nothing was started.", sched.Name)
	return v.redirect("/schedules/" + sched.ID.String())
}
