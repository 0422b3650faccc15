package smtpout

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// TLSMode says how the connection is encrypted.
type TLSMode int

// The modes. Where TLS is spoken the certificate is verified; a failure is
// never followed by clear text.
const (
	TLSNone             TLSMode = iota // clear text
	TLSStartTLS                        // STARTTLS where the server offers it
	TLSStartTLSRequired                // STARTTLS, or no connection
	TLSImplicit                        // TLS from the first byte (RFC 8314)
)

// Config says how to reach a server and how to behave. The zero value of all
// but Addr is sound.
type Config struct {
	Addr      string // host:port; each of the host's addresses is tried in turn
	LocalName string // the name in EHLO; "" says our address in brackets (RFC 5321 §4.1.3)

	TLS       TLSMode
	TLSConfig *tls.Config // roots, server name; nil for the system's roots and the host of Addr
	Pins      [][]byte    // SHA-256 of acceptable public keys (SPKI); if any, they replace the chain check

	Credentials *Credentials // nil: no AUTH

	MaxPerConnection int           // mails; 0 for no limit
	MaxRefused       int           // a connection on which the server refused that many mails ends in good order; 8 by default
	IdleTimeout      time.Duration // QUIT after that long without a mail; 30 s by default, negative for never
	Window           int           // transactions in flight with CHUNKING, at most; 16 by default
	NoPipelining     bool          // do not use PIPELINING (nor CHUNKING) even if offered
	NoChunking       bool          // do not use CHUNKING even if offered
	KnowsBDAT        bool          // an earlier connection saw it (Conn.KnowsBDAT): the first mail need not wait to find out
	Timeouts         Timeouts

	// Gate is asked for each mail right before the end of its text is put in
	// the buffer that is written next. If it says no, the end is never written:
	// the mail is NotSent and the connection ends. What the socket's buffer
	// already holds cannot be called back. nil is always yes.
	Gate func(*Mail) bool

	Resolver Resolver         // nil: net.DefaultResolver
	Dialer   Dialer           // nil: a net.Dialer
	Now      func() time.Time // measures Outcome.Took; nil: the machine's clock
}

// Resolver finds a host's addresses; *net.Resolver is one.
type Resolver interface {
	LookupHost(ctx context.Context, host string) ([]string, error)
}

// Dialer opens connections; *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// Timeouts bound the wait at each stage. The defaults are RFC 5321 §4.5.3.2's
// where it has one.
type Timeouts struct {
	Connect   time.Duration // 30 s for each address
	Greeting  time.Duration // 5 min
	EHLO      time.Duration // 5 min
	Handshake time.Duration // 1 min for TLS
	Auth      time.Duration // 2 min a step
	Mail      time.Duration // 5 min; RSET, too
	Rcpt      time.Duration // 5 min
	Data      time.Duration // 2 min
	Block     time.Duration // 3 min for one write
	Dot       time.Duration // 10 min
	Behind    time.Duration // 30 s for a command that was written behind another and may have been lost there
	Quit      time.Duration // 3 s for the reply to QUIT, and for the last words of a connection that ended
	Grace     time.Duration // 10 s: how long a cancelled Deliver waits for replies to what it handed over
}

// AtMost shortens each wait that is longer than d; Grace stays.
func (t *Timeouts) AtMost(d time.Duration) {
	t.fill()
	for _, wait := range []*time.Duration{
		&t.Connect, &t.Greeting, &t.EHLO, &t.Handshake, &t.Auth, &t.Mail, &t.Rcpt, &t.Data, &t.Block, &t.Dot, &t.Behind, &t.Quit,
	} {
		*wait = min(*wait, d)
	}
}

// fill puts the default where nothing is said.
func (t *Timeouts) fill() {
	orDefault(&t.Connect, 30*time.Second)
	orDefault(&t.Greeting, 5*time.Minute)
	orDefault(&t.EHLO, 5*time.Minute)
	orDefault(&t.Handshake, time.Minute)
	orDefault(&t.Auth, 2*time.Minute)
	orDefault(&t.Mail, 5*time.Minute)
	orDefault(&t.Rcpt, 5*time.Minute)
	orDefault(&t.Data, 2*time.Minute)
	orDefault(&t.Block, 3*time.Minute)
	orDefault(&t.Dot, 10*time.Minute)
	orDefault(&t.Behind, 30*time.Second)
	orDefault(&t.Quit, 3*time.Second)
	orDefault(&t.Grace, 10*time.Second)
}

// Credentials are what AUTH needs. They print as [redacted].
type Credentials struct {
	Username string
	Password string // PLAIN, LOGIN
	Token    string // OAUTHBEARER or XOAUTH2; used instead of the password if set
}

const redacted = "[redacted]"

// Format prints nothing of it, whatever the verb.
func (*Credentials) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// LogValue keeps it out of logs.
func (*Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON keeps it out of JSON.
func (*Credentials) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

func orDefault(d *time.Duration, v time.Duration) {
	if *d == 0 {
		*d = v
	}
}

// complete gives a copy with the defaults filled in.
func (c *Config) complete() (*Config, error) {
	f := *c
	if _, _, err := net.SplitHostPort(f.Addr); err != nil {
		return nil, fmt.Errorf("smtpout: address of the server: %w", err)
	}
	if f.LocalName != "" && !isLiteral(f.LocalName) && !isDotted(f.LocalName, isLabelByte) {
		return nil, errors.New("smtpout: LocalName is neither a host name nor an address in brackets")
	}
	if f.Window < 0 || f.MaxPerConnection < 0 || f.MaxRefused < 0 {
		return nil, errors.New("smtpout: Window, MaxPerConnection and MaxRefused cannot be negative")
	}
	if f.Window == 0 {
		f.Window = 16
	}
	if f.MaxRefused == 0 {
		f.MaxRefused = 8
	}
	if f.Resolver == nil {
		f.Resolver = net.DefaultResolver
	}
	if f.Dialer == nil {
		f.Dialer = &net.Dialer{}
	}
	if f.Now == nil {
		f.Now = time.Now //nolint:forbidigo // only the default of an injected clock
	}
	orDefault(&f.IdleTimeout, 30*time.Second)
	f.Timeouts.fill()
	return &f, nil
}
