package outbox

import (
	"context"
	"time"

	"studymail/internal/smtpout"
)

// Mail is a rendered message on its way: its Tag is the message's row key, its
// EnvelopeID the message's UUID. To and Data are personal: never print them.
type Mail = smtpout.Mail

// Transport is where mail is handed over. Behind it stand SMTP, Amazon SES and a Maildir.
type Transport interface {
	// Name is stored with each attempt.
	Name() string
	// Deliver opens one connection and hands over the mails of in until in is
	// closed or the connection ends; a connection that is idle for long, or has
	// carried its share, ends with nil. Each mail taken from in gets exactly one
	// report, from one goroutine at a time. gate is asked for each mail right
	// before its point of no return: when it says no, the mail must not go.
	// When ctx ends, no new mail is begun, and what is in flight is waited for
	// a short time.
	// An error says why there is no connection (any more): a *TransportError
	// when the transport as a whole is concerned.
	Deliver(ctx context.Context, in <-chan *Mail, gate func(*Mail) bool, report func(*Mail, smtpout.Outcome)) error
}

// Trier is a transport that can be tried without mail: all but those of tests.
type Trier interface {
	// Try tells whether the transport could take mail now, and hands none over. Its
	// errors are those of Deliver.
	Try(ctx context.Context) error
}

// noter is a transport that takes mail and has something to say all the same.
type noter interface {
	// Note is for the operator; "" for nothing.
	Note() string
}

// TransportError says why a transport cannot take mail now.
type TransportError struct {
	Code   string        // connect, tls, auth, greeting, disk, …
	Detail string        // scrubbed text for the operator
	Stop   bool          // a person has to mend it: authentication, TLS
	Away   bool          // the server did not want this connection: perhaps it has enough of them
	Wait   time.Duration // how long it takes no mail at least; 0: nobody knows
	Err    error
}

// Error says the code and what is behind it.
func (e *TransportError) Error() string { return "transport: " + e.Code + ": " + e.Detail }

// Unwrap gives the cause.
func (e *TransportError) Unwrap() error { return e.Err }
