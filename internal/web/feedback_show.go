package web

import (
	"strings"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

type feedbackShowPage struct {
	Heading  heading
	ID       studymail.ID
	Words    string
	Facts    []fact
	Changes  []feedbackChange
	Undo     string // where; "": it cannot be undone, or not by this user
	MayMark  bool   // that a person looked at it
	Form     *form
	HasMail  bool
	MayShow  bool
	Mail     *mailPage
	History  []entry
	Followed []string
}

// feedbackChange is a patient whom a feedback changed.
type feedbackChange struct {
	Patient link
	Study   string
	Was     string
	Now     badge
	Undone  string // what to undo it makes of them
}

func (s *site) feedbackShow(v *visit) error { return s.showFeedback(v, nil) }

// feedbackOf finds the feedback of the path.
func (s *site) feedbackOf(v *visit, tx *store.Tx) (f studymail.Feedback, err error) {
	id, err := v.id("id")
	if err != nil {
		return f, err
	}
	f, err = tx.FeedbackByID(v.ctx(), id)
	if studymail.CodeOf(err) == studymail.NotFound {
		err = studymail.Errorf(studymail.NotFound, "there is no such feedback; what is of no letter of ours is forgotten after a time. Look for it in the list")
	}
	return f, err
}

func (s *site) showFeedback(v *visit, mail *mailPage) error {
	var (
		f       studymail.Feedback
		changes store.FeedbackChanges
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if f, err = s.feedbackOf(v, tx); err == nil {
			changes, err = tx.ChangesOf(v.ctx(), &f)
		}
		return err
	})
	if err != nil {
		return err
	}
	p := feedbackShowPage{
		Heading: heading{Title: sentenceWord(f.Class), Up: link{"Feedback", "/feedback"}, Words: "Something that came back, and what followed."},
		ID:      f.ID, Words: feedbackMeaning(&f), Facts: s.feedbackFacts(&f), Changes: changedRows(&changes), Followed: s.followed(&changes),
		HasMail: f.HasKept, MayShow: v.may(studymail.MaySeeDetails), Mail: mail, Form: newForm(),
		MayMark: f.State == studymail.FeedbackKept && f.SeenAt.IsZero() && v.may(studymail.MayEdit),
	}
	if f.State == studymail.FeedbackApplied && v.may(studymail.MayEdit) {
		p.Undo = "/feedback/" + f.ID.String() + "/undo"
	}
	if p.History, err = s.history(v, f.ID); err != nil {
		return err
	}
	return v.page("feedback_show", p.Heading.Title, p)
}

func feedbackMeaning(f *studymail.Feedback) string {
	switch f.State {
	case studymail.FeedbackWaits:
		return "It was quicker than our own record of the letter. It waits for it, and is applied within a second of it."
	case studymail.FeedbackApplied:
		return "It was understood, and what follows from it was done."
	case studymail.FeedbackKept:
		if f.Message.IsZero() {
			return "It belongs to no letter of ours, or nothing in it says to which. It changed nothing. Look at the mail: it may be somebody who wrote to you."
		}
		return "It was not understood, so it changed nothing. Look at the mail, and set the patient by hand if it says something about them."
	case studymail.FeedbackUndone:
		return "A person took back what had followed from it. What the message says stays: it did come back."
	}
	return ""
}

func (s *site) feedbackFacts(f *studymail.Feedback) []fact {
	facts := []fact{
		{"What came back", sentenceWord(f.Class)},
		{"Kind", kindBadge(f.Kind)},
		{"State", feedbackBadge(f.State)},
		{"Code", codeOf(f)},
		{"The other side said", f.Diagnostic},
		{"Message", nil},
		{"Patient", nil},
		{"What followed", sentenceWord(f.Effect)},
		{"Came", s.timeOf(f.At)},
		{"How it came", sourceWords(f.Source)},
		{"Read as", sentenceWord(f.Format)},
		{"How often", countOf(int64(f.Times), "time")},
		{"Applied", s.timeOf(f.AppliedAt)},
		{"Looked at", s.timeOf(f.SeenAt)},
		{"UUID", f.ID.String()},
	}
	if !f.Message.IsZero() {
		facts[5].Value = link{"Message " + shortID(f.Message), "/messages/" + f.Message.String()}
		facts[6].Value = link{"Patient " + shortID(f.Patient), "/patients/" + f.Patient.String()}
	}
	return facts
}

// changedRows are the patients whom a feedback changed, and what to undo it does.
func changedRows(c *store.FeedbackChanges) (rows []feedbackChange) {
	for i := range c.Patients {
		p := &c.Patients[i]
		row := feedbackChange{
			Patient: link{"Patient " + shortID(p.ID), "/patients/" + p.ID.String()}, Study: p.StudyName,
			Was: cancelledWord(p.Was), Now: badge{"good", cancelledWord(p.Now)}, Undone: "Stays: somebody set them otherwise since",
		}
		if p.Now != studymail.NotCancelled {
			row.Now = cancelledBadge(p.Now)
		}
		switch {
		case p.Back():
			row.Undone = cancelledWord(p.Was) + " again"
		case p.Held:
			row.Undone = "Stays: another opt-out holds them"
		}
		rows = append(rows, row)
	}
	return rows
}

func cancelledWord(c studymail.Cancelled) string {
	if c == studymail.NotCancelled {
		return "Not cancelled"
	}
	return c.String()
}

// followed says what followed from a feedback besides, as it stands.
func (s *site) followed(c *store.FeedbackChanges) (words []string) {
	for i := range c.Suppressions {
		words = append(words, "The address is suppressed since "+s.timeOf(c.Suppressions[i].CreatedAt).Words+" ("+c.Suppressions[i].Reason+"): nobody who has it is mailed.")
	}
	for _, o := range c.Remembered {
		if o.Provider == "" {
			words = append(words, "It also holds for every study that the person is added to later.")
		} else {
			words = append(words, "It also holds for every study of "+o.Provider+" that the person is added to later.")
		}
	}
	return words
}

// feedbackShowMail shows the mail that was kept: an event says who looked.
func (s *site) feedbackShowMail(v *visit) error {
	var f studymail.Feedback
	err := v.write(func(tx *store.Tx) (err error) {
		if f, err = s.feedbackOf(v, tx); err != nil {
			return err
		}
		if f.Kept, err = tx.KeptMail(v.ctx(), &f); err != nil {
			return err
		}
		if f.Kept == nil {
			return studymail.Errorf(studymail.Conflict, "this mail is not kept any more: it was understood, or it is older than FEEDBACK_KEEP")
		}
		if err := tx.SawFeedback(v.ctx(), &f); err != nil {
			return err
		}
		return v.event(tx, "feedback shown", f.ID, "")
	})
	if err != nil {
		return err
	}
	values, err := s.Opener.OpenMaster(sealed.FeedbackMail, f.ID, f.Kept)
	if err != nil {
		return err
	}
	return s.showFeedback(v, keptMail(values[0]))
}

// keptMail reads a mail that nobody understood as well as it goes: anything may be in it.
func keptMail(raw string) *mailPage {
	raw = strings.ReplaceAll(raw, "\x00", "�")
	if p, err := readMail([]byte(raw)); err == nil {
		p.Text = strings.ReplaceAll(p.Text, "\x00", "�")
		return p
	}
	return &mailPage{Source: strings.ReplaceAll(strings.ToValidUTF8(raw, "�"), "\r\n", "\n")}
}

// feedbackSeen notes that a person looked at it.
func (s *site) feedbackSeen(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	err = v.write(func(tx *store.Tx) error {
		f, err := s.feedbackOf(v, tx)
		if err != nil || !f.SeenAt.IsZero() {
			return err
		}
		if err := tx.SawFeedback(v.ctx(), &f); err != nil {
			return err
		}
		return v.event(tx, "feedback looked at", f.ID, "")
	})
	if err != nil {
		return err
	}
	v.flash("It is marked as looked at.")
	return v.redirect("/feedback/" + id.String())
}
