package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"
)

type patientShowPage struct {
	Heading  heading
	ID       studymail.ID
	Facts    []fact
	Details  []fact // masked, or in full
	Shown    bool
	MayShow  bool
	MayEdit  bool
	Erased   bool
	MayErase bool
	Form     *form // of the status
	Statuses []option
	Left     bool // cancelled
	Others   []patientRow
	CameBack []feedbackRow
	Story    []entry
	More     bool // there are more messages than the story has
}

const messagesInStory = 50

func (s *site) patientShow(v *visit) error {
	p, err := s.patientOf(v)
	if err != nil {
		return err
	}
	return s.showPatient(v, http.StatusOK, &p, nil, false)
}

// patientShowDetails shows the details in full, and writes that down first.
func (s *site) patientShowDetails(v *visit) error {
	p, err := s.patientOf(v)
	if err != nil {
		return err
	}
	err = v.write(func(tx *store.Tx) error { return v.event(tx, "details shown", p.ID, "") })
	if err != nil {
		return err
	}
	return s.showPatient(v, http.StatusOK, &p, nil, true)
}

// patientOf finds the patient of the path.
func (s *site) patientOf(v *visit) (p store.PatientRow, err error) {
	id, err := v.id("id")
	if err != nil {
		return p, err
	}
	err = v.read(func(tx *store.Tx) error {
		p, err = tx.PatientByID(v.ctx(), id)
		return err
	})
	if studymail.CodeOf(err) == studymail.NotFound {
		err = studymail.Errorf(studymail.NotFound, "there is no such patient; look for them among the patients")
	}
	return p, err
}

func (s *site) showPatient(v *visit, status int, p *store.PatientRow, f *form, shown bool) error {
	o, err := s.open(p)
	if err != nil {
		return err
	}
	var (
		others   []store.PatientRow
		messages []store.PatientMessage
		events   []studymail.Event
		study    studymail.Study
		provider []studymail.Provider
		why      studymail.Reason
		back     []feedbackRow
	)
	err = v.read(func(tx *store.Tx) (err error) {
		if others, err = tx.PatientsOfPerson(v.ctx(), p.Person); err != nil {
			return err
		}
		if messages, err = tx.PatientMessages(v.ctx(), p.Key, messagesInStory+1); err != nil {
			return err
		}
		if events, err = tx.Events(v.ctx(), store.EventFilter{About: p.ID, Limit: 100}); err != nil {
			return err
		}
		if back, err = s.cameBack(v, tx, store.FeedbackFilter{Patient: p.ID}); err != nil {
			return err
		}
		if study, err = tx.StudyByKey(v.ctx(), p.Study); err != nil {
			return err
		}
		if provider, err = tx.ProvidersByKey(v.ctx(), []int64{p.Provider}); err != nil {
			return err
		}
		why, err = tx.WhyNotMailed(v.ctx(), studymail.DateOf(s.Now(), s.Config.TimeZone), p.Key)
		return err
	})
	if err != nil {
		return err
	}
	if f == nil {
		f = newForm().Set("to", fmt.Sprint(int(p.Status)))
	}
	f.Version = fmt.Sprintf("%d/%d", p.Status, p.Cancelled)
	page := patientShowPage{
		Heading: heading{Title: "Patient " + o.username(), Up: link{"Patients", "/patients"}}, ID: p.ID, Form: f,
		Statuses: statusOptions(), Left: p.Cancelled != studymail.NotCancelled, Erased: o.Erased, Shown: shown,
		MayShow: v.may(studymail.MaySeeDetails), MayEdit: v.may(studymail.MayEdit), MayErase: v.may(studymail.MayAdminister) && !o.Erased, More: len(messages) > messagesInStory, CameBack: back,
	}
	page.Facts = []fact{
		{"Study", link{p.StudyName, "/studies/" + study.ID.String()}},
		{"Care provider", p.ProviderName},
		{"Status", statusBadge(p.Status)},
		{"Cancelled", cancelledBadge(p.Cancelled)},
		{"In study", inStudyBadge(&p.Patient)},
		{"Mailed today", mailable(why)},
		{"Last letter", outcomeBadge(p.Outcome)},
		{"Added", s.timeOf(p.CreatedAt)},
		{"Changed", s.timeOf(p.UpdatedAt)},
		{"UUID", p.ID.String()},
		{"UUID of the person", p.PersonID.String()},
	}
	if len(provider) == 1 {
		page.Facts[1].Value = link{p.ProviderName, "/providers/" + provider[0].ID.String()}
	}
	name, email := o.words(shown)
	page.Details = []fact{
		{"Username", name(o.Details.Username)},
		{"First name", name(o.Details.FirstName)},
		{"Last name", name(o.Details.LastName)},
		{"E-mail address", email(o.Details.Email)},
		{"External ID", name(o.ExternalID)},
	}
	for i := range others {
		if others[i].ID == p.ID {
			continue
		}
		row, err := s.patientRow(&others[i], nil, nil)
		if err != nil {
			return err
		}
		page.Others = append(page.Others, row)
	}
	page.Story = s.story(v, messages[:min(len(messages), messagesInStory)], events)
	return v.pageAs(status, "patient_show", page.Heading.Title, page)
}

// mailable says whether a letter could go to a patient today.
func mailable(why studymail.Reason) badge {
	if why == "" {
		return badge{"good", "Would get a letter"}
	}
	return badge{"quiet", "Would get none: " + string(why)}
}

// story puts messages, attempts and events into one order, the newest first.
func (s *site) story(v *visit, messages []store.PatientMessage, events []studymail.Event) []entry {
	type told struct {
		at time.Time
		entry
	}
	var all []told
	add := func(at time.Time, e entry) {
		e.At = s.timeOf(at)
		all = append(all, told{at, e})
	}
	for i := range messages {
		m := &messages[i]
		letter := fmt.Sprintf("the letter “%s” (version %d) of campaign “%s”", m.TemplateName, m.Version, m.CampaignName)
		to := link{}
		if v.hasRoute("GET", "/messages/{id}") {
			to = link{"Message", "/messages/" + m.ID.String()}
		}
		add(m.CreatedAt, entry{Badge: badge{"info", "Planned"}, Text: sentence(letter), Link: to})
		for _, a := range m.Attempts {
			add(a.At, entry{Badge: attemptBadge(a.Outcome), Text: fmt.Sprintf("Attempt %d to hand over %s", a.Number, letter), Detail: attemptDetail(&a), Link: to})
		}
		if e, ended := messageEnd(m); ended {
			e.Text, e.Link = sentence(letter), to
			add(m.UpdatedAt, e)
		}
	}
	for i := range events {
		who := whoOf(events[i].Actor)
		add(events[i].At, entry{Text: sentence(events[i].Action), Detail: events[i].Detail, Link: link{"by " + who.Text, who.Path}})
	}
	slices.SortStableFunc(all, func(a, b told) int { return b.at.Compare(a.at) })
	rows := make([]entry, len(all))
	for i := range all {
		rows[i] = all[i].entry
	}
	return rows
}

// messageEnd tells where a message stands, unless its last attempt says so.
func messageEnd(m *store.PatientMessage) (entry, bool) {
	e := entry{Badge: outcomeBadge(m.State), Detail: string(m.Reason)}
	switch m.State {
	case studymail.Deferred:
		return e, false // its attempt says so
	case studymail.Sent:
		return e, m.Reason == studymail.ReasonResolved
	case studymail.Queued, studymail.Claimed, studymail.Sending:
		return e, false
	case studymail.Failed:
		return e, m.Reason == studymail.ReasonExpired || len(m.Attempts) == 0
	case studymail.Skipped, studymail.Uncertain, studymail.MessageCanceled:
	}
	return e, true
}

func attemptBadge(k studymail.OutcomeKind) badge {
	switch k {
	case studymail.Accepted:
		return badge{"good", "Accepted"}
	case studymail.Refused, studymail.Unsendable:
		return badge{"bad", sentenceWord(k.String())}
	case studymail.Later, studymail.InDoubt:
		return badge{"warn", sentenceWord(k.String())}
	case studymail.Throttled, studymail.NotSent, studymail.Lost, studymail.Withheld, studymail.WithdrawnBy:
	}
	return badge{"quiet", sentenceWord(k.String())}
}

// sentenceWord begins a word with a capital letter.
func sentenceWord(s string) string { return strings.TrimSuffix(sentence(s), ".") }

// attemptDetail says what the mail server answered.
func attemptDetail(a *studymail.Attempt) string {
	var w []string
	if a.Code != 0 {
		w = append(w, strings.TrimSpace(fmt.Sprintf("%d %s", a.Code, a.Enhanced)))
	}
	if a.Reply != "" {
		w = append(w, a.Reply)
	}
	return strings.Join(w, ": ")
}
