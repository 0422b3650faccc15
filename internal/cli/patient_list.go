package cli

import (
	"context"

	"studymail"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

// patientFlags say which patients.
type patientFlags struct {
	study, provider, status, cancelled string
	inStudy                            bool
}

func (f *patientFlags) on(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.study, "study", "", "only patients of the study of this `name`")
	cmd.Flags().StringVar(&f.provider, "provider", "", "only patients of the care provider with this ODS `code`")
	cmd.Flags().StringVar(&f.status, "status", "", "only patients of this `status`: New, Engaged, Consented or Complete")
	cmd.Flags().StringVar(&f.cancelled, "cancelled", "", "only patients who left for this `reason`: Not eligible, Not consented, Opted out or Not contactable; none: who have not left")
	cmd.Flags().BoolVar(&f.inStudy, "in-study", false, "only patients who are in study; --in-study=false: only those who are not")
}

// filter reads the flags that were given.
func (f *patientFlags) filter(ctx context.Context, j *job) (store.PatientFilter, error) {
	var (
		filter store.PatientFilter
		code   string
		err    error
		given  = j.cmd.Flags().Changed
	)
	if given("status") {
		v, err := studymail.ParseStatus(f.status)
		if err != nil {
			return filter, wrongUse("--status: %w", err)
		}
		filter.Status = &v
	}
	if given("cancelled") {
		v, err := studymail.ParseCancelled(f.cancelled)
		if err != nil {
			return filter, wrongUse("--cancelled: %w", err)
		}
		filter.Cancelled = &v
	}
	if given("in-study") {
		filter.InStudy = &f.inStudy
	}
	if given("provider") {
		if code, err = studymail.ParseODSCode(f.provider); err != nil {
			return filter, wrongUse("--provider: %w", err)
		}
	}
	err = j.Store.Read(ctx, func(tx *store.Tx) error {
		if given("study") {
			st, err := tx.StudyByName(ctx, f.study)
			if err != nil {
				return err
			}
			filter.Study = st.Key
		}
		if given("provider") {
			p, err := tx.ProviderByODS(ctx, code)
			if err != nil {
				return err
			}
			filter.Provider = p.Key
		}
		return nil
	})
	return filter, err
}

func (e *env) patientList() *cobra.Command {
	var (
		f      patientFlags
		limit  int
		reveal bool
	)
	cmd := &cobra.Command{
		Use:   "list [--study NAME] [--provider ODS] [--status …] [--cancelled …] [--in-study]",
		Short: "List patients",
		Long:  "List patients in the order in which they came. Personal details are masked unless\n--reveal, which writes an event for each patient shown.",
		Example: `  studymail patient list --study A --in-study
  studymail patient list --provider ABCD001 --cancelled "Opted out" --json
  studymail patient list --study A --limit 3 --reveal`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			if limit < 0 {
				return wrongUse("--limit: 1 or more, or 0 for all")
			}
			filter, err := f.filter(ctx, j)
			if err != nil {
				return err
			}
			out := e.patientPrinter()
			opener := j.Keys.Opener()
			listed, err := j.eachPatient(ctx, filter, limit, func(page []store.PatientRow) error {
				if reveal {
					if err := e.shown(ctx, j.Store, page...); err != nil {
						return err
					}
				}
				for i := range page {
					v, err := view(opener, &page[i], reveal)
					if err != nil {
						return err
					}
					if err := out.add(v); err != nil {
						return err
					}
				}
				return out.page()
			})
			if err != nil {
				return err
			}
			if listed == 0 && !e.asJSON {
				if j.cmd.Flags().NFlag() > 0 {
					return e.say("No such patients. Without flags, `studymail patient list` lists all.")
				}
				return e.say("No patients yet. Import some:\n  studymail import patients.csv --study A")
			}
			return out.end()
		}),
	}
	f.on(cmd)
	cmd.Flags().IntVar(&limit, "limit", 0, "at most this `many`; 0: all")
	revealFlag(cmd, &reveal)
	e.jsonFlag(cmd)
	return cmd
}

const patientsAPage = 1000

// eachPatient hands on pages of patients, in order, until limit (0: none). A
// page is a transaction of its own, so that a long list holds nothing up.
func (j *job) eachPatient(ctx context.Context, f store.PatientFilter, limit int, fn func([]store.PatientRow) error) (listed int, err error) {
	for {
		f.Limit = patientsAPage
		if limit > 0 {
			f.Limit = min(f.Limit, limit-listed)
		}
		var page []store.PatientRow
		err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
			page, err = tx.Patients(ctx, f)
			return err
		})
		if err != nil || len(page) == 0 {
			return listed, err
		}
		if err := fn(page); err != nil {
			return listed, err
		}
		listed += len(page)
		f.After = page[len(page)-1].Key
		if len(page) < f.Limit || listed == limit {
			return listed, nil
		}
	}
}

// patientPrinter prints patients one by one, as a table or as an array.
type patientPrinter struct {
	array *array
	table *table
	env   *env
}

func (e *env) patientPrinter() *patientPrinter {
	if e.asJSON {
		return &patientPrinter{array: e.array()}
	}
	return &patientPrinter{env: e}
}

func (p *patientPrinter) add(v patientView) error {
	if p.array != nil {
		return p.array.add(v)
	}
	if p.table == nil {
		p.table = p.env.table("patient", "study", "provider", "status", "cancelled", "name", "e-mail")
	}
	name := v.FirstName + " " + v.LastName
	if v.Erased {
		name = "erased"
	}
	p.table.row(v.ID, v.Study, v.Provider, v.Status, v.Cancelled, name, v.Email)
	return nil
}

// page ends a page: columns are aligned within it, so that a long table is not
// kept in memory.
func (p *patientPrinter) page() error {
	if p.table != nil {
		return p.table.end()
	}
	return nil
}

func (p *patientPrinter) end() error {
	if p.array != nil {
		return p.array.end()
	}
	return p.table.end()
}
