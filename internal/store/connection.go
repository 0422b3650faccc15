package store

import (
	"context"
	"database/sql"

	"studymail"
)

// WorkerConnections are a worker's connections to the relay.
type WorkerConnections struct {
	Worker int64 // row key
	Open   int   // that carry mail
	Taken  int   // that it may open
	Most   int   // that it would open if it could
}

// OtherConnections lists those of the other workers whose lease runs, oldest
// worker first. It keeps others from looking, too, until the transaction ends.
func (t *Tx) OtherConnections(ctx context.Context, transport string, worker int64) ([]WorkerConnections, error) {
	if _, err := t.LockRate(ctx, transport); err != nil {
		return nil, err
	}
	var all []WorkerConnections
	err := t.each(ctx, "list the workers' connections", `SELECT c.worker_id, c.open, c.taken, c.most
		FROM connections c JOIN workers w ON w.id = c.worker_id
		WHERE c.transport = $1 AND c.worker_id <> $2 AND w.stopped_at IS NULL AND w.lease_until > $3 ORDER BY c.worker_id`,
		[]any{transport, worker, ms(t.now)}, func(rows *sql.Rows) error {
			var c WorkerConnections
			err := rows.Scan(&c.Worker, &c.Open, &c.Taken, &c.Most)
			all = append(all, c)
			return err
		})
	return all, err
}

// SetConnections stores a worker's.
func (t *Tx) SetConnections(ctx context.Context, transport string, c WorkerConnections) error {
	_, err := t.exec(ctx, "store a worker's connections", `INSERT INTO connections (worker_id, transport, open, taken, most) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (worker_id) DO UPDATE SET transport = excluded.transport, open = excluded.open, taken = excluded.taken, most = excluded.most`,
		c.Worker, transport, c.Open, c.Taken, c.Most)
	return err
}

// connectionsOf sums up the connections of the workers whose lease runs.
func (t *Tx) connectionsOf(ctx context.Context, tr *studymail.Transport) error {
	_, err := t.one(ctx, "count connections", `SELECT coalesce(sum(c.open), 0), coalesce(sum(c.most), 0)
		FROM connections c JOIN workers w ON w.id = c.worker_id
		WHERE c.transport = $1 AND w.stopped_at IS NULL AND w.lease_until > $2`,
		[]any{tr.Name, ms(t.now)}, &tr.Connections, &tr.MaxConnections)
	return err
}
