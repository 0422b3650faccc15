package feedback

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"studymail"
	"studymail/internal/bounce"
	"studymail/internal/compose"
	"studymail/internal/sealed"

	"github.com/emersion/go-smtp"
)

// ReceiverOptions of a Receiver.
type ReceiverOptions struct {
	*Intake
	Name      string // that this machine calls itself
	PerMinute int    // mails from one network address; 0: no limit
	TLS       *tls.Config
	Log       *slog.Logger
	Now       func() time.Time
}

// The bounds on what strangers can have the receiver do.
const (
	maxReceiving   = 100 // connections at once
	maxFromOne     = 20  // of them from one network address
	maxRefusals    = 10  // recipients in one connection, then it ends
	receiveTimeout = 2 * time.Minute
)

// Receiver takes mail for the bounce domain, and for nothing else: it relays nothing,
// sends nothing, and takes only recipients that are signed by us, and postmaster. A
// mail is taken once what follows from it is durable.
type Receiver struct {
	ReceiverOptions
	server *smtp.Server
	pace   pace

	mu   sync.Mutex
	open map[string]int // connections, by network address
	all  int
}

// NewReceiver makes one; Serve starts it.
func NewReceiver(o ReceiverOptions) *Receiver {
	r := &Receiver{ReceiverOptions: o, open: map[string]int{}}
	r.pace = pace{perMinute: o.PerMinute, now: o.Now, ahead: map[string]time.Time{}}
	r.server = smtp.NewServer(smtp.BackendFunc(r.session))
	r.server.Domain = o.Name
	r.server.MaxMessageBytes = bounce.MaxSize
	r.server.MaxRecipients = 1 // we send one recipient a mail, so each comes back alone
	r.server.ReadTimeout, r.server.WriteTimeout = receiveTimeout, receiveTimeout
	r.server.TLSConfig = o.TLS
	r.server.ErrorLog = quiet{o.Log}
	return r
}

// Serve takes mail until ctx ends.
func (r *Receiver) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if r.server.Shutdown(last) != nil {
			_ = r.server.Close() // they had their time: whoever was cut off sends again
		}
	})
	defer stop()
	if err := r.server.Serve(listener{l, r.Domain}); err != nil && ctx.Err() == nil && !errors.Is(err, smtp.ErrServerClosed) {
		return fmt.Errorf("receive feedback: %w", err)
	}
	return nil
}

func (r *Receiver) session(c *smtp.Conn) (smtp.Session, error) {
	from := c.Conn().RemoteAddr().String()
	if host, _, err := net.SplitHostPort(from); err == nil {
		from = host
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all >= maxReceiving || r.open[from] >= maxFromOne {
		return nil, reply(421, 4, 7, 0, "Too many connections; come again later")
	}
	r.all++
	r.open[from]++
	return &receiving{r: r, conn: c, from: from}, nil
}

func (r *Receiver) ended(from string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all--
	if r.open[from]--; r.open[from] == 0 {
		delete(r.open, from)
	}
}

// receiving is one connection.
type receiving struct {
	r        *Receiver
	conn     *smtp.Conn
	from     string
	to       []string
	refusals int
	over     bool
}

func reply(code, class, subject, detail int, text string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
}

// Mail implements smtp.Session. Any sender may report, the null sender first of all.
func (s *receiving) Mail(string, *smtp.MailOptions) error {
	if !s.r.pace.take(s.from) {
		return reply(451, 4, 7, 1, "Too many mails; come again later")
	}
	return nil
}

// Rcpt implements smtp.Session: what is not signed by us is refused here, before
// anything is read.
func (s *receiving) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.r.isOurs(to) {
		s.to = append(s.to, to)
		return nil
	}
	if s.refusals++; s.refusals >= maxRefusals {
		_ = s.conn.Close() // whoever tries addresses gets no further
		return reply(421, 4, 7, 0, "Too many unknown recipients")
	}
	if _, domain, _ := strings.Cut(to, "@"); !strings.EqualFold(domain, s.r.Domain) {
		return reply(550, 5, 7, 1, "Relaying denied")
	}
	return reply(550, 5, 1, 1, "No such mailbox here")
}

// isOurs tells an address that is signed by us, or postmaster (RFC 5321 §4.5.1).
func (r *Receiver) isOurs(to string) bool {
	if token, ok := compose.ReturnPathToken(to, r.Domain); ok {
		_, err := r.Sealer.ReadToken(sealed.BounceToken, token)
		return err == nil
	}
	if token, ok := compose.OptOutToken(to, r.Domain); ok {
		_, err := r.OptOutMessage(token)
		return err == nil
	}
	return strings.EqualFold(to, "postmaster@"+r.Domain)
}

// Data implements smtp.Session.
func (s *receiving) Data(mail io.Reader) error {
	ctx, cancel := context.WithTimeout(context.Background(), receiveTimeout)
	defer cancel()
	_, err := s.r.Take(ctx, studymail.FromSMTP, mail, s.to...)
	if err == nil {
		_, err = io.Copy(io.Discard, mail)
	}
	if refusal, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return refusal // too large
	}
	if err != nil {
		s.r.Log.Error("a mail that came back could not be taken in; its sender will try again", "code", string(studymail.CodeOf(err)), "error", err)
		return reply(451, 4, 3, 0, "Cannot take it now; come again later")
	}
	return nil
}

// Reset implements smtp.Session.
func (s *receiving) Reset() { s.to = nil }

// Logout implements smtp.Session.
func (s *receiving) Logout() error {
	if !s.over {
		s.over = true
		s.r.ended(s.from)
	}
	return nil
}

// quiet is what the library tells of connections, without its words: they could quote
// what a stranger wrote.
type quiet struct{ log *slog.Logger }

// Printf implements smtp.Logger.
func (q quiet) Printf(format string, _ ...any) {
	if strings.HasPrefix(format, "panic") {
		q.log.Error("the receiver of feedback panicked; the mail's sender will try again")
		return
	}
	q.log.Debug("a connection to the receiver of feedback ended with an error")
}

// Println implements smtp.Logger.
func (q quiet) Println(...any) { q.Printf("") }

// pace holds network addresses to so many mails a minute: each mail puts the time of
// an address on by a step, and none is allowed too far ahead of the clock.
type pace struct {
	perMinute int
	now       func() time.Time

	mu    sync.Mutex
	ahead map[string]time.Time
}

// mostPaced bounds how many addresses are remembered.
const mostPaced = 10_000

func (p *pace) take(who string) bool {
	if p.perMinute <= 0 {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	at := p.ahead[who]
	if at.Before(now) {
		at = now
	}
	at = at.Add(time.Minute / time.Duration(p.perMinute))
	if at.Sub(now) > time.Minute {
		return false
	}
	if len(p.ahead) >= mostPaced {
		for k, t := range p.ahead {
			if t.Before(now) || len(p.ahead) >= mostPaced {
				delete(p.ahead, k)
			}
		}
	}
	p.ahead[who] = at
	return true
}
