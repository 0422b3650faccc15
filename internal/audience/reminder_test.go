package audience_test

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

const day = 24 * time.Hour

// atNoon sets the clock to the next noon: a test does not run over midnight.
func (w *world) atNoon() {
	now := time.Now().UTC()
	y, m, d := now.Date()
	w.ahead.Store(int64(time.Date(y, m, d+1, 12, 0, 30, 0, time.UTC).Sub(now)))
}

// sends says that messages that wait were sent now: all, or those of some patients.
func (w *world) sends(id studymail.ID, patients ...studymail.Patient) {
	w.t.Helper()
	for _, m := range w.messages(id) {
		mine := len(patients) == 0
		for _, p := range patients {
			mine = mine || p.ID == m.PatientID
		}
		if !mine || m.State != studymail.Queued && m.State != studymail.Deferred {
			continue
		}
		w.write(func(tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(w.t.Context(), "UPDATE messages SET state = 40, sent_at = $1 WHERE id = $2", tx.Now().UnixMilli(), m.Key)
			return err
		})
	}
	w.settles()
}

func (w *world) settles() {
	w.t.Helper()
	_, err := w.p.Settle(w.t.Context(), tester)
	w.fine(err)
}

// looks does what the scheduler and the job engine do with schedules that are due,
// and gives what became of each.
func (w *world) looks() []string {
	w.t.Helper()
	var due []studymail.Schedule
	w.read(func(tx *store.Tx) (err error) {
		due, err = tx.DueSchedules(w.t.Context())
		return err
	})
	all := []string{}
	for i := range due {
		var taken store.TakenSchedule
		w.write(func(tx *store.Tx) (err error) {
			if taken, err = tx.TakeDueSchedule(w.t.Context(), &due[i]); err == nil && taken.Run != nil {
				_, err = tx.BeginScheduleRun(w.t.Context(), taken.Run.ID)
			}
			return err
		})
		if taken.Run == nil {
			all = append(all, "missed")
			continue
		}
		if taken.Campaign.IsZero() {
			all = append(all, "no campaign")
			continue
		}
		got, err := w.p.PlanScheduled(w.t.Context(), taken.Campaign, taken.Run.ID)
		w.fine(err)
		w.write(func(tx *store.Tx) error {
			_, err := tx.EndScheduleRun(w.t.Context(), taken.Run.ID, studymail.RunEnded, got)
			return err
		})
		all = append(all, got)
	}
	return all
}

func (w *world) steps(id studymail.ID) []store.StepRow {
	w.t.Helper()
	var all []store.StepRow
	c := w.campaign(id)
	w.read(func(tx *store.Tx) (err error) {
		all, err = tx.CampaignStepRows(w.t.Context(), c.Key)
		return err
	})
	return all
}

// reminded makes and starts a campaign with reminders after so many days.
func (w *world) reminded(n audience.New, days ...int) studymail.ID {
	w.t.Helper()
	w.letter("reminder", "Dear {{ patient_full_name }}, did you see our letter?")
	for _, d := range days {
		n.Reminders = append(n.Reminders, audience.Reminder{AfterDays: d, Template: "reminder"})
	}
	id, _ := w.started(n)
	return id
}

// The whole life: who was sent the first letter and is still in study is reminded
// after seven days, and not before; who was sent it later is reminded later; then the
// campaign is finished.
func TestAReminderFollowsTheFirstLetterByItsDays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.atNoon()
		all := w.patients(6)
		id := w.reminded(audience.New{}, 7)
		w.sends(id, all[0], all[1], all[2])
		w.settle(w.messages(id)[3], studymail.Failed)
		w.settle(w.messages(id)[4], studymail.Uncertain)
		w.settle(w.messages(id)[5], studymail.Deferred)
		w.set(all[1], studymail.New, studymail.OptedOut)
		w.set(all[2], studymail.Engaged, studymail.NotCancelled)

		w.later(2 * day)
		w.sends(id, all[5])
		equal(t, "it waits for its reminder", w.campaign(id).State, studymail.Scheduled)
		w.later(5*day - time.Minute)
		equal(t, "a minute early", w.looks(), []string{})
		w.later(time.Minute)
		equal(t, "after seven days", w.looks(), []string{"planned=1 left_out=2"})
		equal(t, "its state", w.campaign(id).State, studymail.Running)
		equal(t, "left out", w.counts(id).LeftOut, map[studymail.Reason]int{studymail.ReasonOptedOut: 1, studymail.ReasonNotNew: 1})
		w.sends(id)
		equal(t, "it waits for the last", w.campaign(id).State, studymail.Scheduled)
		w.later(day)
		equal(t, "nobody was sent theirs on the second day", w.looks(), []string{"planned=0 left_out=2"})
		w.later(day)
		equal(t, "nine days after", w.looks(), []string{"planned=1 left_out=2"})
		w.sends(id)
		equal(t, "finished", w.campaign(id).State, studymail.Finished)
		w.later(30 * day)
		equal(t, "later", w.looks(), []string{})

		n := w.counts(id)
		equal(t, "letters", n.Planned, 6+2)
		for _, m := range w.messages(id) {
			if m.TemplateName == "reminder" && m.PatientID != all[0].ID && m.PatientID != all[5].ID {
				t.Errorf("patient %s was reminded", m.PatientID)
			}
		}
	})
}

func TestAReminderKeepsItsTimeOfDayWhenTheClocksChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.p.Zone = mustZone(t, "Europe/London")
		w.ahead.Store(int64(time.Until(time.Date(2027, 3, 24, 23, 30, 20, 0, time.UTC)))) // half an hour before midnight in London, too
		w.patients(1)
		id := w.reminded(audience.New{}, 7)
		equal(t, "it looks", w.steps(id)[1].NextRunAt, time.Date(2027, 3, 31, 22, 30, 0, 0, time.UTC))
		w.later(time.Hour) // the next day
		w.sends(id)
		w.later(7*day - 2*time.Hour)
		equal(t, "on the seventh day it is not due", w.looks(), []string{"planned=0 left_out=0"})
		equal(t, "it looks once more", w.steps(id)[1].NextRunAt, time.Date(2027, 4, 1, 22, 30, 0, 0, time.UTC))
		w.later(day)
		equal(t, "seven days after the day on which it was sent", w.looks(), []string{"planned=1 left_out=0"})
	})
}

// One letter is deferred for days: the reminders of the others do not wait for it.
// Seen to fail: without aim in finish there was no look while a first letter waited.
func TestARemindersDaysDoNotWaitForLettersThatAreLate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.atNoon()
		all := w.patients(2)
		id := w.reminded(audience.New{}, 1)
		w.settle(w.messages(id)[1], studymail.Deferred)
		w.sends(id, all[0])
		w.later(day)
		equal(t, "after a day", w.looks(), []string{"planned=1 left_out=0"})
		w.later(day)
		equal(t, "the next day", w.looks(), []string{"planned=0 left_out=0"})
		w.sends(id)
		w.later(day)
		equal(t, "a day after the late one", w.looks(), []string{"planned=1 left_out=0"})
	})
}

func TestEachReminderHasItsOwnDays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.atNoon()
		all := w.patients(3)
		id := w.reminded(audience.New{}, 14, 7) // in whatever order they are given
		steps := w.steps(id)
		equal(t, "days", []int{steps[1].AfterDays, steps[2].AfterDays}, []int{7, 14})
		w.sends(id)
		w.later(7 * day)
		equal(t, "the first reminder", w.looks(), []string{"planned=3 left_out=0"})
		w.sends(id)
		w.set(all[0], studymail.Consented, studymail.NotCancelled)
		w.later(7 * day)
		equal(t, "the second", w.looks(), []string{"planned=2 left_out=1"})
		w.sends(id)
		equal(t, "finished", w.campaign(id).State, studymail.Finished)
	})
}

// A campaign that recurs reaches newcomers, who are reminded in their own time.
func TestNewcomersOfACampaignThatRecursAreRemindedInTheirTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.atNoon()
		w.patients(2)
		id := w.reminded(audience.New{Cron: "0 13 */2 * *", Zone: "UTC"}, 3)
		looks, reminders := 0, map[string]int{}
		for d := range 8 {
			if d == 3 {
				w.patients(1)
			}
			for _, got := range w.looks() {
				looks++
				reminders[got]++
			}
			w.sends(id)
			w.later(day)
		}
		if got := w.counts(id); got.Planned != 2*3 && got.Planned != 2*2+1 {
			t.Errorf("after eight days: %+v (%v)", got, reminders)
		}
		for _, m := range w.messages(id) {
			if m.TemplateName != "reminder" {
				continue
			}
			for _, first := range w.messages(id) {
				if first.TemplateName == "invitation" && first.PatientID == m.PatientID {
					if age := m.CreatedAt.Sub(first.SentAt); age < 3*day-time.Hour || age > 4*day {
						t.Errorf("reminded after %s", age)
					}
				}
			}
		}
	})
}

// Its time comes while the campaign is paused: it looks when the campaign is resumed.
// Seen to fail: without aim in goOn it never looked.
func TestAReminderWhoseTimeCameDuringAPauseLooksAfterIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.atNoon()
		w.patients(2)
		id := w.reminded(audience.New{}, 7)
		w.sends(id)
		w.fine(w.p.Pause(t.Context(), id, tester))
		w.later(8 * day)
		equal(t, "while paused", w.looks(), []string{"code=campaign_paused"})
		res, err := w.p.Resume(t.Context(), id, tester, nil)
		w.fine(err)
		equal(t, "resumed to", res.State, studymail.Scheduled)
		w.later(3 * time.Second)
		equal(t, "after the pause", w.looks(), []string{"planned=2 left_out=0"})
	})
}

// A letter that failed and is sent again when all reminders have looked: its reminder
// looks once more. Seen to fail: without aimAll.
func TestALetterThatIsSentAgainHasItsReminder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.atNoon()
		w.patients(2)
		id := w.reminded(audience.New{}, 2)
		failed := w.messages(id)[0]
		w.settle(failed, studymail.Failed)
		w.sends(id)
		w.later(2 * day)
		equal(t, "the other", w.looks(), []string{"planned=1 left_out=0"})
		w.sends(id)
		equal(t, "all looked", w.campaign(id).State, studymail.Finished)
		w.later(10 * day)
		w.write(func(tx *store.Tx) error {
			m, err := tx.MessageByID(t.Context(), failed.ID)
			if err != nil {
				return err
			}
			return tx.SendAgain(t.Context(), &m, 3, time.Hour)
		})
		w.sends(id)
		equal(t, "it waits for its reminder", w.campaign(id).State, studymail.Scheduled)
		planned := 0
		for range 4 {
			for _, got := range w.looks() {
				if got == "planned=1 left_out=0" {
					planned++
				}
			}
			w.sends(id)
			w.later(day)
		}
		equal(t, "reminded", planned, 1)
		equal(t, "finished", w.campaign(id).State, studymail.Finished)
	})
}

// Somebody disables the schedule of a reminder: it does not look, and the campaign
// does not wait for it.
func TestAReminderThatSomebodyDisabledDoesNotLook(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.atNoon()
		w.patients(1)
		id := w.reminded(audience.New{}, 7)
		w.write(func(tx *store.Tx) error {
			s, err := tx.ScheduleByID(t.Context(), w.steps(id)[1].ScheduleID)
			if err != nil {
				return err
			}
			return tx.SetScheduleEnabled(t.Context(), &s.Schedule, false)
		})
		w.sends(id)
		equal(t, "finished", w.campaign(id).State, studymail.Finished)
		equal(t, "it is off", w.steps(id)[1].Off, true)
		w.later(8 * day)
		equal(t, "looks", w.looks(), []string{})
	})
}

func TestACancelledCampaignRemindsNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.atNoon()
		w.patients(1)
		id := w.reminded(audience.New{}, 7)
		w.sends(id)
		_, err := w.p.Cancel(t.Context(), id, tester)
		w.fine(err)
		w.later(8 * day)
		equal(t, "looks", w.looks(), []string{"no campaign"})
		equal(t, "planned", w.counts(id).Planned, 1)
	})
}

// A campaign that reaches nobody has nobody to remind.
func TestACampaignToNobodyEndsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.atNoon()
		id := w.reminded(audience.New{}, 7)
		equal(t, "its state", w.campaign(id).State, studymail.Finished)
	})
}

// The same letter once more is a reminder, too. What it would do at its next look is
// told before; a reminder that failed is looked at by its own letter.
func TestAReminderMayBeTheSameLetter(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.atNoon()
		all := w.patients(2)
		id, _ := w.started(audience.New{Reminders: []audience.Reminder{{AfterDays: 7, Template: "invitation"}}})
		w.sends(id)
		w.set(all[1], studymail.New, studymail.NotContactable)
		res, err := w.p.PreviewStep(t.Context(), id, w.steps(id)[1].Key)
		w.fine(err)
		equal(t, "what it would do", res, audience.Result{Planned: 1, LeftOut: map[studymail.Reason]int{studymail.ReasonNotContactable: 1}})
		w.later(7 * day)
		equal(t, "it looks", w.looks(), []string{"planned=1 left_out=1"})
		var last store.MessageRow
		for _, m := range w.messages(id) {
			last = m
		}
		w.settle(last, studymail.Failed)
		w.write(func(tx *store.Tx) error {
			last.State = studymail.Failed
			why, err := w.p.Recheck(tx).Why(t.Context(), &last)
			equal(t, "why it may not be sent again", why, "")
			return err
		})
	})
}

func TestRemindersAreCheckedWhenTheCampaignIsMade(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for name, all := range map[string][]audience.Reminder{
			"on the same day": {{AfterDays: 0, Template: "invitation"}},
			"never":           {{AfterDays: 366, Template: "invitation"}},
			"two on one day":  {{AfterDays: 7, Template: "invitation"}, {AfterDays: 7, Template: "invitation"}},
			"too many":        make([]audience.Reminder, 11),
		} {
			_, err := w.p.Create(t.Context(), audience.New{Study: w.Study.Name, Template: "invitation", Reminders: all}, tester)
			if studymail.CodeOf(err) != studymail.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := w.p.Create(t.Context(), audience.New{Study: w.Study.Name, Template: "invitation", Reminders: []audience.Reminder{{AfterDays: 7, Template: "none"}}}, tester)
		w.refused(err, studymail.NotFound)
	})
}
