package web

import (
	"bytes"
	"net/http"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

type patientNewPage struct {
	Heading   heading
	Form      *form
	Studies   []option
	Providers []option
	Statuses  []option
	Missing   *empty // there is no study or no care provider to choose
}

func (s *site) patientNew(v *visit) error {
	return s.showPatientNew(v, http.StatusOK, newForm().Set("study", v.query("study")).Set("provider", v.query("provider")).Set("status", "0"))
}

func (s *site) showPatientNew(v *visit, status int, f *form) error {
	studies, providers, err := s.choices(v)
	if err != nil {
		return err
	}
	p := patientNewPage{
		Heading: heading{Title: "Add a patient", Up: link{"Patients", "/patients"}, Words: "One person in one study. Many at once come by an import."},
		Form:    f, Statuses: statusOptions(), Studies: anyOf("Choose"), Providers: anyOf("Choose"),
	}
	for i := range studies {
		p.Studies = append(p.Studies, option{Value: studies[i].ID.String(), Text: studies[i].Name})
	}
	for i := range providers {
		p.Providers = append(p.Providers, option{Value: providers[i].ID.String(), Text: providers[i].Name + " (" + providers[i].ODSCode + ")"})
	}
	switch {
	case len(studies) == 0:
		p.Missing = &empty{"No study yet", "A patient takes part in a study: add one first.", link{"Add a study", "/studies/new"}}
	case len(providers) == 0:
		p.Missing = &empty{"No care provider yet", "A patient comes through a care provider: add one first.", link{"Add a care provider", "/providers/new"}}
	}
	return v.pageAs(status, "patient_new", "Add a patient", p)
}

// choices are the studies and the care providers that are active.
func (s *site) choices(v *visit) (studies []studymail.Study, providers []studymail.Provider, err error) {
	err = v.read(func(tx *store.Tx) error {
		allStudies, err := tx.Studies(v.ctx())
		if err != nil {
			return err
		}
		allProviders, err := tx.Providers(v.ctx())
		studies, providers = nil, nil
		for i := range allStudies {
			if allStudies[i].Active {
				studies = append(studies, allStudies[i])
			}
		}
		for i := range allProviders {
			if allProviders[i].Active {
				providers = append(providers, allProviders[i])
			}
		}
		return err
	})
	return studies, providers, err
}

func (s *site) patientAdd(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	studies, providers, err := s.choices(v)
	if err != nil {
		return err
	}
	var p studymail.Patient
	for i := range studies {
		if studies[i].ID.String() == f.Get("study") {
			p.Study = studies[i].Key
		}
	}
	for i := range providers {
		if providers[i].ID.String() == f.Get("provider") {
			p.Provider = providers[i].Key
		}
	}
	if p.Study == 0 {
		f.Problem("study", "choose a study")
	}
	if p.Provider == 0 {
		f.Problem("provider", "choose a care provider")
	}
	d, external := readDetails(f)
	chosen(f, "status", statusOptions())
	if !f.OK() {
		return s.showPatientNew(v, http.StatusUnprocessableEntity, f)
	}
	p.Status, p.ID = statusChosen(f.Get("status")), studymail.NewID()
	where, err := s.addPatient(v, f, &p, &d, external)
	if err != nil {
		if err := f.Fail(err); err != nil {
			return err
		}
		return s.showPatientNew(v, http.StatusConflict, f)
	}
	v.flash("The patient is added.")
	return v.redirect(where)
}

// same tells whether a person has these details, without opening any.
func (s *site) same(d *studymail.Details, known *studymail.Person) bool {
	for _, h := range s.Sealer.Hashes(sealed.DetailsHash, d.Username.Reveal(), d.FirstName.Reveal(), d.LastName.Reveal(), d.Email.Reveal()) {
		if bytes.Equal(h, known.Hashes.Details) {
			return true
		}
	}
	return false
}

// addPatient adds a patient, and the person unless they are there already.
func (s *site) addPatient(v *visit, f *form, p *studymail.Patient, d *studymail.Details, external sealed.Name) (where string, err error) {
	person := studymail.Person{ID: studymail.NewID(), Hashes: d.Hash(s.Sealer), Missing: d.Missing()}
	key, wrapped, err := s.Sealer.NewKey(person.ID)
	if err != nil {
		return "", err
	}
	person.Wrapped = wrapped
	if person.Sealed, err = d.Seal(key, person.ID); err != nil {
		return "", err
	}
	err = v.write(func(tx *store.Tx) error {
		done, to, err := v.once(tx, f, "/patients/"+p.ID.String())
		if where = to; err != nil || done {
			return err
		}
		them, key := person, key
		known, err := tx.PersonByUsername(v.ctx(), s.Sealer.Hashes(sealed.UsernameHash, studymail.NormalUsername(d.Username)))
		switch {
		case err == nil:
			if !s.same(d, &known) && (!d.FirstName.IsEmpty() || !d.LastName.IsEmpty() || !d.Email.IsEmpty()) {
				return studymail.Errorf(studymail.Conflict, "a person with that username is known already, with other details: leave names and address empty to add that person to this study, or check the username")
			}
			if key, err = s.Sealer.Key(known.ID, known.Wrapped); err != nil {
				return err
			}
			them = known
		case studymail.CodeOf(err) != studymail.NotFound:
			return err
		default:
			if err := tx.AddPerson(v.ctx(), &them); err != nil {
				return err
			}
		}
		row := *p
		row.Person, row.PersonID = them.Key, them.ID
		if !external.IsEmpty() {
			if row.SealedExternal, err = key.Seal(sealed.PatientDetails, row.ID, external.Reveal()); err != nil {
				return err
			}
		}
		if err := tx.AddPatient(v.ctx(), &row); err != nil {
			if studymail.CodeOf(err) == studymail.Conflict {
				return studymail.Errorf(studymail.Conflict, "this person is a patient of that study already; nobody was added")
			}
			return err
		}
		return v.event(tx, "patient added", row.ID, "")
	})
	return where, err
}
