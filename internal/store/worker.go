package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"studymail"
)

const workerColumns = `id, uuid, host, boot_id, pid, version, started_at, heartbeat_at, lease_until, stopped_at`

func scanWorker(row interface{ Scan(...any) error }, w *studymail.Worker) error {
	return row.Scan(&w.Key, &w.ID, &w.Host, &w.BootID, &w.PID, &w.Version, at{&w.StartedAt}, at{&w.HeartbeatAt}, at{&w.LeaseUntil}, at{&w.StoppedAt})
}

// AddWorker registers a process that will hand mail over, alive for lease.
// The caller sets its ID, which names its lock file.
func (t *Tx) AddWorker(ctx context.Context, w *studymail.Worker, lease time.Duration) error {
	w.StartedAt, w.HeartbeatAt, w.LeaseUntil = t.now, t.now, t.now.Add(lease)
	var err error
	w.Key, err = t.insert(ctx, "register worker "+w.ID.String(),
		`INSERT INTO workers (uuid, host, boot_id, pid, version, started_at, heartbeat_at, lease_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		w.ID, w.Host, w.BootID, w.PID, w.Version, ms(w.StartedAt), ms(w.HeartbeatAt), ms(w.LeaseUntil))
	return err
}

// Heartbeat renews a worker's lease; false when it was declared dead meanwhile:
// all it held is others' now.
func (t *Tx) Heartbeat(ctx context.Context, w *studymail.Worker, lease time.Duration) (bool, error) {
	n, err := t.exec(ctx, "renew the lease of worker "+w.ID.String(),
		`UPDATE workers SET heartbeat_at = $1, lease_until = $2 WHERE id = $3 AND stopped_at IS NULL`,
		ms(t.now), ms(t.now.Add(lease)), w.Key)
	return n == 1, err
}

// AliveWorkers lists the workers that nobody has declared dead.
func (t *Tx) AliveWorkers(ctx context.Context) ([]studymail.Worker, error) {
	var all []studymail.Worker
	err := t.each(ctx, "list workers", `SELECT `+workerColumns+` FROM workers WHERE stopped_at IS NULL ORDER BY id`, nil,
		func(rows *sql.Rows) error {
			var w studymail.Worker
			err := scanWorker(rows, &w)
			all = append(all, w)
			return err
		})
	return all, err
}

// Recovered is what a dead worker left.
type Recovered struct {
	Requeued  int
	Settled   int // by what its journal knew
	Uncertain int
}

// The lock that OpenWindow waits for.
var lockWorker = both{
	sqlite:   `SELECT id FROM workers WHERE id = $1 AND stopped_at IS NULL`,
	postgres: `SELECT id FROM workers WHERE id = $1 AND stopped_at IS NULL FOR UPDATE`,
}

// StopWorker takes back what a worker held: what stood in one of its open
// windows is uncertain, what it had merely claimed goes back to the queue.
// proven says that the process cannot hand anything over any more (it stopped
// in order, or its lock was found free); else only its lease is over, and a
// late outcome under its own token may still settle an uncertain message.
// A worker that was stopped before is left alone.
func (t *Tx) StopWorker(ctx context.Context, w *studymail.Worker, proven bool) (Recovered, error) {
	var res Recovered
	what := "take back what worker " + w.ID.String() + " held"
	var k int64
	alive, err := t.one(ctx, what, t.pick(lockWorker), []any{w.Key}, &k)
	if err != nil || !alive {
		return res, err
	}
	in, err := t.windowsOf(ctx, what, w.Key)
	if err != nil {
		return res, err
	}
	if len(in) > 0 {
		rows := make([][2]int64, 0, len(in))
		for k, window := range in {
			rows = append(rows, [2]int64{k, window})
		}
		list, err := rowsJSON(rows)
		if err != nil {
			return res, err
		}
		n, err := t.exec(ctx, what, t.pick(makeUncertain), string(studymail.ReasonProcessDied), ms(t.now), list, ClaimToken(w.Key, 0), ClaimToken(w.Key+1, 0))
		if err != nil {
			return res, err
		}
		res.Uncertain = int(n)
	}
	n, err := t.unclaimAll(ctx, what, ClaimToken(w.Key, 0), ClaimToken(w.Key+1, 0))
	if err != nil {
		return res, err
	}
	res.Requeued = n
	if _, err := t.exec(ctx, what, `DELETE FROM windows WHERE worker_id = $1`, w.Key); err != nil {
		return res, err
	}
	_, err = t.exec(ctx, what, `UPDATE workers SET stopped_at = $1, proven_dead = $2 WHERE id = $3`, ms(t.now), flag(proven), w.Key)
	return res, err
}

// A message whose outcome is recorded already is not queued any more: the
// window that it stood in does not make it uncertain again. Nor does the window
// of one that another has claimed since: a commit whose answer got lost opened it,
// nothing was handed over, and the claim was given back.
var makeUncertain = both{
	sqlite: `UPDATE messages SET state = 70, reason = $1, updated_at = $2, merged_id = j.value->>1
		FROM json_each($3) j WHERE messages.id = j.value->>0 AND messages.state = 10
			AND messages.claim_token >= $4 AND messages.claim_token < $5`,
	postgres: `UPDATE messages SET state = 70, reason = $1, updated_at = $2, merged_id = (j->>1)::bigint
		FROM json_array_elements($3::json) j WHERE messages.id = (j->>0)::bigint AND messages.state = 10
			AND messages.claim_token >= $4 AND messages.claim_token < $5`,
}

// windowsOf gives the messages in a worker's open windows, and which.
func (t *Tx) windowsOf(ctx context.Context, what string, worker int64) (map[int64]int64, error) {
	in := map[int64]int64{}
	err := t.each(ctx, what, `SELECT id, members FROM windows WHERE worker_id = $1 ORDER BY id`, []any{worker}, func(rows *sql.Rows) error {
		var (
			window  int64
			members string
			keys    []int64
		)
		if err := rows.Scan(&window, &members); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(members), &keys); err != nil {
			return fmt.Errorf("read a window's members: %w", err)
		}
		for _, k := range keys {
			in[k] = window
		}
		return nil
	})
	return in, err
}

// ProveDead notes that a stopped worker's process is gone for certain.
func (t *Tx) ProveDead(ctx context.Context, ids []studymail.ID) error {
	for _, id := range slices.Compact(ids) {
		if _, err := t.exec(ctx, "note that worker "+id.String()+" is gone",
			`UPDATE workers SET proven_dead = 1 WHERE uuid = $1 AND stopped_at IS NOT NULL`, id); err != nil {
			return err
		}
	}
	return nil
}

// UnprovenWorkers lists the stopped workers of a host of which it is not known
// that their process is gone.
func (t *Tx) UnprovenWorkers(ctx context.Context, host, bootID string) ([]studymail.Worker, error) {
	var all []studymail.Worker
	err := t.each(ctx, "list stopped workers", `SELECT `+workerColumns+` FROM workers
		WHERE stopped_at IS NOT NULL AND proven_dead = 0 AND host = $1 AND boot_id = $2 ORDER BY id`, []any{host, bootID},
		func(rows *sql.Rows) error {
			var w studymail.Worker
			err := scanWorker(rows, &w)
			all = append(all, w)
			return err
		})
	return all, err
}

// PurgeWorkers removes the rows of workers that stopped before a time and of
// whose claims nothing is left in doubt.
func (t *Tx) PurgeWorkers(ctx context.Context, before time.Time) (int, error) {
	n, err := t.exec(ctx, "remove old workers", `DELETE FROM workers WHERE stopped_at < $1 AND proven_dead = 1
		AND NOT EXISTS (SELECT 1 FROM windows w WHERE w.worker_id = workers.id)`, ms(before))
	return int(n), err
}
