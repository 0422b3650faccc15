package web

import (
	"net/http"

	"studymail"
	"studymail/internal/store"
)

type suppressionShowPage struct {
	Heading  heading
	ID       studymail.ID
	Facts    []fact
	Patients []patientRow
	MayLift  bool
	Form     *form
	Reasons  []option
	Own      bool // it was the patient's own word
	Sure     string
	History  []entry
}

func (s *site) suppressionShow(v *visit) error { return s.showSuppression(v, http.StatusOK, newForm()) }

func (s *site) suppressionOf(v *visit, tx *store.Tx) (x studymail.Suppression, err error) {
	id, err := v.id("id")
	if err != nil {
		return x, err
	}
	x, err = tx.SuppressionByID(v.ctx(), id)
	if studymail.CodeOf(err) == studymail.NotFound {
		err = studymail.Errorf(studymail.NotFound, "this suppression is not there any more: it was lifted, and the address is mailed again")
	}
	return x, err
}

// saidSo tells that whoever has the address wants no mail.
func saidSo(x *studymail.Suppression) bool {
	return x.Reason == "asked" || x.Reason == "complaint" || x.Reason == "opted out"
}

func liftReasons(x *studymail.Suppression) []option {
	if saidSo(x) {
		return restoreReasonsOf(studymail.OptedOut)
	}
	return []option{restoreReasons[0], restoreReasons[1], {Value: "address", Text: "The address works again"}, restoreReasons[3]}
}

func (s *site) showSuppression(v *visit, status int, f *form) error {
	var (
		x    studymail.Suppression
		from studymail.Feedback
		rows []store.PatientRow
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if x, err = s.suppressionOf(v, tx); err != nil {
			return err
		}
		if x.Feedback != 0 {
			if from, err = tx.FeedbackByKey(v.ctx(), x.Feedback); err != nil {
				return err
			}
		}
		people, err := tx.PeopleByEmail(v.ctx(), [][]byte{x.EmailHash})
		for _, k := range people[:min(len(people), 20)] {
			of, err := tx.PatientsOfPerson(v.ctx(), k)
			if err != nil {
				return err
			}
			rows = append(rows, of...)
		}
		return err
	})
	if err != nil {
		return err
	}
	p := suppressionShowPage{
		Heading: heading{Title: "Suppressed address " + shortID(x.ID), Up: link{"Suppressed addresses", "/suppression"}, Words: "It is not mailed, whoever has it. What it is cannot be read here, only looked up by typing it."},
		ID:      x.ID, Form: f, Reasons: liftReasons(&x), MayLift: v.may(studymail.MayEdit),
		Facts: []fact{
			{"Why", sentenceWord(x.Reason)}, {"How it came", suppressionSource(x.Source)}, {"Since", s.timeOf(x.CreatedAt)}, {"Came of", nil}, {"UUID", x.ID.String()},
		},
	}
	if !from.ID.IsZero() {
		p.Facts[3].Value = link{"Feedback: " + from.Class, "/feedback/" + from.ID.String()}
	}
	if saidSo(&x) {
		p.Own, p.Sure = true, "I am sure: whoever has the address told us so themselves, or it was a mistake"
	}
	for i := range rows {
		row, err := s.patientRow(&rows[i], nil, nil)
		if err != nil {
			return err
		}
		p.Patients = append(p.Patients, row)
	}
	if p.History, err = s.history(v, x.ID); err != nil {
		return err
	}
	return v.pageAs(status, "suppression_show", p.Heading.Title, p)
}

// suppressionLift takes an address off the list. Patients stand as they did: who opted
// out is not mailed by this.
func (s *site) suppressionLift(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	var x studymail.Suppression
	err = v.read(func(tx *store.Tx) (err error) {
		x, err = s.suppressionOf(v, tx)
		return err
	})
	if err != nil {
		return err
	}
	chosen(f, "why", liftReasons(&x))
	if saidSo(&x) && !f.Yes("sure") {
		f.Problem("sure", "tick this box, or leave the address on the list")
	}
	if !f.OK() {
		return s.showSuppression(v, http.StatusUnprocessableEntity, f)
	}
	err = v.write(func(tx *store.Tx) error {
		if err := tx.RemoveSuppression(v.ctx(), &x); err != nil {
			return err
		}
		return v.event(tx, "suppression lifted", x.ID, f.Get("why"))
	})
	if err != nil {
		return err
	}
	v.flash("The suppression is lifted: whoever has the address can be mailed again.")
	return v.redirect("/suppression")
}
