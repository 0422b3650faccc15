package web

import (
	"net/http"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/intake"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

type patientDetailsPage struct {
	Heading   heading
	ID        studymail.ID
	Form      *form
	Studies   int  // of the person
	Recontact bool // they are not contactable somewhere: a new address may change that
}

// patientDetailsForm opens the form by which details are corrected. It shows them in
// full, so it is a POST, and written down.
func (s *site) patientDetailsForm(v *visit) error {
	if !v.may(studymail.MayEdit) { // the route asks for the right to see them
		v.forbidden(studymail.MayEdit)
		return nil
	}
	p, person, err := s.personOf(v)
	if err != nil {
		return err
	}
	o, err := s.open(&p)
	if err != nil {
		return err
	}
	err = v.write(func(tx *store.Tx) error { return v.event(tx, "details shown", p.ID, "to correct them") })
	if err != nil {
		return err
	}
	f := newForm()
	fillDetails(f, &o)
	f.SetYes("recontact", true)
	f.Version = strconv.FormatInt(person.Revision, 10)
	return s.showDetailsForm(v, http.StatusOK, &p, f)
}

func fillDetails(f *form, o *opened) {
	f.Set("username", o.Details.Username.Reveal()).Set("first_name", o.Details.FirstName.Reveal()).
		Set("last_name", o.Details.LastName.Reveal()).Set("email", o.Details.Email.Reveal()).Set("external_id", o.ExternalID.Reveal())
}

// personOf finds the patient of the path, and the person. Somebody who was erased
// has no details to correct.
func (s *site) personOf(v *visit) (p store.PatientRow, person studymail.Person, err error) {
	if p, err = s.patientOf(v); err != nil {
		return p, person, err
	}
	err = v.read(func(tx *store.Tx) error {
		person, err = tx.PersonByKey(v.ctx(), p.Person)
		return err
	})
	if err == nil && person.Wrapped == nil {
		err = studymail.Errorf(studymail.Conflict, "this person was erased: there are no details any more")
	}
	return p, person, err
}

func (s *site) showDetailsForm(v *visit, status int, p *store.PatientRow, f *form) error {
	var all []store.PatientRow
	err := v.read(func(tx *store.Tx) (err error) {
		all, err = tx.PatientsOfPerson(v.ctx(), p.Person)
		return err
	})
	if err != nil {
		return err
	}
	page := patientDetailsPage{
		Heading: heading{Title: "Correct the details", Up: link{"Patient", "/patients/" + p.ID.String()}}, ID: p.ID, Form: f, Studies: len(all),
	}
	for i := range all {
		page.Recontact = page.Recontact || all[i].Cancelled == studymail.NotContactable
	}
	return v.pageAs(status, "patient_details", "Correct the details", page)
}

// readDetails reads the details that were typed, by the rules of an import.
func readDetails(f *form) (studymail.Details, sealed.Name) {
	d, external, problems := intake.CheckDetails(f.Get("username"), f.Get("first_name"), f.Get("last_name"), f.Get("email"), f.Get("external_id"))
	for _, p := range problems {
		f.Problem(p.Column, "%s", p.Reason)
	}
	return d, external
}

// patientDetailsSave stores corrected details, sealed with the person's key.
func (s *site) patientDetailsSave(v *visit) error {
	if !v.may(studymail.MayEdit) {
		v.forbidden(studymail.MayEdit)
		return nil
	}
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	p, person, err := s.personOf(v)
	if err != nil {
		return err
	}
	d, external := readDetails(f)
	if !f.OK() {
		return s.showDetailsForm(v, http.StatusUnprocessableEntity, &p, f)
	}
	before, err := s.open(&p)
	if err != nil {
		return err
	}
	if f.Version != strconv.FormatInt(person.Revision, 10) {
		f.Collides(person.UpdatedAt, "username", before.Details.Username.Reveal(), "first_name", before.Details.FirstName.Reveal(),
			"last_name", before.Details.LastName.Reveal(), "email", before.Details.Email.Reveal(), "external_id", before.ExternalID.Reveal())
		f.Version = strconv.FormatInt(person.Revision, 10)
		return s.showDetailsForm(v, http.StatusConflict, &p, f)
	}
	c := correction{d: d, external: external, recontact: f.Yes("recontact")}
	c.compare(&before)
	if len(c.fields) == 0 {
		v.flash("Nothing was changed: the details are as they were.")
		return v.redirect("/patients/" + p.ID.String())
	}
	again, err := s.correct(v, &p, &person, &c)
	if err != nil {
		if err := f.Fail(err); err != nil {
			return err
		}
		return s.showDetailsForm(v, http.StatusConflict, &p, f)
	}
	v.flash("The details are corrected (%s). Letters from now on use them.", strings.Join(c.fields, ", "))
	if again > 0 {
		v.flash("“Not contactable” is undone in %s.", countOf(int64(again), "study"))
	}
	return v.redirect("/patients/" + p.ID.String())
}

// correction is what is corrected.
type correction struct {
	d         studymail.Details
	external  sealed.Name
	recontact bool
	fields    []string // names of those that differ: events have them
	person    bool     // a detail of the person differs
	address   bool
	ofPatient bool // the external id differs
}

func (c *correction) compare(before *opened) {
	differs := func(name, a, b string) bool {
		if a != b {
			c.fields = append(c.fields, name)
		}
		return a != b
	}
	user := differs("username", c.d.Username.Reveal(), before.Details.Username.Reveal())
	first := differs("first name", c.d.FirstName.Reveal(), before.Details.FirstName.Reveal())
	last := differs("last name", c.d.LastName.Reveal(), before.Details.LastName.Reveal())
	c.address = differs("address", c.d.Email.Reveal(), before.Details.Email.Reveal())
	c.ofPatient = differs("external id", c.external.Reveal(), before.ExternalID.Reveal())
	c.person = user || first || last || c.address
}

// correct stores a correction with its event. It gives in how many studies the person
// can be contacted again.
func (s *site) correct(v *visit, p *store.PatientRow, person *studymail.Person, c *correction) (again int, err error) {
	key, err := s.Opener.Key(person.ID, person.Wrapped)
	if err != nil {
		return 0, err
	}
	edited := *person
	if edited.Sealed, err = c.d.Seal(&key.Key, person.ID); err != nil {
		return 0, err
	}
	edited.Hashes, edited.Missing = c.d.Hash(s.Sealer), c.d.Missing()
	var external []byte
	if !c.external.IsEmpty() {
		if external, err = key.Seal(sealed.PatientDetails, p.ID, c.external.Reveal()); err != nil {
			return 0, err
		}
	}
	err = v.write(func(tx *store.Tx) error {
		again = 0
		if c.person {
			row := edited
			if err := tx.UpdatePerson(v.ctx(), &row); err != nil {
				return err
			}
		}
		if c.ofPatient {
			if err := tx.SetExternalID(v.ctx(), &p.Patient, external); err != nil {
				return err
			}
		}
		if err := v.event(tx, "details corrected", p.ID, strings.Join(c.fields, ", ")); err != nil {
			return err
		}
		if !c.address || c.d.Email.IsEmpty() || !c.recontact {
			return nil
		}
		again, err = s.contactAgain(v, tx, p.Person)
		return err
	})
	return again, err
}

// contactAgain takes “Not contactable” back wherever a person has it.
func (s *site) contactAgain(v *visit, tx *store.Tx, person int64) (int, error) {
	all, err := tx.PatientsOfPerson(v.ctx(), person)
	if err != nil {
		return 0, err
	}
	var changes []store.PatientChange
	for i := range all {
		if all[i].Cancelled == studymail.NotContactable {
			changes = append(changes, *move(&all[i].Patient, all[i].Status, studymail.NotCancelled, "address"))
		}
	}
	return tx.SetPatients(v.ctx(), v.actor(), restorePatients.event, changes)
}
