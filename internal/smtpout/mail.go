package smtpout

import (
	"strconv"
	"time"
)

// Mail is one message to one recipient.
type Mail struct {
	From string // envelope sender; "" is the null path
	To   string // envelope recipient

	// Data is the RFC 5322 message with CRLF line ends, not dot-stuffed. It
	// must not change until the mail is reported.
	Data []byte

	EnvelopeID string // ENVID where DSN is offered; "" for none
	UTF8       bool   // an address or a header needs SMTPUTF8
	Tag        int64  // the caller's own
	Pieces     any    // the same mail in pieces, for a transport that puts mails together elsewhere; nil for none
}

// Kind is what became of a mail.
type Kind int

// The kinds. Every mail that was taken gets exactly one.
const (
	Accepted   Kind = 1 // 2yz to the end of its text
	Later      Kind = 2 // 4yz
	Refused    Kind = 3 // 5yz
	Throttled  Kind = 4 // 421, or a 45x that speaks of a rate: the sender's pace, not the mail
	NotSent    Kind = 5 // never put at risk: as good as untouched
	Lost       Kind = 6 // the connection was lost before the end of its text, with this mail in hand
	InDoubt    Kind = 7 // the end of its text was written, no reply came: the server may have it
	Unsendable Kind = 8 // this server cannot be given it, or its address or text is malformed
)

// String gives a word.
func (k Kind) String() string {
	switch k {
	case Accepted:
		return "accepted"
	case Later:
		return "later"
	case Refused:
		return "refused"
	case Throttled:
		return "throttled"
	case NotSent:
		return "not sent"
	case Lost:
		return "lost"
	case InDoubt:
		return "in doubt"
	case Unsendable:
		return "unsendable"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// The stages of a mail's transaction, as Outcome.Stage has them.
const (
	AtMail = "mail"
	AtRcpt = "rcpt"
	AtData = "data"
	AtDot  = "dot" // the end of the text, by dot or by BDAT
)

// Outcome says what became of one mail.
type Outcome struct {
	Kind     Kind
	Code     int    // SMTP reply code; 0 without a reply
	Enhanced string // RFC 3463 code; "" without one
	Stage    string // the command that was answered, or how far it had come; "" before MAIL

	// Reply is the server's reply on one line of at most 1,000 bytes. It is
	// text from outside and may quote addresses. Where no reply decided (Lost,
	// Unsendable, …) it is "" or our own reason, without addresses.
	Reply string

	ID string // what a server of another kind calls an accepted mail; "" with SMTP

	Took time.Duration // from its first command to its outcome
}
