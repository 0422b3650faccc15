package studymail

import (
	"strconv"
	"time"
)

// State is where a message stands. See the picture in studymail.go.
type State int

// The states. Claimed is queued with a sender's token on it: it costs nothing
// to lose, and counts as queued. Sending is not stored: it is claimed and
// standing in an open hand-over window.
const (
	Queued          State = 10
	Claimed         State = 15
	Sending         State = 20
	Deferred        State = 30
	Sent            State = 40
	Failed          State = 50
	Skipped         State = 60
	Uncertain       State = 70
	MessageCanceled State = 80
)

// States lists those that users see, in the order of a message's life.
func States() []State {
	return []State{Queued, Sending, Deferred, Sent, Failed, Skipped, Uncertain, MessageCanceled}
}

// String gives the word that users see.
func (s State) String() string {
	switch s {
	case Queued, Claimed:
		return "queued"
	case Sending:
		return "sending"
	case Deferred:
		return "deferred"
	case Sent:
		return "sent"
	case Failed:
		return "failed"
	case Skipped:
		return "skipped"
	case Uncertain:
		return "uncertain"
	case MessageCanceled:
		return "cancelled"
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText gives the word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseState reads the word.
func ParseState(w string) (State, error) {
	for _, s := range States() {
		if s.String() == w {
			return s, nil
		}
	}
	return 0, Errorf(Invalid, "not a message's state; write one of queued, sending, deferred, sent, failed, skipped, uncertain, cancelled")
}

// Final tells whether nothing more happens by itself.
func (s State) Final() bool { return s >= Sent }

// Message is one e-mail to one patient.
type Message struct {
	ID            ID
	Key           int64 // row key
	Step          int64 // row key
	Run           int64 // row key
	Patient       int64 // row key
	State         State
	Reason        Reason // why it failed, was skipped, …; "" otherwise
	Attempts      int    // those that count
	AttemptLimit  int
	Losses        int       // connections lost with it in hand since the last attempt
	NextAttemptAt time.Time // of a deferred message
	ExpiresAt     time.Time
	ClaimToken    int64
	CameBack      CameBack // bounces, complaints, …: of one that was sent
	CreatedAt     time.Time
	UpdatedAt     time.Time
	SentAt        time.Time
}

// OutcomeKind is what became of one hand-over.
type OutcomeKind int

// The kinds of outcome.
const (
	Accepted    OutcomeKind = 1  // 2yz to the final dot: sent
	Later       OutcomeKind = 2  // 4yz: deferred, an attempt
	Refused     OutcomeKind = 3  // 5yz: failed, an attempt
	Throttled   OutcomeKind = 4  // a rate's answer: queued again, not an attempt
	NotSent     OutcomeKind = 5  // untouched: queued again, not an attempt
	Lost        OutcomeKind = 6  // connection lost before the final dot: queued again; the third is an attempt
	InDoubt     OutcomeKind = 7  // past the final dot, no reply: uncertain
	Unsendable  OutcomeKind = 8  // cannot be rendered, addressed or encoded: fails alone
	Withheld    OutcomeKind = 9  // the guard said no: skipped with the reason
	WithdrawnBy OutcomeKind = 10 // the campaign was cancelled before hand-over
)

// String gives the word that users see.
func (k OutcomeKind) String() string {
	switch k {
	case Accepted:
		return "accepted"
	case Later:
		return "deferred"
	case Refused:
		return "refused"
	case Throttled:
		return "throttled"
	case NotSent:
		return "not sent"
	case Lost:
		return "connection lost"
	case InDoubt:
		return "uncertain"
	case Unsendable:
		return "unsendable"
	case Withheld:
		return "withheld"
	case WithdrawnBy:
		return "cancelled"
	}
	return "OutcomeKind(" + strconv.Itoa(int(k)) + ")"
}

// MarshalText gives the word.
func (k OutcomeKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Outcome is one hand-over's outcome as it is recorded. Reply is scrubbed.
type Outcome struct {
	Kind     OutcomeKind
	Reason   Reason
	Code     int    // SMTP reply code; 0 without one
	Enhanced string // RFC 3463 code; "" without one
	Stage    string // mail, rcpt, data, dot; "" before or beside SMTP
	Reply    string // scrubbed, bounded
	ID       string // what the transport calls an accepted message; "" if it has no name of its own for it
	Took     time.Duration
}

// Attempt is one try at handing a message to a transport.
type Attempt struct {
	Number    int         `json:"number"`
	Counts    bool        `json:"counts"` // against the message's limit
	At        time.Time   `json:"at"`
	Outcome   OutcomeKind `json:"outcome"`
	Code      int         `json:"code,omitempty"`
	Enhanced  string      `json:"enhanced,omitempty"`
	Stage     string      `json:"stage,omitempty"`
	Reply     string      `json:"reply,omitempty"`
	Transport string      `json:"transport"`
	TookMS    int64       `json:"took_ms"`
}
