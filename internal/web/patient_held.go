package web

import (
	"bytes"
	"encoding/json"
	"errors"

	"studymail"
	"studymail/internal/holdings"
	"studymail/internal/store"
)

// patientHeld sends all that is held on the person behind a patient, as a file. An
// event is written before anything is on its way.
func (s *site) patientHeld(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	as := f.Get("as")
	if as != "html" && as != "json" {
		return studymail.Errorf(studymail.Invalid, "it is sent as HTML or as JSON; nothing was sent: press one of the buttons on the patient's page")
	}
	p, err := s.patientOf(v)
	if err != nil {
		return err
	}
	var held *holdings.Held
	err = v.write(func(tx *store.Tx) error {
		patients, err := tx.PatientsOfPerson(v.ctx(), p.Person)
		for i := range patients {
			err = errors.Join(err, v.event(tx, "details shown", patients[i].ID, "all that is held"))
		}
		return errors.Join(err, v.event(tx, "person exported", p.PersonID, "as="+as))
	})
	if err != nil {
		return err
	}
	err = v.read(func(tx *store.Tx) (err error) {
		held, err = holdings.Of(v.ctx(), tx, s.Opener, s.Sealer, p.PersonID)
		return err
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	kind := "text/html; charset=utf-8"
	if as == "html" {
		err = held.WriteHTML(&b, s.Config.TimeZone)
	} else {
		kind = "application/json"
		w := json.NewEncoder(&b)
		w.SetIndent("", "  ")
		err = w.Encode(held)
	}
	if err != nil {
		return err
	}
	head := v.w.Header()
	head.Set("Content-Type", kind)
	head.Set("Content-Disposition", `attachment; filename="person-`+p.PersonID.String()+`.`+as+`"`)
	_, _ = v.w.Write(b.Bytes()) // the reader went away
	return nil
}
