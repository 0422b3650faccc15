package smtpout

import (
	"errors"
	"fmt"
	"strings"
)

// The stages at which a connection can fail, beside those of a mail.
const (
	AtConnect  = "connect"
	AtTLS      = "tls"
	AtGreeting = "greeting"
	AtEHLO     = "ehlo"
	AtSTARTTLS = "starttls"
	AtAuth     = "auth"
	AtIdle     = "idle" // between two mails
)

// ErrProtocol is wrapped by errors of a server that does not keep to SMTP: its
// replies are malformed, endless, or do not line up with our commands. Going
// without PIPELINING and CHUNKING may help.
var ErrProtocol = errors.New("the server does not keep to the protocol")

// ErrTimeout is wrapped by errors of a server that did not answer in time.
var ErrTimeout = errors.New("no answer in time")

// ErrGate is what Deliver returns when Config.Gate said no.
var ErrGate = errors.New("the gate was closed before the end of a mail's text")

// errClosing: the server said 421.
var errClosing = errors.New("the server closes the connection")

// Error says why there is no connection, or no more.
type Error struct {
	Stage     string // connect, tls, greeting, ehlo, starttls, auth, idle, mail, rcpt, data, dot
	Code      int    // SMTP reply code; 0 without a reply
	Enhanced  string // RFC 3463 code; "" without one
	Reply     string // the server's words on one line; text from outside, not in Error()
	Permanent bool   // trying again will not help until someone changes something
	Err       error
}

// Error says stage, code and cause, and never the server's words.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("smtp ")
	b.WriteString(e.Stage)
	if e.Code != 0 {
		fmt.Fprintf(&b, ": %d", e.Code)
		if e.Enhanced != "" {
			b.WriteString(" " + e.Enhanced)
		}
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Temporary is the opposite of Permanent.
func (e *Error) Temporary() bool { return !e.Permanent }

// Security tells whether authentication or TLS failed for good: wrong
// credentials, a certificate that does not verify, STARTTLS not offered where
// it is required. Further tries would fail alike, or give something away.
func (e *Error) Security() bool {
	return e.Permanent && (e.Stage == AtTLS || e.Stage == AtSTARTTLS || e.Stage == AtAuth)
}

// TooManyErrors tells whether the server closed because it had refused too much
// on the connection, whoever was to blame. chasquid says so instead of the third
// refusal, Postfix after 20 without an accepted mail between.
func (e *Error) TooManyErrors() bool {
	return e.Code == 421 && strings.Contains(strings.ToLower(e.Reply), "too many errors")
}

func replyError(stage string, r reply, cause error) *Error {
	text, enhanced := r.words()
	return &Error{
		Stage: stage, Code: r.code, Enhanced: enhanced, Reply: text,
		Permanent: r.code >= 500, Err: cause,
	}
}

func protocolError(what string) error { return fmt.Errorf("%w: %s", ErrProtocol, what) }
