package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// checkpointTries bounds how long a checkpoint waits for readers.
const (
	checkpointTries = 40
	checkpointWait  = 100 * time.Millisecond
)

// Checkpoint brings all that SQLite's log of changes (the -wal file) has into the
// database file and empties it: what was there before a change is gone then, too. done
// is false when somebody reads all the time; try again later. PostgreSQL has nothing
// of the kind for us: done is true.
//
// It has a connection of its own that waits for nobody: the writer is never held up.
func (s *Store) Checkpoint(ctx context.Context) (done bool, err error) {
	if s.kind == Postgres {
		return true, nil
	}
	db, err := sql.Open("sqlite", fileOf(strings.TrimPrefix(s.url, "sqlite:"))+"?_pragma=busy_timeout(0)&_pragma=secure_delete(1)")
	if err != nil {
		return false, fmt.Errorf("empty the log of changes: %w", err)
	}
	defer func() { _ = db.Close() }() // it wrote what others had committed
	db.SetMaxOpenConns(1)
	tick := time.NewTicker(checkpointWait)
	defer tick.Stop()
	for range checkpointTries {
		var busy, log, moved int
		err := db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved)
		switch {
		case err == nil && busy == 0:
			return true, nil
		case err != nil && !transient(err):
			return false, explain("empty the log of changes", err)
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-tick.C:
		}
	}
	return false, nil
}
