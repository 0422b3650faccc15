package intake

import (
	"fmt"
	"strings"
)

// Summary says in a few lines what an import did, or would do.
func (r *Result) Summary() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	problems, warnings := r.Count()
	switch {
	case r.RefusedAsAWhole:
		line("Nothing was written: %s.", r.Problems[0].Reason)
		return b.String()
	case r.Err() != nil:
		line("Nothing was written: %s in %s, %s.", plural(problems, "problem"), plural(r.BadRows, "row"), plural(r.Rows, "good row"))
		return b.String()
	case r.DryRun:
		line("Dry run, nothing was written. An import would do this with %s:", plural(r.Rows, "good row"))
	case r.Written:
		line("Imported %s:", plural(r.Rows, "row"))
	case r.changes() == 0:
		line("Nothing changed: everything in %s is in the database already.", plural(r.Rows, "row"))
	default:
		line("Ready to import %s:", plural(r.Rows, "row"))
	}
	count := func(what string, n int) {
		if n > 0 {
			line("  %s: %s", what, number(n))
		}
	}
	count("people added", r.PeopleAdded)
	count("patients added to the study", r.PatientsAdded)
	count("people whose details are brought up to date", r.DetailsUpdated)
	count("external ids added", r.ExternalIDsAdded)
	count("unchanged", r.Unchanged)
	count("rows with problems, left out", r.Skipped)
	count("care providers created (fill in their contacts with `studymail provider edit`)", len(r.ProvidersCreated))
	count("Not contactable patients with a new address, set back", r.Recontacted)
	count("Not contactable patients with a new address, left so (--recontact in this import sets them back, `studymail patient set` does later)",
		r.NewAddresses-r.Recontacted)
	count("warnings", warnings)
	return b.String()
}

func (r *Result) changes() int {
	return r.PatientsAdded + r.PeopleAdded + r.DetailsUpdated + r.ExternalIDsAdded + r.Recontacted + len(r.ProvidersCreated)
}
