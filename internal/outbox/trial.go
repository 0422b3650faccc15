package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/sealed"
	"studymail/internal/smtpout"
)

// TestMail puts a letter together that a member of staff sends to themselves: it is
// no message of ours, has no opt-out in its header, and nothing of it is stored.
func (b *Letterbox) TestMail(letter *compose.Letter, v *compose.Values, fromName string, to sealed.Email, now time.Time) (*Mail, error) {
	id := studymail.NewID()
	h := compose.Header{
		From: compose.Address{Name: firstOf(fromName, b.DisplayName), Address: b.Sender.Reveal()}, To: compose.Address{Address: to.Reveal()},
		MessageID: id, Domain: b.domain(), Date: now.In(b.Zone),
	}
	data, err := letter.Append(nil, &h, v)
	if err == nil && b.Signer != nil {
		data, err = b.Signer.Sign(data)
	}
	if err != nil {
		return nil, fmt.Errorf("put a test letter together: %w", err)
	}
	return &Mail{From: b.Sender.Reveal(), To: to.Reveal(), EnvelopeID: id.String(), UTF8: h.UTF8(), Data: data}, nil
}

// HandOver hands one mail over by a connection of its own. An error says that there
// was no connection.
func HandOver(ctx context.Context, t Transport, m *Mail) (studymail.Outcome, error) {
	in := make(chan *Mail, 1)
	in <- m
	close(in)
	var (
		got      smtpout.Outcome
		reported bool
	)
	err := t.Deliver(ctx, in, func(*Mail) bool { return true }, func(_ *Mail, o smtpout.Outcome) { got, reported = o, true })
	if reported && (got.Kind != smtpout.NotSent || err == nil) {
		return outcomeOf(got), nil
	}
	if err == nil {
		err = errors.New("the connection ended before the mail")
	}
	return studymail.Outcome{}, fmt.Errorf("hand a test letter over: %w", err)
}
