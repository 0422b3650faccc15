package intake

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"studymail"
)

// Problem names what is wrong in a row. It never has the value.
type Problem struct {
	Row    int    `json:"row"`    // as a spreadsheet numbers it
	Column string `json:"column"` // "" when it is the row as a whole
	Reason string `json:"reason"`
}

const (
	maxKept  = 100_000 // of problems and of warnings: the rest is only counted
	maxShown = 50
)

// Report is what the checks found. Problems and warnings are in the order of
// the rows.
type Report struct {
	Rows            int       `json:"rows"` // good ones
	Problems        []Problem `json:"problems"`
	Warnings        []Problem `json:"warnings"`
	ProblemsNotKept int       `json:"problems_not_listed,omitempty"` // beyond 100,000
	WarningsNotKept int       `json:"warnings_not_listed,omitempty"`
	BadRows         int       `json:"-"` // rows with problems
	RefusedAsAWhole bool      `json:"-"` // the file itself is the problem: skipping rows does not help

	skipBad bool
}

func newReport(skipBad bool) Report {
	return Report{Problems: []Problem{}, Warnings: []Problem{}, skipBad: skipBad}
}

func (r *Report) problem(all ...Problem) {
	n := min(len(all), maxKept-len(r.Problems))
	r.Problems = append(r.Problems, all[:n]...)
	r.ProblemsNotKept += len(all) - n
}

func (r *Report) warn(all ...Problem) {
	n := min(len(all), maxKept-len(r.Warnings))
	r.Warnings = append(r.Warnings, all[:n]...)
	r.WarningsNotKept += len(all) - n
}

// Count is how many problems there are, those that were not kept included.
func (r *Report) Count() (problems, warnings int) {
	return len(r.Problems) + r.ProblemsNotKept, len(r.Warnings) + r.WarningsNotKept
}

// Err says how much is wrong; nil when nothing is, or when the rows concerned
// were to be skipped.
func (r *Report) Err() error {
	problems, _ := r.Count()
	switch {
	case problems == 0, r.skipBad && !r.RefusedAsAWhole:
		return nil
	case r.RefusedAsAWhole:
		return studymail.Errorf(studymail.Invalid, "the file cannot be imported, nothing was written: %s", r.Problems[0].Reason)
	}
	return studymail.Errorf(studymail.Invalid, "%s in %s, so nothing was written; put them right and import again, or leave those rows out with --skip-bad",
		plural(problems, "problem"), plural(r.BadRows, "row"))
}

// WriteTables writes the problems and the warnings as tables, the first 50 of
// each, and counts the rest.
func (r *Report) WriteTables(w io.Writer) error {
	problems, warnings := r.Count()
	if err := writeTable(w, "problem", r.Problems, problems); err != nil {
		return err
	}
	return writeTable(w, "warning", r.Warnings, warnings)
}

func writeTable(w io.Writer, what string, all []Problem, count int) error {
	if count == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "%s:\n", plural(count, what)); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintln(t, "row\tcolumn\treason"); err != nil {
		return err
	}
	for _, p := range all[:min(len(all), maxShown)] {
		column := p.Column
		if column == "" {
			column = "-"
		}
		if _, err := fmt.Fprintf(t, "%d\t%s\t%s\n", p.Row, column, p.Reason); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if rest := count - min(len(all), maxShown); rest > 0 {
		if _, err := fmt.Fprintf(w, "… and %s more\n", number(rest)); err != nil {
			return err
		}
	}
	return nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}

// number writes 1234567 as 1,234,567.
func number(n int) string {
	digits := []byte(strconv.Itoa(n))
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = slices.Insert(digits, i, ',')
	}
	return string(digits)
}
