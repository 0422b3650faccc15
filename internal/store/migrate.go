package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"studymail"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// Migration is one numbered step of the schema, forward only.
type Migration struct {
	Version int
	Name    string
	sql     string
}

func (s *Store) migrations() ([]Migration, error) {
	files, err := fs.Glob(migrations, "migrations/"+string(s.kind)+"/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	slices.Sort(files)
	var all []Migration
	for _, file := range files {
		number, name, _ := strings.Cut(strings.TrimSuffix(file[strings.LastIndexByte(file, '/')+1:], ".sql"), "_")
		version, err := strconv.Atoi(number)
		if err != nil || len(all) > 0 && version <= all[len(all)-1].Version {
			return nil, fmt.Errorf("migration file %s: want a number of its own in front of the name", file)
		}
		text, err := migrations.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", file, err)
		}
		all = append(all, Migration{version, name, string(text)})
	}
	return all, nil
}

var lockMigrations = both{
	// The immediate transaction is the lock.
	sqlite: `SELECT 1`,
	// Any number will do as long as it is always the same.
	postgres: `SELECT pg_advisory_xact_lock(7305805642891001)`,
}

const makeVersions = `CREATE TABLE IF NOT EXISTS schema_versions (
    version    INTEGER PRIMARY KEY,
    name       TEXT   NOT NULL,
    applied_at BIGINT NOT NULL
)`

// Migrate brings the schema up to date and gives what it did. Two processes
// that start at once do not collide: each migration is one transaction under
// one lock. What counts is which migrations a database had, not how many: one
// that comes from another branch with a lower number is not passed over. A
// database newer than this binary is refused, unchanged.
func (s *Store) Migrate(ctx context.Context) ([]Migration, error) {
	all, err := s.migrations()
	if err != nil {
		return nil, err
	}
	return s.migrate(ctx, all)
}

func (s *Store) migrate(ctx context.Context, all []Migration) ([]Migration, error) {
	var done []Migration
	for {
		var step *Migration
		err := s.Write(ctx, func(tx *Tx) error {
			step = nil
			if _, err := tx.tx.ExecContext(ctx, tx.pick(lockMigrations)); err != nil {
				return explain("take the migration lock", err)
			}
			if _, err := tx.exec(ctx, "make the table of versions", makeVersions); err != nil {
				return err
			}
			todo, err := tx.todo(ctx, all)
			if err != nil {
				return err
			}
			if len(todo) == 0 {
				return tx.fillReasons(ctx)
			}
			step = &todo[0]
			if _, err := tx.exec(ctx, "migrate to version "+strconv.Itoa(step.Version), step.sql); err != nil {
				return err
			}
			_, err = tx.exec(ctx, "note the version", `INSERT INTO schema_versions (version, name, applied_at) VALUES ($1, $2, $3)`,
				step.Version, step.Name, ms(tx.now))
			return err
		})
		if err != nil || step == nil {
			return done, err
		}
		done = append(done, *step)
	}
}

// CheckVersion tells whether the schema is that of this binary.
func (s *Store) CheckVersion(ctx context.Context) error {
	all, err := s.migrations()
	if err != nil {
		return err
	}
	return s.Read(ctx, func(tx *Tx) error {
		err := tx.hasVersions(ctx)
		if studymail.CodeOf(err) == studymail.Unavailable {
			return err
		}
		if err != nil {
			return &studymail.Error{Code: studymail.Conflict, Message: "the database has no tables yet; run `studymail migrate`", Cause: err}
		}
		todo, err := tx.todo(ctx, all)
		if err != nil || len(todo) == 0 {
			return err
		}
		return studymail.Errorf(studymail.Conflict, "the database lacks version %d (%s), which this program needs; run `studymail migrate`", todo[0].Version, todo[0].Name)
	})
}

func newer(version, known int) error {
	return studymail.Errorf(studymail.Conflict, "the database has version %d, this program knows only %d: it was made by a newer studymail; run that one (nothing was changed)", version, known)
}

// hasVersions fails when the schema's versions cannot be read: before the first
// migration, there is no table of them.
func (t *Tx) hasVersions(ctx context.Context) error {
	var v int
	_, err := t.one(ctx, "read the schema's version", `SELECT coalesce(max(version), 0) FROM schema_versions`, nil, &v)
	return err
}

// todo gives the migrations that the database did not have yet, in order. It
// fails for a database that had one which this program does not know.
func (t *Tx) todo(ctx context.Context, all []Migration) ([]Migration, error) {
	had := map[int]bool{}
	err := t.each(ctx, "read the schema's versions", `SELECT version FROM schema_versions`, nil, func(rows *sql.Rows) error {
		var v int
		err := rows.Scan(&v)
		had[v] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	var todo []Migration
	latest := 0
	for _, m := range all {
		if latest = m.Version; !had[m.Version] {
			todo = append(todo, m)
		}
		delete(had, m.Version)
	}
	for v := range had {
		return nil, newer(v, latest)
	}
	return todo, nil
}

func (t *Tx) fillReasons(ctx context.Context) error {
	for _, r := range studymail.Reasons() {
		if _, err := t.exec(ctx, "fill the table of reasons",
			`INSERT INTO reasons (reason) VALUES ($1) ON CONFLICT (reason) DO NOTHING`, string(r)); err != nil {
			return err
		}
	}
	return nil
}
