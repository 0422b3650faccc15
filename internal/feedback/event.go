package feedback

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"

	"studymail"
	"studymail/internal/bounce"
	"studymail/internal/sealed"
	"studymail/internal/ses"
	"studymail/internal/store"
)

// formatEvent is as what events of Amazon SES are stored.
const formatEvent = "Amazon SES"

// TakeEvent takes in what Amazon SES tells of a mail. ignored says that nothing ever
// follows from what it is. It returns once what follows is durable.
func (i *Intake) TakeEvent(ctx context.Context, event []byte) (taken Taken, ignored bool, err error) {
	e, err := ses.ReadEvent(event)
	if e.Ignored {
		return Taken{}, true, nil
	}
	f := studymail.Feedback{
		ID: studymail.NewID(), Digest: eventDigest(&e, event), Source: studymail.FromSES,
		Format: formatEvent, Kind: string(e.Class.Kind()), Class: string(e.Class), Code: e.Code, Reply: e.Reply,
	}
	if err != nil {
		f.Format = string(bounce.Unread)
	}
	if e.Delivered {
		f.Class = string(delivered)
	}
	person, err := i.find(ctx, &f, i.tokensOf(&e))
	if err != nil {
		return Taken{}, false, err
	}
	if f.Message.IsZero() && e.SESID != "" {
		if person, err = i.findByTransport(ctx, &f, e.SESID); err != nil {
			return Taken{}, false, err
		}
	}
	if e.OptOut != ses.NoOptOut && !f.Message.IsZero() {
		scope := studymail.OptOutStudy
		if e.OptOut == ses.OptOutOfAll {
			scope = studymail.OptOutAll
		}
		taken, err = i.OptOut(ctx, studymail.FromSES, f.Message, scope)
		return taken, false, err
	}
	if f.Message.IsZero() || effectOf(bounce.Class(f.Class)).Came == 0 {
		f.State = studymail.FeedbackKept
		if f.Kept, err = i.Sealer.SealMaster(sealed.FeedbackMail, f.ID, string(event[:min(len(event), maxKept)])); err != nil {
			return Taken{}, false, err
		}
	}
	if !f.Message.IsZero() {
		f.Diagnostic = i.scrub(person, e.Diagnostic)
	}
	taken, err = i.take(ctx, f)
	return taken, false, err
}

// eventDigest is the same by whichever way an event comes, and in whichever format.
func eventDigest(e *ses.Event, event []byte) []byte {
	if e.ID != "" {
		return digestOf(formatEvent, e.ID)
	}
	sum := sha256.Sum256(event)
	return sum[:]
}

func (i *Intake) tokensOf(e *ses.Event) []bounce.Token {
	if e.Message == "" {
		return nil
	}
	return []bounce.Token{{Place: bounce.MessageID, Value: strings.ToLower(e.Message)}}
}

// findByTransport looks for the message that SES has this name for.
func (i *Intake) findByTransport(ctx context.Context, f *studymail.Feedback, name string) (person studymail.Person, err error) {
	err = i.Store.Read(ctx, func(tx *store.Tx) error {
		id, err := tx.MessageByTransportID(ctx, name)
		if err != nil || id.IsZero() {
			return err
		}
		var found bool
		if person, found, err = tx.PersonOfMessage(ctx, id); found {
			f.Message = id
		}
		return err
	})
	return person, err
}

// TakeNotice takes in a message of SNS whose signature was verified, or that came out of
// a queue. Each is taken once: again tells one that was taken before.
func (i *Intake) TakeNotice(ctx context.Context, n *ses.Notice) (again bool, err error) {
	if again, err = i.SawNotice(ctx, n); err != nil || again {
		return again, err
	}
	if _, _, err := i.TakeEvent(ctx, []byte(n.Message)); err != nil {
		return false, err
	}
	return false, i.Store.Write(ctx, func(tx *store.Tx) error { return tx.NoteNotice(ctx, n.MessageID) })
}

// SawNotice tells whether a message of SNS was taken before.
func (i *Intake) SawNotice(ctx context.Context, n *ses.Notice) (again bool, err error) {
	err = i.Store.Read(ctx, func(tx *store.Tx) (err error) {
		again, err = tx.SawNotice(ctx, n.MessageID)
		return err
	})
	return again, err
}

// NoteConfirmed notes that the subscription that a message of SNS is about was confirmed.
func (i *Intake) NoteConfirmed(ctx context.Context, n *ses.Notice) error {
	return i.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.NoteNotice(ctx, n.MessageID); err != nil {
			return err
		}
		return tx.AddEvent(ctx, "SNS", "subscription confirmed", studymail.ID{}, "SES_TOPIC_ARN")
	})
}

// TakeLetter takes in what came out of a queue: an event, or a message of SNS that has
// one. topic is the only one whose messages are taken; "": any.
func (i *Intake) TakeLetter(ctx context.Context, body []byte, topic string) error {
	var n ses.Notice
	if json.Unmarshal(body, &n) == nil && n.Type == ses.Notification && n.TopicARN != "" && n.MessageID != "" {
		if topic == "" || n.TopicARN == topic {
			_, err := i.TakeNotice(ctx, &n)
			return err
		}
	}
	_, _, err := i.TakeEvent(ctx, body)
	return err
}
