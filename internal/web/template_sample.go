package web

import (
	"studymail"
	"studymail/internal/compose"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// sample is whom a preview is for: an invented patient, perhaps of a real study and
// care provider, or a real one, masked unless shown.
type sample struct {
	values   compose.Values
	study    *studymail.Study
	provider *studymail.Provider
	patient  studymail.ID // zero: invented
	erased   bool
}

// sampleFields are the choices of a preview, with where they go.
type sampleFields struct {
	Studies   []option
	Providers []option
	Patient   studymail.ID
	Words     string
}

// readSample reads study, provider and patient, each by UUID, from a form or from a
// page's query; what is wrong with them is noted there. With pick it takes some
// patient in study who fits. shown gives a patient's details in full: the caller has
// written the event.
func (s *site) readSample(v *visit, f *form, shown bool) (sample, error) {
	sm := sample{values: compose.Examples()}
	var row *store.PatientRow
	err := v.read(func(tx *store.Tx) error {
		if err := s.sampleHead(v, tx, f, &sm); err != nil {
			return err
		}
		if f.Get("pick") != "" {
			if err := s.pickPatient(v, tx, f, &sm); err != nil {
				return err
			}
		}
		if f.Get("patient") == "" {
			return nil
		}
		id, err := studymail.ParseID(f.Get("patient"))
		if err != nil {
			f.Problem("patient", "that is no UUID; the page of a patient has it")
			return nil //nolint:nilerr // it is noted
		}
		p, err := tx.PatientByID(v.ctx(), id)
		if studymail.CodeOf(err) == studymail.NotFound {
			f.Problem("patient", "no patient has that UUID")
			return nil
		}
		if err != nil {
			return err
		}
		row = &p
		return s.headOf(v, tx, f, &p, &sm)
	})
	if err != nil {
		return sm, err
	}
	if sm.study != nil {
		sm.values.SetStudy(sm.study)
	}
	if sm.provider != nil {
		sm.values.SetProvider(sm.provider)
	}
	sm.values.Set(compose.UnsubscribeURL, s.sampleOptOut())
	if row == nil {
		return sm, nil
	}
	sm.patient = row.ID
	o, err := s.open(row)
	if err != nil {
		return sm, err
	}
	sm.erased = o.Erased
	sm.values.SetPerson(o.asDetails(shown))
	return sm, nil
}

// sampleHead reads the study and the care provider.
func (s *site) sampleHead(v *visit, tx *store.Tx, f *form, sm *sample) error {
	if f.Get("study") != "" {
		id, err := studymail.ParseID(f.Get("study"))
		if err == nil {
			var c studymail.Study
			if c, err = tx.StudyByID(v.ctx(), id); err == nil {
				sm.study = &c
			}
		}
		if err := noted(f, "study", err); err != nil {
			return err
		}
	}
	if f.Get("provider") == "" {
		return nil
	}
	id, err := studymail.ParseID(f.Get("provider"))
	if err == nil {
		var c studymail.Provider
		if c, err = tx.ProviderByID(v.ctx(), id); err == nil {
			sm.provider = &c
		}
	}
	return noted(f, "provider", err)
}

// noted notes at a field that there is no such thing.
func noted(f *form, name string, err error) error {
	if code := studymail.CodeOf(err); err != nil && (code == studymail.NotFound || code == studymail.Invalid) {
		f.Problem(name, "choose one of these")
		return nil
	}
	return err
}

// headOf reads the study and the care provider of a patient: they are what is chosen.
func (s *site) headOf(v *visit, tx *store.Tx, f *form, p *store.PatientRow, sm *sample) error {
	study, err := tx.StudyByKey(v.ctx(), p.Study)
	if err != nil {
		return err
	}
	providers, err := tx.ProvidersByKey(v.ctx(), []int64{p.Provider})
	if err != nil {
		return err
	}
	sm.study = &study
	f.Set("study", study.ID.String())
	if len(providers) == 1 {
		sm.provider = &providers[0]
		f.Set("provider", providers[0].ID.String())
	}
	return nil
}

// pickPatient takes the first patient in study who fits what was chosen.
func (s *site) pickPatient(v *visit, tx *store.Tx, f *form, sm *sample) error {
	yes := true
	q := store.PatientQuery{PatientFilter: store.PatientFilter{InStudy: &yes}, Limit: 1}
	if sm.study != nil {
		q.Study = sm.study.Key
	}
	if sm.provider != nil {
		q.Provider = sm.provider.Key
	}
	page, err := tx.FindPatients(v.ctx(), q)
	if err != nil {
		return err
	}
	f.Set("pick", "")
	if len(page.Rows) == 0 {
		f.Problem("patient", "there is no such patient in study; choose another study or care provider")
		return nil
	}
	f.Set("patient", page.Rows[0].ID.String())
	return nil
}

// asDetails gives details for a letter: masked, unless shown.
func (o *opened) asDetails(shown bool) studymail.Details {
	if shown || o.Erased {
		return o.Details
	}
	name, email := o.words(false)
	return studymail.Details{
		Username: sealed.NewName(name(o.Details.Username)), FirstName: sealed.NewName(name(o.Details.FirstName)),
		LastName: sealed.NewName(name(o.Details.LastName)), Email: sealed.NewEmail(email(o.Details.Email)),
	}
}

// sampleOptOut is an opt-out address that leads nowhere.
func (s *site) sampleOptOut() string {
	if s.Config.LettersURL() == "" {
		return ""
	}
	return s.Config.LettersURL() + "/u/example"
}

// words say whom a preview is for.
func (sm *sample) words(shown bool) string {
	switch {
	case sm.erased:
		return "This patient's details were erased: there is nothing to put into a letter."
	case sm.patient.IsZero():
		return "Shown with the values of an invented patient."
	case shown:
		return "Shown with this patient's own details. That you saw them is noted."
	}
	return "Shown for the patient, with masks in the place of their details."
}

// sampleChoices are the studies and care providers to choose from.
func (s *site) sampleChoices(v *visit) (c sampleFields, err error) {
	err = v.read(func(tx *store.Tx) error {
		studies, err := tx.Studies(v.ctx())
		if err != nil {
			return err
		}
		providers, err := tx.Providers(v.ctx())
		if err != nil {
			return err
		}
		c.Studies, c.Providers = []option{{Text: "An invented study"}}, []option{{Text: "An invented care provider"}}
		for i := range studies {
			c.Studies = append(c.Studies, option{Value: studies[i].ID.String(), Text: studies[i].Name})
		}
		for i := range providers {
			c.Providers = append(c.Providers, option{Value: providers[i].ID.String(), Text: providers[i].Name + " (" + providers[i].ODSCode + ")"})
		}
		return nil
	})
	return c, err
}
