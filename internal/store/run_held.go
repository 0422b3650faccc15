package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

// AddRestRun begins the run of all that a canary's run leaves, from where that
// stands, in the hands of the same planner. Call it in the transaction in which
// the canary's run is released.
func (t *Tx) AddRestRun(ctx context.Context, canary *studymail.Run) (studymail.Run, error) {
	r := *canary
	r.ID, r.Part, r.State, r.Planned = studymail.NewID(), studymail.RestPart, studymail.Planning, 0
	r.CreatedAt, r.ReleasedAt, r.EndedAt = t.now, time.Time{}, time.Time{}
	return t.addRun(ctx, r)
}

// HoldRun ends the planning of a canary's rest: its mail waits until ReleaseHeld.
// Call it in the transaction of its last chunk.
func (t *Tx) HoldRun(ctx context.Context, r *studymail.Run) error {
	n, err := t.exec(ctx, "hold run "+r.ID.String(), `UPDATE runs SET state = 20, held = 1 WHERE id = $1 AND state = 10 AND planner_token = $2`, r.Key, r.PlannerToken)
	if err != nil {
		return err
	}
	if n != 1 {
		return lostRun(r)
	}
	r.State = studymail.Held
	return nil
}

// HeldRun is a run that waits for its campaign's canary.
type HeldRun struct {
	studymail.Run
	UnderWay bool // letters of the canary still wait to be handed over for the first time
}

// HeldRuns lists the runs that wait for a canary. A letter of the canary that was
// deferred does not keep the rest waiting: it may be tried for days.
func (t *Tx) HeldRuns(ctx context.Context) ([]HeldRun, error) {
	var all []HeldRun
	err := t.each(ctx, "list runs that wait for a canary", `SELECT `+runColumns+`,
			CASE WHEN EXISTS (SELECT 1 FROM runs f JOIN queued q ON q.run_id = f.id WHERE f.step_id = runs.step_id AND f.part = 1) THEN 1 ELSE 0 END
		FROM runs WHERE state = 20 AND state < 30 AND held = 1 ORDER BY id`, nil, func(rows *sql.Rows) error {
		var r HeldRun
		err := scanRun(also{rows, &r.UnderWay}, &r.Run)
		all = append(all, r)
		return err
	})
	return all, err
}

// also scans one column more.
type also struct {
	rows *sql.Rows
	last any
}

func (a also) Scan(dest ...any) error { return a.rows.Scan(append(dest, a.last)...) }

// SetGoesAt says when a held run goes, unless another process has said it.
func (t *Tx) SetGoesAt(ctx context.Context, r *studymail.Run, at time.Time) error {
	_, err := t.exec(ctx, "let run "+r.ID.String()+" wait", `UPDATE runs SET goes_at = $1 WHERE id = $2 AND held = 1 AND goes_at IS NULL`, ms(at), r.Key)
	return err
}

// ReleaseHeld lets the mail of a held run go; false when another was quicker.
func (t *Tx) ReleaseHeld(ctx context.Context, r *studymail.Run) (bool, error) {
	n, err := t.exec(ctx, "release run "+r.ID.String(), `UPDATE runs SET held = 0, released_at = $1 WHERE id = $2 AND state = 20 AND held = 1`, ms(t.now), r.Key)
	if n == 1 {
		r.State, r.ReleasedAt = studymail.Released, t.now
	}
	return n == 1, err
}
