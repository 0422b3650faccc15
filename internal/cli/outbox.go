package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"studymail"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) outboxCommand() *cobra.Command {
	return group("outbox", "The outbox: every message and its story",
		`The outbox holds one row for every message, from before it is sent until long
after. States: queued, sending, deferred (tried, will be tried again), sent,
failed, skipped (no longer in study, …), uncertain (nobody knows whether it was
taken), cancelled.`,
		`  studymail outbox list --state failed
  studymail outbox show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail outbox retry --campaign 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail outbox resolve 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --as resend
  studymail outbox resolve --from /var/log/mail.log --as sent --dry-run`,
		e.outboxList(), e.outboxShow(), e.outboxRetry(), e.outboxResolve())
}

// messageView is a message as commands print it: no personal detail.
type messageView struct {
	ID           studymail.ID     `json:"id"`
	Campaign     studymail.ID     `json:"campaign"`
	Run          studymail.ID     `json:"run"`
	Patient      studymail.ID     `json:"patient"`
	Study        string           `json:"study"`
	Provider     string           `json:"provider"` // ODS code
	Template     string           `json:"template"`
	Version      int              `json:"version"`
	State        studymail.State  `json:"state"`
	Reason       studymail.Reason `json:"reason"`
	Attempts     int              `json:"attempts"`
	AttemptLimit int              `json:"attempt_limit"`
	NextAttempt  string           `json:"next_attempt_at"` // of a queued or deferred one
	Expires      string           `json:"expires_at"`
	Created      string           `json:"created_at"`
	Sent         string           `json:"sent_at"`
	CameBack     string           `json:"came_back"` // "" for nothing
}

func messageOf(m *store.MessageRow) messageView {
	v := messageView{
		ID: m.ID, Campaign: m.CampaignID, Run: m.RunID, Patient: m.PatientID, Study: m.StudyName, Provider: m.ODSCode,
		Template: m.TemplateName, Version: m.Version, State: m.State, Reason: m.Reason,
		Attempts: m.Attempts, AttemptLimit: m.AttemptLimit,
		Expires: stamp(m.ExpiresAt), Created: stamp(m.CreatedAt), Sent: stamp(m.SentAt), CameBack: m.CameBack.String(),
	}
	if !m.State.Final() {
		v.NextAttempt = stamp(m.NextAttemptAt)
	}
	return v
}

// messageFilter adds the flags that choose messages.
type messageFilter struct {
	campaign, patient string
	states            []string
	limit             int
}

func (f *messageFilter) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.campaign, "campaign", "", "only of the campaign with this `ID`")
	cmd.Flags().StringVar(&f.patient, "patient", "", "only to the patient with this `UUID`")
	cmd.Flags().StringSliceVar(&f.states, "state", nil, "only in this `state`; may be given many times")
}

func (f *messageFilter) read() (store.MessageFilter, error) {
	var (
		out store.MessageFilter
		err error
	)
	out.Limit = f.limit
	if f.campaign != "" {
		if out.Campaign, err = studymail.ParseID(f.campaign); err != nil {
			return out, misused(err)
		}
	}
	if f.patient != "" {
		if out.Patient, err = studymail.ParseID(f.patient); err != nil {
			return out, misused(err)
		}
	}
	for _, w := range f.states {
		s, err := studymail.ParseState(strings.ToLower(w))
		if err != nil {
			return out, misused(err)
		}
		out.States = append(out.States, s)
	}
	return out, nil
}

func (e *env) outboxList() *cobra.Command {
	var f messageFilter
	cmd := &cobra.Command{
		Use:   "list [--campaign ID] [--patient UUID] [--state STATE…] [--limit N]",
		Short: "List messages in the order in which they were planned",
		Long:  "List messages in the order in which they were planned. Without --limit all are\nlisted.",
		Example: `  studymail outbox list --state failed --state uncertain
  studymail outbox list --campaign 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			filter, err := f.read()
			if err != nil {
				return err
			}
			return e.listMessages(ctx, j, filter)
		}),
	}
	f.flags(cmd)
	cmd.Flags().IntVar(&f.limit, "limit", 0, "at most `N`")
	e.jsonFlag(cmd)
	return cmd
}

const messagePage = 1000

// listMessages prints page by page: a long list neither fills the memory nor
// holds a snapshot open while a slow reader reads.
func (e *env) listMessages(ctx context.Context, j *job, filter store.MessageFilter) error {
	var (
		out   = e.array()
		t     *table
		n     int
		limit = filter.Limit
	)
	for {
		filter.Limit = messagePage
		if limit > 0 {
			filter.Limit = min(messagePage, limit-n)
		}
		var page []store.MessageRow
		more := false
		err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
			page, more, err = tx.MessagePage(ctx, filter)
			return err
		})
		if err != nil {
			return err
		}
		for i := range page {
			m := &page[i]
			v := messageOf(m)
			n++
			if e.asJSON {
				if err := out.add(v); err != nil {
					return err
				}
				continue
			}
			if t == nil {
				t = e.table("id", "state", "reason", "attempts", "next attempt", "patient", "study", "template")
			}
			next := ""
			if v.NextAttempt != "" {
				next = j.clock(m.NextAttemptAt)
			}
			t.row(v.ID, v.State, v.Reason, fmt.Sprintf("%d of %d", v.Attempts, v.AttemptLimit), next, v.Patient, v.Study, v.Template)
		}
		if !more || limit > 0 && n >= limit {
			break
		}
		filter.After = page[len(page)-1].Key
	}
	switch {
	case e.asJSON:
		return out.end()
	case t == nil && (!filter.Campaign.IsZero() || !filter.Patient.IsZero() || len(filter.States) > 0):
		return e.say("No such messages.")
	case t == nil:
		return e.say("No messages yet. `studymail campaign create --study NAME --template NAME --start` makes some.")
	}
	return t.end()
}

func (e *env) outboxShow() *cobra.Command {
	var reveal bool
	cmd := &cobra.Command{
		Use:   "show UUID [--reveal]",
		Short: "Show a message: where it stands, and each attempt",
		Long: `Show where a message stands, and each attempt with its code and the server's
scrubbed reply. With --reveal also the mail as it was sent; an event is written.`,
		Example: `  studymail outbox show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail outbox show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --reveal`,
		Args: exactly("the message's UUID"),
		RunE: e.with(func(ctx context.Context, j *job) error {
			id, err := studymail.ParseID(j.args[0])
			if err != nil {
				return misused(err)
			}
			return e.showMessage(ctx, j, id, reveal)
		}),
	}
	revealFlag(cmd, &reveal)
	e.jsonFlag(cmd)
	return cmd
}

// messageStory is a message with its attempts and, revealed, its mail.
type messageStory struct {
	messageView
	Waits string              `json:"waits_until,omitempty"` // for send hours
	Tried []studymail.Attempt `json:"tried"`
	Back  []feedbackView      `json:"feedback"`       // the newest first
	Mail  string              `json:"mail,omitempty"` // the whole RFC 5322 message

	waits time.Time
}

func (e *env) showMessage(ctx context.Context, j *job, id studymail.ID, reveal bool) error {
	var (
		m       store.MessageRow
		version studymail.TemplateVersion
		story   messageStory
	)
	err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if m, err = tx.MessageByID(ctx, id); err != nil {
			return err
		}
		if version, err = tx.TemplateVersionByKey(ctx, m.VersionKey); err != nil {
			return err
		}
		if m.State == studymail.Queued || m.State == studymail.Claimed || m.State == studymail.Deferred {
			if story.waits, err = closedUntil(ctx, tx, m.Study, m.Provider); err != nil {
				return err
			}
			story.Waits = stamp(story.waits)
		}
		if story.Tried, err = tx.Attempts(ctx, m.Key); err != nil {
			return err
		}
		back, err := tx.FeedbackPage(ctx, store.FeedbackFilter{Message: id, Limit: 100})
		story.Back = []feedbackView{}
		for i := range back {
			story.Back = append(story.Back, feedbackOf(&back[i]))
		}
		return err
	})
	if err != nil {
		return err
	}
	story.messageView = messageOf(&m)
	if reveal {
		mail, err := j.Letterbox().AsSent(&m, &version)
		if err != nil {
			return err
		}
		if err := j.Store.Write(ctx, func(tx *store.Tx) error { return e.event(ctx, tx, "mail shown", m.ID, "") }); err != nil {
			return err
		}
		story.Mail = string(mail)
	}
	if e.asJSON {
		return e.print(story)
	}
	return e.sayMessage(j, &m, story)
}

func (e *env) sayMessage(j *job, m *store.MessageRow, story messageStory) error {
	v := story.messageView
	pairs := [][2]string{
		{"Message", v.ID.String()},
		{"State", v.State.String()},
		{"Reason", string(v.Reason)},
		{"Attempts", fmt.Sprintf("%d of %d", v.Attempts, v.AttemptLimit)},
		{"Campaign", v.Campaign.String() + " (" + m.CampaignName + ")"},
		{"Run", v.Run.String()},
		{"Patient", v.Patient.String()},
		{"Study", v.Study},
		{"Care provider", v.Provider},
		{"Template", fmt.Sprintf("%s, version %d", v.Template, v.Version)},
		{"Planned", j.clock(m.CreatedAt)},
		{"Sent", j.clock(m.SentAt)},
		{"Came back", v.CameBack},
	}
	if v.NextAttempt != "" {
		pairs = append(pairs, [2]string{"Next attempt", j.clock(m.NextAttemptAt)}, [2]string{"Expires", j.clock(m.ExpiresAt)})
	}
	if !story.waits.IsZero() {
		pairs = append(pairs, [2]string{"Waits until", j.clock(story.waits) + " (send hours; this time does not count against Expires)"})
	}
	if err := e.facts(pairs...); err != nil {
		return err
	}
	if len(story.Tried) > 0 {
		if err := e.say(""); err != nil {
			return err
		}
		t := e.table("attempt", "at", "outcome", "counts", "code", "stage", "transport", "took", "reply")
		for _, a := range story.Tried {
			code := ""
			if a.Code != 0 {
				code = strings.TrimSpace(fmt.Sprint(a.Code, " ", a.Enhanced))
			}
			t.row(a.Number, j.clock(a.At), a.Outcome, yesNo(a.Counts), code, a.Stage, a.Transport, fmt.Sprintf("%d ms", a.TookMS), a.Reply)
		}
		if err := t.end(); err != nil {
			return err
		}
	}
	if len(story.Back) > 0 {
		if err := e.say(""); err != nil {
			return err
		}
		t := e.table("feedback", "class", "code", "state", "followed", "they said")
		for _, f := range story.Back {
			t.row(f.ID, f.Class, f.Code, f.State, f.Effect, f.Diagnostic)
		}
		if err := t.end(); err != nil {
			return err
		}
	}
	if story.Mail != "" {
		return e.say("\n%s", strings.ReplaceAll(story.Mail, "\r\n", "\n"))
	}
	return nil
}
