package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/config"

	"github.com/spf13/cobra"
)

func (e *env) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Make what studymail needs: .env with fresh keys, and the database",
		Long: `Make .env with fresh keys (unless there is one: it is never overwritten), then the
database and its tables. Running it again changes nothing that is there. It loads
no sample data.

Keep a copy of .env in a safe place: without its keys nobody can read the
personal details in the database, studymail included.`,
		Example: `  studymail init
  DATABASE_URL=postgres://studymail@localhost/studymail studymail init`,
		Args: exactly(),
		RunE: e.run(func(ctx context.Context, _ *cobra.Command, _ []string) (err error) {
			if err := e.initEnv(); err != nil {
				return err
			}
			o := e.options()
			o.Tables = app.Make
			a, err := app.Open(ctx, o)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, a.Close()) }()
			if err := e.sayTables(a); err != nil {
				return err
			}
			return e.say("Ready. Next:\n  studymail provider add --name \"Smith's Surgery\" --ods ABCD001 --contact \"Dr Smith\"\n  studymail serve")
		}),
	}
}

// initEnv makes sure that there are keys: those in the environment, those in
// .env, or fresh ones in a new .env.
func (e *env) initEnv() error {
	cfg, _, err := config.Load(e.Dir, e.Environ)
	if err != nil {
		return err
	}
	_, err = os.Lstat(filepath.Join(e.Dir, ".env"))
	there := err == nil
	switch keys := !cfg.MasterKeyset.IsEmpty(); {
	case keys && there:
		return e.say("There is a .env already; it stays as it is.")
	case keys:
		return e.say("The keys come from the environment; no .env is made.")
	case there:
		return studymail.Errorf(studymail.Conflict, "the .env here has no keys and is never overwritten: move it away, run `studymail init` again, and put your values into the new one")
	}
	if _, err := config.WriteEnv(e.Dir); err != nil {
		return err
	}
	return e.say("Made .env with fresh keys. Keep a copy of it in a safe place.")
}
