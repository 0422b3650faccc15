package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/jobs"
	"studymail/internal/logs"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Tables say what Open does about a database without tables, or with old ones.
type Tables int

// What Open does about tables.
const (
	MustBeThere  Tables = iota // fail, and say what to run
	MakeEmbedded               // make them in the embedded database; PostgreSQL's must be there
	Make                       // make them
)

// Options of Open.
type Options struct {
	Dir     string   // where .env is, and what relative paths are relative to
	Environ []string // as os.Environ
	Now     func() time.Time
	Tables  Tables
	Console io.Writer         // log lines for whoever watches; nil: to the files only
	Warn    func(text string) // told what is odd and no error
}

// App is what every command needs.
type App struct {
	Config *config.Config
	Logs   *logs.Logs
	Keys   *sealed.Keys
	Store  *store.Store
	Now    func() time.Time
	Made   []store.Migration // what was done to the tables

	// Patience of pages for numbers that take long to count, before they say about how
	// many; 0: their own. Browser tests on a busy machine have more.
	Patience time.Duration

	dir     string // as Options have them: to read the keysets anew
	environ []string
}

// Open opens configuration, keys, logs and database, in this order, and checks
// that the keys are those that the database was made with. With the wrong ones
// it fails and changes nothing. Who was erased, and is there again in a restored
// database, is erased again before it gives anything back.
func Open(ctx context.Context, o Options) (_ *App, err error) {
	a := &App{Now: o.Now, dir: o.Dir, environ: o.Environ}
	if a.Config, err = LoadConfig(o); err != nil {
		return nil, err
	}
	if a.Keys, err = keysOf(a.Config); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err = a.openStore(ctx, o.Tables); err != nil {
		return nil, err
	}
	if err = a.openLogs(o); err != nil {
		return nil, err
	}
	// Before anything else is done with a database that may have been restored.
	if err = a.keepErased(ctx, a.Logs.App); err != nil {
		return nil, err
	}
	return a, nil
}

func keysOf(c *config.Config) (*sealed.Keys, error) {
	if c.MasterKeyset.IsEmpty() && c.HashKeyset.IsEmpty() && c.SigningKeyset.IsEmpty() {
		return nil, studymail.Errorf(studymail.NotFound, "there are no keys: run `studymail init` first, or start studymail where its .env is")
	}
	keys, err := sealed.ParseKeys(c.MasterKeyset, c.HashKeyset, c.SigningKeyset)
	if err != nil {
		return nil, studymail.Errorf(studymail.Invalid, "%w", err)
	}
	return keys, nil
}

// Close closes what Open opened.
func (a *App) Close() error {
	var errs []error
	if a.Store != nil {
		errs = append(errs, a.Store.Close())
	}
	if a.Logs != nil {
		errs = append(errs, a.Logs.Close())
	}
	return errors.Join(errs...)
}

func (a *App) openStore(ctx context.Context, tables Tables) (err error) {
	url := a.Config.DatabaseURL.Reveal()
	if path, embedded := strings.CutPrefix(url, "sqlite:"); embedded && tables == MustBeThere {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return studymail.Errorf(studymail.NotFound, "there is no database at %s; run `studymail init` first, or start studymail where its .env is", path)
		}
	}
	if err := store.Look(ctx, url, a.Keys, a.Now); err != nil {
		return err
	}
	if a.Store, err = store.Open(ctx, url, a.Now); err != nil {
		return err
	}
	if err := a.Store.CheckProof(ctx, a.Keys); err != nil {
		return err
	}
	if tables == Make || tables == MakeEmbedded && a.Store.Kind() == store.SQLite {
		if err := a.makeTables(ctx); err != nil {
			return err
		}
	} else {
		if err := a.Store.CheckVersion(ctx); err != nil {
			return err
		}
		if err := jobs.CheckVersion(ctx, a.Store); err != nil {
			return err
		}
	}
	return a.Store.EnsureProof(ctx, a.Keys)
}

func (a *App) makeTables(ctx context.Context) (err error) {
	if a.Made, err = a.Store.Migrate(ctx); err != nil {
		return err
	}
	if err := jobs.Migrate(ctx, a.Store); err != nil {
		return err
	}
	return a.ensureBuiltins(ctx)
}

// ensureBuiltins makes the built-in schedules, and brings those that there are
// up to what is configured.
func (a *App) ensureBuiltins(ctx context.Context) error {
	return jobs.EnsureBuiltins(ctx, a.Store, a.Config.SweepEvery, a.Config.TimeZone.String())
}
