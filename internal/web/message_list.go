package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"studymail"
	"studymail/internal/store"
)

const messagesOnAPage = 50

// messageFilterNames are the fields of a filter of messages, in URLs and in forms.
var messageFilterNames = []string{"state", "reason", "study", "campaign", "step", "since", "until"}

// messageFilter is a filter of messages as it was asked for.
type messageFilter struct {
	store.MessageQuery
	studies  []studymail.Study
	campaign *store.CampaignRow
	steps    []store.StepRow
	fields   []hidden
}

type messageListPage struct {
	Heading  heading
	Form     *form
	States   []option
	Reasons  []option
	Studies  []option
	Steps    []option // of the campaign; none: it has one letter
	Campaign string   // its name
	Rows     []messageRow
	Hidden   []hidden
	All      int // that can be acted on at once; 0: none
	MaySend  bool
	Short    bool
	Empty    empty
	Pager    pager
}

type messageRow struct {
	ID       studymail.ID
	Short    string
	State    badge
	Reason   string
	Study    string
	Campaign link
	Patient  link
	Attempts string
	Planned  moment
	Again    bool
}

// readMessageFilter reads a filter from a form, and looks up what it names.
func (s *site) readMessageFilter(v *visit, tx *store.Tx, f *form) (m messageFilter, err error) {
	for _, name := range messageFilterNames {
		if value := f.Get(name); value != "" {
			m.fields = append(m.fields, hidden{name, value})
		}
	}
	if w := f.Get("state"); w != "" {
		if m.State, err = studymail.ParseState(w); err != nil {
			f.Problem("state", "choose one of these")
		}
	}
	m.Reason = studymail.Reason(f.Get("reason"))
	if m.Reason != "" && reasonOf(string(m.Reason)) == "" {
		f.Problem("reason", "choose one of these")
	}
	if m.studies, err = tx.Studies(v.ctx()); err != nil {
		return m, err
	}
	if w := f.Get("study"); w != "" {
		for i := range m.studies {
			if m.studies[i].ID.String() == w {
				m.Study = m.studies[i].Key
			}
		}
		if m.Study == 0 {
			f.Problem("study", "there is no such study; choose one of these")
		}
	}
	if w := f.Get("campaign"); w != "" {
		id, err := studymail.ParseID(w)
		if err != nil {
			return m, noCampaign(studymail.Errorf(studymail.NotFound, "no campaign"))
		}
		c, err := tx.CampaignByID(v.ctx(), id)
		if err != nil {
			return m, noCampaign(err)
		}
		m.campaign, m.Campaign = &c, id
		if m.steps, err = tx.CampaignStepRows(v.ctx(), c.Key); err != nil {
			return m, err
		}
	}
	if w := f.Get("step"); w != "" {
		for i := range m.steps {
			if strconv.Itoa(m.steps[i].Number) == w {
				m.Step = m.steps[i].Number
			}
		}
		if m.Step == 0 {
			f.Problem("step", "the campaign has no such letter; choose one of these")
		}
	}
	m.Since, m.Until = s.dayOf(f, "since"), s.dayOf(f, "until")
	if !m.Until.IsZero() {
		m.Until = m.Until.AddDate(0, 0, 1)
	}
	return m, nil
}

// reasonOf gives a reason that there is, or "".
func reasonOf(word string) studymail.Reason {
	for _, r := range studymail.Reasons() {
		if string(r) == word {
			return r
		}
	}
	return ""
}

// messageList lists messages, the newest first.
func (s *site) messageList(v *visit) error {
	f := newForm()
	for _, name := range messageFilterNames {
		f.Set(name, v.query(name))
	}
	var (
		filter messageFilter
		found  store.MessagesFound
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if filter, err = s.readMessageFilter(v, tx, f); err != nil || !f.OK() {
			return err
		}
		filter.Before, filter.Limit = v.number("after", 0), messagesOnAPage
		if found, err = tx.FindMessages(v.ctx(), &filter.MessageQuery); err != nil || found.Total >= 0 {
			return err
		}
		campaign := int64(0)
		if filter.campaign != nil {
			campaign = filter.campaign.Key
		}
		if filter.only("campaign", "step") {
			found.Total, err = tx.CountAllMessages(v.ctx(), campaign, filter.Step)
		}
		return err
	})
	if err != nil {
		return err
	}
	p := messageListPage{
		Heading: heading{Title: "Messages", Words: "Every letter to a patient, from before it is sent until long after, the newest first. Days are those on which they were planned."},
		Form:    f, States: anyOf("Any"), Reasons: anyOf("Any"), Studies: anyOf("Any"), Hidden: filter.fields, MaySend: v.may(studymail.MaySend), Short: found.Short,
		Empty: s.noMessages(v, &filter),
	}
	if filter.campaign != nil {
		p.Campaign = filter.campaign.Name
		p.Heading.Title, p.Heading.Up = "Messages of "+filter.campaign.Name, link{"Campaign " + filter.campaign.Name, "/campaigns/" + filter.campaign.ID.String()}
	}
	if len(filter.steps) > 1 {
		p.Steps = anyOf("Any")
		for i := range filter.steps {
			n := filter.steps[i].Number
			p.Steps = append(p.Steps, option{Value: strconv.Itoa(n), Text: stepTitle(n)})
		}
	}
	for _, st := range studymail.States() {
		p.States = append(p.States, option{Value: st.String(), Text: sentenceWord(st.String())})
	}
	for _, r := range studymail.Reasons() {
		p.Reasons = append(p.Reasons, option{Value: string(r), Text: sentenceWord(string(r))})
	}
	for i := range filter.studies {
		p.Studies = append(p.Studies, option{Value: filter.studies[i].ID.String(), Text: filter.studies[i].Name})
	}
	if !f.OK() {
		return v.pageAs(http.StatusUnprocessableEntity, "message_list", p.Heading.Title, p)
	}
	for i := range found.Rows {
		p.Rows = append(p.Rows, s.messageRow(&found.Rows[i]))
	}
	if again(filter.State) && p.MaySend {
		p.All = max(found.Total, 0)
	}
	p.Pager = pager{Shown: len(p.Rows), What: "message", Total: int64(found.Total)}
	if v.query("after") != "" {
		p.Pager.First = v.with("after", "")
	}
	if found.Next != 0 {
		p.Pager.Next = v.with("after", strconv.FormatInt(found.Next, 10))
	}
	return v.page("message_list", p.Heading.Title, p)
}

// again tells the states of which messages can be sent again, many at once. What is
// uncertain is settled one by one: a patient may have had it.
func again(state studymail.State) bool {
	return state == studymail.Failed || state == studymail.Skipped
}

func (s *site) messageRow(m *store.MessageRow) messageRow {
	r := messageRow{
		ID: m.ID, Short: shortID(m.ID), State: messageBadge(m.State), Reason: sentenceWord(string(m.Reason)), Study: m.StudyName,
		Campaign: link{m.CampaignName, "/campaigns/" + m.CampaignID.String()}, Patient: link{shortID(m.PatientID), "/patients/" + m.PatientID.String()},
		Attempts: strconv.Itoa(m.Attempts) + " of " + strconv.Itoa(m.AttemptLimit), Planned: s.timeOf(m.CreatedAt), Again: again(m.State),
	}
	if m.Reason == "" {
		r.Reason = "–"
	}
	return r
}

// messageBadge is a message's state.
func messageBadge(state studymail.State) badge {
	kind := "quiet"
	switch state {
	case studymail.Sent:
		kind = "good"
	case studymail.Failed:
		kind = "bad"
	case studymail.Uncertain, studymail.Deferred:
		kind = "warn"
	case studymail.Queued, studymail.Claimed, studymail.Sending:
		kind = "info"
	case studymail.Skipped, studymail.MessageCanceled:
	}
	return badge{kind, sentenceWord(state.String())}
}

func (s *site) noMessages(v *visit, f *messageFilter) empty {
	if len(f.fields) > 0 {
		return empty{"No such messages", "Take a filter away, or choose other days.", link{"Show all messages", "/messages"}}
	}
	return empty{"No messages yet", "A message is made when a campaign starts, or when you send a letter to chosen patients.", v.linkTo("Choose patients", "/patients")}
}

// only tells whether nothing is asked for but some of these.
func (f *messageFilter) only(names ...string) bool {
	for _, h := range f.fields {
		if !slices.Contains(names, h.Name) {
			return false
		}
	}
	return true
}

// listPath is the list with this filter.
func (f *messageFilter) listPath() string {
	q := url.Values{}
	for _, h := range f.fields {
		q.Set(h.Name, h.Value)
	}
	return (&url.URL{Path: "/messages", RawQuery: q.Encode()}).String()
}
