package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"studymail"
	"studymail/internal/when"
)

const scheduleRunColumns = `id, uuid, schedule_id, due_at, fired_at, ended_at, outcome, detail`

func scanScheduleRun(row interface{ Scan(...any) error }, r *studymail.ScheduleRun) error {
	return row.Scan(&r.Key, &r.ID, &r.Schedule, at{&r.DueAt}, at{&r.FiredAt}, at{&r.EndedAt}, &r.Outcome, &r.Detail)
}

// The history of a schedule is bounded: so many runs are kept, and of those
// that found nothing to do only the latest few.
const (
	keepScheduleRuns = 200
	keepIdleRuns     = 20
)

// DueSchedules lists the schedules whose time has come. TakeDueSchedule decides
// who serves each.
func (t *Tx) DueSchedules(ctx context.Context) ([]studymail.Schedule, error) {
	var all []studymail.Schedule
	err := t.each(ctx, "list due schedules", `SELECT `+scheduleColumns+` FROM schedules s
		WHERE s.next_run_at <= $1 AND s.enabled = 1 ORDER BY s.next_run_at, s.id`,
		[]any{ms(t.now)}, func(rows *sql.Rows) error {
			var s studymail.Schedule
			err := rows.Scan(scheduleFields(&s)...)
			all = append(all, s)
			return err
		})
	return all, err
}

// TakenSchedule is what came of a due schedule.
type TakenSchedule struct {
	Taken    bool                   // false: another took it, or it was edited
	Run      *studymail.ScheduleRun // to be enqueued in this transaction; nil: nothing fires
	Campaign studymail.ID           // what the job campaign starts; zero when none has this schedule
	Missed   int                    // times that passed without a run of their own
}

// TakeDueSchedule moves a due schedule on and writes what becomes of its time:
// a run that waits for its job, or why none fires. Only one taker of a time gets
// Taken: the statement that moves it on names the time it expects.
func (t *Tx) TakeDueSchedule(ctx context.Context, s *studymail.Schedule) (TakenSchedule, error) {
	var res TakenSchedule
	what := "take the due schedule " + s.ID.String()
	spec, err := when.Of(*s)
	if err != nil {
		return t.takeBroken(ctx, what, s)
	}
	fire, dueAt, next, missed := when.Due(spec, s.NextRunAt, t.now, when.PolicyOf(*s))
	if !fire && missed == 0 {
		return res, nil
	}
	firstDue := s.NextRunAt
	if res.Taken, err = t.moveSchedule(ctx, what, s, next); err != nil || !res.Taken {
		return res, err
	}
	res.Missed = missed
	if missed > 0 {
		if _, err := t.addScheduleRun(ctx, what, s, firstDue, studymail.RunMissed, "missed="+strconv.Itoa(missed)); err != nil {
			return res, err
		}
	}
	if fire {
		outcome := studymail.RunWaiting
		if s.Overlap == studymail.OverlapSkip {
			busy, err := t.scheduleBusy(ctx, what, s.Key)
			if err != nil {
				return res, err
			}
			if busy {
				outcome = studymail.RunOverlapped
			}
		}
		run, err := t.addScheduleRun(ctx, what, s, dueAt, outcome, "")
		if err != nil {
			return res, err
		}
		if run != nil && run.Outcome == studymail.RunWaiting {
			res.Run = run
			if res.Campaign, err = t.campaignOf(ctx, what, s); err != nil {
				return res, err
			}
			if s.Job == studymail.CampaignJob && res.Campaign.IsZero() {
				if err := t.stopSchedule(ctx, what, s); err != nil {
					return res, err
				}
			}
		}
	}
	return res, t.pruneScheduleRuns(ctx, what, s.Key)
}

// stopSchedule disables a schedule whose campaign has ended or was cancelled:
// else it would fail at each of its times for ever.
func (t *Tx) stopSchedule(ctx context.Context, what string, s *studymail.Schedule) error {
	_, err := t.exec(ctx, what, `UPDATE schedules SET enabled = 0, next_run_at = NULL, updated_at = updated_at + 1 WHERE id = $1`, s.Key)
	return err
}

// takeBroken stops a schedule that cannot be understood (a time zone that is no
// more), so that it neither stops the others nor stays due.
func (t *Tx) takeBroken(ctx context.Context, what string, s *studymail.Schedule) (TakenSchedule, error) {
	var res TakenSchedule
	var err error
	due := s.NextRunAt
	if res.Taken, err = t.moveSchedule(ctx, what, s, time.Time{}); err != nil || !res.Taken {
		return res, err
	}
	_, err = t.addScheduleRun(ctx, what, s, due, studymail.RunFailed, "code=invalid")
	return res, err
}

// moveSchedule is the guard: next_run_at names the due time, updated_at the
// edit that it was computed from.
func (t *Tx) moveSchedule(ctx context.Context, what string, s *studymail.Schedule, next time.Time) (bool, error) {
	n, err := t.exec(ctx, what, `UPDATE schedules SET next_run_at = $1 WHERE id = $2 AND next_run_at = $3 AND updated_at = $4 AND enabled = 1`,
		ms(next), s.Key, ms(s.NextRunAt), ms(s.UpdatedAt))
	if err != nil || n != 1 {
		return false, err
	}
	s.NextRunAt = next
	return true, nil
}

// addScheduleRun writes a run; nil when that due time has one already.
func (t *Tx) addScheduleRun(ctx context.Context, what string, s *studymail.Schedule, due time.Time, outcome studymail.ScheduleOutcome, detail string) (*studymail.ScheduleRun, error) {
	r := studymail.ScheduleRun{ID: studymail.NewID(), Schedule: s.Key, DueAt: due, FiredAt: t.now, Outcome: outcome, Detail: detail}
	if outcome != studymail.RunWaiting {
		r.EndedAt = t.now
	}
	found, err := t.one(ctx, what, `INSERT INTO schedule_runs (uuid, schedule_id, due_at, fired_at, ended_at, outcome, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (schedule_id, due_at) DO NOTHING RETURNING id`,
		[]any{r.ID, r.Schedule, ms(r.DueAt), ms(r.FiredAt), ms(r.EndedAt), string(r.Outcome), r.Detail}, &r.Key)
	if err != nil || !found {
		return nil, err
	}
	return &r, nil
}

// scheduleBusy tells whether the last run still works: its job waits or runs,
// or its campaign still sends.
func (t *Tx) scheduleBusy(ctx context.Context, what string, schedule int64) (bool, error) {
	var busy bool
	_, err := t.one(ctx, what, `SELECT EXISTS (SELECT 1 FROM schedule_runs WHERE schedule_id = $1 AND outcome IN ('waiting', 'running'))
		OR EXISTS (SELECT 1 FROM campaigns WHERE schedule_id = $1 AND state IN (20, 30))`, []any{schedule}, &busy)
	return busy, err
}

func (t *Tx) campaignOf(ctx context.Context, what string, s *studymail.Schedule) (studymail.ID, error) {
	var id studymail.ID
	if s.Job != studymail.CampaignJob {
		return id, nil
	}
	_, err := t.one(ctx, what, `SELECT `+scheduleCampaign+` FROM schedules s WHERE s.id = $1`, []any{s.Key}, &id)
	return id, err
}

func (t *Tx) pruneScheduleRuns(ctx context.Context, what string, schedule int64) error {
	if _, err := t.exec(ctx, what, `DELETE FROM schedule_runs WHERE schedule_id = $1 AND outcome NOT IN ('waiting', 'running')
		AND id < (SELECT id FROM schedule_runs WHERE schedule_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)`,
		schedule, keepScheduleRuns-1); err != nil {
		return err
	}
	_, err := t.exec(ctx, what, `DELETE FROM schedule_runs WHERE schedule_id = $1 AND outcome = 'done' AND detail = ''
		AND id < (SELECT id FROM schedule_runs WHERE schedule_id = $1 AND outcome = 'done' AND detail = '' ORDER BY id DESC LIMIT 1 OFFSET $2)`,
		schedule, keepIdleRuns-1)
	return err
}

var lockSchedule = both{
	sqlite:   `SELECT id FROM schedules WHERE id = $1`,
	postgres: `SELECT id FROM schedules WHERE id = $1 FOR UPDATE`,
}

// RunScheduleNow writes a run by hand, to be enqueued in this transaction. The
// schedule's own times stay as they are. It fails with Conflict while the last
// run works and the schedule does not allow overlaps.
func (t *Tx) RunScheduleNow(ctx context.Context, s *studymail.Schedule) (TakenSchedule, error) {
	res := TakenSchedule{Taken: true}
	what := "run schedule " + s.ID.String()
	var k int64
	if _, err := t.one(ctx, what, t.pick(lockSchedule), []any{s.Key}, &k); err != nil {
		return res, err
	}
	if s.Overlap == studymail.OverlapSkip {
		busy, err := t.scheduleBusy(ctx, what, s.Key)
		if err != nil {
			return res, err
		}
		if busy {
			return res, studymail.Errorf(studymail.Conflict, "the last run of schedule %s still works; `studymail schedule show %s` tells when it is done", s.ID, s.ID)
		}
	}
	var err error
	if res.Campaign, err = t.campaignOf(ctx, what, s); err != nil {
		return res, err
	}
	if s.Job == studymail.CampaignJob && res.Campaign.IsZero() {
		return res, studymail.Errorf(studymail.Conflict, "no campaign waits for schedule %s: it has ended, or was cancelled", s.ID)
	}
	if res.Run, err = t.addScheduleRun(ctx, what, s, time.Time{}, studymail.RunWaiting, ""); err != nil {
		return res, err
	}
	return res, t.pruneScheduleRuns(ctx, what, s.Key)
}

// BeginScheduleRun notes that a run's job works; false when the run has ended
// (its job was started again after a crash that came late).
func (t *Tx) BeginScheduleRun(ctx context.Context, id studymail.ID) (bool, error) {
	n, err := t.exec(ctx, "begin schedule run "+id.String(),
		`UPDATE schedule_runs SET outcome = 'running' WHERE uuid = $1 AND outcome IN ('waiting', 'running')`, id)
	return n == 1, err
}

// BeginFiringsPlan notes that a run's job begins a plan; false when it has begun
// one before, whatever became of that.
func (t *Tx) BeginFiringsPlan(ctx context.Context, id studymail.ID) (bool, error) {
	n, err := t.exec(ctx, "begin the plan of schedule run "+id.String(),
		`UPDATE schedule_runs SET detail = 'code=planning' WHERE uuid = $1 AND outcome = 'running' AND detail = ''`, id)
	return n == 1, err
}

// EndScheduleRun notes a run's outcome; false when it has one already. Detail
// may hold counts and codes only; "" says that there was nothing to do.
func (t *Tx) EndScheduleRun(ctx context.Context, id studymail.ID, outcome studymail.ScheduleOutcome, detail string) (bool, error) {
	n, err := t.exec(ctx, "end schedule run "+id.String(),
		`UPDATE schedule_runs SET outcome = $1, detail = $2, ended_at = $3 WHERE uuid = $4 AND outcome IN ('waiting', 'running')`,
		string(outcome), detail, ms(t.now), id)
	return n == 1, err
}

// ScheduleRuns lists a schedule's runs, the newest first.
func (t *Tx) ScheduleRuns(ctx context.Context, schedule int64, limit int) ([]studymail.ScheduleRun, error) {
	return t.scheduleRuns(ctx, `SELECT `+scheduleRunColumns+` FROM schedule_runs WHERE schedule_id = $1 ORDER BY id DESC LIMIT $2`, schedule, limit)
}

// OpenScheduleRuns lists the runs whose job waits or works, the oldest first.
func (t *Tx) OpenScheduleRuns(ctx context.Context) ([]studymail.ScheduleRun, error) {
	return t.scheduleRuns(ctx, `SELECT `+scheduleRunColumns+` FROM schedule_runs WHERE outcome IN ('waiting', 'running') ORDER BY id`)
}

func (t *Tx) scheduleRuns(ctx context.Context, query string, args ...any) ([]studymail.ScheduleRun, error) {
	all := []studymail.ScheduleRun{}
	err := t.each(ctx, "list schedule runs", query, args, func(rows *sql.Rows) error {
		var r studymail.ScheduleRun
		err := scanScheduleRun(rows, &r)
		all = append(all, r)
		return err
	})
	return all, err
}

// schedulerTick is when some process last looked at the schedules.
const schedulerTick MetaName = "scheduler_tick"

// NoteSchedulerTick keeps the time of a look at the schedules, for the health
// of the installation.
func (t *Tx) NoteSchedulerTick(ctx context.Context) error {
	return t.SetMeta(ctx, schedulerTick, strconv.AppendInt(nil, t.now.UnixMilli(), 10))
}

// SchedulerTick gives the time of the last noted look at the schedules by any
// process; zero: never.
func (t *Tx) SchedulerTick(ctx context.Context) (time.Time, error) {
	value, found, err := t.Meta(ctx, schedulerTick)
	if err != nil || !found {
		return time.Time{}, err
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the scheduler's tick: %w", err)
	}
	return time.UnixMilli(n).UTC(), nil
}
