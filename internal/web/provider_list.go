package web

import (
	"strings"

	"studymail"
	"studymail/internal/store"
)

const providersOnAPage = 100

type providerListPage struct {
	Heading heading
	Form    *form
	Active  []option
	Rows    []providerRow
	Empty   empty
	Pager   pager
}

type providerRow struct {
	ID       studymail.ID
	Name     string
	ODSCode  string
	Contact  string
	Phone    string
	State    badge
	Patients int
	InStudy  int
}

// activeOptions filter what can be switched off.
var activeOptions = []option{{Text: "All"}, {Value: "yes", Text: "Active"}, {Value: "no", Text: "Not active"}}

// asked tells whether something is what a list's search asks for.
func asked(f *form, active bool, words ...string) bool {
	if want := f.Get("active"); want != "" && (want == "yes") != active {
		return false
	}
	q := strings.ToLower(strings.TrimSpace(f.Get("q")))
	for _, w := range words {
		if strings.Contains(strings.ToLower(w), q) {
			return true
		}
	}
	return false
}

func (s *site) providerList(v *visit) error {
	var (
		all    []studymail.Provider
		counts map[int64]store.OfWhom
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if all, err = tx.Providers(v.ctx()); err != nil {
			return err
		}
		counts, err = tx.PatientsOfProviders(v.ctx())
		return err
	})
	if err != nil {
		return err
	}
	f := newForm().Set("q", v.query("q")).Set("active", v.query("active"))
	p := providerListPage{
		Form: f, Active: activeOptions,
		Heading: heading{Title: "Care providers", Words: "The practices that care for patients: letters go out on their behalf."},
		Empty:   empty{Heading: "No such care providers", Text: "Take a filter away.", Link: link{"Show all care providers", "/providers"}},
	}
	if v.may(studymail.MayEdit) {
		p.Heading.Actions = []link{{"Add a care provider", "/providers/new"}}
	}
	if len(all) == 0 {
		p.Empty = empty{Heading: "No care providers yet", Text: "A coordinator adds them."}
		if v.may(studymail.MayEdit) {
			p.Empty = empty{Heading: "No care providers yet", Text: "Add the first practice. Its ODS code is how lists of patients name it.", Link: link{"Add a care provider", "/providers/new"}}
		}
	}
	var rows []providerRow
	for i := range all {
		c := &all[i]
		if asked(f, c.Active, c.Name, c.ODSCode, c.Contact, c.ContactName) {
			n := counts[c.Key]
			rows = append(rows, providerRow{c.ID, c.Name, c.ODSCode, c.Contact, c.Phone, activeBadge(c.Active), n.Patients, n.InStudy})
		}
	}
	from := min(int(max(v.number("after", 0), 0)), len(rows))
	var show int
	p.Pager, show = v.newPager("care provider", len(rows)-from, providersOnAPage, func(last int) int64 { return int64(from + last + 1) })
	p.Pager.Total = int64(len(rows))
	p.Rows = rows[from : from+show]
	return v.page("provider_list", "Care providers", p)
}
