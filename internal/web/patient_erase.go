package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/store"
)

// Why a person is erased. Events hold the code.
var erasureReasons = []option{
	{Value: "asked", Text: "The person asked for it"},
	{Value: "ended", Text: "The data are needed no more"},
	{Value: "mistake", Text: "The person should not be here"},
	{Value: "other", Text: "Something else"},
}

type patientErasePage struct {
	Heading  heading
	Changed  string
	Goes     []string
	Stays    []string
	Note     string
	Form     *form
	Reasons  []option
	Expect   string
	Action   string
	Back     string
	Patients []link
}

// patientEraseForm says exactly what erasing the person behind a patient takes away,
// and what stays.
func (s *site) patientEraseForm(v *visit) error {
	p, err := s.patientOf(v)
	if err != nil {
		return err
	}
	return s.showErase(v, http.StatusOK, &p, newForm(), "")
}

var errErasedAlready = studymail.Errorf(studymail.Conflict, "this person was erased already; nothing was changed")

func (s *site) erasureOf(v *visit, p *store.PatientRow) (e store.Erasure, err error) {
	err = v.read(func(tx *store.Tx) error {
		e, err = tx.PrepareErasure(v.ctx(), p.PersonID)
		return err
	})
	if err == nil && !e.Person.ErasedAt.IsZero() {
		err = errErasedAlready
	}
	return e, err
}

// erasureExpected is what a form carries, so that nobody says yes to something else.
func erasureExpected(e *store.Erasure) string {
	return strconv.Itoa(len(e.Patients)) + "/" + strconv.Itoa(e.Messages)
}

func (s *site) showErase(v *visit, status int, p *store.PatientRow, f *form, changed string) error {
	e, err := s.erasureOf(v, p)
	if err != nil {
		return err
	}
	path := "/patients/" + p.ID.String()
	page := patientErasePage{
		Heading: heading{Title: "Erase this person", Up: link{"Patient", path}, Words: "For good: nobody can take it back, whoever runs this installation included."},
		Changed: changed, Form: f, Reasons: erasureReasons, Expect: erasureExpected(&e), Action: path + "/erase", Back: path,
		Goes: []string{
			"Username, first name, last name, e-mail address and external IDs",
			"The key that opens what was sealed for this person, wherever copies of it lie",
			"That this person can be found by username or address",
			"What was merged into " + countOf(int64(e.Messages), "letter") + ", and what mail servers answered",
			"Mails that came back for these letters",
		},
		Stays: []string{
			"As numbers: " + countOf(int64(len(e.Patients)), "participation") + " with status and reason for leaving, and what became of each letter",
			"That an address is suppressed, if it is: as a hash that tells nobody whose it is",
			"The history, which has UUIDs and no names, and that this person was erased",
			"Links to opt out in mails that this person has: they go on working",
		},
	}
	if e.Waiting > 0 {
		page.Goes = append(page.Goes, "Letters that wait: "+strconv.Itoa(e.Waiting)+" will be skipped")
	}
	if e.Imports > 0 {
		page.Note = "Files that wait to be imported: " + strconv.Itoa(e.Imports) + ". They are not looked through. If this person is in one, discard it, or they come back as somebody new."
	}
	for i := range e.Patients {
		page.Patients = append(page.Patients, link{e.Patients[i].StudyName, "/patients/" + e.Patients[i].ID.String()})
	}
	return v.pageAs(status, "patient_erase", page.Heading.Title, page)
}

// patientErase does it.
func (s *site) patientErase(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	p, err := s.patientOf(v)
	if err != nil {
		return err
	}
	e, err := s.erasureOf(v, &p)
	if errors.Is(err, errErasedAlready) {
		v.flash("This person is erased already.") // a second click
		return v.redirect("/patients/" + p.ID.String())
	}
	if err != nil {
		return err
	}
	chosen(f, "why", erasureReasons)
	if f.Get("sure") != "yes" {
		f.Problem("sure", "tick it to say that you have read what goes and what stays")
	}
	if !f.OK() {
		return s.showErase(v, http.StatusUnprocessableEntity, &p, f, "")
	}
	if f.Get("expect") != erasureExpected(&e) {
		return s.showErase(v, http.StatusConflict, &p, f, "Meanwhile something changed: what is below is new. Nothing was done yet.")
	}
	done, err := s.Erase(v.ctx(), p.PersonID, v.actor(), f.Get("why"))
	if err != nil {
		return err
	}
	words := []string{"The person is erased."}
	if done.Skipped > 0 {
		words = append(words, "Letters that waited and were skipped: "+strconv.Itoa(done.Skipped)+".")
	}
	v.flash("%s", strings.Join(words, " "))
	return v.redirect("/patients/" + p.ID.String())
}
