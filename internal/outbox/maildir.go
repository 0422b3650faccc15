package outbox

import (
	"context"
	"errors"
	"time"

	"studymail"
	"studymail/internal/maildir"
	"studymail/internal/smtpout"
)

// Maildir puts mail into a folder instead of sending it: the embedded default,
// so that nothing leaves the machine by accident.
type Maildir struct {
	Folder *maildir.Folder
	Now    func() time.Time
	Idle   time.Duration // how long Deliver waits for mail before it returns
}

// Name is "maildir".
func (*Maildir) Name() string { return "maildir" }

// together is how many mails share one sync of the directory.
const together = 16

// Deliver implements Transport. There is no doubt with a Maildir: a message
// whose UUID is there already was delivered.
func (d *Maildir) Deliver(ctx context.Context, in <-chan *Mail, gate func(*Mail) bool, report func(*Mail, smtpout.Outcome)) error {
	idle := time.NewTimer(d.Idle)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-idle.C:
			return nil
		case m, ok := <-in:
			if !ok {
				return nil
			}
			if err := d.batch(ctx, gather(m, in), gate, report); err != nil {
				return err
			}
			idle.Reset(d.Idle)
		}
	}
}

// gather takes what else is there, at most together in all.
func gather(first *Mail, in <-chan *Mail) []*Mail {
	batch := []*Mail{first}
	for len(batch) < together {
		select {
		case m, ok := <-in:
			if !ok {
				return batch
			}
			batch = append(batch, m)
		default:
			return batch
		}
	}
	return batch
}

func (d *Maildir) batch(ctx context.Context, batch []*Mail, gate func(*Mail) bool, report func(*Mail, smtpout.Outcome)) error {
	began := d.Now()
	var (
		mails []maildir.Mail
		going []*Mail
	)
	for _, m := range batch {
		id, err := studymail.ParseID(m.EnvelopeID)
		if err != nil || !gate(m) {
			report(m, smtpout.Outcome{Kind: smtpout.NotSent})
			continue
		}
		mails, going = append(mails, maildir.Mail{ID: id, Bytes: m.Data}), append(going, m)
	}
	var failed error
	for i, res := range d.Folder.DeliverBatch(context.WithoutCancel(ctx), mails) {
		o := smtpout.Outcome{Kind: smtpout.Accepted, Took: d.Now().Sub(began)}
		if res.Err != nil {
			// The folder knows its mails by UUID: handing one over again is safe.
			o.Kind = smtpout.NotSent
			failed = errors.Join(failed, res.Err)
		}
		report(going[i], o)
	}
	if failed != nil {
		return &TransportError{Code: "disk", Detail: failed.Error(), Err: failed}
	}
	return nil
}

// Try writes to the folder, and takes that away again.
func (d *Maildir) Try(context.Context) error {
	if err := d.Folder.Try(); err != nil {
		return &TransportError{Code: "disk", Detail: err.Error(), Err: err}
	}
	return nil
}
