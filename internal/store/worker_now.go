package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"studymail"
)

// WorkerNow is a worker and what it does at the moment.
type WorkerNow struct {
	studymail.Worker
	Claimed     int     // messages that it holds
	HandingOver int     // of them, those in its open windows
	PerSecond   float64 // taken from it in the last minute
	Open        int     // connections that carry mail
	Most        int     // that it would open if it could
}

// workersShown bounds the workers of a page.
const workersShown = 100

// WorkersNow lists the workers that live, and those that stopped since a time, the
// newest first of each.
func (t *Tx) WorkersNow(ctx context.Context, stoppedSince time.Time) ([]WorkerNow, error) {
	const what = "look what workers do"
	var all []WorkerNow
	err := t.each(ctx, what, `SELECT `+workerColumns+` FROM workers WHERE stopped_at IS NULL OR stopped_at >= $1
		ORDER BY CASE WHEN stopped_at IS NULL THEN 0 ELSE 1 END, id DESC LIMIT $2`, []any{ms(stoppedSince), workersShown}, func(rows *sql.Rows) error {
		var w WorkerNow
		err := scanWorker(rows, &w.Worker)
		all = append(all, w)
		return err
	})
	if err != nil {
		return nil, err
	}
	of := map[int64]*WorkerNow{}
	for i := range all {
		of[all[i].Key] = &all[i]
	}
	if err := t.each(ctx, what, `SELECT k.token >> 24, count(*)`+t.pick(claimedNow)+` GROUP BY 1`, nil, func(rows *sql.Rows) error {
		var key, n int64
		err := rows.Scan(&key, &n)
		if w := of[key]; w != nil {
			w.Claimed = int(n)
		}
		return err
	}); err != nil {
		return nil, err
	}
	if err := t.each(ctx, what, `SELECT worker_id, members FROM windows`, nil, func(rows *sql.Rows) error {
		var (
			key     int64
			members string
			keys    []int64
		)
		if err := rows.Scan(&key, &members); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(members), &keys); err != nil {
			return fmt.Errorf("read a window's members: %w", err)
		}
		if w := of[key]; w != nil {
			w.HandingOver += len(keys)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if err := t.each(ctx, what, `SELECT worker_id, sum(sent) FROM flows WHERE at > $1 GROUP BY worker_id`, []any{ms(t.now.Add(-flowOf))}, func(rows *sql.Rows) error {
		var key, n int64
		err := rows.Scan(&key, &n)
		if w := of[key]; w != nil {
			w.PerSecond = float64(n) / flowOf.Seconds()
			if lived := t.now.Sub(w.StartedAt); lived < flowOf { // it began later
				w.PerSecond = float64(n) / max(lived, studymail.FlowEvery).Seconds()
			}
		}
		return err
	}); err != nil {
		return nil, err
	}
	return all, t.each(ctx, what, `SELECT worker_id, open, most FROM connections`, nil, func(rows *sql.Rows) error {
		var key, open, most int64
		err := rows.Scan(&key, &open, &most)
		if w := of[key]; w != nil {
			w.Open, w.Most = int(open), int(most)
		}
		return err
	})
}
