package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

const runColumns = `id, uuid, step_id, campaign_id, state, part, held, goes_at, cursor, planned, planner_token, planner_until, created_at, released_at, ended_at`

func scanRun(row interface{ Scan(...any) error }, r *studymail.Run) error {
	var held bool
	err := row.Scan(&r.Key, &r.ID, &r.Step, &r.Campaign, &r.State, &r.Part, &held, at{&r.GoesAt}, &r.Cursor, &r.Planned, &r.PlannerToken, at{&r.PlannerUntil},
		at{&r.CreatedAt}, at{&r.ReleasedAt}, at{&r.EndedAt})
	if held && r.State == studymail.Released {
		r.State = studymail.Held
	}
	return err
}

// AddRun begins a planning pass of a step, or of a part of it, in the hands of the
// planner with that token.
func (t *Tx) AddRun(ctx context.Context, step studymail.Step, part studymail.RunPart, plannerToken int64, lease time.Duration) (studymail.Run, error) {
	r := studymail.Run{
		ID: studymail.NewID(), Step: step.Key, Campaign: step.Campaign, State: studymail.Planning, Part: part,
		PlannerToken: plannerToken, PlannerUntil: t.now.Add(lease), CreatedAt: t.now,
	}
	return t.addRun(ctx, r)
}

func (t *Tx) addRun(ctx context.Context, r studymail.Run) (_ studymail.Run, err error) {
	r.Key, err = t.insert(ctx, "begin run "+r.ID.String(),
		`INSERT INTO runs (uuid, step_id, campaign_id, state, part, cursor, listed, planner_token, planner_until, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9) RETURNING id`,
		r.ID, r.Step, r.Campaign, int(r.State), int(r.Part), r.Cursor, r.PlannerToken, ms(r.PlannerUntil), ms(r.CreatedAt))
	return r, err
}

// RunByID finds a run.
func (t *Tx) RunByID(ctx context.Context, id studymail.ID) (studymail.Run, error) {
	var r studymail.Run
	row := t.tx.QueryRowContext(ctx, `SELECT `+runColumns+` FROM runs WHERE uuid = $1`, id)
	return r, t.found("find run "+id.String(), scanRun(row, &r), "no run %s", id)
}

// CampaignRuns lists a campaign's runs, the oldest first.
func (t *Tx) CampaignRuns(ctx context.Context, campaign int64) ([]studymail.Run, error) {
	return t.runs(ctx, `SELECT `+runColumns+` FROM runs WHERE campaign_id = $1 ORDER BY id`, campaign)
}

// AbandonedRuns lists the runs whose planner let its lease run out.
func (t *Tx) AbandonedRuns(ctx context.Context) ([]studymail.Run, error) {
	return t.runs(ctx, `SELECT `+runColumns+` FROM runs WHERE state = 10 AND state < 30 AND planner_until < $1 ORDER BY id`, ms(t.now))
}

func (t *Tx) runs(ctx context.Context, query string, args ...any) ([]studymail.Run, error) {
	var all []studymail.Run
	err := t.each(ctx, "list runs", query, args, func(rows *sql.Rows) error {
		var r studymail.Run
		err := scanRun(rows, &r)
		all = append(all, r)
		return err
	})
	return all, err
}

// TakeRun makes a run whose planner is gone this planner's; false when another
// was quicker.
func (t *Tx) TakeRun(ctx context.Context, r *studymail.Run, plannerToken int64, lease time.Duration) (bool, error) {
	until := t.now.Add(lease)
	n, err := t.exec(ctx, "take over run "+r.ID.String(),
		`UPDATE runs SET planner_token = $1, planner_until = $2 WHERE id = $3 AND state = 10 AND planner_token = $4 AND planner_until < $5`,
		plannerToken, ms(until), r.Key, r.PlannerToken, ms(t.now))
	if err != nil || n != 1 {
		return false, err
	}
	r.PlannerToken, r.PlannerUntil = plannerToken, until
	return true, nil
}

// ReleaseRun lets the mail of a run whose plan is whole go. Call it in the
// transaction of its last chunk.
func (t *Tx) ReleaseRun(ctx context.Context, r *studymail.Run) error {
	n, err := t.exec(ctx, "release run "+r.ID.String(),
		`UPDATE runs SET state = 20, released_at = $1 WHERE id = $2 AND state = 10 AND planner_token = $3`,
		ms(t.now), r.Key, r.PlannerToken)
	if err != nil {
		return err
	}
	if n != 1 {
		return lostRun(r)
	}
	r.State, r.ReleasedAt = studymail.Released, t.now
	return nil
}

// DropRun ends a run whose campaign was cancelled while it was planned.
func (t *Tx) DropRun(ctx context.Context, r *studymail.Run) error {
	_, err := t.exec(ctx, "end run "+r.ID.String(),
		`UPDATE runs SET state = 20, released_at = $1 WHERE id = $2 AND state = 10`, ms(t.now), r.Key)
	return err
}

func lostRun(r *studymail.Run) error {
	return studymail.Errorf(studymail.Conflict, "run %s is planned by another process now", r.ID)
}
