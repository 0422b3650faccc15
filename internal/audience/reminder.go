package audience

import (
	"context"
	"fmt"
	"slices"
	"time"

	"studymail"
	"studymail/internal/store"
)

// A reminder goes to those who were sent the first letter of its campaign and are
// still in study, some days later. It looks for them at most once a day: n days after
// each day on which first letters were sent, at the time of day at which the campaign
// was started. Who was sent theirs later (it was deferred, the rate was low, a
// campaign that recurs found newcomers) is looked for on a later day. Each look is a
// run of the reminder's step, and the schedule of the step says when the next is.

// Reminder is what a reminder is made from.
type Reminder struct {
	AfterDays int
	Template  string // by name: its newest version, for good
}

const (
	maxReminders    = 10
	maxReminderDays = 365
	// How late a reminder may look after nothing ran for a while: it is late then,
	// and not left out.
	lookWithin = 366 * 24 * time.Hour
)

// CheckReminders tells what is wrong with reminders, if anything is. It sorts them.
func CheckReminders(all []Reminder) error {
	if len(all) > maxReminders {
		return studymail.Errorf(studymail.Invalid, "a campaign has at most %d reminders", maxReminders)
	}
	slices.SortStableFunc(all, func(a, b Reminder) int { return a.AfterDays - b.AfterDays })
	for i, r := range all {
		if r.AfterDays < 1 || r.AfterDays > maxReminderDays {
			return studymail.Errorf(studymail.Invalid, "a reminder comes 1 to %d days after the first letter", maxReminderDays)
		}
		if i > 0 && r.AfterDays == all[i-1].AfterDays {
			return studymail.Errorf(studymail.Invalid, "two reminders come %d days after the first letter; give one of them another day", r.AfterDays)
		}
	}
	return nil
}

func remindersOf(ctx context.Context, tx *store.Tx, all []Reminder) ([]store.NewReminder, error) {
	all = slices.Clone(all)
	if err := CheckReminders(all); err != nil {
		return nil, err
	}
	var rows []store.NewReminder
	for _, r := range all {
		version, err := newest(ctx, tx, r.Template)
		if err != nil {
			return nil, err
		}
		rows = append(rows, store.NewReminder{TemplateVersion: version.Key, AfterDays: r.AfterDays})
	}
	return rows, nil
}

// dayOf is the day of a time in the installation's zone, as a day of UTC: those can
// be counted.
func (p *Planner) dayOf(t time.Time) time.Time {
	y, m, d := t.In(p.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// sentBefore is the end of the last day whose letters are so many days old on the day
// of a look.
func (p *Planner) sentBefore(look time.Time, days int) time.Time {
	y, m, d := p.dayOf(look).AddDate(0, 0, 1-days).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, p.Zone)
}

// nextLook gives the day on which a reminder looks next; false when there will be
// nobody to look for. first are the runs of the first letter, looked is the day of the
// last look (zero: there was none): it found all whose letters were old enough by then.
func (p *Planner) nextLook(first []studymail.Run, days int, looked, today time.Time) (next time.Time, ok bool) {
	for _, r := range first {
		if r.ReleasedAt.IsZero() || r.Planned == 0 {
			continue
		}
		// The days on which its letters were sent, or may be.
		from, until := p.dayOf(r.ReleasedAt), today
		if !r.EndedAt.IsZero() {
			until = p.dayOf(r.EndedAt)
		}
		if !looked.IsZero() {
			if behind := looked.AddDate(0, 0, 1-days); behind.After(from) {
				from = behind
			}
		}
		if from.After(until) {
			continue
		}
		if due := from.AddDate(0, 0, days); next.IsZero() || due.Before(next) {
			next = due
		}
	}
	return next, !next.IsZero()
}

// aim gives those of a campaign's reminders a next time that have none and will have
// somebody to look for, and tells whether any has one. One whose schedule somebody has
// disabled, or given times of their own, is left alone.
func (p *Planner) aim(ctx context.Context, tx *store.Tx, pl *plan) (waits bool, err error) {
	if len(pl.steps) < 2 {
		return false, nil
	}
	c := &pl.campaign
	runs, err := tx.CampaignRuns(ctx, c.Key)
	if err != nil {
		return false, err
	}
	schedules, err := tx.SchedulesOfReminders(ctx, c.Key)
	if err != nil {
		return false, err
	}
	byStep := map[int64][]studymail.Run{}
	for _, r := range runs {
		byStep[r.Step] = append(byStep[r.Step], r)
	}
	for i := range pl.steps[1:] {
		step := &pl.steps[1+i]
		s, made := schedules[step.Key]
		if made && (!s.Enabled || !s.NextRunAt.IsZero() || s.Kind != studymail.Once) {
			waits = waits || !s.NextRunAt.IsZero()
			continue
		}
		var looked time.Time
		if n := len(byStep[step.Key]); n > 0 {
			looked = p.dayOf(byStep[step.Key][n-1].CreatedAt)
		}
		day, ok := p.nextLook(byStep[pl.steps[0].Key], step.AfterDays, looked, p.dayOf(tx.Now()))
		if !ok {
			continue
		}
		if err := p.setLook(ctx, tx, c, step, &s, p.lookAt(day, c.StartedAt, tx.Now())); err != nil {
			return waits, err
		}
		waits = true
	}
	return waits, nil
}

// lookAt is the moment of a look: at the time of day at which the campaign was
// started; at once when that has passed.
func (p *Planner) lookAt(day, started, now time.Time) time.Time {
	y, m, d := day.Date()
	clock := started.In(p.Zone)
	at := time.Date(y, m, d, clock.Hour(), clock.Minute(), 0, 0, p.Zone)
	if !at.After(now) {
		at = now.Add(2 * time.Second).Truncate(time.Second) // a schedule has no time of which the beginning is over
	}
	return at
}

func (p *Planner) setLook(ctx context.Context, tx *store.Tx, c *store.CampaignRow, step *studymail.Step, s *studymail.Schedule, at time.Time) error {
	expr := at.In(p.Zone).Format(time.RFC3339)
	if s.Key != 0 {
		s.Expr = expr
		return tx.UpdateSchedule(ctx, s)
	}
	*s = studymail.Schedule{
		Name: fmt.Sprintf("Reminder %d of %s (%s)", step.Number-1, c.Name, step.ID),
		Job:  studymail.CampaignJob, Kind: studymail.Once, Expr: expr, Zone: p.Zone.String(), Enabled: true,
		Missed: studymail.MissedRunOnce, MissedWithin: lookWithin, Overlap: studymail.OverlapAllow,
	}
	if err := tx.AddSchedule(ctx, s); err != nil {
		return err
	}
	return tx.SetStepSchedule(ctx, step, s.Key)
}

// aimAll aims the reminders of campaigns of which a run has ended: letters of it may
// have been sent again long after the reminders had looked.
func (p *Planner) aimAll(ctx context.Context, tx *store.Tx, campaigns []int64) error {
	for _, k := range campaigns {
		id, err := tx.CampaignIDByKey(ctx, k)
		if err != nil {
			return err
		}
		pl, err := planOf(ctx, tx, id, 0)
		if err != nil {
			return err
		}
		if pl.campaign.State == studymail.CampaignCanceled {
			continue
		}
		if _, err := p.aim(ctx, tx, pl); err != nil {
			return err
		}
	}
	return nil
}

// lookOf is when a step is planned next: a reminder when it looks; all else now.
func (p *Planner) lookOf(ctx context.Context, tx *store.Tx, pl *plan) (time.Time, error) {
	if pl.step.Schedule == 0 {
		return tx.Now(), nil
	}
	schedules, err := tx.SchedulesOfReminders(ctx, pl.campaign.Key)
	if err != nil {
		return time.Time{}, err
	}
	if next := schedules[pl.step.Key].NextRunAt; !next.IsZero() {
		return next, nil
	}
	return tx.Now(), nil
}

// mayRepeat lets a reminder be the same letter as a step before it: it would be left
// out as one that everybody has had.
func (pl *plan) mayRepeat(ctx context.Context, tx *store.Tx, r *store.PlanRules) error {
	for _, s := range pl.steps {
		if s.Number >= pl.step.Number {
			break
		}
		before, err := tx.TemplateVersionByKey(ctx, s.TemplateVersion)
		if err != nil {
			return err
		}
		r.Again = r.Again || before.Template == r.Template
	}
	return nil
}
