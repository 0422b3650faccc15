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
	Together int           // calls of one lane at once
	Idle     time.Duration // how long Deliver waits for mail before it returns
	Grace    time.Duration // how long answers are waited for once ctx has ended

	// Spent is told that SES says that the quota of 24 hours is used up; nil: nobody is.
	Spent func()

	said atomic.Pointer[string]
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
	calls, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	answers := make(chan answer, s.Together)
	var calling sync.WaitGroup
	defer calling.Wait()
	idle := time.NewTimer(s.Idle)
	defer idle.Stop()
	var (
		flying  int
		trouble *ses.Trouble
		done    = ctx.Done()
		ended   bool
	)
	for flying > 0 || !ended && trouble == nil {
		take := in
		if ended || trouble != nil || flying >= s.Together {
			take = nil
		}
		select {
		case a := <-answers:
			flying--
			report(a.mail, sesOutcome(&a.outcome))
			trouble = worse(trouble, a.outcome.Trouble)
			idle.Reset(s.Idle)
		case m, ok := <-take:
			switch {
			case !ok:
				ended = true
			case ctx.Err() != nil || !gate(m):
				report(m, smtpout.Outcome{Kind: smtpout.NotSent})
			default:
				flying++
				calling.Go(func() { answers <- answer{m, s.send(calls, m)} })
			}
		case <-idle.C:
			ended = ended || flying == 0
		case <-done:
			done, ended = nil, true
			timer := time.AfterFunc(s.Grace, giveUp)
			defer timer.Stop()
		}
	}
	return s.transportError(trouble)
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
