package store

import (
	"context"
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
	for i, file := range files {
		number, name, _ := strings.Cut(strings.TrimSuffix(file[strings.LastIndexByte(file, '/')+1:], ".sql"), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration file %s: want number %04d", file, i+1)
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
// one lock. A database newer than this binary is refused, unchanged.
func (s *Store) Migrate(ctx context.Context) ([]Migration, error) {
	all, err := s.migrations()
	if err != nil {
		return nil, err
	}
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
			version, err := tx.version(ctx)
			if err != nil {
				return err
			}
			if version > len(all) {
				return newer(version, len(all))
			}
			if version == len(all) {
				return tx.fillReasons(ctx)
			}
			step = &all[version]
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
		version, err := tx.version(ctx)
		if err != nil {
			return &studymail.Error{Code: studymail.Conflict, Message: "the database has no tables yet; run `studymail migrate`", Cause: err}
		}
		if version > len(all) {
			return newer(version, len(all))
		}
		if version < len(all) {
			return studymail.Errorf(studymail.Conflict, "the database has version %d, this program needs %d; run `studymail migrate`", version, len(all))
		}
		return nil
	})
}

func newer(version, known int) error {
	return studymail.Errorf(studymail.Conflict, "the database has version %d, this program knows only %d: it was made by a newer studymail; run that one (nothing was changed)", version, known)
}

func (t *Tx) version(ctx context.Context) (int, error) {
	var v int
	_, err := t.one(ctx, "read the schema's version", `SELECT coalesce(max(version), 0) FROM schema_versions`, nil, &v)
	return v, err
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
