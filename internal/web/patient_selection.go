package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"
)

// selection is whom an action is for: the patients that were ticked, or all that
// match a filter. It travels in the body of forms: UUIDs, or the filter's fields.
type selection struct {
	filter patientFilter
	ids    []studymail.ID // of those that were ticked; nil: all of the filter
}

// maxTicked bounds a list of UUIDs: a page has at most 200 patients.
const maxTicked = 1000

// readSelection reads a selection from a list's form or from a page that carried it
// on:
//
//	patient  UUIDs that were ticked, one or many a field
//	page     all that the page showed, whose UUIDs are in shown
//	all      all that match the filter, whose fields are those of a list's URL
func (v *visit) readSelection(tx *store.Tx, f *form) (selection, error) {
	var (
		sel selection
		err error
	)
	if sel.filter, err = v.readPatientFilter(tx, f); err != nil {
		return sel, err
	}
	if !f.OK() {
		return sel, studymail.Errorf(studymail.Invalid, "the filter of that list is not right any more; go back to the patients and choose again")
	}
	if f.Yes("all") {
		if sel.filter.People == nil {
			return sel, nil
		}
		// Few, and the numbers that are kept do not tell who they are.
		found, err := tx.FindPatients(v.ctx(), store.PatientQuery{PatientFilter: sel.filter.PatientFilter, Limit: maxTicked})
		sel.ids = []studymail.ID{}
		for i := range found.Rows {
			sel.ids = append(sel.ids, found.Rows[i].ID)
		}
		return sel, err
	}
	ticked := f.All("patient")
	if f.Yes("page") {
		ticked = f.All("shown")
	}
	sel.ids = []studymail.ID{}
	for _, field := range ticked {
		for _, text := range strings.Fields(field) {
			id, err := studymail.ParseID(text)
			if err != nil || len(sel.ids) == maxTicked {
				return sel, studymail.Errorf(studymail.Invalid, "that list of patients is not whole; go back and tick them again")
			}
			if !slices.Contains(sel.ids, id) {
				sel.ids = append(sel.ids, id)
			}
		}
	}
	if len(sel.ids) == 0 {
		return sel, studymail.Errorf(studymail.Invalid, "nobody was ticked; nothing was changed: go back, tick patients or “all that match”, and choose again")
	}
	return sel, nil
}

// hidden are the fields by which a form carries the selection on.
func (sel *selection) hidden() []hidden {
	if sel.ids != nil {
		words := make([]string, len(sel.ids))
		for i, id := range sel.ids {
			words[i] = id.String()
		}
		return append([]hidden{{"patient", strings.Join(words, " ")}}, fieldsOf(sel.filter.fields)...)
	}
	return append([]hidden{{"all", "yes"}}, fieldsOf(sel.filter.fields)...)
}

func fieldsOf(values url.Values) []hidden {
	var all []hidden
	for _, name := range filterNames {
		for _, value := range values[name] {
			all = append(all, hidden{name, value})
		}
	}
	return all
}

// back is the list that the selection was made on.
func (sel *selection) back() string { return sel.filter.link("", "") }

// words say whom: "12 ticked patients", "all 214,331 patients of study A".
func (sel *selection) words(n int) string {
	if sel.ids != nil {
		return "the " + countOf(int64(n), "patient") + " that you ticked"
	}
	words := "all " + countOf(int64(n), "patient")
	if n == 1 {
		words = "the only patient"
	}
	if w := sel.filter.words(); w != "" {
		return words + " " + w
	}
	return words
}

// standings counts the selection by status and cancelled.
func (sel *selection) standings(ctx context.Context, tx *store.Tx) ([]store.PatientCount, error) {
	n := map[[2]int]int{}
	if sel.ids != nil {
		rows, err := tx.PatientsByID(ctx, sel.ids)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			n[[2]int{int(rows[i].Status), int(rows[i].Cancelled)}]++
		}
	} else {
		counts, err := tx.PatientStandings(ctx, sel.filter.PatientFilter)
		if err != nil {
			return nil, err
		}
		for _, c := range counts {
			n[[2]int{int(c.Status), int(c.Cancelled)}] += c.Patients
		}
	}
	var all []store.PatientCount
	for _, status := range studymail.Statuses() {
		for _, cancelled := range studymail.Cancellations() {
			if k := n[[2]int{int(status), int(cancelled)}]; k > 0 {
				all = append(all, store.PatientCount{Status: status, Cancelled: cancelled, Patients: k})
			}
		}
	}
	return all, nil
}

// frozen writes standings as a form carries them: what was shown is what is done.
func frozen(all []store.PatientCount) string {
	var words []string
	for _, c := range all {
		words = append(words, fmt.Sprintf("%d/%d=%d", c.Status, c.Cancelled, c.Patients))
	}
	return strings.Join(append(words, "."), " ")
}

func patientsIn(all []store.PatientCount) int {
	n := 0
	for _, c := range all {
		n += c.Patients
	}
	return n
}

// walk goes through the selection.
func (sel *selection) walk(ctx context.Context, tx *store.Tx) (store.PatientWalk, error) {
	if sel.ids != nil {
		return store.PatientWalk{IDs: sel.ids}, nil
	}
	return tx.WalkPatients(ctx, sel.filter.PatientFilter)
}

// workFor is how long each part of long work may take until its answer is on its way.
const workFor = time.Minute

// keepOpen keeps a request open for long work: its parts ask for it.
func (v *visit) keepOpen() {
	until := v.Now().Add(workFor)
	reads := until
	if v.r.Method == http.MethodGet {
		// Nothing more is read of it. A deadline that passes meanwhile, in a machine that
		// slept, would have all later requests of the same connection fail.
		reads = time.Time{}
	}
	_ = v.control().SetReadDeadline(reads) // a recorder of tests has none
	_ = v.control().SetWriteDeadline(until)
}
