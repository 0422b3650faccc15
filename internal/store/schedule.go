package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
	"studymail/internal/when"
)

const scheduleColumns = `s.id, s.uuid, s.name, s.job, s.builtin, s.kind, s.expr, s.zone, s.enabled, s.starts_at, s.ends_at,
	s.missed, s.missed_within_ms, s.overlap, s.next_run_at, s.created_at, s.updated_at`

func scheduleFields(s *studymail.Schedule) []any {
	return []any{
		&s.Key, &s.ID, &s.Name, &s.Job, &s.BuiltIn, &s.Kind, &s.Expr, &s.Zone, &s.Enabled,
		at{&s.StartsAt},
		at{&s.EndsAt},
		&s.Missed,
		millis{&s.MissedWithin},
		&s.Overlap,
		at{&s.NextRunAt},
		at{&s.CreatedAt},
		at{&s.UpdatedAt},
	}
}

// millis reads a duration kept as milliseconds.
type millis struct{ d *time.Duration }

// Scan implements sql.Scanner.
func (m millis) Scan(src any) error {
	var n sql.NullInt64
	err := n.Scan(src)
	*m.d = time.Duration(n.Int64) * time.Millisecond
	return err
}

// ScheduleRow is a schedule with what lists show.
type ScheduleRow struct {
	studymail.Schedule
	Campaign studymail.ID           // of the job campaign; zero when none has this schedule
	Last     *studymail.ScheduleRun // nil: it never ran
}

// The campaign that a schedule starts, or of which it is a reminder's, of those that
// may still be started.
const scheduleCampaign = `coalesce((SELECT c.uuid FROM campaigns c WHERE c.schedule_id = s.id AND c.state IN (10, 20, 30) ORDER BY c.id LIMIT 1),
	(SELECT c.uuid FROM steps sp JOIN campaigns c ON c.id = sp.campaign_id WHERE sp.schedule_id = s.id AND c.state IN (10, 20, 30)))`

const scheduleQuery = `SELECT ` + scheduleColumns + `, ` + scheduleCampaign + `,
	r.id, r.uuid, r.due_at, r.fired_at, r.ended_at, r.outcome, r.detail
	FROM schedules s
	LEFT JOIN schedule_runs r ON r.id = (SELECT max(id) FROM schedule_runs WHERE schedule_id = s.id)`

func scanSchedule(row interface{ Scan(...any) error }, s *ScheduleRow) error {
	var r studymail.ScheduleRun
	err := row.Scan(append(scheduleFields(&s.Schedule), &s.Campaign,
		nullKey{&r.Key}, &r.ID, at{&r.DueAt}, at{&r.FiredAt}, at{&r.EndedAt}, nullText[studymail.ScheduleOutcome]{&r.Outcome}, nullText[string]{&r.Detail})...)
	if r.Key != 0 {
		r.Schedule = s.Key
		s.Last = &r
	}
	return err
}

// AddSchedule makes a schedule; it sets the ID, the key and the first time.
func (t *Tx) AddSchedule(ctx context.Context, s *studymail.Schedule) error {
	s.ID, s.CreatedAt, s.UpdatedAt = studymail.NewID(), t.now, t.now
	if err := t.setNext(ctx, s); err != nil {
		return err
	}
	var err error
	s.Key, err = t.insert(ctx, "make schedule "+s.ID.String(),
		`INSERT INTO schedules (uuid, name, job, builtin, kind, expr, zone, enabled, starts_at, ends_at,
			missed, missed_within_ms, overlap, next_run_at, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id`,
		s.ID, s.Name, string(s.Job), flag(s.BuiltIn), string(s.Kind), s.Expr, s.Zone, flag(s.Enabled), ms(s.StartsAt), ms(s.EndsAt),
		string(s.Missed), s.MissedWithin.Milliseconds(), string(s.Overlap), ms(s.NextRunAt), ms(s.CreatedAt), ms(s.UpdatedAt))
	return err
}

// UpdateSchedule writes an edited schedule and finds its next time anew. It
// never fires. It fails with Conflict when another edit came first.
func (t *Tx) UpdateSchedule(ctx context.Context, s *studymail.Schedule) error {
	if err := t.setNext(ctx, s); err != nil {
		return err
	}
	updated := t.now
	if !updated.After(s.UpdatedAt) { // it tells edits apart: also within a millisecond, and when the clock was put back
		updated = s.UpdatedAt.Add(time.Millisecond)
	}
	n, err := t.exec(ctx, "edit schedule "+s.ID.String(),
		`UPDATE schedules SET name = $1, kind = $2, expr = $3, zone = $4, enabled = $5, starts_at = $6, ends_at = $7,
			missed = $8, missed_within_ms = $9, overlap = $10, next_run_at = $11, updated_at = $12
		WHERE id = $13 AND updated_at = $14`,
		s.Name, string(s.Kind), s.Expr, s.Zone, flag(s.Enabled), ms(s.StartsAt), ms(s.EndsAt),
		string(s.Missed), s.MissedWithin.Milliseconds(), string(s.Overlap), ms(s.NextRunAt), ms(updated), s.Key, ms(s.UpdatedAt))
	if err != nil {
		return err
	}
	if n != 1 {
		return studymail.Errorf(studymail.Conflict, "schedule %s was changed meanwhile; look at it again with `studymail schedule show %s`", s.ID, s.ID)
	}
	s.UpdatedAt = updated
	return nil
}

// SetScheduleEnabled enables or disables a schedule. Enabling goes on with the
// next time from now on; it fires for none that passed.
func (t *Tx) SetScheduleEnabled(ctx context.Context, s *studymail.Schedule, enabled bool) error {
	if s.Enabled == enabled {
		return nil
	}
	s.Enabled = enabled
	if err := t.UpdateSchedule(ctx, s); err != nil {
		s.Enabled = !enabled
		return err
	}
	return nil
}

// ScheduleByID finds a schedule.
func (t *Tx) ScheduleByID(ctx context.Context, id studymail.ID) (ScheduleRow, error) {
	var s ScheduleRow
	row := t.tx.QueryRowContext(ctx, scheduleQuery+` WHERE s.uuid = $1`, id)
	return s, t.found("find schedule "+id.String(), scanSchedule(row, &s),
		"no schedule %s; `studymail schedule list` shows them", id)
}

// Schedules lists all: the built-in ones first, then by name.
func (t *Tx) Schedules(ctx context.Context) ([]ScheduleRow, error) {
	all := []ScheduleRow{}
	err := t.each(ctx, "list schedules", scheduleQuery+` ORDER BY s.builtin DESC, s.name, s.id`, nil, func(rows *sql.Rows) error {
		var s ScheduleRow
		err := scanSchedule(rows, &s)
		all = append(all, s)
		return err
	})
	return all, err
}

// EnsureBuiltin makes the built-in schedule of a job when it is missing. When
// it is there and what says when differs, that follows, without firing; the
// rest of it is its editors'.
func (t *Tx) EnsureBuiltin(ctx context.Context, want studymail.Schedule) error {
	want.BuiltIn = true
	var have studymail.Schedule
	what := "make the built-in schedule of " + string(want.Job)
	found, err := t.one(ctx, what, `SELECT `+scheduleColumns+` FROM schedules s WHERE s.builtin = 1 AND s.job = $1 ORDER BY s.id LIMIT 1`,
		[]any{string(want.Job)}, scheduleFields(&have)...)
	if err != nil {
		return err
	}
	if found {
		if have.Kind == want.Kind && have.Expr == want.Expr {
			return nil
		}
		have.Kind, have.Expr = want.Kind, want.Expr
		return t.UpdateSchedule(ctx, &have)
	}
	want.ID, want.CreatedAt, want.UpdatedAt = studymail.NewID(), t.now, t.now
	if err := t.setNext(ctx, &want); err != nil {
		return err
	}
	// Two processes that start at once: the second does nothing.
	_, err = t.exec(ctx, what, `INSERT INTO schedules (uuid, name, job, builtin, kind, expr, zone, enabled,
			missed, missed_within_ms, overlap, next_run_at, created_at, updated_at)
		VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT (name) DO NOTHING`,
		want.ID, want.Name, string(want.Job), string(want.Kind), want.Expr, want.Zone, flag(want.Enabled),
		string(want.Missed), want.MissedWithin.Milliseconds(), string(want.Overlap), ms(want.NextRunAt), ms(t.now))
	return err
}

// setNext checks what says when and finds the next time from now on.
func (t *Tx) setNext(ctx context.Context, s *studymail.Schedule) error {
	spec, err := when.Of(*s)
	if err != nil {
		return err
	}
	// As it will be parsed again: "@every 5m" is an interval.
	s.Kind, s.Expr = spec.Kind, spec.Expr
	s.NextRunAt = time.Time{}
	if !s.Enabled {
		return nil
	}
	next, err := t.nextTime(ctx, s.Key, spec)
	if err != nil {
		return err
	}
	if next.IsZero() {
		return studymail.Errorf(studymail.Invalid, "the schedule has no time left from now on; give it another time, or a later end")
	}
	s.NextRunAt = next
	return nil
}

// nextTime gives the first time from now on that has no run yet. When the clock
// was put back, times that it shows again have run: they do not run twice.
func (t *Tx) nextTime(ctx context.Context, schedule int64, spec when.Spec) (time.Time, error) {
	if beats(spec) {
		// An interval counts real time: it goes on at once, beside the times of
		// its old beat that are taken.
		next := spec.Next(t.now)
		for !next.IsZero() {
			var k int64
			taken, err := t.one(ctx, "find a schedule's next time",
				`SELECT id FROM schedule_runs WHERE schedule_id = $1 AND due_at = $2`, []any{schedule, ms(next)}, &k)
			if err != nil || !taken {
				return next.UTC(), err
			}
			next = next.Add(time.Millisecond)
		}
		return time.Time{}, nil
	}
	from := t.now
	var last time.Time
	if _, err := t.one(ctx, "find a schedule's last time", `SELECT max(due_at) FROM schedule_runs WHERE schedule_id = $1`,
		[]any{schedule}, at{&last}); err != nil {
		return time.Time{}, err
	}
	if last.After(from) {
		from = last
	}
	next := spec.Next(from)
	if next.IsZero() {
		return next, nil
	}
	return next.UTC(), nil
}

// beats tells an interval that counts from its last time, not from a moment
// that was set.
func beats(spec when.Spec) bool { return spec.Kind == studymail.Interval && spec.Start.IsZero() }

// CatchUpIntervals brings intervals whose next time is further away than one
// interval (the clock was put back) to one interval from now, and gives how
// many; without it they would stand still until the clock is where it was.
func (t *Tx) CatchUpIntervals(ctx context.Context) (int, error) {
	const what = "bring intervals back after a clock was put back"
	var all []studymail.Schedule
	err := t.each(ctx, what, `SELECT `+scheduleColumns+` FROM schedules s WHERE s.kind = 'interval' AND s.next_run_at > $1 ORDER BY s.id`,
		[]any{ms(t.now)}, func(rows *sql.Rows) error {
			var s studymail.Schedule
			err := rows.Scan(scheduleFields(&s)...)
			all = append(all, s)
			return err
		})
	if err != nil {
		return 0, err
	}
	moved := 0
	for _, s := range all {
		spec, err := when.Of(s)
		if err != nil || !beats(spec) || !s.NextRunAt.After(spec.Next(t.now)) {
			continue
		}
		next, err := t.nextTime(ctx, s.Key, spec)
		if err != nil {
			return moved, err
		}
		n, err := t.exec(ctx, what, `UPDATE schedules SET next_run_at = $1 WHERE id = $2 AND next_run_at = $3`, ms(next), s.Key, ms(s.NextRunAt))
		if err != nil {
			return moved, err
		}
		moved += int(n)
	}
	return moved, nil
}
