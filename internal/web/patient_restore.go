package web

import (
	"fmt"
	"net/http"

	"studymail"
	"studymail/internal/store"
)

// holding is what keeps a patient cancelled that came back for a letter: to undo the
// cancellation lifts it.
type holding struct {
	feedback     []studymail.Feedback
	others       []store.ChangedPatient // besides the patient, still as it made them
	was          studymail.Cancelled    // of the patient, before
	suppressions int
	remembered   []store.RememberedOptOut
	refused      []studymail.Suppression // of the address, by the server that refused the patient's letter
	besides      []studymail.Suppression // of the address, that came otherwise
}

// readHolding reads what holds a patient.
func (s *site) readHolding(v *visit, tx *store.Tx, p *store.PatientRow) (h holding, err error) {
	if h.feedback, err = tx.HoldsPatient(v.ctx(), p.Key); err != nil {
		return h, err
	}
	seen, ours := map[studymail.ID]bool{p.ID: true}, map[int64]bool{}
	for i := range h.feedback { // the newest first
		c, err := tx.ChangesOf(v.ctx(), &h.feedback[i])
		if err != nil {
			return h, err
		}
		ours[h.feedback[i].Key] = true
		h.suppressions += len(c.Suppressions)
		h.remembered = append(h.remembered, c.Remembered...)
		for _, other := range c.Patients {
			if other.ID == p.ID {
				h.was = other.Was
			} else if !seen[other.ID] && other.Now == other.Became {
				seen[other.ID] = true
				h.others = append(h.others, other)
			}
		}
	}
	person, err := tx.PersonByKey(v.ctx(), p.Person)
	if err != nil || len(person.Hashes.Email) == 0 {
		return h, err
	}
	all, err := tx.SuppressionsOf(v.ctx(), [][]byte{person.Hashes.Email})
	for _, x := range all {
		switch {
		case x.Feedback != 0 && ours[x.Feedback]:
		case x.Source == studymail.RefusedByServer && p.Cancelled == studymail.NotContactable:
			h.refused = append(h.refused, x)
		default:
			h.besides = append(h.besides, x)
		}
	}
	return h, err
}

// choice tells whether there is something to choose: an opt-out that holds for more
// than this patient.
func (h *holding) choice(p *store.PatientRow) bool {
	return p.Cancelled == studymail.OptedOut && len(h.feedback) > 0 && len(h.others)+len(h.remembered) > 0
}

// frozen is what must be the same when it is confirmed.
func (h *holding) frozen(p *store.PatientRow) string {
	stands := fmt.Sprintf("%d/%d", p.Status, p.Cancelled)
	if len(h.feedback)+len(h.refused) == 0 {
		return stands
	}
	return stands + fmt.Sprintf("/%d/%d/%d/%d", len(h.feedback), len(h.others), h.suppressions+len(h.refused), len(h.remembered))
}

// words say what holds the patient, and what becomes of it.
func (h *holding) words(s *site, p *store.PatientRow) (words []string) {
	for i := range h.feedback {
		f := &h.feedback[i]
		words = append(words, "It came of feedback "+shortID(f.ID)+": "+f.Class+", "+s.timeOf(f.At).Words+". To undo the cancellation undoes what that made.")
	}
	if h.suppressions > 0 {
		words = append(words, "Their address is suppressed by it: that is lifted, or they would get no letter.")
	}
	for _, x := range h.refused {
		words = append(words, "A mail server refused their address as none of its own, "+s.timeOf(x.CreatedAt).Words+", and it is suppressed since: that is lifted, or they would get no letter. In their other studies they stay as they are.")
	}
	if n := len(h.others); n > 0 && !h.choice(p) {
		words = append(words, "It also took the same person out elsewhere: "+studiesOf(h.others)+". There they stand as before, too.")
	}
	if h.was != studymail.NotCancelled {
		words = append(words, "Before that they were cancelled already: "+h.was.String()+". They stand so again then, and are still not mailed.")
	}
	for _, x := range h.besides {
		words = append(words, "Their address is suppressed besides ("+x.Reason+", since "+s.timeOf(x.CreatedAt).Words+"): that stays, and they get no letter until somebody lifts it (Suppressed addresses).")
	}
	return words
}

// scope asks how far an opt-out is undone.
func (h *holding) scope(f *form, p *store.PatientRow) field {
	whole := "The patient here"
	if n := len(h.others); n > 0 {
		whole += ", and in " + studiesOf(h.others)
	}
	return f.Radio("scope", "How far it is undone", []option{
		{Value: "all", Text: "All of it", Hint: whole + ": all stand as before it. Studies that the person is added to later are not covered by it any more."},
		{Value: "one", Text: "In study " + p.StudyName + " only", Hint: "In the other studies they stay Opted out, and so they will in studies that the opt-out covers and that they are added to later. The address can be mailed again."},
	})
}

func studiesOf(all []store.ChangedPatient) string {
	words := ""
	for i := range all {
		switch {
		case i == 0:
		case i == 5:
			return words + " and " + countOf(int64(len(all)-i), "more study")
		case i == len(all)-1:
			words += " and "
		default:
			words += ", "
		}
		words += "study " + all[i].StudyName
	}
	return words
}

func (s *site) patientRestoreOne(v *visit) error {
	p, err := s.patientOf(v)
	if err != nil {
		return err
	}
	return s.askRestore(v, http.StatusOK, &p, newForm())
}

func (s *site) askRestore(v *visit, status int, p *store.PatientRow, f *form) error {
	if p.Cancelled == studymail.NotCancelled {
		return studymail.Errorf(studymail.Conflict, "this patient is not cancelled, so there is nothing to undo")
	}
	o, err := s.open(p)
	if err != nil {
		return err
	}
	var h holding
	err = v.read(func(tx *store.Tx) (err error) {
		h, err = s.readHolding(v, tx, p)
		return err
	})
	if err != nil {
		return err
	}
	f.Version = h.frozen(p)
	path := "/patients/" + p.ID.String()
	page := patientChangePage{
		Heading: heading{Title: "Undo the cancellation of patient " + o.username(), Up: link{"Patient", path}}, Path: path + "/restore", Form: f, Back: path,
		Words:  []string{"In study " + p.StudyName + " the patient is cancelled: " + p.Cancelled.String() + ". Without that they stand at " + p.Status.String() + "."},
		Fields: []field{f.Radio("why", "Why it is undone", restoreReasonsOf(p.Cancelled))},
		Button: "Undo the cancellation of 1 patient",
	}
	page.Words = append(page.Words, h.words(s, p)...)
	if h.choice(p) {
		page.Fields = append(page.Fields, h.scope(f, p))
		page.Button = "Undo it as chosen"
	} else if n := len(h.others); n > 0 {
		page.Button = "Undo the cancellation in " + countOf(int64(n+1), "study")
	}
	if p.Cancelled == studymail.OptedOut {
		page.Words = append(page.Words, "The patient opted out: they said that they want no more mail. That is undone only on their own word, or where somebody else was meant.")
		page.Sure = sureWords
	}
	if p.Status == studymail.New && h.was == studymail.NotCancelled {
		page.Words = append(page.Words, "They are in study again then: campaigns mail them.")
	}
	return v.pageAs(status, "patient_change", page.Heading.Title, page)
}

// restoreReasonsOf: an opt-out has fewer.
func restoreReasonsOf(c studymail.Cancelled) []option {
	if c == studymail.OptedOut {
		return restoreReasons[:2]
	}
	return restoreReasons
}

func (s *site) patientRestoreNow(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	p, err := s.patientOf(v)
	if err != nil {
		return err
	}
	var h holding
	err = v.read(func(tx *store.Tx) (err error) {
		h, err = s.readHolding(v, tx, &p)
		return err
	})
	if err != nil {
		return err
	}
	chosen(f, "why", restoreReasonsOf(p.Cancelled))
	if h.choice(&p) {
		f.Choice("scope", "one", "all")
	}
	if p.Cancelled == studymail.OptedOut && !f.Yes("sure") {
		f.Problem("sure", "tick this box, or leave the opt-out as it is")
	}
	if !f.OK() {
		return s.askRestore(v, http.StatusUnprocessableEntity, &p, f)
	}
	if f.Version != h.frozen(&p) {
		f.Collides(p.UpdatedAt)
		return s.askRestore(v, http.StatusConflict, &p, f)
	}
	path, said := "/patients/"+p.ID.String(), ""
	err = v.write(func(tx *store.Tx) error {
		done, _, err := v.once(tx, f, path)
		if err != nil || done {
			return err
		}
		said, err = s.restore(v, tx, &p, f.Get("why"), f.Get("scope") != "one")
		return err
	})
	if err != nil {
		return err
	}
	if said != "" {
		v.flash("%s", said)
	}
	return v.redirect(path)
}

// restore undoes a cancellation and what made it, and says what it did. whole: also
// for the person's other studies.
func (s *site) restore(v *visit, tx *store.Tx, p *store.PatientRow, why string, whole bool) (said string, err error) {
	h, err := s.readHolding(v, tx, p)
	if err != nil {
		return "", err
	}
	back := 0
	for i := range h.feedback {
		f := &h.feedback[i]
		if !whole {
			if _, err := tx.LiftSuppressionsOf(v.ctx(), f, v.actor(), why); err != nil {
				return "", err
			}
			continue
		}
		n, err := tx.UndoFeedback(v.ctx(), f, v.actor(), why)
		if err != nil {
			return "", err
		}
		back += n
	}
	for i := range h.refused {
		if err := tx.RemoveSuppression(v.ctx(), &h.refused[i]); err != nil {
			return "", err
		}
		if err := v.event(tx, "suppression lifted", h.refused[i].ID, why); err != nil {
			return "", err
		}
	}
	now, err := tx.PatientByID(v.ctx(), p.ID)
	if err != nil {
		return "", err
	}
	if now.Cancelled == p.Cancelled { // not by a feedback, or only here
		if err := s.setOne(v, tx, restorePatients.event, move(&now.Patient, now.Status, studymail.NotCancelled, why)); err != nil {
			return "", err
		}
		back++
		now.Cancelled = studymail.NotCancelled
	}
	said = "The cancellation is undone"
	if back > 1 {
		said += " in " + countOf(int64(back), "study")
	}
	if h.suppressions+len(h.refused) > 0 {
		said += "; the address is not suppressed by it any more"
	}
	if now.Cancelled != studymail.NotCancelled {
		said += ". They stand as before it: " + now.Cancelled.String()
	}
	return said + ".", nil
}
