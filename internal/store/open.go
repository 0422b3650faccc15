package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"studymail"

	"github.com/jackc/pgx/v5/stdlib" // also registers "pgx"
	_ "modernc.org/sqlite"           // registers "sqlite"
)

// Kind is which database.
type Kind string

// The two databases.
const (
	SQLite   Kind = "sqlite"
	Postgres Kind = "postgres"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	kind  Kind
	url   string
	write *sql.DB // SQLite: one connection, immediate transactions
	read  *sql.DB // SQLite: query_only; PostgreSQL: the same pool
	jobs  *sql.DB // River's own pool
	now   func() time.Time

	prepared *prepared // SQLite's writer's
	pooled   bool      // a pooler such as pgbouncer stands in between: see Pooled
	behind   *behind   // what sending noted for lists
}

// Pooled tells whether PostgreSQL is reached through a pooler that gives each
// transaction any of its connections (the URL says so: default_query_exec_mode
// is exec or simple_protocol). Nothing may then rest on a connection: no
// settings, no prepared statements, no LISTEN.
func (s *Store) Pooled() bool { return s.pooled }

// Kind tells which database it is.
func (s *Store) Kind() Kind { return s.kind }

// URL is what it was opened with. It may hold a password: for River's listener only.
func (s *Store) URL() string { return s.url }

// JobsDB is the job engine's own pool: with SQLite one connection, so that it
// never waits for a transaction of ours that waits for it.
func (s *Store) JobsDB() *sql.DB { return s.jobs }

// Now is the store's clock, at the precision at which times are kept.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// Open opens the database of a DATABASE_URL: sqlite:PATH or postgres://….
// It neither makes tables (Migrate does) nor a missing folder's parents.
func Open(ctx context.Context, databaseURL string, now func() time.Time) (*Store, error) {
	s := &Store{url: databaseURL, now: now, behind: &behind{}}
	var err error
	switch {
	case strings.HasPrefix(databaseURL, "sqlite:"):
		s.kind = SQLite
		err = s.openSQLite(ctx, strings.TrimPrefix(databaseURL, "sqlite:"))
	case strings.HasPrefix(databaseURL, "postgres://"), strings.HasPrefix(databaseURL, "postgresql://"):
		s.kind = Postgres
		err = s.openPostgres(ctx)
	default:
		return nil, studymail.Errorf(studymail.Invalid, "DATABASE_URL: write sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME")
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close closes all pools.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.jobs, s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

func (s *Store) openSQLite(ctx context.Context, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find the database file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return studymail.Errorf(studymail.Unavailable, "make the folder of the database: %w; give DATABASE_URL a folder that can be written", err)
	}
	// synchronous=FULL: NORMAL may lose the last commits on power loss.
	// secure_delete: what was erased is overwritten in the file.
	pragmas := "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_pragma=temp_store(2)"
	dsn := fileOf(path) + "?" + pragmas
	open := func(dsn string, conns int) *sql.DB {
		db, openErr := sql.Open("sqlite", dsn)
		if openErr != nil {
			err = errors.Join(err, openErr)
			return nil
		}
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		db.SetConnMaxIdleTime(0)
		return db
	}
	// Kilobytes of pages that a connection keeps. The writer goes through the
	// messages in their order and needs few at a time; after a split in the middle of
	// a tree, SQLite looks through all that it keeps. Readers find theirs in the
	// kernel's cache.
	s.write = open(dsn+"&_txlock=immediate&_pragma=cache_size(-8192)", 1)
	s.jobs = open(dsn+"&_txlock=immediate&_pragma=cache_size(-4096)", 1)
	s.read = open(dsn+"&_pragma=query_only(1)&_pragma=cache_size(-8192)", 2*runtime.NumCPU())
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if err := s.write.PingContext(ctx); err != nil {
		return explainSQLite(path, err)
	}
	s.prepared = newPrepared()
	// The file holds sealed details, and is still nobody else's business.
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("close the database file to others: %w", err)
	}
	return nil
}

// explainSQLite says what to do about a database file that does not open.
func explainSQLite(path string, err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "not a database"), strings.Contains(text, "malformed"):
		return studymail.Errorf(studymail.Unavailable, "the database file %s is damaged or not a SQLite database: %w; restore a backup, or give DATABASE_URL another path", path, err)
	case strings.Contains(text, "unable to open"), strings.Contains(text, "readonly"), strings.Contains(text, "permission"):
		return studymail.Errorf(studymail.Unavailable, "the database file %s cannot be opened for writing: %w; check its owner and the rights of its folder", path, err)
	case strings.Contains(text, "locked"), strings.Contains(text, "busy"):
		return studymail.Errorf(studymail.Unavailable, "the database file %s is locked by another program: %w; stop that program and try again", path, err)
	case strings.Contains(text, "full"):
		return studymail.Errorf(studymail.Unavailable, "the disk of the database file %s is full: %w; make room and try again", path, err)
	case strings.Contains(text, "I/O"):
		return studymail.Errorf(studymail.Unavailable, "the disk of the database file %s does not work, or is full: %w; look at the disk and at the machine's log", path, err)
	}
	return studymail.Errorf(studymail.Unavailable, "open the database file %s: %w", path, err)
}

func (s *Store) openPostgres(ctx context.Context) error {
	cfg, err := parsePostgres(s.url)
	if err != nil {
		return err
	}
	cfg.RuntimeParams["application_name"] = "studymail"
	var options []stdlib.OptionOpenDB
	if s.pooled = pooled(cfg); !s.pooled {
		options = append(options, stdlib.OptionAfterConnect(setUp))
	}
	s.write = stdlib.OpenDB(*cfg, options...)
	s.write.SetMaxOpenConns(8)
	s.write.SetMaxIdleConns(8)
	s.read = stdlib.OpenDB(*cfg)
	s.read.SetMaxOpenConns(8)
	s.read.SetMaxIdleConns(4)
	s.jobs = stdlib.OpenDB(*cfg)
	s.jobs.SetMaxOpenConns(4)
	s.jobs.SetMaxIdleConns(4) // with the usual two, one was made and thrown away each second
	if err := s.write.PingContext(ctx); err != nil {
		return studymail.Errorf(studymail.Unavailable, "no connection to PostgreSQL at %s: %w; is it running, and is DATABASE_URL right?", hostOf(cfg), scrubbed(err))
	}
	return nil
}
