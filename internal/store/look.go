package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"studymail"

	sqlite "modernc.org/sqlite"
)

// Look looks at the file of a SQLite database before Open, which already
// changes it: the log of a process that was killed is written back, a copy made
// by VACUUM becomes one with a log. It fails, and has changed nothing, when the
// file was made with other keys or is another program's. Opening PostgreSQL
// changes nothing: there CheckProof comes in time.
func Look(ctx context.Context, databaseURL string, keys Prover, now func() time.Time) error {
	path, embedded := strings.CutPrefix(databaseURL, "sqlite:")
	if !embedded {
		return nil
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find the database file: %w", err)
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil // Open makes it, or tells why it cannot
	}
	db, err := sql.Open("sqlite", fileOf(path)+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	defer func() { _ = db.Close() }() // it only read
	db.SetMaxOpenConns(1)
	s := &Store{kind: SQLite, read: db, now: now}
	if err = s.checkOwner(ctx, path); err == nil {
		err = s.CheckProof(ctx, keys)
	}
	if cause, ok := errors.AsType[*sqlite.Error](err); ok {
		return explainSQLite(path, cause)
	}
	return err
}

// checkOwner tells whether a SQLite file is another program's.
func (s *Store) checkOwner(ctx context.Context, path string) error {
	return s.Read(ctx, func(tx *Tx) error {
		var others, ours bool
		if _, err := tx.one(ctx, "look at the database", `SELECT count(*) > 0, coalesce(max(name = 'schema_versions'), 0)
			FROM sqlite_master WHERE type = 'table'`, nil, &others, &ours); err != nil {
			return err
		}
		if others && !ours {
			return studymail.Errorf(studymail.Conflict,
				"the database file %s is another program's: it has tables, but none of studymail's; give DATABASE_URL another path (nothing was changed)", path)
		}
		return nil
	})
}
