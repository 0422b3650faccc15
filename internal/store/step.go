package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

// NewReminder is what a reminder is made of.
type NewReminder struct {
	TemplateVersion int64
	AfterDays       int
}

func (t *Tx) addStep(ctx context.Context, what string, s *studymail.Step) (err error) {
	s.ID = studymail.NewID()
	s.Key, err = t.insert(ctx, what, `INSERT INTO steps (uuid, campaign_id, number, template_version_id, after_days) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		s.ID, s.Campaign, s.Number, s.TemplateVersion, s.AfterDays)
	return err
}

const stepColumns = `s.id, s.uuid, s.campaign_id, s.number, s.template_version_id, s.after_days, s.schedule_id`

func stepFields(s *studymail.Step) []any {
	return []any{&s.Key, &s.ID, &s.Campaign, &s.Number, &s.TemplateVersion, &s.AfterDays, nullKey{&s.Schedule}}
}

// CampaignSteps lists a campaign's steps in order.
func (t *Tx) CampaignSteps(ctx context.Context, campaign int64) ([]studymail.Step, error) {
	var all []studymail.Step
	err := t.each(ctx, "list steps", `SELECT `+stepColumns+` FROM steps s WHERE s.campaign_id = $1 ORDER BY s.number`,
		[]any{campaign}, func(rows *sql.Rows) error {
			var s studymail.Step
			err := rows.Scan(stepFields(&s)...)
			all = append(all, s)
			return err
		})
	return all, err
}

// StepRow is a step with the words that pages and commands show.
type StepRow struct {
	studymail.Step
	TemplateID   studymail.ID
	TemplateName string
	Version      int
	ScheduleID   studymail.ID
	NextRunAt    time.Time // of a reminder: when it looks next for whom it is due; zero: it does not
	Off          bool      // somebody has disabled its schedule
}

// CampaignStepRows lists a campaign's steps in order, with their words.
func (t *Tx) CampaignStepRows(ctx context.Context, campaign int64) ([]StepRow, error) {
	var all []StepRow
	err := t.each(ctx, "list steps", `SELECT `+stepColumns+`, te.uuid, te.name, tv.number, sc.uuid, sc.next_run_at,
			CASE WHEN sc.enabled = 0 THEN 1 ELSE 0 END
		FROM steps s
		JOIN template_versions tv ON tv.id = s.template_version_id
		JOIN templates te ON te.id = tv.template_id
		LEFT JOIN schedules sc ON sc.id = s.schedule_id
		WHERE s.campaign_id = $1 ORDER BY s.number`,
		[]any{campaign}, func(rows *sql.Rows) error {
			var s StepRow
			err := rows.Scan(append(stepFields(&s.Step), &s.TemplateID, &s.TemplateName, &s.Version, &s.ScheduleID, at{&s.NextRunAt}, &s.Off)...)
			all = append(all, s)
			return err
		})
	return all, err
}

// SetStepSchedule gives a reminder the schedule by which it looks for whom it is due.
func (t *Tx) SetStepSchedule(ctx context.Context, s *studymail.Step, schedule int64) error {
	what := "give step " + s.ID.String() + " its schedule"
	n, err := t.exec(ctx, what, `UPDATE steps SET schedule_id = $1 WHERE id = $2 AND schedule_id IS NULL AND number > 1`, schedule, s.Key)
	if err != nil {
		return err
	}
	if n != 1 {
		return studymail.Errorf(studymail.Conflict, "%s: it has one already", what)
	}
	s.Schedule = schedule
	return nil
}

// ReminderOfFiring gives the row key of the step whose schedule fired; 0 when that
// was a campaign's own schedule, or none.
func (t *Tx) ReminderOfFiring(ctx context.Context, firing studymail.ID) (step int64, err error) {
	_, err = t.one(ctx, "find the step of schedule run "+firing.String(),
		`SELECT s.id FROM schedule_runs r JOIN steps s ON s.schedule_id = r.schedule_id WHERE r.uuid = $1`, []any{firing}, &step)
	return step, err
}

// SchedulesOfReminders lists the schedules of a campaign's reminders, by the row keys
// of their steps.
func (t *Tx) SchedulesOfReminders(ctx context.Context, campaign int64) (map[int64]studymail.Schedule, error) {
	all := map[int64]studymail.Schedule{}
	err := t.each(ctx, "list the schedules of reminders", `SELECT st.id, `+scheduleColumns+` FROM steps st JOIN schedules s ON s.id = st.schedule_id
		WHERE st.campaign_id = $1`, []any{campaign}, func(rows *sql.Rows) error {
		var (
			step int64
			s    studymail.Schedule
		)
		err := rows.Scan(append([]any{&step}, scheduleFields(&s)...)...)
		all[step] = s
		return err
	})
	return all, err
}
