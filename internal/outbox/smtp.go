package outbox

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"time"

	"studymail"
	"studymail/internal/logs"
	"studymail/internal/smtpout"
)

// SMTP hands mail to a relay over SMTP.
type SMTP struct {
	Config smtpout.Config
	Now    func() time.Time
	Token  func() (string, error) // for the login of the next connection; nil: Config has what it takes

	once sync.Once
	care care
}

// Name is "smtp".
func (*SMTP) Name() string { return "smtp" }

// Deliver implements Transport.
func (s *SMTP) Deliver(ctx context.Context, in <-chan *Mail, gate func(*Mail) bool, report func(*Mail, smtpout.Outcome)) error {
	cfg := s.Config
	cfg.Gate = gate
	conn, err := s.dial(ctx, &cfg)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // Deliver told what became of each mail
	doubt := 0
	err = conn.Deliver(ctx, in, func(m *Mail, o smtpout.Outcome) {
		if o.Kind == smtpout.InDoubt {
			doubt++
		}
		report(m, o)
	})
	if ctx.Err() == nil && !errors.Is(err, smtpout.ErrGate) {
		s.reins().learn(&cfg, conn, err, doubt)
	}
	return smtpError(err)
}

// dial opens a connection with what is known of the server.
func (s *SMTP) dial(ctx context.Context, cfg *smtpout.Config) (*smtpout.Conn, error) {
	s.reins().rein(cfg)
	if err := s.login(cfg); err != nil {
		return nil, err
	}
	conn, err := smtpout.Dial(ctx, cfg)
	return conn, smtpError(err)
}

// Try connects as the next mail would: greeting, EHLO, TLS and login, and QUIT.
func (s *SMTP) Try(ctx context.Context) error {
	cfg := s.Config
	conn, err := s.dial(ctx, &cfg)
	if err == nil {
		_ = conn.Close() // the server was there, and took the login
	}
	return err
}

// login puts the token of the moment into a connection's credentials.
func (s *SMTP) login(cfg *smtpout.Config) error {
	if s.Token == nil || cfg.Credentials == nil {
		return nil
	}
	token, err := s.Token()
	if err != nil {
		return &TransportError{Code: smtpout.AtAuth, Detail: err.Error(), Stop: true, Err: err}
	}
	cfg.Credentials = &smtpout.Credentials{Username: cfg.Credentials.Username, Token: token}
	return nil
}

// Note says what the operator should know of a relay that takes mail, but not
// all that it offers; "" for nothing.
func (s *SMTP) Note() string { return s.reins().note() }

func (s *SMTP) reins() *care {
	s.once.Do(func() {
		if s.care.now = s.Now; s.Now == nil {
			s.care.now = time.Now //nolint:forbidigo // only the default of an injected clock
		}
	})
	return &s.care
}

// smtpError tells what of a connection's end concerns the transport as a whole.
func smtpError(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*smtpout.Error](err)
	if !ok {
		return &TransportError{Code: "connection", Detail: logs.Scrub(err.Error()), Err: err}
	}
	detail := e.Error()
	switch e.Stage {
	case smtpout.AtMail, smtpout.AtRcpt, smtpout.AtData, smtpout.AtDot:
		// The server's words may quote the patient, whom nobody here knows: they
		// stand with the message's attempt, where they are scrubbed of the name.
	default:
		detail = strings.TrimSpace(detail + " " + e.Reply)
	}
	return &TransportError{Code: e.Stage, Detail: logs.Scrub(detail), Stop: e.Security(), Away: turnedAway(e), Err: err}
}

// turnedAway tells how a server says that it has enough connections: it says 421
// or nothing at all instead of a greeting, or refuses to connect.
func turnedAway(e *smtpout.Error) bool {
	switch e.Stage {
	case smtpout.AtConnect:
		return errors.Is(e.Err, syscall.ECONNREFUSED)
	case smtpout.AtGreeting:
		return e.Code == 421 || e.Code == 0 && !errors.Is(e.Err, smtpout.ErrTimeout) && !errors.Is(e.Err, smtpout.ErrProtocol)
	}
	return false
}

// outcomeOf translates the client's outcome: the kinds have the same numbers.
func outcomeOf(o smtpout.Outcome) studymail.Outcome {
	kind := studymail.NotSent
	switch o.Kind {
	case smtpout.Accepted:
		kind = studymail.Accepted
	case smtpout.Later:
		kind = studymail.Later
	case smtpout.Refused:
		kind = studymail.Refused
	case smtpout.Throttled:
		kind = studymail.Throttled
	case smtpout.NotSent:
		kind = studymail.NotSent
	case smtpout.Lost:
		kind = studymail.Lost
	case smtpout.InDoubt:
		kind = studymail.InDoubt
	case smtpout.Unsendable:
		kind = studymail.Unsendable
	}
	return studymail.Outcome{Kind: kind, Code: o.Code, Enhanced: o.Enhanced, Stage: o.Stage, Reply: o.Reply, ID: o.ID, Took: o.Took}
}
