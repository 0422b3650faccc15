package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// withReminders makes the campaign one that has reminders, 7 and 14 days after.
func (l *letters) withReminders(t *testing.T) []studymail.Step {
	t.Helper()
	template := studymail.Template{Name: "Reminder"}
	version := studymail.TemplateVersion{Format: "markdown", Subject: "Once more", Body: "Dear {{ patient_full_name }}"}
	write(t, l.s, func(tx *store.Tx) error { return tx.AddTemplate(t.Context(), &template, &version) })
	l.campaign, l.step = l.add(t, store.NewCampaign{Reminders: []store.NewReminder{
		{TemplateVersion: version.Key, AfterDays: 7}, {TemplateVersion: version.Key, AfterDays: 14},
	}})
	var steps []studymail.Step
	read(t, l.s, func(tx *store.Tx) (err error) {
		steps, err = tx.CampaignSteps(t.Context(), l.campaign.Key)
		return err
	})
	return steps
}

// sentFirst plans the first letter and says of each message what became of it; the
// zero time: it was not sent.
func (l *letters) sentFirst(t *testing.T, at ...time.Time) {
	t.Helper()
	l.plan(t, l.rules())
	write(t, l.s, func(tx *store.Tx) error {
		page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Campaign: l.campaign.ID, Limit: 1000})
		for i := range page {
			state, sent := studymail.Sent, any(nil)
			if i >= len(at) || at[i].IsZero() {
				state = studymail.Failed
			} else {
				sent = at[i].UnixMilli()
			}
			if err == nil {
				_, err = tx.SQL().ExecContext(t.Context(), `UPDATE messages SET state = $1, sent_at = $2 WHERE id = $3`, int(state), sent, page[i].Key)
			}
		}
		return err
	})
}

// AReminderKnowsItsDaysAndItsLetter makes a campaign with reminders and reads it back.
func AReminderKnowsItsDaysAndItsLetter(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	steps := l.withReminders(t)
	equal(t, "steps", len(steps), 3)
	for i, want := range []int{0, 7, 14} {
		equal(t, "number", steps[i].Number, i+1)
		equal(t, "days", steps[i].AfterDays, want)
		equal(t, "is a reminder", steps[i].Reminder(), i > 0)
	}
	equal(t, "the first step", steps[0], l.step)
	sched := studymail.Schedule{Name: "look", Job: studymail.CampaignJob, Kind: studymail.Once, Expr: time.Now().Add(time.Hour).Format(time.RFC3339), Zone: "UTC", Enabled: true, Missed: studymail.MissedSkip, Overlap: studymail.OverlapAllow}
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddSchedule(t.Context(), &sched); err != nil {
			return err
		}
		return tx.SetStepSchedule(t.Context(), &steps[1], sched.Key)
	})
	// A step has one schedule, and the first step has the campaign's.
	for _, step := range []studymail.Step{steps[0], steps[1]} {
		refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.SetStepSchedule(t.Context(), &step, sched.Key) })
	}
	write(t, s, func(tx *store.Tx) error { return tx.MoveCampaign(t.Context(), &l.campaign, studymail.Scheduled) })
	var (
		rows  []store.StepRow
		found map[int64]studymail.Schedule
		of    store.ScheduleRow
	)
	read(t, s, func(tx *store.Tx) (err error) {
		if rows, err = tx.CampaignStepRows(t.Context(), l.campaign.Key); err != nil {
			return err
		}
		if found, err = tx.SchedulesOfReminders(t.Context(), l.campaign.Key); err != nil {
			return err
		}
		of, err = tx.ScheduleByID(t.Context(), sched.ID)
		return err
	})
	equal(t, "schedules", len(found), 1)
	equal(t, "the schedule", found[steps[1].Key].ID, sched.ID)
	equal(t, "the schedule's campaign", of.Campaign, l.campaign.ID)
	equal(t, "template of the first", rows[0].TemplateName, "Invitation")
	equal(t, "template of the reminder", rows[1].TemplateName, "Reminder")
	equal(t, "its next look", rows[1].NextRunAt, sched.NextRunAt)
	equal(t, "without a schedule", rows[2].NextRunAt.IsZero() && rows[2].ScheduleID.IsZero() && !rows[2].Off, true)
	var step int64
	write(t, s, func(tx *store.Tx) error {
		taken, err := tx.RunScheduleNow(t.Context(), &of.Schedule)
		if err == nil {
			step, err = tx.ReminderOfFiring(t.Context(), taken.Run.ID)
		}
		return err
	})
	equal(t, "the step of a firing", step, steps[1].Key)
	read(t, s, func(tx *store.Tx) (err error) {
		step, err = tx.ReminderOfFiring(t.Context(), studymail.ID{})
		return err
	})
	equal(t, "the step of no firing", step, 0)
}

// AReminderIsForThoseWhoWereSentTheFirstLetter looks at them in small chunks. Seen to
// fail: without `f.state = 40` and the comparison of NULL, who was never sent it was
// reminded.
func AReminderIsForThoseWhoWereSentTheFirstLetter(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 9)
	steps := l.withReminders(t)
	now := time.Now()
	week, late := now.AddDate(0, 0, -7), now.AddDate(0, 0, -6)
	// Two failed, three are not due, of four who are due one has left the study.
	l.sentFirst(t, time.Time{}, late, late, time.Time{}, week, week, late, week, week)
	l.set(t, patients[4], studymail.New, studymail.OptedOut)
	l.AddPatients(t, s, 9, 2) // never had the first letter

	rules := l.rules()
	rules.Step, rules.First, rules.SentBefore, rules.PatientsAtOnce = steps[1].Key, steps[0].Key, now.AddDate(0, 0, -7).Add(time.Minute), 2
	leftOut := map[studymail.Reason]int{studymail.ReasonOptedOut: 1}
	rules.Again = true // these letters have one template
	var each []store.Looked
	read(t, s, func(tx *store.Tx) error {
		planned, why, err := tx.Preview(t.Context(), rules)
		equal(t, "previewed", planned, 3)
		equal(t, "left out of the preview", why, leftOut)
		for after := int64(0); err == nil; {
			var page []store.Looked
			page, after, err = tx.PreviewPage(t.Context(), rules, after)
			each = append(each, page...)
			if after == 0 {
				break
			}
		}
		n, err2 := tx.AudienceSize(t.Context(), rules)
		equal(t, "to look at", n, 9)
		if err == nil {
			err = err2
		}
		return err
	})
	equal(t, "previewed one by one", len(each), 4)
	first := l.step
	l.step = steps[1]
	planned, why := l.plan(t, rules)
	equal(t, "planned", planned, 3)
	equal(t, "left out", why, leftOut)

	// A day later the others are due; who was reminded is not looked at again.
	rules.SentBefore = now
	l.set(t, studymail.Patient{ID: patients[4].ID, Cancelled: studymail.OptedOut}, studymail.New, studymail.NotCancelled)
	planned, why = l.plan(t, rules)
	equal(t, "planned later", planned, 4)
	equal(t, "left out later", why, map[studymail.Reason]int{})

	n := l.counts(t)
	equal(t, "letters in all", n.Planned, 9+7)
	var of map[int64]*studymail.Counts
	read(t, s, func(tx *store.Tx) (err error) {
		of, err = tx.CountsOfSteps(t.Context(), l.campaign.Key)
		return err
	})
	equal(t, "steps with numbers", len(of), 2)
	equal(t, "first letter", *of[first.Key], studymail.Counts{Selected: 9, Planned: 9, Sent: 7, Failed: 2, LeftOut: map[studymail.Reason]int{}})
	equal(t, "reminder", *of[steps[1].Key], studymail.Counts{Selected: 7, Planned: 7, Queued: 7, LeftOut: map[studymail.Reason]int{}})
}

// AReminderThatWaitsKeepsItsCampaignOpen ends the runs of a campaign whose reminder has
// yet to look. Seen to fail: without reminderWaits the campaign was finished, and its
// reminder found nothing that it might start.
func AReminderThatWaitsKeepsItsCampaignOpen(t *testing.T, s *store.Store) {
	clock := NewClock(t, "2026-03-01T08:30:00Z")
	s = WithClock(t, s, clock)
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	steps := l.withReminders(t)
	l.sentFirst(t, clock.Now())
	finish := func(aim func(tx *store.Tx) error) studymail.CampaignState {
		t.Helper()
		ended := 0
		write(t, s, func(tx *store.Tx) error {
			_, err := tx.FinishRuns(t.Context(), func(campaigns []int64) error {
				ended++
				equal(t, "a run ended of", campaigns, []int64{l.campaign.Key})
				return aim(tx)
			})
			return err
		})
		equal(t, "it was told that a run ended", ended, 1)
		read(t, s, func(tx *store.Tx) error {
			c, err := tx.CampaignByID(t.Context(), l.campaign.ID)
			l.campaign = c.Campaign
			return err
		})
		return l.campaign.State
	}
	sched := studymail.Schedule{Name: "look", Job: studymail.CampaignJob, Kind: studymail.Once, Expr: "2026-03-08T08:30:00Z", Zone: "UTC", Enabled: true, Missed: studymail.MissedSkip, Overlap: studymail.OverlapAllow}
	equal(t, "it has yet to look", finish(func(tx *store.Tx) error {
		if err := tx.AddSchedule(t.Context(), &sched); err != nil {
			return err
		}
		return tx.SetStepSchedule(t.Context(), &steps[1], sched.Key)
	}), studymail.Scheduled)

	// Its time comes while something else of the campaign ends: its job is queued.
	again := func() {
		t.Helper()
		l.begin(t)
		write(t, s, func(tx *store.Tx) error { return tx.ReleaseRun(t.Context(), &l.run) })
	}
	nothing := func(*store.Tx) error { return nil }
	again()
	clock.Advance(7 * 24 * time.Hour)
	var taken store.TakenSchedule
	write(t, s, func(tx *store.Tx) (err error) {
		taken, err = tx.TakeDueSchedule(t.Context(), &sched)
		return err
	})
	equal(t, "it starts", taken.Campaign, l.campaign.ID)
	equal(t, "its job waits", finish(nothing), studymail.Scheduled)
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.EndScheduleRun(t.Context(), taken.Run.ID, studymail.RunEnded, "")
		return err
	})
	again()
	equal(t, "nothing waits", finish(nothing), studymail.Finished)
}
