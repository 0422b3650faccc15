package feedback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"studymail"
	"studymail/internal/bounce"
	"studymail/internal/compose"
	"studymail/internal/logs"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// maxKept bounds what is kept of one mail that nobody understood.
const maxKept = 64 << 10

// Options of an Intake.
type Options struct {
	Store  *store.Store
	Sealer *sealed.Sealer
	Opener *sealed.Opener // to take details out of what other servers say
	Domain string         // BOUNCE_DOMAIN
	Log    *slog.Logger
	Zone   *time.Location // in which figures have their days
}

// Intake takes feedback in. It may be used by many at once.
type Intake struct{ Options }

// New makes an intake.
func New(o Options) *Intake { return &Intake{o} }

// Taken is what became of one feedback.
type Taken struct {
	studymail.Feedback
	Repeat bool // it came before: it was only counted
}

// Take takes in one mail, to whomever it came: envelope are the addresses that it was
// sent to, where that is known. It returns once what follows is durable.
func (i *Intake) Take(ctx context.Context, source studymail.FeedbackSource, mail io.Reader, envelope ...string) (Taken, error) {
	head, err := io.ReadAll(io.LimitReader(mail, bounce.MaxKept))
	if err != nil {
		return Taken{}, fmt.Errorf("read a mail that came back: %w", err)
	}
	report, err := bounce.Read(io.MultiReader(bytes.NewReader(head), mail))
	if err != nil {
		return Taken{}, fmt.Errorf("read a mail that came back: %w", err)
	}
	tokens := append(i.fromEnvelope(envelope), report.Tokens...)
	if message, ok := i.optOutIn(&report, tokens); ok {
		return i.OptOut(ctx, source, message, studymail.OptOutStudy)
	}
	f := studymail.Feedback{
		ID: studymail.NewID(), Digest: digest(head), Source: source,
		Format: string(report.Format), Kind: string(report.Kind), Class: string(report.Class), Code: report.Code, Reply: report.Reply,
	}
	if report.Delivered {
		f.Class = string(delivered)
	}
	person, err := i.find(ctx, &f, tokens)
	if err != nil {
		return Taken{}, err
	}
	if f.Message.IsZero() || effectOf(bounce.Class(f.Class)).Came == 0 {
		f.State = studymail.FeedbackKept
		if f.Kept, err = i.Sealer.SealMaster(sealed.FeedbackMail, f.ID, string(head[:min(len(head), maxKept)])); err != nil {
			return Taken{}, err
		}
	}
	if !f.Message.IsZero() {
		f.Diagnostic = i.scrub(person, report.Diagnostic)
	}
	return i.take(ctx, f)
}

// OptOut takes in a patient's word that they want no more mail. message is what a
// token was signed for.
func (i *Intake) OptOut(ctx context.Context, source studymail.FeedbackSource, message studymail.ID, scope studymail.OptOutScope) (Taken, error) {
	class := map[studymail.OptOutScope]bounce.Class{
		studymail.OptOutStudy: optOutStudy, studymail.OptOutProvider: optOutProvider, studymail.OptOutAll: optOutAll,
	}[scope]
	if class == "" {
		return Taken{}, studymail.Errorf(studymail.Invalid, "an opt-out is of one study, of a care provider's studies, or of all research mail")
	}
	return i.take(ctx, studymail.Feedback{
		Digest: digestOf("opt-out", message.String(), string(scope)), Message: message, Source: source,
		Format: "opt-out", Kind: string(KindOptOut), Class: string(class),
	})
}

// OptOutMessage gives the message that an opt-out token was signed for.
func (i *Intake) OptOutMessage(token string) (studymail.ID, error) {
	id, err := i.Sealer.ReadToken(sealed.UnsubscribeToken, token)
	return studymail.ID(id), err
}

// take stores a feedback and does what follows.
func (i *Intake) take(ctx context.Context, f studymail.Feedback) (Taken, error) {
	var taken Taken
	err := i.again(ctx, func(tx *store.Tx) (err error) {
		taken = Taken{Feedback: f}
		taken.Repeat, err = tx.TakeFeedback(ctx, &taken.Feedback, i.effectOf(&f))
		return err
	})
	if err == nil && i.Log != nil {
		logs.FeedbackTaken(i.Log, &taken.Feedback, taken.Repeat)
	}
	taken.Kept = nil
	return taken, err
}

// effectOf is what follows from a feedback, counted by the installation's days.
func (i *Intake) effectOf(f *studymail.Feedback) store.FeedbackEffect {
	e := effectOf(bounce.Class(f.Class))
	e.Zone = i.Zone
	return e
}

// again runs a transaction once more when a message changed under it: its sender
// recorded something at the same moment.
func (i *Intake) again(ctx context.Context, fn func(tx *store.Tx) error) (err error) {
	for range 3 {
		if err = i.Store.Write(ctx, fn); studymail.CodeOf(err) != studymail.Conflict {
			break
		}
	}
	return err
}

// ApplyWaiting does what follows from feedback that waited for our own record of the
// hand-over, which is there by now. It gives how many.
func (i *Intake) ApplyWaiting(ctx context.Context) (int, error) {
	var waiting []studymail.Feedback
	err := i.Store.Read(ctx, func(tx *store.Tx) (err error) {
		waiting, err = tx.WaitingFeedback(ctx, 500)
		return err
	})
	if err != nil {
		return 0, err
	}
	for n := range waiting {
		f := &waiting[n]
		if err := i.again(ctx, func(tx *store.Tx) error {
			return tx.ApplyFeedback(ctx, f, i.effectOf(f))
		}); err != nil {
			return n, err
		}
		if i.Log != nil {
			logs.FeedbackTaken(i.Log, f, false)
		}
	}
	return len(waiting), nil
}

// fromEnvelope gives the tokens of the addresses that a mail was sent to: nothing is
// more trustworthy.
func (i *Intake) fromEnvelope(envelope []string) (all []bounce.Token) {
	if i.Domain == "" {
		return nil
	}
	for _, a := range envelope {
		if token, ok := compose.ReturnPathToken(a, i.Domain); ok {
			all = append(all, bounce.Token{Place: bounce.ReturnPath, Value: token})
		}
		if token, ok := compose.OptOutToken(a, i.Domain); ok {
			all = append(all, bounce.Token{Place: bounce.OptOut, Value: token})
		}
	}
	return all
}

// optOutIn gives the message of a mail that opts out by the address that it came to.
// A report about such a mail does not.
func (i *Intake) optOutIn(r *bounce.Report, tokens []bounce.Token) (studymail.ID, bool) {
	switch r.Format {
	case bounce.DSN, bounce.ARF, bounce.MDN, bounce.Reported, bounce.Unread:
		return studymail.ID{}, false
	case bounce.Vacation, bounce.FreeForm, bounce.Ordinary:
	}
	for _, t := range tokens {
		if t.Place != bounce.OptOut {
			continue
		}
		if id, err := i.OptOutMessage(t.Value); err == nil {
			return id, true
		}
	}
	return studymail.ID{}, false
}

// find looks for the message of a feedback: the first of the tokens that names one of
// ours. It gives the person that the message went to.
func (i *Intake) find(ctx context.Context, f *studymail.Feedback, tokens []bounce.Token) (person studymail.Person, err error) {
	for _, t := range tokens {
		var id studymail.ID
		switch t.Place {
		case bounce.ReturnPath:
			raw, err := i.Sealer.ReadToken(sealed.BounceToken, t.Value)
			if err != nil {
				continue
			}
			id = raw
		case bounce.EnvelopeID, bounce.MessageID:
			if id, err = studymail.ParseID(t.Value); err != nil {
				continue
			}
		case bounce.OptOut:
			continue
		}
		found := false
		err = i.Store.Read(ctx, func(tx *store.Tx) (err error) {
			person, found, err = tx.PersonOfMessage(ctx, id)
			return err
		})
		if err != nil {
			return person, err
		}
		if found {
			f.Message = id
			return person, nil
		}
	}
	return person, nil
}

// scrub takes addresses and what is known of the person out of what another server
// said. Of somebody who was erased nothing is known, so nothing is kept.
func (i *Intake) scrub(person studymail.Person, said string) string {
	if said == "" {
		return ""
	}
	key, err := i.Opener.Key(person.ID, person.Wrapped)
	if errors.Is(err, sealed.ErrErased) || err != nil {
		return ""
	}
	d, err := studymail.OpenDetails(key, person.ID, person.Sealed)
	if err != nil {
		return ""
	}
	return logs.Scrub(said, d.Email.Reveal(), d.Username.Reveal(), d.FirstName.Reveal(), d.LastName.Reveal())
}
