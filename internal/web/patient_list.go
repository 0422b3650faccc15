package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"
)

type patientListPage struct {
	Heading  heading
	Form     *form
	Studies  []option
	Provider []option
	Status   []option
	Left     []option
	InStudy  []option
	Outcome  []option
	Sort     []option
	Size     []option
	People   []string // UUIDs whom a search found

	Search   *form // by address, username or UUID
	ByDetail bool  // … by more than a UUID
	Total    int
	Facets   []facet
	Rows     []patientRow
	Hidden   []hidden // the filter, for actions on all that match
	Actions  []action
	Short    bool
	Empty    empty
	Pager    pager
	Filtered string
	Behind   bool // letters wait, or are asked for: what became of them follows
}

type patientRow struct {
	ID        studymail.ID
	Username  string
	Study     link
	Provider  link
	Status    badge
	Cancelled badge
	InStudy   badge
	Outcome   badge
	Updated   moment
}

// hidden is a field that a form carries on.
type hidden struct{ Name, Value string }

// action is a button of a list: what is done to those that are ticked.
type action struct {
	Text, Path string
}

// patientSorts are the ways to sort. Names and addresses are sealed, and UUIDs are in
// the order of adding.
var patientSorts = []struct {
	name  string
	text  string
	order store.PatientOrder
	desc  bool
}{
	{"", "Added, newest first", store.ByAdded, true},
	{"added", "Added, oldest first", store.ByAdded, false},
	{"-updated", "Changed, newest first", store.ByUpdated, true},
	{"updated", "Changed, oldest first", store.ByUpdated, false},
}

var patientSizes = []string{"50", "25", "100", "200"}

func (s *site) patientList(v *visit) error {
	f := newForm()
	for _, name := range append([]string{"sort", "size", "after"}, filterNames...) {
		f.values[name] = v.r.URL.Query()[name]
	}
	return s.listPatients(v, http.StatusOK, f, newForm())
}

func (s *site) listPatients(v *visit, status int, f, search *form) error {
	var (
		filter patientFilter
		facets store.PatientFacets
		found  store.PatientPage
	)
	q := patientQueryOf(f)
	err := v.read(func(tx *store.Tx) (err error) {
		if filter, err = v.readPatientFilter(tx, f); err != nil || !f.OK() {
			return err
		}
		q.PatientFilter = filter.PatientFilter
		if filter.People != nil {
			facets.Total, err = tx.CountPatients(v.ctx(), filter.PatientFilter)
		} else {
			facets, err = tx.PatientFacets(v.ctx(), filter.PatientFilter)
		}
		if q.Total = facets.Total; err != nil || q.Total == 0 {
			return err
		}
		found, err = tx.FindPatients(v.ctx(), q)
		return err
	})
	if err != nil {
		return err
	}
	p := patientListPage{
		Heading: heading{Title: "Patients", Words: "A patient is one person in one study. Names and addresses are sealed: lists show them masked, and cannot be sorted by them. UUIDs are in the order of adding."},
		Form:    f, Search: search, ByDetail: v.may(studymail.MaySeeDetails), Studies: filter.studyOptions(), Provider: filter.providerOptions(),
		Status: anyOf("Any", statusOptions()...), Left: anyOf("Any", append([]option{{Value: "none", Text: "Not cancelled"}}, cancelledOptions()...)...),
		InStudy: anyOf("Any", option{Value: "yes", Text: "Yes"}, option{Value: "no", Text: "No"}), Outcome: anyOf("Any", outcomeOptions()...),
		People: filter.fields["person"], Filtered: filter.words(), Total: facets.Total, Short: found.Short, Actions: s.patientActions(v),
		Empty: noPatients(v, &filter),
	}
	for _, o := range patientSorts {
		p.Sort = append(p.Sort, option{Value: o.name, Text: o.text})
	}
	for _, n := range patientSizes {
		p.Size = append(p.Size, option{Value: n, Text: n + " on a page"})
	}
	if v.may(studymail.MayEdit) {
		p.Heading.Actions = []link{{"Import patients", "/imports/new"}, {"Add a patient", "/patients/new"}}
	}
	if !f.OK() {
		return v.pageAs(http.StatusUnprocessableEntity, "patient_list", "Patients", p)
	}
	if filter.People == nil {
		p.Facets = filter.facets(&facets)
	}
	p.Behind = filter.Outcome != nil || facets.Outcome[studymail.Queued] > 0
	for i := range found.Rows {
		row, err := s.patientRow(&found.Rows[i], filter.studies, filter.providers)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	for name, values := range filter.fields {
		for _, value := range values {
			p.Hidden = append(p.Hidden, hidden{name, value})
		}
	}
	p.Pager = pager{Shown: len(p.Rows), What: "patient", Total: int64(facets.Total)}
	if q.From != nil {
		p.Pager.First = filter.page(f, "")
	}
	if found.Next != nil {
		p.Pager.Next = filter.page(f, placeText(q.Order, found.Next))
	}
	return v.pageAs(status, "patient_list", "Patients", p)
}

// patientQueryOf reads how a list is sorted, and which page of it is asked for.
func patientQueryOf(f *form) store.PatientQuery {
	q := store.PatientQuery{Order: store.ByAdded, Descending: true, Limit: 50}
	for _, o := range patientSorts {
		if o.name == f.Get("sort") {
			q.Order, q.Descending = o.order, o.desc
		}
	}
	for _, n := range patientSizes {
		if n == f.Get("size") {
			q.Limit, _ = strconv.Atoi(n)
		}
	}
	q.From = placeOf(q.Order, f.Get("after"))
	return q
}

// page is the list with the same filter and order, from a place on.
func (p *patientFilter) page(f *form, after string) string {
	q := url.Values{}
	for name, values := range p.fields {
		q[name] = values
	}
	for name, value := range map[string]string{"sort": f.Get("sort"), "size": f.Get("size"), "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return (&url.URL{Path: "/patients", RawQuery: q.Encode()}).String()
}

// placeText writes where a page begins: a row's number, with its time where that is
// what is sorted by.
func placeText(order store.PatientOrder, p *store.PatientPlace) string {
	if order == store.ByUpdated {
		return strconv.FormatInt(p.Updated.UnixMilli(), 10) + "." + strconv.FormatInt(p.Key, 10)
	}
	return strconv.FormatInt(p.Key, 10)
}

// placeOf reads it; what cannot be read is the first page.
func placeOf(order store.PatientOrder, text string) *store.PatientPlace {
	at, key, timed := strings.Cut(text, ".")
	if timed != (order == store.ByUpdated) {
		return nil
	}
	if !timed {
		at, key = "0", text
	}
	ms, err1 := strconv.ParseInt(at, 10, 64)
	k, err2 := strconv.ParseInt(key, 10, 64)
	if err1 != nil || err2 != nil {
		return nil
	}
	return &store.PatientPlace{Key: k, Updated: time.UnixMilli(ms)}
}

func (s *site) patientRow(p *store.PatientRow, studies []studymail.Study, providers []studymail.Provider) (patientRow, error) {
	o, err := s.open(p)
	if err != nil {
		return patientRow{}, err
	}
	row := patientRow{
		ID: p.ID, Username: o.username(), Study: link{Text: p.StudyName}, Provider: link{Text: p.ProviderName},
		Status: statusBadge(p.Status), Cancelled: cancelledBadge(p.Cancelled), InStudy: inStudyBadge(&p.Patient), Outcome: outcomeBadge(p.Outcome),
		Updated: s.timeOf(p.UpdatedAt),
	}
	for i := range studies {
		if studies[i].Key == p.Study {
			row.Study.Path = "/studies/" + studies[i].ID.String()
		}
	}
	for i := range providers {
		if providers[i].Key == p.Provider {
			row.Provider.Path = "/providers/" + providers[i].ID.String()
		}
	}
	return row, nil
}

// noPatients says what to do where there is nobody.
func noPatients(v *visit, filter *patientFilter) empty {
	switch {
	case len(filter.fields) > 0:
		return empty{Heading: "No such patients", Text: "Nobody is " + filter.words() + ". Take a filter away.", Link: link{"Show all patients", "/patients"}}
	case !v.may(studymail.MayEdit):
		return empty{Heading: "No patients yet", Text: "A coordinator imports them, or adds them one by one."}
	case v.hasRoute("GET", "/imports"):
		return empty{Heading: "No patients yet", Text: "Import a list of them, or add one by hand.", Link: link{"Import patients", "/imports"}}
	}
	return empty{Heading: "No patients yet", Text: "Add the first one.", Link: link{"Add a patient", "/patients/new"}}
}

// hasRoute tells whether a page is there: some are added by others.
func (v *visit) hasRoute(method, path string) bool {
	for _, rt := range routes() {
		if rt.method == method && rt.path == path {
			return true
		}
	}
	return false
}

// patientActions are the buttons that a user has a use for.
func (s *site) patientActions(v *visit) []action {
	var all []action
	if v.may(studymail.MaySend) && v.hasRoute("POST", "/patients/send") {
		all = append(all, action{"Send e-mail…", "/patients/send"})
	}
	if v.may(studymail.MayEdit) {
		all = append(all, action{"Set status…", "/patients/status"}, action{"Cancel…", "/patients/cancel"}, action{"Undo a cancellation…", "/patients/restore"})
	}
	return append(all, action{"Export CSV…", "/patients/export"})
}
