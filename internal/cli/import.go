package cli

import (
	"context"
	"errors"
	"io"

	"studymail/internal/intake"
	"studymail/internal/logs"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) importCommand() *cobra.Command {
	var (
		study string
		o     intake.Options
		yes   bool
	)
	cmd := &cobra.Command{
		Use:   "import FILE.csv --study NAME [--dry-run] [--skip-bad] [--create-providers] [--recontact] [--yes]",
		Short: "Import patients into a study",
		Long: `Import patients into a study from a CSV file, or from standard input for "-".

Columns: username, first_name, last_name, email, ods_code; optional: status,
cancelled (by word or number), external_id. Case, spaces and underscores of the
header do not matter; commas, semicolons and tabs are recognised.

The whole file is checked first, and nothing is written unless everything is
right. Importing a file again changes nothing. Details of people who are there
are brought up to date; their status and opt-outs are not touched.`,
		Example: `  studymail import patients.csv --study A --dry-run
  studymail import patients.csv --study A
  studymail import patients.csv --study A --skip-bad --create-providers --yes --json`,
		Args: exactly("the CSV file"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
				o.Study, err = tx.StudyByName(ctx, study)
				return err
			})
			if err != nil {
				return err
			}
			return e.importFile(ctx, j, o, yes)
		}),
	}
	cmd.Flags().StringVar(&study, "study", "", "`name` of the study")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "check only; write nothing")
	cmd.Flags().BoolVar(&o.SkipBad, "skip-bad", false, "leave rows with problems out instead of refusing all")
	cmd.Flags().BoolVar(&o.CreateProviders, "create-providers", false, "make care providers that are not known, with their ODS code only")
	cmd.Flags().BoolVar(&o.Recontact, "recontact", false, "set Not contactable patients back who get a new address")
	yesFlag(cmd, &yes)
	require(cmd, "study")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) importFile(ctx context.Context, j *job, o intake.Options, yes bool) (err error) {
	name := j.args[0]
	if name != "-" {
		name = e.path(name)
	}
	src, err := intake.OpenCSV(name, e.In, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()

	bar := e.progress("checking", "")
	defer func() { bar.done() }()
	stage := intake.Checking
	o.Actor = e.actor()
	o.Progress = func(now intake.Stage, done, total int64) {
		if now != stage {
			stage = now
			bar.done()
			bar = e.progress("writing", "rows")
		}
		bar.set(done, total)
	}
	o.Confirm = func(_ context.Context, expected *intake.Result) error {
		bar.done()
		if yes || !changes(expected) {
			return nil
		}
		if e.InTerminal {
			if err := showReport(e.Err, expected); err != nil {
				return err
			}
		}
		return e.confirm("Import %s into study %q?", count(expected.Rows, "row"), o.Study.Name)
	}
	began := e.Now()
	im := intake.Importer{Store: j.Store, Sealer: j.Keys.Sealer()}
	res, err := im.Import(ctx, src, o)
	bar.done()
	problems, warnings := res.Count()
	logs.Imported(j.Logs.App, o.Study.ID, res.Rows, problems, warnings, e.Now().Sub(began))
	if err != nil {
		return err
	}
	if e.asJSON {
		if err := e.print(&res); err != nil {
			return err
		}
		return res.Err()
	}
	if err := showReport(e.Out, &res); err != nil {
		return err
	}
	return res.Err()
}

// showReport prints what the checks found, and what an import did or would do.
// Where that is nothing but an error, the error itself tells it.
func showReport(w io.Writer, r *intake.Result) error {
	if err := r.WriteTables(w); err != nil {
		return cannotPrint(err)
	}
	if r.Err() == nil {
		_, err := io.WriteString(w, r.Summary())
		return cannotPrint(err)
	}
	return nil
}

// changes tells whether an import would change anything.
func changes(r *intake.Result) bool {
	return r.PeopleAdded+r.PatientsAdded+r.DetailsUpdated+r.ExternalIDsAdded+r.Recontacted+len(r.ProvidersCreated) > 0
}
