package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/store"
)

// filterNames are the fields of a filter of patients, in URLs and in forms. No
// personal detail is among them: person is a UUID.
var filterNames = []string{"study", "provider", "status", "cancelled", "in_study", "outcome", "person"}

// patientFilter is a filter of patients as it was asked for.
type patientFilter struct {
	store.PatientFilter
	fields    url.Values // those of filterNames that say something
	studies   []studymail.Study
	providers []studymail.Provider
	study     *studymail.Study // nil: any
	provider  *studymail.Provider
}

// readPatientFilter reads a filter from a form, or from a URL that was put into one,
// and looks up what it names. What is wrong with it is noted in the form.
func (v *visit) readPatientFilter(tx *store.Tx, f *form) (patientFilter, error) {
	p := patientFilter{fields: url.Values{}}
	for _, name := range filterNames {
		for _, value := range f.All(name) {
			if value = strings.TrimSpace(value); value != "" {
				p.fields.Add(name, value)
			}
		}
	}
	var err error
	if p.studies, err = tx.Studies(v.ctx()); err != nil {
		return p, err
	}
	if p.providers, err = tx.Providers(v.ctx()); err != nil {
		return p, err
	}
	if id := p.fields.Get("study"); id != "" {
		i := slices.IndexFunc(p.studies, func(s studymail.Study) bool { return s.ID.String() == id })
		if i < 0 {
			f.Problem("study", "there is no such study; choose one of these")
		} else {
			p.study, p.Study = &p.studies[i], p.studies[i].Key
		}
	}
	if id := p.fields.Get("provider"); id != "" {
		i := slices.IndexFunc(p.providers, func(s studymail.Provider) bool { return s.ID.String() == id })
		if i < 0 {
			f.Problem("provider", "there is no such care provider; choose one of these")
		} else {
			p.provider, p.Provider = &p.providers[i], p.providers[i].Key
		}
	}
	p.readWords(f)
	return p, v.readPeople(tx, f, &p)
}

func (p *patientFilter) readWords(f *form) {
	if w := p.fields.Get("status"); w != "" {
		status, err := studymail.ParseStatus(w)
		if err != nil {
			f.Problem("status", "choose one of these")
		}
		p.Status = &status
	}
	if w := p.fields.Get("cancelled"); w != "" {
		cancelled, err := studymail.ParseCancelled(w)
		if err != nil {
			f.Problem("cancelled", "choose one of these")
		}
		p.Cancelled = &cancelled
	}
	if w := p.fields.Get("in_study"); w != "" {
		yes := w == "yes"
		if !yes && w != "no" {
			f.Problem("in_study", "choose one of these")
		}
		p.InStudy = &yes
	}
	if w := p.fields.Get("outcome"); w != "" {
		outcome, err := parseOutcome(w)
		if err != nil {
			f.Problem("outcome", "choose one of these")
		}
		p.Outcome = &outcome
	}
}

// readPeople reads the people whom a search found, by their UUIDs.
func (v *visit) readPeople(tx *store.Tx, f *form, p *patientFilter) error {
	ids := p.fields["person"]
	if len(ids) == 0 {
		return nil
	}
	p.People = []int64{}
	if len(ids) > maxFound {
		ids = ids[:maxFound]
	}
	for _, text := range ids {
		id, err := studymail.ParseID(text)
		if err != nil {
			f.Problem("person", "that link is not whole: search again")
			return nil //nolint:nilerr // the form says it
		}
		person, err := tx.PersonByID(v.ctx(), id)
		if studymail.CodeOf(err) == studymail.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		p.People = append(p.People, person.Key)
	}
	return nil
}

// words say whom a filter lets through: "of study A, in study".
func (p *patientFilter) words() string {
	var w []string
	if p.study != nil {
		w = append(w, "of study "+p.study.Name)
	}
	if p.provider != nil {
		w = append(w, "of "+p.provider.Name+" ("+p.provider.ODSCode+")")
	}
	if p.Status != nil {
		w = append(w, "with the status "+p.Status.String())
	}
	if p.Cancelled != nil {
		if *p.Cancelled == studymail.NotCancelled {
			w = append(w, "not cancelled")
		} else {
			w = append(w, "cancelled as "+p.Cancelled.String())
		}
	}
	if p.InStudy != nil {
		if *p.InStudy {
			w = append(w, "in study")
		} else {
			w = append(w, "not in study")
		}
	}
	if p.Outcome != nil {
		w = append(w, "whose last letter is “"+outcomeBadge(*p.Outcome).Text+"”")
	}
	if p.People != nil {
		w = append(w, "whom you searched for")
	}
	return strings.Join(w, ", ")
}

// link is the list with this filter and one field changed.
func (p *patientFilter) link(name, value string) string {
	q := url.Values{}
	for n, values := range p.fields {
		q[n] = slices.Clone(values)
	}
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return "/patients"
	}
	return "/patients?" + q.Encode()
}

// any is the first choice of each filter.
func anyOf(text string, rest ...option) []option { return append([]option{{Text: text}}, rest...) }

func (p *patientFilter) studyOptions() []option {
	all := anyOf("Any")
	for i := range p.studies {
		all = append(all, option{Value: p.studies[i].ID.String(), Text: p.studies[i].Name})
	}
	return all
}

func (p *patientFilter) providerOptions() []option {
	all := anyOf("Any")
	for i := range p.providers {
		all = append(all, option{Value: p.providers[i].ID.String(), Text: p.providers[i].Name + " (" + p.providers[i].ODSCode + ")"})
	}
	return all
}

func statusOptions() []option {
	var all []option
	for _, s := range studymail.Statuses() {
		all = append(all, option{Value: strconv.Itoa(int(s)), Text: s.String()})
	}
	return all
}

func cancelledOptions() []option {
	var all []option
	for _, c := range studymail.Cancellations()[1:] {
		all = append(all, option{Value: strconv.Itoa(int(c)), Text: c.String()})
	}
	return all
}

func outcomeOptions() []option {
	var all []option
	for _, o := range outcomes {
		all = append(all, option{Value: o.name, Text: o.badge.Text})
	}
	return all
}

// facet is one filter with how many there would be for each of its choices.
type facet struct {
	Name    string
	Choices []facetChoice
	More    int // care providers that are not shown
}

type facetChoice struct {
	Text    string
	Count   int
	Path    string
	Current bool
}

const facetProviders = 12

// facets lays out what the store counted. What nobody has is left out.
func (p *patientFilter) facets(n *store.PatientFacets) []facet {
	var all []facet
	add := func(name, field string, choices []facetChoice) {
		rest := choices[:0]
		for _, c := range choices {
			if c.Count > 0 || c.Current {
				rest = append(rest, c)
			}
		}
		f := facet{Name: name, Choices: rest}
		if field == "provider" {
			slices.SortStableFunc(f.Choices, func(a, b facetChoice) int { return b.Count - a.Count })
			if len(f.Choices) > facetProviders {
				f.More = len(f.Choices) - facetProviders
				f.Choices = f.Choices[:facetProviders]
			}
		}
		all = append(all, f)
	}
	choice := func(field, value, text string, count int) facetChoice {
		current := p.fields.Get(field) == value
		c := facetChoice{text, count, p.link(field, value), current}
		if current {
			c.Path = p.link(field, "")
		}
		return c
	}
	var studies, providers, statuses, cancelled, inStudy, became []facetChoice
	for i := range p.studies {
		studies = append(studies, choice("study", p.studies[i].ID.String(), p.studies[i].Name, n.Study[p.studies[i].Key]))
	}
	for i := range p.providers {
		providers = append(providers, choice("provider", p.providers[i].ID.String(), p.providers[i].Name, n.Provider[p.providers[i].Key]))
	}
	for _, s := range studymail.Statuses() {
		statuses = append(statuses, choice("status", strconv.Itoa(int(s)), s.String(), n.Status[s]))
	}
	cancelled = append(cancelled, choice("cancelled", "none", "Not cancelled", n.Cancelled[studymail.NotCancelled]))
	for _, c := range studymail.Cancellations()[1:] {
		cancelled = append(cancelled, choice("cancelled", strconv.Itoa(int(c)), c.String(), n.Cancelled[c]))
	}
	inStudy = append(inStudy, choice("in_study", "yes", "In study", n.InStudy[true]), choice("in_study", "no", "Not in study", n.InStudy[false]))
	for _, o := range outcomes {
		became = append(became, choice("outcome", o.name, o.badge.Text, n.Outcome[o.state]))
	}
	add("Study", "study", studies)
	add("Care provider", "provider", providers)
	add("Status", "status", statuses)
	add("Cancelled", "cancelled", cancelled)
	add("In study", "in_study", inStudy)
	add("Last letter", "outcome", became)
	return all
}
