package outbox

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"studymail"
	"studymail/internal/ses"
	"studymail/internal/smtpout"
)

// SES hands mail to Amazon SES. A lane is no connection here: so many calls of it may
// be on their way at once.
type SES struct {
	Client   *ses.Client
	Now      func() time.Time
	Together int           // mails of one lane on their way at once
	Bulk     bool          // many mails a call, put together by SES
	Idle     time.Duration // how long Deliver waits for mail before it returns
	Grace    time.Duration // how long answers are waited for once ctx has ended

	// Spent is told that SES says that the quota of 24 hours is used up; nil: nobody is.
	Spent func()

	said atomic.Pointer[string]
	once sync.Once
	bulk *bulk
}

// Note says what the operator should know of an account that sends; "" for nothing.
func (s *SES) Note() string {
	if said := s.said.Load(); said != nil {
		return *said
	}
	return ""
}

// Say sets what Note says.
func (s *SES) Say(note string) { s.said.Store(&note) }

// Name is "ses".
func (*SES) Name() string { return "ses" }

// answer is what became of one mail.
type answer struct {
	mail    *Mail
	outcome ses.Outcome
}

// Deliver implements Transport. The point of no return is the beginning of a mail's
// request: gate is asked right before it, from this goroutine only.
func (s *SES) Deliver(ctx context.Context, in <-chan *Mail, gate func(*Mail) bool, report func(*Mail, smtpout.Outcome)) error {
	d := &sesDelivery{s: s, answers: make(chan answer, s.Together), flying: map[*Mail]bool{}, report: report}
	calls, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	defer d.calling.Wait()
	idle := time.NewTimer(s.Idle)
	defer idle.Stop()
	grace := time.NewTimer(time.Hour)
	defer grace.Stop()
	done := ctx.Done()
	for len(d.flying) > 0 || !d.ended && d.trouble == nil {
		take := in
		if d.ended || d.trouble != nil || len(d.flying) >= s.Together {
			take = nil
		}
		select {
		case a := <-d.answers:
			d.answered(&a)
			idle.Reset(s.Idle)
		case m, ok := <-take:
			switch {
			case !ok:
				d.ended = true
			case ctx.Err() != nil || !gate(m):
				report(m, smtpout.Outcome{Kind: smtpout.NotSent})
			default:
				d.hand(calls, m)
			}
		case <-idle.C:
			d.ended = d.ended || len(d.flying) == 0
		case <-done:
			done, d.ended = nil, true
			grace.Reset(s.Grace)
		case <-grace.C:
			giveUp()
			d.abandon()
		}
	}
	return s.transportError(d.trouble)
}

// Try asks Amazon SES what the account may do.
func (s *SES) Try(ctx context.Context) error { return s.transportError(s.Client.Try(ctx)) }

// sesDelivery is one run of Deliver.
type sesDelivery struct {
	s       *SES
	answers chan answer
	flying  map[*Mail]bool // handed over, and not answered
	report  func(*Mail, smtpout.Outcome)
	calling sync.WaitGroup
	trouble *ses.Trouble
	ended   bool // no more mail is taken
}

func (d *sesDelivery) hand(ctx context.Context, m *Mail) {
	d.flying[m] = true
	if p, ok := m.Pieces.(*pieces); ok && d.s.Bulk {
		d.s.together().add(m, p, d.answers)
		return
	}
	d.calling.Go(func() { d.answers <- answer{m, d.s.send(ctx, m)} })
}

func (d *sesDelivery) answered(a *answer) {
	if !d.flying[a.mail] {
		return // given up
	}
	delete(d.flying, a.mail)
	d.report(a.mail, sesOutcome(&a.outcome))
	d.trouble = worse(d.trouble, a.outcome.Trouble)
}

// abandon gives up mails of calls that others wait for, too: an answer that comes later
// finds nobody.
func (d *sesDelivery) abandon() {
	if !d.s.Bulk {
		return // they end, and say how
	}
	for m := range d.flying {
		delete(d.flying, m)
		d.report(m, smtpout.Outcome{Kind: smtpout.InDoubt, Stage: smtpout.AtDot})
	}
}

func (s *SES) together() *bulk {
	s.once.Do(func() { s.bulk = &bulk{client: s.Client, now: s.Now} })
	return s.bulk
}

func (s *SES) send(ctx context.Context, m *Mail) ses.Outcome {
	began := s.Now()
	o := s.Client.Send(ctx, &ses.Mail{To: m.To, Message: m.EnvelopeID, Data: m.Data, UTF8: m.UTF8})
	o.Took = s.Now().Sub(began)
	return o
}

// worse keeps the trouble that says most: one that a person has to mend.
func worse(a, b *ses.Trouble) *ses.Trouble {
	if a == nil || b != nil && b.Stop && !a.Stop {
		return b
	}
	return a
}

func (s *SES) transportError(t *ses.Trouble) error {
	if t == nil {
		return nil
	}
	e := &TransportError{Code: t.Code, Detail: t.Detail, Stop: t.Stop, Wait: t.Wait, Err: t.Err}
	if t.Code == ses.QuotaSpent {
		e.Code = studymail.CodeRate
		if s.Spent != nil {
			s.Spent()
		}
	}
	return e
}

// sesOutcome translates an outcome: the kinds have the same numbers.
func sesOutcome(o *ses.Outcome) smtpout.Outcome {
	return smtpout.Outcome{
		Kind: smtpout.Kind(o.Kind), ID: o.ID, Code: o.Code, Enhanced: o.Enhanced, Stage: o.Stage, Reply: o.Reply, Took: o.Took,
	}
}
