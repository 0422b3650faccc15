package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/store"
)

type messageShowPage struct {
	Heading  heading
	ID       studymail.ID
	Facts    []fact
	Words    string // what this state means, and what can be done
	Attempts []attemptRow
	CameBack []feedbackRow
	Story    []entry
	Actions  []link
	MayShow  bool // the mail
	NoMail   string
	Mail     *mailPage
}

type attemptRow struct {
	Number, Took      string
	At                moment
	Outcome           badge
	Code, Stage, Says string
	Transport         string
	Counts            bool
}

// mailPage is a mail as its reader sees it.
type mailPage struct {
	Heads   []fact
	Text    string
	Source  string // the whole of it, as it was handed over
	Frame   string // where its HTML is; "" without
	Title   string
	Trouble string
}

func (s *site) messageShow(v *visit) error { return s.showMessage(v, http.StatusOK, false) }

// messageShowMail shows the mail as it was sent: an event says who looked.
func (s *site) messageShowMail(v *visit) error { return s.showMessage(v, http.StatusOK, true) }

func (s *site) messageOf(v *visit, tx *store.Tx) (m store.MessageRow, err error) {
	id, err := v.id("id")
	if err != nil {
		return m, err
	}
	m, err = tx.MessageByID(v.ctx(), id)
	if studymail.CodeOf(err) == studymail.NotFound {
		err = studymail.Errorf(studymail.NotFound, "there is no such message; look for it among the messages")
	}
	return m, err
}

func (s *site) showMessage(v *visit, status int, shown bool) error {
	var (
		m       store.MessageRow
		version studymail.TemplateVersion
		tried   []studymail.Attempt
		events  []studymail.Event
		back    []feedbackRow
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if m, err = s.messageOf(v, tx); err != nil {
			return err
		}
		if version, err = tx.TemplateVersionByKey(v.ctx(), m.VersionKey); err != nil {
			return err
		}
		if tried, err = tx.Attempts(v.ctx(), m.Key); err != nil {
			return err
		}
		if back, err = s.cameBack(v, tx, store.FeedbackFilter{Message: m.ID}); err != nil {
			return err
		}
		events, err = tx.Events(v.ctx(), store.EventFilter{About: m.ID, Limit: 50})
		return err
	})
	if err != nil {
		return err
	}
	p := messageShowPage{
		Heading: heading{Title: "Message " + shortID(m.ID), Up: link{"Messages", "/messages"}, Words: "One letter to one patient, with all that happened to it."},
		ID:      m.ID, Facts: s.messageFacts(&m), Words: meaning(&m), MayShow: v.may(studymail.MaySeeDetails), CameBack: back,
	}
	if v.may(studymail.MaySend) {
		path := "/messages/" + m.ID.String()
		switch m.State {
		case studymail.Failed, studymail.Skipped:
			p.Actions = []link{{"Send again…", path + "/again"}}
		case studymail.Uncertain:
			p.Actions = []link{{"Settle it…", path + "/settle"}}
		case studymail.Queued, studymail.Claimed, studymail.Sending, studymail.Deferred, studymail.Sent, studymail.MessageCanceled:
		}
	}
	switch {
	case m.Wrapped == nil:
		p.NoMail = "The mail cannot be read any more: the person was erased."
	case m.MergedForgotten():
		p.NoMail = "What was merged into this letter was erased: it is kept for " + config.Words(s.Config.RetainMerged) + " after the mail was handed over."
	case m.Merged == nil:
		p.NoMail = "Nothing was handed over yet, so there is no mail to show."
	}
	for i := range tried {
		p.Attempts = append(p.Attempts, s.attemptRow(&tried[i]))
	}
	story := []store.PatientMessage{{ID: m.ID, State: m.State, Reason: m.Reason, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, CampaignName: m.CampaignName, TemplateName: m.TemplateName, Version: m.Version, Attempts: tried}}
	p.Story = s.story(v, story, events)
	for i := range p.Story {
		if strings.HasPrefix(p.Story[i].Link.Path, "/messages/") {
			p.Story[i].Link = link{} // it is this page
		}
	}
	if shown && p.NoMail == "" {
		if err := v.write(func(tx *store.Tx) error { return v.event(tx, "mail shown", m.ID, "") }); err != nil {
			return err
		}
		if p.Mail, err = s.mailAsSent(&m, &version); err != nil {
			return err
		}
	}
	return v.pageAs(status, "message_show", p.Heading.Title, p)
}

// mailAsSent puts together what was handed over.
func (s *site) mailAsSent(m *store.MessageRow, version *studymail.TemplateVersion) (*mailPage, error) {
	raw, err := s.Letterbox.AsSent(m, version)
	if err != nil {
		if studymail.CodeOf(err) == studymail.Conflict { // the person was erased
			return &mailPage{Trouble: "The mail cannot be read any more: the person was erased."}, nil
		}
		return nil, err
	}
	return readMail(raw)
}

func (s *site) messageFacts(m *store.MessageRow) []fact {
	reason := any(nil)
	if m.Reason != "" {
		reason = sentenceWord(string(m.Reason))
	}
	facts := []fact{
		{"State", messageBadge(m.State)},
		{"Came back", cameBackBadge(m.CameBack)},
		{"Reason", reason},
		{"Patient", link{"Patient " + shortID(m.PatientID), "/patients/" + m.PatientID.String()}},
		{"Study", m.StudyName},
		{"Care provider", m.ODSCode},
		{"Campaign", link{m.CampaignName, "/campaigns/" + m.CampaignID.String()}},
		{"Letter", fmt.Sprintf("%s, version %d", m.TemplateName, m.Version)},
		{"Attempts", fmt.Sprintf("%d of %d that count", m.Attempts, m.AttemptLimit)},
		{"Planned", s.timeOf(m.CreatedAt)},
	}
	if !m.SentAt.IsZero() {
		facts = append(facts, fact{"Sent", s.timeOf(m.SentAt)})
	}
	if !m.State.Final() {
		facts = append(facts, fact{"Next attempt", s.timeOf(m.NextAttemptAt)}, fact{"Given up", s.timeOf(m.ExpiresAt)})
	}
	return append(facts, fact{"UUID", m.ID.String()})
}

// cameBackBadge is what came back for a message, coloured by what says most.
func cameBackBadge(c studymail.CameBack) badge {
	kind := "quiet"
	switch c.Most() {
	case studymail.CameHard, studymail.CameComplaint:
		kind = "bad"
	case studymail.CameSoft, studymail.CamePolicy, studymail.CameFault, studymail.CameOptOut:
		kind = "warn"
	case studymail.CameDelivered:
		kind = "good"
	case studymail.CameAutomatic, studymail.CameDelayed:
	}
	return badge{kind, sentenceWord(c.String())}
}

// meaning says what a state means, for who has never heard of it.
func meaning(m *store.MessageRow) string {
	switch m.State {
	case studymail.Queued, studymail.Claimed:
		return "It waits to be sent."
	case studymail.Sending:
		return "It is being handed to the mail server now."
	case studymail.Deferred:
		return "It could not leave yet, and is tried again by itself."
	case studymail.Sent:
		return "The mail server has taken it."
	case studymail.Failed:
		return "It was not sent, and is not tried again by itself. When what kept it is mended, send it again."
	case studymail.Skipped:
		return "It was not sent: when its turn came, the patient was not to be mailed any more."
	case studymail.Uncertain:
		return "Nobody knows whether the mail server took it: the connection or this program ended in the last moment. It is not sent again by itself, because the patient may have it. Settle it by hand."
	case studymail.MessageCanceled:
		return "It was not sent: its campaign was cancelled before."
	}
	return ""
}

func (s *site) attemptRow(a *studymail.Attempt) attemptRow {
	r := attemptRow{
		Number: strconv.Itoa(a.Number), At: s.timeOf(a.At), Outcome: attemptBadge(a.Outcome), Stage: a.Stage, Says: a.Reply,
		Transport: a.Transport, Took: commas(int(a.TookMS)) + " ms", Counts: a.Counts,
	}
	if a.Code != 0 {
		r.Code = strings.TrimSpace(strconv.Itoa(a.Code) + " " + a.Enhanced)
	}
	return r
}
