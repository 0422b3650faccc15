package web

import (
	"fmt"
	"net/http"

	"studymail"
	"studymail/internal/store"
)

type feedbackUndoPage struct {
	patientChangePage
	Changes []feedbackChange
}

// feedbackUndoForm shows what to undo a feedback takes back, and asks why.
func (s *site) feedbackUndoForm(v *visit) error { return s.askUndo(v, http.StatusOK, newForm()) }

func (s *site) readUndo(v *visit, tx *store.Tx) (f studymail.Feedback, c store.FeedbackChanges, err error) {
	if f, err = s.feedbackOf(v, tx); err != nil {
		return f, c, err
	}
	c, err = tx.ChangesOf(v.ctx(), &f)
	return f, c, err
}

// ownWord tells that the patient said it themselves.
func ownWord(f *studymail.Feedback) bool { return f.Kind == "opt-out" || f.Kind == "complaint" }

func undoReasonsOf(f *studymail.Feedback) []option {
	if ownWord(f) {
		return restoreReasonsOf(studymail.OptedOut)
	}
	return restoreReasons
}

// frozenUndo is what must be the same when it is confirmed.
func frozenUndo(f *studymail.Feedback, c *store.FeedbackChanges) string {
	return fmt.Sprintf("%d/%d/%d/%d", f.State, c.Back(), len(c.Suppressions), len(c.Remembered))
}

func (s *site) askUndo(v *visit, status int, form *form) error {
	var (
		f studymail.Feedback
		c store.FeedbackChanges
	)
	err := v.read(func(tx *store.Tx) (err error) {
		f, c, err = s.readUndo(v, tx)
		return err
	})
	if err != nil {
		return err
	}
	path := "/feedback/" + f.ID.String()
	if f.State != studymail.FeedbackApplied {
		v.flash("This feedback is %s: there is nothing to undo.", f.State)
		return v.redirect(path)
	}
	form.Version = frozenUndo(&f, &c)
	p := feedbackUndoPage{
		patientChangePage: patientChangePage{
			Heading: heading{Title: "Undo: " + sentenceWord(f.Class), Up: link{"Feedback", path}}, Path: path + "/undo", Form: form, Back: path,
			Fields: []field{form.Radio("why", "Why it is undone", undoReasonsOf(&f))},
			Button: "Undo, and set " + countOf(int64(c.Back()), "patient") + " back",
		},
		Changes: changedRows(&c),
	}
	p.Words = append(p.Words, "What followed from this feedback is taken back; what the message says stays: it did come back.")
	if n := len(c.Suppressions); n > 0 {
		p.Words = append(p.Words, countOf(int64(n), "suppression")+" of the address will be lifted: who has it can be mailed again.")
	}
	for _, o := range c.Remembered {
		if o.Provider == "" {
			p.Words = append(p.Words, "It will not hold any more for studies that the person is added to later.")
		} else {
			p.Words = append(p.Words, "It will not hold any more for studies of "+o.Provider+" that the person is added to later.")
		}
	}
	if len(c.Patients) == 0 {
		p.Words = append(p.Words, "It changed no patient.")
	}
	if f.Kind == "soft" || f.Kind == "hard" {
		p.Words = append(p.Words, "What did not arrive before now is not counted against the address any more.")
	}
	if ownWord(&f) {
		p.Words = append(p.Words, "The patient said themselves that they want no more mail. That is undone only on their own word, or where somebody else was meant.")
		p.Sure = sureWords
	}
	return v.pageAs(status, "feedback_undo", p.Heading.Title, p)
}

const sureWords = "I am sure: the patient told us so themselves, or the opt-out was somebody else's"

// feedbackUndo does it, if it still does what was shown.
func (s *site) feedbackUndo(v *visit) error {
	form, err := v.sentForm()
	if err != nil {
		return err
	}
	var f studymail.Feedback
	err = v.read(func(tx *store.Tx) (err error) {
		f, err = s.feedbackOf(v, tx)
		return err
	})
	if err != nil {
		return err
	}
	chosen(form, "why", undoReasonsOf(&f))
	if ownWord(&f) && !form.Yes("sure") {
		form.Problem("sure", "tick this box, or leave it as it is")
	}
	if !form.OK() {
		return s.askUndo(v, http.StatusUnprocessableEntity, form)
	}
	path := "/feedback/" + f.ID.String()
	patients, lifted, same := 0, 0, true
	err = v.write(func(tx *store.Tx) error {
		f, c, err := s.readUndo(v, tx)
		if err != nil {
			return err
		}
		done, _, err := v.once(tx, form, path)
		if err != nil || done {
			return err
		}
		if same = form.Version == frozenUndo(&f, &c); !same {
			return errChanged // the form's token stays good
		}
		patients, err = tx.UndoFeedback(v.ctx(), &f, v.actor(), form.Get("why"))
		lifted = len(c.Suppressions)
		return err
	})
	if !same {
		form.Collides(s.Now())
		return s.askUndo(v, http.StatusConflict, form)
	}
	if err != nil {
		return err
	}
	v.flash("Undone: %s set back, %s lifted.", countOf(int64(patients), "patient"), countOf(int64(lifted), "suppression"))
	return v.redirect(path)
}
