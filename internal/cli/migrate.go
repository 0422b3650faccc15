package cli

import (
	"context"
	"errors"

	"studymail/internal/app"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's tables up to date",
		Long: `Bring the tables up to the version that this studymail needs. With PostgreSQL run
it after each upgrade, before the processes start; with the embedded database
` + "`studymail serve`" + ` does it by itself. Running it again, or twice at once, does no harm.`,
		Example: `  studymail migrate`,
		Args:    exactly(),
		RunE: e.run(func(ctx context.Context, _ *cobra.Command, _ []string) (err error) {
			o := e.options()
			o.Tables = app.Make
			a, err := app.Open(ctx, o)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, a.Close()) }()
			return e.sayTables(a)
		}),
	}
}

// sayTables tells what was done to the tables.
func (e *env) sayTables(a *app.App) error {
	where := "the PostgreSQL database"
	if a.Store.Kind() == store.SQLite {
		where = a.Config.DatabaseURL.Reveal()
	}
	if len(a.Made) == 0 {
		return e.say("The tables in %s are up to date.", where)
	}
	for _, m := range a.Made {
		if err := e.say("Tables in %s: version %d (%s).", where, m.Version, m.Name); err != nil {
			return err
		}
	}
	return nil
}
