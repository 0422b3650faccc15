package web

import (
	"fmt"
	"net/http"

	"studymail"
	"studymail/internal/store"
)

// patientSetStatus sets one patient's status, from their page.
func (s *site) patientSetStatus(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	p, err := s.patientOf(v)
	if err != nil {
		return err
	}
	chosen(f, "to", statusOptions())
	if !f.OK() {
		return s.showPatient(v, http.StatusUnprocessableEntity, &p, f, false)
	}
	if f.Version != fmt.Sprintf("%d/%d", p.Status, p.Cancelled) {
		f.Collides(p.UpdatedAt, "to", fmt.Sprint(int(p.Status)))
		f.theirs["to"] = standing(p.Status, p.Cancelled)
		return s.showPatient(v, http.StatusConflict, &p, f, false)
	}
	to := statusChosen(f.Get("to"))
	if to != p.Status {
		err = v.write(func(tx *store.Tx) error {
			return s.setOne(v, tx, "patient set", move(&p.Patient, to, p.Cancelled, ""))
		})
	}
	if err != nil {
		return err
	}
	v.flash("The patient is %s.", to)
	return v.redirect("/patients/" + p.ID.String())
}

// setOne makes one change, or tells that somebody else was quicker.
func (s *site) setOne(v *visit, tx *store.Tx, action string, change *store.PatientChange) error {
	n, err := tx.SetPatients(v.ctx(), v.actor(), action, []store.PatientChange{*change})
	if err == nil && n != 1 {
		return studymail.Errorf(studymail.Conflict, "somebody else changed this patient meanwhile; nothing was changed: look at the patient again")
	}
	return err
}

// patientChangePage asks for what a cancellation, or its end, needs.
type patientChangePage struct {
	Heading heading
	Words   []string
	Path    string
	Form    *form
	Fields  []field
	Sure    string // the label of a box that must be ticked
	Button  string
	Back    string
}

func (s *site) patientCancelOne(v *visit) error {
	p, err := s.patientOf(v)
	if err != nil {
		return err
	}
	return s.askCancel(v, http.StatusOK, &p, newForm())
}

func (s *site) askCancel(v *visit, status int, p *store.PatientRow, f *form) error {
	o, err := s.open(p)
	if err != nil {
		return err
	}
	others, err := s.inOtherStudies(v, p)
	if err != nil {
		return err
	}
	f.Version = fmt.Sprintf("%d/%d", p.Status, p.Cancelled)
	path := "/patients/" + p.ID.String()
	page := patientChangePage{
		Heading: heading{Title: "Cancel patient " + o.username(), Up: link{"Patient", path}}, Path: path + "/cancel", Form: f, Back: path,
		Words: []string{
			"In study " + p.StudyName + " the patient stands at " + standing(p.Status, p.Cancelled) + ".",
			"No mail of the study goes to them any more, and letters that wait will be skipped. Their data stay.",
		},
		Fields: []field{f.Radio("to", "Why they leave", cancelledOptions()), f.Radio("source", "How you know", sources)},
		Button: "Cancel 1 patient",
	}
	if len(others) > 0 {
		page.Fields = append(page.Fields, f.Radio("scope", "In which studies", []option{
			{Value: "one", Text: "In study " + p.StudyName + " only"},
			{Value: "all", Text: fmt.Sprintf("In all %d studies in which this person takes part", len(others)+1), Hint: "As when somebody rings to say that they want no more mail at all."},
		}))
		page.Button = "Cancel as chosen"
	}
	return v.pageAs(status, "patient_change", page.Heading.Title, page)
}

// inOtherStudies are the person's other participations that are not cancelled as an
// opt-out.
func (s *site) inOtherStudies(v *visit, p *store.PatientRow) (rest []store.PatientRow, err error) {
	var all []store.PatientRow
	err = v.read(func(tx *store.Tx) (err error) {
		all, err = tx.PatientsOfPerson(v.ctx(), p.Person)
		return err
	})
	for i := range all {
		if all[i].ID != p.ID && all[i].Cancelled != studymail.OptedOut {
			rest = append(rest, all[i])
		}
	}
	return rest, err
}

func (s *site) patientCancelNow(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	p, err := s.patientOf(v)
	if err != nil {
		return err
	}
	others, err := s.inOtherStudies(v, &p)
	if err != nil {
		return err
	}
	cancelPatients.check(f)
	if len(others) > 0 {
		f.Choice("scope", "one", "all")
	}
	if !f.OK() {
		return s.askCancel(v, http.StatusUnprocessableEntity, &p, f)
	}
	if f.Version != fmt.Sprintf("%d/%d", p.Status, p.Cancelled) {
		f.Collides(p.UpdatedAt)
		return s.askCancel(v, http.StatusConflict, &p, f)
	}
	them := []store.PatientRow{p}
	if f.Get("scope") == "all" {
		them = append(them, others...)
	}
	path, n := "/patients/"+p.ID.String(), 0
	err = v.write(func(tx *store.Tx) error {
		done, _, err := v.once(tx, f, path)
		if err != nil || done {
			return err
		}
		n = 0
		for i := range them {
			change, why := cancelPatients.plan(f, &them[i].Patient)
			if change == nil && them[i].ID == p.ID {
				return studymail.Errorf(studymail.Conflict, "this patient is %s; nothing was changed", why)
			}
			if change == nil {
				continue
			}
			if err := s.setOne(v, tx, cancelPatients.event, change); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		if err := f.Fail(err); err != nil {
			return err
		}
		return s.askCancel(v, http.StatusConflict, &p, f)
	}
	v.flash("Cancelled in %s.", countOf(int64(n), "study"))
	return v.redirect(path)
}
