package jobs

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"studymail"
	"studymail/internal/store"
)

// driverOf gives River's driver for the database. Both work on *sql.Tx, so that
// a job can be queued in any transaction of ours.
func driverOf(s *store.Store) riverdriver.Driver[*sql.Tx] {
	if s.Kind() == store.Postgres {
		return riverdatabasesql.New(s.JobsDB())
	}
	return riversqlite.New(s.JobsDB())
}

// Any number will do as long as it is always the same, and not the store's.
const lockRiverMigrations = `SELECT pg_advisory_xact_lock(7305805642891002)`

// Migrate brings River's tables up to date. Two processes that start at once do
// not collide.
func Migrate(ctx context.Context, s *store.Store) error {
	migrator, err := rivermigrate.New(driverOf(s), &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		return fmt.Errorf("read the job tables' migrations: %w", err)
	}
	if s.Kind() == store.SQLite {
		// One immediate transaction is lock and all-or-nothing in one. River
		// advises against it for PostgreSQL's sake: enum values cannot be used
		// in the transaction that adds them.
		return s.Write(ctx, func(tx *store.Tx) error {
			if _, err := migrator.MigrateTx(ctx, tx.SQL(), rivermigrate.DirectionUp, nil); err != nil { //nolint:staticcheck // see above
				return cannotMigrate(err)
			}
			return nil
		})
	}
	// The lock is held by a transaction of its own while River uses others.
	lock, err := s.JobsDB().BeginTx(ctx, nil)
	if err != nil {
		return cannotMigrate(err)
	}
	defer func() { _ = lock.Rollback() }() // it has nothing to keep
	if _, err := lock.ExecContext(ctx, lockRiverMigrations); err != nil {
		return cannotMigrate(err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return cannotMigrate(err)
	}
	return nil
}

// CheckVersion tells whether River's tables are those that this program needs.
func CheckVersion(ctx context.Context, s *store.Store) error {
	migrator, err := rivermigrate.New(driverOf(s), &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		return fmt.Errorf("read the job tables' migrations: %w", err)
	}
	// In a transaction that only reads: a look must not wait for those who write.
	var res *rivermigrate.ValidateResult
	err = s.Read(ctx, func(tx *store.Tx) (err error) {
		res, err = migrator.ValidateTx(ctx, tx.SQL(), nil)
		return err
	})
	if studymail.CodeOf(err) == studymail.Unavailable {
		return err
	}
	if err != nil {
		return &studymail.Error{Code: studymail.Unavailable, Message: "the job tables cannot be read; run `studymail migrate`", Cause: err}
	}
	if !res.OK {
		return studymail.Errorf(studymail.Conflict, "the job tables are older than this program; run `studymail migrate`")
	}
	return nil
}

func cannotMigrate(err error) error {
	return &studymail.Error{Code: studymail.Unavailable, Message: "the job tables could not be brought up to date; nothing of the failed step was kept, try again", Cause: err}
}
