package web

import (
	"net/http"
	"net/url"
	"strconv"

	"studymail"
	"studymail/internal/store"
)

const (
	campaignsOfATemplate = 20
	versionsShown        = 20
)

type templateShowPage struct {
	Heading   heading
	ID        studymail.ID
	Path      string
	Version   int
	Newest    bool
	Facts     []fact
	MayWrite  bool
	MayShow   bool // the letter with the patient's own details
	Archived  bool
	Form      *form
	Sample    sampleFields
	Patient   string // a real one is previewed
	Preview   previewed
	Versions  []versionRow
	More      int // versions that are not shown
	Campaigns []studyCampaign
	History   []entry
	Trial     bool // a test letter can be sent
}

func (s *site) templateShow(v *visit) error {
	m, err := s.templateOf(v)
	if err != nil {
		return err
	}
	f := sampleForm(v)
	sm, err := s.readSample(v, f, false)
	if err != nil {
		return err
	}
	return s.showTemplate(v, &m, int(v.number("version", int64(m.Versions))), f, &sm)
}

// sampleForm takes whom a preview is for from the query, where only UUIDs stand.
func sampleForm(v *visit) *form {
	f := newForm()
	for _, name := range []string{"study", "provider", "patient"} {
		f.Set(name, v.query(name))
	}
	return f
}

// templateSample goes to the preview for whom was chosen. What was typed stands in
// the body of the request; the page that it leads to is named by UUIDs.
func (s *site) templateSample(v *visit) error {
	m, err := s.templateOf(v)
	if err != nil {
		return err
	}
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(f.Get("version_shown"))
	if err != nil {
		number = m.Versions
	}
	sm, err := s.readSample(v, f, false)
	if err != nil {
		return err
	}
	if !f.OK() {
		return s.showTemplate(v, &m, number, f, &sm)
	}
	return v.redirect("/templates/" + m.ID.String() + "?" + sampleQuery(f, number))
}

// sampleQuery says in a URL which version is shown, and for whom.
func sampleQuery(f *form, number int) string {
	q := url.Values{"version": {strconv.Itoa(number)}}
	for _, name := range []string{"study", "provider", "patient"} {
		if id, err := studymail.ParseID(f.Get(name)); err == nil {
			q.Set(name, id.String())
		}
	}
	return q.Encode()
}

func (s *site) showTemplate(v *visit, m *studymail.Template, number int, f *form, sm *sample) error {
	text, err := s.versionOf(v, m, number)
	if err != nil {
		return err
	}
	p := templateShowPage{
		ID: m.ID, Path: "/templates/" + m.ID.String(), Version: number, Newest: number == m.Versions, Form: f,
		MayWrite: v.may(studymail.MayWrite), MayShow: v.may(studymail.MaySeeDetails), Archived: m.Archived,
		Trial: s.SendTest != nil && v.may(studymail.MayWrite),
	}
	if p.Preview, err = s.preview(v, draftOf(&text, m.Kind), sm, false); err != nil {
		return err
	}
	p.Preview.Frame = p.Path + "/frame?" + sampleQuery(f, number)
	if !sm.patient.IsZero() {
		p.Patient = sm.patient.String()
	}
	if p.Sample, err = s.sampleChoices(v); err != nil {
		return err
	}
	if err := s.templateFacts(v, &p, m, &text); err != nil {
		return err
	}
	status := http.StatusOK
	if !f.OK() {
		status = http.StatusUnprocessableEntity
	}
	v.frames()
	return v.pageAs(status, "template_show", p.Heading.Title, p)
}

// templateFacts fills what the page tells of a template besides the letter.
func (s *site) templateFacts(v *visit, p *templateShowPage, m *studymail.Template, text *studymail.TemplateVersion) error {
	var campaigns []store.CampaignRow
	err := v.read(func(tx *store.Tx) (err error) {
		campaigns, err = tx.CampaignsOfTemplate(v.ctx(), m.Key, campaignsOfATemplate)
		return err
	})
	if err != nil {
		return err
	}
	for i := range campaigns {
		k := &campaigns[i]
		to := ""
		if v.hasRoute("GET", "/campaigns/{id}") {
			to = "/campaigns/" + k.ID.String()
		}
		p.Campaigns = append(p.Campaigns, studyCampaign{link{k.Name, to}, "", campaignBadge(k.State), s.timeOf(k.CreatedAt)})
	}
	if p.Versions, _, err = s.versionsOf(v, m); err != nil {
		return err
	}
	p.More = max(0, len(p.Versions)-versionsShown)
	p.Versions = p.Versions[:min(len(p.Versions), versionsShown)]
	p.Heading = heading{Title: m.Name, Up: link{"Templates", "/templates"}}
	if p.MayWrite && p.Newest && !m.Archived {
		p.Heading.Actions = []link{{"Edit", p.Path + "/edit"}}
	}
	of := strconv.Itoa(text.Number)
	if !p.Newest {
		of += " of " + strconv.Itoa(m.Versions)
	}
	p.Facts = []fact{
		{"State", archivedBadge(m.Archived)},
		{"Kind", letterKindBadge(m.Kind)},
		{"Version", of},
		{"Written", s.timeOf(text.CreatedAt)},
		{"Format", map[string]string{"markdown": "Markdown", "html": "HTML"}[text.Format]},
		{"Added", s.timeOf(m.CreatedAt)},
		{"UUID", m.ID.String()},
	}
	p.History, err = s.history(v, m.ID)
	return err
}

// templateFrame answers with the HTML of a version, masked where it is for a patient.
func (s *site) templateFrame(v *visit) error {
	m, err := s.templateOf(v)
	if err != nil {
		return err
	}
	text, err := s.versionOf(v, &m, int(v.number("version", int64(m.Versions))))
	if err != nil {
		return err
	}
	sm, err := s.readSample(v, sampleForm(v), false)
	if err != nil {
		return err
	}
	return s.letterFrame(v, draftOf(&text, m.Kind), &sm)
}

// templateFrameShown answers with the HTML of a version with a patient's own details,
// and writes that down first.
func (s *site) templateFrameShown(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	m, err := s.templateOf(v)
	if err != nil {
		return err
	}
	text, err := s.versionShown(v, f, &m)
	if err != nil {
		return err
	}
	sm, err := s.readSample(v, f, true)
	if err != nil {
		return err
	}
	if !f.OK() || sm.patient.IsZero() {
		return studymail.Errorf(studymail.Invalid, "choose a patient first")
	}
	err = v.write(func(tx *store.Tx) error {
		return v.event(tx, "details shown", sm.patient, "in template "+m.ID.String())
	})
	if err != nil {
		return err
	}
	return s.letterFrame(v, draftOf(&text, m.Kind), &sm)
}
