package cli

import (
	"context"
	"errors"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

// env is what the commands of one command line share.
type env struct {
	System
	running bool // flags and arguments were right, as far as cobra can tell
	asJSON  bool
}

// run is the RunE of a command that needs no database.
func (e *env) run(fn func(ctx context.Context, cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		e.running = true
		return fn(cmd.Context(), cmd, args)
	}
}

// job is one run of a command on the open database.
type job struct {
	*app.App
	cmd  *cobra.Command
	args []string
}

// with is the RunE of a command that works on the database: it opens all, and
// closes it behind the command.
func (e *env) with(fn func(ctx context.Context, j *job) error) func(*cobra.Command, []string) error {
	return e.run(func(ctx context.Context, cmd *cobra.Command, args []string) (err error) {
		a, err := app.Open(ctx, e.options())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.Close()) }()
		return fn(ctx, &job{App: a, cmd: cmd, args: args})
	})
}

// options are those of app.Open for this command line.
func (e *env) options() app.Options {
	return app.Options{
		Dir: e.Dir, Environ: e.Environ, Now: e.Now,
		Warn: func(text string) { e.note("note: %s", text) },
	}
}

// actor names who does it, in events.
func (e *env) actor() string { return "cli:" + e.User }

// event notes what was done, in the transaction that did it. Detail holds
// codes, counts and UUIDs only.
func (e *env) event(ctx context.Context, tx *store.Tx, action string, about studymail.ID, detail string) error {
	return tx.AddEvent(ctx, e.actor(), action, about, detail)
}
