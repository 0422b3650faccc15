package web

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// TestLetter is a letter that a user sends to themselves.
type TestLetter struct {
	Letter   *compose.Letter
	Values   compose.Values
	FromName string // "": that of the installation
	To       sealed.Email
}

// trialTime bounds the wait for the mail server.
const trialTime = 40 * time.Second

// templateTrial sends a version to the user who asks, with the values of an invented
// patient: of a real study and care provider, if they were chosen.
func (s *site) templateTrial(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	m, err := s.templateOf(v)
	if err != nil {
		return err
	}
	if s.SendTest == nil {
		return studymail.Errorf(studymail.Unavailable, "this process hands no mail over; nothing was sent")
	}
	text, err := s.versionShown(v, f, &m)
	if err != nil {
		return err
	}
	f.Set("patient", "") // a patient's details are not for a mailbox of staff
	sm, err := s.readSample(v, f, false)
	if err != nil {
		return err
	}
	if sm.values.Get(compose.UnsubscribeURL) == "" {
		sm.values.Set(compose.UnsubscribeURL, "https://studymail.example/u/example")
	}
	letter, err := compose.Compile(text.Format, "[Test] "+text.Subject, text.Body)
	if err != nil {
		return err
	}
	if lacking := letter.Needs().Lacking(&sm.values); lacking != 0 {
		return studymail.Errorf(studymail.Conflict, "nothing was sent: the study or care provider that you chose has nothing for %s; choose another, or an invented one", placeholderWords(lacking.List()[0]))
	}
	to, err := s.Accounts.Address(&v.user)
	if err != nil {
		return err
	}
	t := TestLetter{Letter: letter, Values: sm.values, To: to}
	if sm.study != nil {
		t.FromName = sm.study.FromName
	}
	if sm.provider != nil && sm.provider.FromName != "" {
		t.FromName = sm.provider.FromName
	}
	return s.sendTrial(v, f, &m, text.Number, t)
}

// sendTrial hands a test letter over, once for each time that the page was opened.
func (s *site) sendTrial(v *visit, f *form, m *studymail.Template, number int, t TestLetter) error {
	path := "/templates/" + m.ID.String()
	var done bool
	err := v.write(func(tx *store.Tx) (err error) {
		if done, _, err = v.once(tx, f, path); err != nil || done {
			return err
		}
		return v.event(tx, "test letter sent", m.ID, "version "+strconv.Itoa(number))
	})
	if err != nil {
		return err
	}
	if done {
		v.flash("The test letter was sent already, once. To send another, press the button again.")
		return v.redirect(path)
	}
	v.keepOpen()
	ctx, cancel := context.WithTimeout(v.ctx(), trialTime)
	defer cancel()
	o, err := s.SendTest(ctx, t)
	if err != nil {
		return err
	}
	switch o.Kind {
	case studymail.Accepted:
		v.flash("The test letter is on its way to your address (%s).", t.To.Masked())
	default:
		return studymail.Errorf(studymail.Unavailable, "the mail server did not take the test letter (%s); no patient is concerned. Try again later, or ask whoever runs this installation", trialAnswer(o))
	}
	return v.redirect(path)
}

func trialAnswer(o studymail.Outcome) string {
	if o.Code == 0 {
		return o.Kind.String()
	}
	return fmt.Sprintf("%s, %d %s", o.Kind, o.Code, o.Enhanced)
}
