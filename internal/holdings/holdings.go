package holdings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Held is all that is held on a person. Printed by any other way than JSON and HTML it
// is redacted.
type Held struct {
	At           time.Time     `json:"at"` // when it was put together
	Person       Person        `json:"person"`
	Studies      []Study       `json:"studies"`
	Messages     []Message     `json:"messages"`
	OptOuts      []OptOut      `json:"opt_outs"`     // that count for studies that come later, too
	Suppressions []Suppression `json:"suppressions"` // of the address
	Events       []Event       `json:"events"`       // about the person as such; those of a study stand with it
	Elsewhere    []string      `json:"elsewhere"`    // what is not in here
}

// Format prints [redacted] under every verb.
func (*Held) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, sealed.Redacted) }

// Person is who it is about.
type Person struct {
	ID        studymail.ID `json:"id"`
	Erased    bool         `json:"erased"` // then there are no details any more
	Username  string       `json:"username"`
	FirstName string       `json:"first_name"`
	LastName  string       `json:"last_name"`
	Email     string       `json:"email"`
	Added     time.Time    `json:"added"`
	Changed   time.Time    `json:"changed"`
}

// Study is a participation.
type Study struct {
	Patient    studymail.ID `json:"patient"`
	Study      string       `json:"study"`
	Provider   string       `json:"care_provider"`
	ODSCode    string       `json:"ods_code"`
	Status     string       `json:"status"`
	Cancelled  string       `json:"cancelled"`
	ExternalID string       `json:"external_id"`
	Added      time.Time    `json:"added"`
	Changed    time.Time    `json:"changed"`
	Events     []Event      `json:"events"` // changes of status among them
}

// Message is a letter, with what was merged into it as long as that is kept.
type Message struct {
	ID       studymail.ID        `json:"id"`
	Patient  studymail.ID        `json:"patient"`
	Study    string              `json:"study"`
	Campaign string              `json:"campaign"`
	Letter   string              `json:"letter"`
	Version  int                 `json:"version"`
	State    string              `json:"state"`
	Reason   string              `json:"reason,omitempty"`
	CameBack string              `json:"came_back,omitempty"`
	Planned  time.Time           `json:"planned"`
	Sent     *time.Time          `json:"sent,omitempty"`
	Kept     bool                `json:"merged_is_kept"`
	To       string              `json:"to,omitempty"`
	Subject  string              `json:"subject,omitempty"`
	Text     string              `json:"text,omitempty"`
	Merged   map[string]string   `json:"merged,omitempty"`
	Attempts []studymail.Attempt `json:"attempts"`
	Feedback []Feedback          `json:"feedback"`
	Events   []Event             `json:"events"`
}

// Feedback is what came back for a letter.
type Feedback struct {
	ID         studymail.ID `json:"id"`
	At         time.Time    `json:"at"`
	Source     string       `json:"source"`
	Kind       string       `json:"kind"`
	Class      string       `json:"class"`
	Code       string       `json:"code,omitempty"`
	Diagnostic string       `json:"diagnostic,omitempty"`
	Effect     string       `json:"effect,omitempty"`
	State      string       `json:"state"`
	Times      int          `json:"times"`
	Mail       string       `json:"mail,omitempty"` // kept for a person to look at
}

// OptOut is a person's word that goes beyond one study.
type OptOut struct {
	Scope    studymail.OptOutScope `json:"scope"`
	Provider string                `json:"care_provider,omitempty"`
	At       time.Time             `json:"at"`
}

// Suppression says that the address is not mailed.
type Suppression struct {
	ID     studymail.ID `json:"id"`
	Reason string       `json:"reason"`
	Source string       `json:"source"`
	At     time.Time    `json:"at"`
}

// Event is a line of the audit trail, without where its actor sat.
type Event struct {
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Action string    `json:"action"`
	Detail string    `json:"detail,omitempty"`
}

// elsewhere is what no database can tell.
var elsewhere = []string{
	"Mails in a Maildir, and at the mail servers that they went through.",
	"Files that wait to be imported: sealed, and gone after a day at the latest.",
	"Backups, which hold the same as this did when they were made.",
	"Mails that came back and that nobody could tell whose they are: sealed, and gone after some weeks.",
	"Logs have UUIDs and no names.",
}

const (
	mostMessages = 100_000
	mostEvents   = 100_000
)

// Of puts together what is held on a person.
func Of(ctx context.Context, tx *store.Tx, opener *sealed.Opener, sealer *sealed.Sealer, id studymail.ID) (*Held, error) {
	p, err := tx.PersonByID(ctx, id)
	if err != nil {
		return nil, err
	}
	h := &Held{
		At: tx.Now(), Person: Person{ID: p.ID, Added: p.CreatedAt, Changed: p.UpdatedAt},
		Studies: []Study{}, Messages: []Message{}, Suppressions: []Suppression{}, Elsewhere: elsewhere,
	}
	key, err := opener.Key(p.ID, p.Wrapped)
	switch {
	case errors.Is(err, sealed.ErrErased):
		h.Person.Erased = true
	case err != nil:
		return nil, fmt.Errorf("open what is held on person %s: %w", id, err)
	default:
		if err := h.details(ctx, tx, sealer, key, &p); err != nil {
			return nil, err
		}
	}
	if h.Events, err = eventsAbout(ctx, tx, id); err != nil {
		return nil, err
	}
	if h.OptOuts, err = optOuts(ctx, tx, p.Key); err != nil {
		return nil, err
	}
	patients, err := tx.PatientsOfPerson(ctx, p.Key)
	if err != nil {
		return nil, err
	}
	for i := range patients {
		if err := h.study(ctx, tx, opener, key, &patients[i]); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *Held) details(ctx context.Context, tx *store.Tx, sealer *sealed.Sealer, key *sealed.OpenKey, p *studymail.Person) error {
	d, err := studymail.OpenDetails(key, p.ID, p.Sealed)
	if err != nil {
		return err
	}
	h.Person.Username, h.Person.FirstName, h.Person.LastName, h.Person.Email = d.Username.Reveal(), d.FirstName.Reveal(), d.LastName.Reveal(), d.Email.Reveal()
	if d.Email.IsEmpty() {
		return nil
	}
	all, err := tx.SuppressionsOf(ctx, sealer.Hashes(sealed.EmailHash, studymail.NormalEmail(d.Email)))
	for _, s := range all {
		h.Suppressions = append(h.Suppressions, Suppression{s.ID, s.Reason, s.Source, s.CreatedAt})
	}
	return err
}

func (h *Held) study(ctx context.Context, tx *store.Tx, opener *sealed.Opener, key *sealed.OpenKey, p *store.PatientRow) error {
	s := Study{
		Patient: p.ID, Study: p.StudyName, Provider: p.ProviderName, ODSCode: p.ODSCode, Status: p.Status.String(), Cancelled: p.Cancelled.String(),
		Added: p.CreatedAt, Changed: p.UpdatedAt,
	}
	if key != nil && p.SealedExternal != nil {
		text, err := key.Open(sealed.PatientDetails, p.ID, p.SealedExternal)
		if err != nil {
			return err
		}
		s.ExternalID = strings.Join(text, "")
	}
	var err error
	if s.Events, err = eventsAbout(ctx, tx, p.ID); err != nil {
		return err
	}
	h.Studies = append(h.Studies, s)
	messages, err := tx.PatientMessages(ctx, p.Key, mostMessages)
	if err != nil {
		return err
	}
	for i := range messages {
		if err := h.message(ctx, tx, opener, key, p, &messages[i]); err != nil {
			return err
		}
	}
	return nil
}

func (h *Held) message(ctx context.Context, tx *store.Tx, opener *sealed.Opener, key *sealed.OpenKey, p *store.PatientRow, m *store.PatientMessage) error {
	held := Message{
		ID: m.ID, Patient: p.ID, Study: p.StudyName, Campaign: m.CampaignName, Letter: m.TemplateName, Version: m.Version,
		State: m.State.String(), Reason: string(m.Reason), CameBack: m.CameBack.String(), Planned: m.CreatedAt, Attempts: m.Attempts, Feedback: []Feedback{},
	}
	if !m.SentAt.IsZero() {
		held.Sent = &m.SentAt
	}
	row, err := tx.MessageByID(ctx, m.ID)
	if err != nil {
		return err
	}
	if key != nil && row.Merged != nil {
		version, err := tx.TemplateVersionByKey(ctx, row.VersionKey)
		if err == nil {
			err = held.merged(key, &row, &version)
		}
		if err != nil {
			return err
		}
	}
	if held.Feedback, err = feedbackOf(ctx, tx, opener, m.ID); err != nil {
		return err
	}
	if held.Events, err = eventsAbout(ctx, tx, m.ID); err != nil {
		return err
	}
	h.Messages = append(h.Messages, held)
	return nil
}

func (m *Message) merged(key *sealed.OpenKey, row *store.MessageRow, version *studymail.TemplateVersion) error {
	packed, err := key.Open(sealed.MessageMerged, row.ID, row.Merged)
	if err != nil {
		return fmt.Errorf("open the mail of message %s: %w", row.ID, err)
	}
	head, values, err := compose.UnpackSent(row.ID, packed)
	if err != nil {
		return err
	}
	m.Kept, m.To, m.Merged = true, strings.TrimSpace(head.To.Name+" <"+head.To.Address+">"), map[string]string{}
	for _, p := range compose.Placeholders() {
		if v := values.Get(p.Placeholder); v != "" {
			m.Merged[p.Placeholder.String()] = v
		}
	}
	letter, err := compose.Compile(version.Format, version.Subject, version.Body)
	if err != nil {
		return fmt.Errorf("read the letter of message %s: %w", row.ID, err)
	}
	parts := letter.Parts(&values)
	m.Subject, m.Text = parts.Subject, parts.Text
	return nil
}

func feedbackOf(ctx context.Context, tx *store.Tx, opener *sealed.Opener, message studymail.ID) ([]Feedback, error) {
	all := []Feedback{}
	rows, err := tx.FeedbackPage(ctx, store.FeedbackFilter{Message: message})
	if err != nil {
		return nil, err
	}
	for _, f := range rows {
		held := Feedback{
			ID: f.ID, At: f.At, Source: string(f.Source), Kind: f.Kind, Class: f.Class, Code: f.Code, Diagnostic: f.Diagnostic,
			Effect: f.Effect, State: f.State.String(), Times: f.Times,
		}
		if f.HasKept {
			kept, err := tx.KeptMail(ctx, &f)
			if err != nil {
				return nil, err
			}
			text, err := opener.OpenMaster(sealed.FeedbackMail, f.ID, kept)
			if err != nil {
				return nil, err
			}
			held.Mail = strings.ToValidUTF8(strings.Join(text, ""), "�")
		}
		all = append(all, held)
	}
	return all, nil
}

func optOuts(ctx context.Context, tx *store.Tx, person int64) ([]OptOut, error) {
	all := []OptOut{}
	rows, err := tx.OptOutsOf(ctx, person)
	for _, o := range rows {
		held := OptOut{Scope: studymail.OptOutAll, Provider: o.Provider, At: o.At}
		if o.Provider != "" {
			held.Scope = studymail.OptOutProvider
		}
		all = append(all, held)
	}
	return all, err
}

func eventsAbout(ctx context.Context, tx *store.Tx, id studymail.ID) ([]Event, error) {
	all := []Event{}
	rows, err := tx.Events(ctx, store.EventFilter{About: id, Limit: mostEvents})
	for _, e := range rows {
		all = append(all, Event{e.At, e.Actor, e.Action, e.Detail})
	}
	return all, err
}
