package web

import (
	"net/http"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/store"
)

type messageActPage struct {
	Heading heading
	Changed string
	Words   string
	Confirm confirm
	Choices []option // with a choice the form is written out
	Form    *form
}

// messageAgainForm asks before one message is sent again.
func (s *site) messageAgainForm(v *visit) error {
	var (
		m   store.MessageRow
		why studymail.Reason
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if m, err = s.messageOf(v, tx); err != nil || !again(m.State) {
			return err
		}
		why, err = s.Planner.Recheck(tx).Why(v.ctx(), &m)
		return err
	})
	if err != nil {
		return err
	}
	path := "/messages/" + m.ID.String()
	if !again(m.State) {
		v.flash("This message is %s: it is not sent again.", m.State)
		return v.redirect(path)
	}
	p := messageActPage{Heading: heading{Title: "Send message " + shortID(m.ID) + " again", Up: link{"Message " + shortID(m.ID), path}}}
	if why != "" {
		p.Words = "It cannot be sent again now: " + string(why) + "."
	} else {
		p.Confirm = confirm{
			Action: path + "/again", Form: newForm(), Back: path, Button: "Send 1 letter again",
			Text: "It " + stood(&m) + ". It is queued again now, with attempts of its own, and leaves as soon as it is its turn.",
		}
	}
	return v.page("message_act", p.Heading.Title, p)
}

func stood(m *store.MessageRow) string {
	words := "was " + m.State.String()
	if m.State == studymail.Failed {
		words = "failed"
	}
	if m.Reason != "" {
		words += " (" + string(m.Reason) + ")"
	}
	return words
}

// messageAgain queues one message again. A second click finds it queued.
func (s *site) messageAgain(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	path := "/messages/" + id.String()
	filter := store.MessageFilter{IDs: []studymail.ID{id}, States: []studymail.State{studymail.Failed, studymail.Skipped}}
	res, looked, _, err := s.Planner.RetryPage(v.ctx(), &filter, v.actor())
	switch {
	case err != nil:
		return err
	case looked == 0:
		v.flash("This message had neither failed nor was it skipped any more: nothing was done twice.")
	case res.Queued == 0:
		for why := range res.Left {
			v.flash("It is left as it is: %s.", why)
		}
	default:
		v.flash("The letter is queued again.")
	}
	return v.redirect(path)
}

// messageSettleForm asks what became of an uncertain message.
func (s *site) messageSettleForm(v *visit) error {
	return s.askSettle(v, http.StatusOK, newForm())
}

func (s *site) askSettle(v *visit, status int, f *form) error {
	var m store.MessageRow
	err := v.read(func(tx *store.Tx) (err error) {
		m, err = s.messageOf(v, tx)
		return err
	})
	if err != nil {
		return err
	}
	path := "/messages/" + m.ID.String()
	if m.State != studymail.Uncertain {
		v.flash("This message is %s: there is nothing to settle.", m.State)
		return v.redirect(path)
	}
	p := messageActPage{
		Heading: heading{Title: "Settle message " + shortID(m.ID), Up: link{"Message " + shortID(m.ID), path}}, Form: f,
		Words: "Nobody knows whether the mail server took this letter. Look into its log for the Message-ID, which begins with " + m.ID.String() +
			", or ask the patient. If you say that it was sent, it stays as it is. If it is sent again, the patient may get the letter twice.",
		Choices: []option{
			{Value: "sent", Text: "It was sent", Hint: "Nothing leaves."},
			{Value: "resend", Text: "Send it again", Hint: "The patient may get it twice. Refused while the first try could still come through."},
		},
		Confirm: confirm{Action: path + "/settle", Back: path, Button: "Settle 1 message"},
	}
	return v.pageAs(status, "message_act", p.Heading.Title, p)
}

// messageSettle does it. The store refuses it when the message is not uncertain any more.
func (s *site) messageSettle(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	id, err := v.id("id")
	if err != nil {
		return err
	}
	as := f.Choice("as", "sent", "resend")
	if !f.OK() {
		return s.askSettle(v, http.StatusUnprocessableEntity, f)
	}
	path := "/messages/" + id.String()
	done, where := false, ""
	err = v.write(func(tx *store.Tx) (err error) {
		if done, where, err = v.once(tx, f, path); err != nil || done {
			return err
		}
		return s.Planner.Resolve(v.ctx(), tx, id, as == "resend", v.actor())
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		if err := f.Fail(err); err != nil {
			return err
		}
		return s.askSettle(v, http.StatusConflict, f)
	}
	if err != nil {
		return err
	}
	if !done {
		v.flash("Message settled: %s.", map[string]string{"sent": "it was sent", "resend": "it is sent again"}[as])
	} else {
		path = where
	}
	return v.redirect(path)
}

// messagesAgain sends again what was ticked, or all that match: first it shows how
// many, then it does it if they are still as many.
func (s *site) messagesAgain(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	var (
		filter messageFilter
		which  store.MessageFilter
		n      int
	)
	count := func(tx *store.Tx) (err error) {
		filter, which, n, err = s.readMessages(v, tx, f)
		return err
	}
	if err := v.read(count); err != nil {
		return err
	}
	back := filter.listPath()
	if n == 0 {
		return studymail.Errorf(studymail.Conflict, "none of those failed or was skipped any more; nothing was sent: go back to the messages and look again")
	}
	if f.Get("expect") == strconv.Itoa(n) {
		return s.sendAgain(v, f, which, n, back)
	}
	p := messageActPage{Heading: heading{Title: "Send messages again", Up: link{"Messages", back}}}
	status := http.StatusOK
	if f.Get("expect") != "" {
		status = http.StatusConflict
		p.Changed = "Meanwhile something changed: there were " + f.Get("expect") + ", now there are " + commas(n) + ". Nothing was sent yet."
	}
	p.Confirm = confirm{
		Action: "/messages/again", Form: newForm(), Back: back, Button: "Send " + countOf(int64(n), "letter") + " again", Hidden: map[string]string{"expect": strconv.Itoa(n)},
		Text: countOf(int64(n), "message") + " that failed or were skipped. Each patient is looked at anew: who may still be mailed gets the letter queued again, with attempts of its own; the others stay as they are. What failed for good, as a mailbox that does not exist, will most likely fail again.",
	}
	for _, h := range filter.fields {
		p.Confirm.Hidden[h.Name] = h.Value
	}
	if f.Get("all") != "" {
		p.Confirm.Hidden["all"] = "yes"
	} else {
		words := make([]string, len(which.IDs))
		for i, id := range which.IDs {
			words[i] = id.String()
		}
		p.Confirm.Hidden["message"] = strings.Join(words, " ")
	}
	return v.pageAs(status, "message_act", p.Heading.Title, p)
}

// readMessages reads which messages a form is about, and counts those of them that
// can be sent again.
func (s *site) readMessages(v *visit, tx *store.Tx, f *form) (filter messageFilter, which store.MessageFilter, n int, err error) {
	if filter, err = s.readMessageFilter(v, tx, f); err != nil {
		return filter, which, 0, err
	}
	if !f.OK() {
		return filter, which, 0, studymail.Errorf(studymail.Invalid, "the filter is not whole; go back to the messages and choose again")
	}
	which.States = []studymail.State{studymail.Failed, studymail.Skipped}
	if f.Get("all") == "" {
		for _, words := range f.All("message") {
			for word := range strings.FieldsSeq(words) {
				id, err := studymail.ParseID(word)
				if err != nil || len(which.IDs) == messagesOnAPage {
					return filter, which, 0, studymail.Errorf(studymail.Invalid, "what was ticked did not arrive whole; go back and tick again")
				}
				which.IDs = append(which.IDs, id)
			}
		}
		if len(which.IDs) == 0 {
			return filter, which, 0, studymail.Errorf(studymail.Invalid, "nothing was ticked; go back, tick messages or “all that match”, and choose again")
		}
		n, err = tx.CountMessages(v.ctx(), which)
		return filter, which, n, err
	}
	if !again(filter.State) {
		return filter, which, 0, studymail.Errorf(studymail.Invalid, "all at once are sent again only those that failed, or those that were skipped: go back and filter by that state")
	}
	which.States, which.Campaign, which.Step, which.Study, which.Reason = []studymail.State{filter.State}, filter.Campaign, filter.Step, filter.Study, filter.Reason
	if which.Since, which.Until, err = tx.MessagesBetween(v.ctx(), filter.Since, filter.Until); err != nil {
		return filter, which, 0, err
	}
	filter.Limit = 1
	found, err := tx.FindMessages(v.ctx(), &filter.MessageQuery)
	return filter, which, found.Total, err
}
