package studymail

import (
	"strconv"
	"strings"
	"time"
)

// CameBack is what has come back for a message: a set, so that it does not matter
// in which order things come, or how often.
type CameBack int

// What can come back.
const (
	CameDelivered CameBack = 1 << iota // the other side says that it is in the mailbox
	CameAutomatic                      // an automatic reply: it did arrive
	CameDelayed                        // they are still trying
	CamePolicy                         // it was not wanted
	CameFault                          // it did not arrive, by a fault of ours or of a server's
	CameSoft                           // it did not arrive; said again and again, that is about the address
	CameHard                           // the address is dead
	CameComplaint                      // the recipient called it spam
	CameOptOut                         // the recipient wants no more
)

// cameBack is every bit with its word, the one that says most last.
var cameBack = []struct {
	bit  CameBack
	word string
}{
	{CameDelayed, "delayed"},
	{CameDelivered, "delivered"},
	{CameAutomatic, "automatic reply"},
	{CamePolicy, "bounced: not wanted"},
	{CameFault, "bounced: a fault on the way"},
	{CameSoft, "bounced: soft"},
	{CameHard, "bounced: hard"},
	{CameComplaint, "complained"},
	{CameOptOut, "opted out"},
}

// CameBacks lists the single bits, the one that says most last.
func CameBacks() []CameBack {
	all := make([]CameBack, len(cameBack))
	for i, row := range cameBack {
		all[i] = row.bit
	}
	return all
}

// Bits gives the single bits of a set.
func (c CameBack) Bits() (all []CameBack) {
	for _, row := range cameBack {
		if c&row.bit != 0 {
			all = append(all, row.bit)
		}
	}
	return all
}

// Most is the one bit of a set that says most; 0 for an empty one.
func (c CameBack) Most() CameBack {
	bits := c.Bits()
	if len(bits) == 0 {
		return 0
	}
	return bits[len(bits)-1]
}

// String gives the words that users see; "" for nothing.
func (c CameBack) String() string {
	var words []string
	for _, row := range cameBack {
		if c&row.bit != 0 {
			words = append(words, row.word)
			c &^= row.bit
		}
	}
	if c != 0 {
		words = append(words, "CameBack("+strconv.Itoa(int(c))+")")
	}
	return strings.Join(words, ", ")
}

// MarshalText gives the words.
func (c CameBack) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// FeedbackSource is by which way feedback came.
type FeedbackSource string

// The ways.
const (
	FromSMTP   FeedbackSource = "smtp"   // to our own receiver
	FromIMAP   FeedbackSource = "imap"   // out of a mailbox
	FromImport FeedbackSource = "import" // studymail feedback import
	FromSES    FeedbackSource = "ses"
	FromLink   FeedbackSource = "link" // the opt-out page
)

// FeedbackState is where a feedback stands.
type FeedbackState int

// The states.
const (
	FeedbackWaits   FeedbackState = 10 // for our own record of the hand-over
	FeedbackApplied FeedbackState = 20
	FeedbackKept    FeedbackState = 30 // nobody understood it, or whose it is: a person should look
	FeedbackUndone  FeedbackState = 40 // by a person
)

// FeedbackStates lists them in order.
func FeedbackStates() []FeedbackState {
	return []FeedbackState{FeedbackWaits, FeedbackApplied, FeedbackKept, FeedbackUndone}
}

// String gives the word.
func (s FeedbackState) String() string {
	switch s {
	case FeedbackWaits:
		return "waits"
	case FeedbackApplied:
		return "applied"
	case FeedbackKept:
		return "kept"
	case FeedbackUndone:
		return "undone"
	}
	return "FeedbackState(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText gives the word.
func (s FeedbackState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Feedback is one thing that came back. It holds no personal detail but what is
// sealed: Diagnostic is scrubbed.
type Feedback struct {
	ID         ID
	Key        int64  // row key
	Digest     []byte // of what it says: the same by whichever way it comes
	Message    ID     // zero: of no message of ours
	Patient    ID     // of the message
	Source     FeedbackSource
	Format     string // as what it was read: bounce.Format
	Kind       string // bounce.Kind, or "opt-out"
	Class      string // bounce.Class, or how far an opt-out goes
	Code       string // RFC 3463
	Reply      int    // SMTP
	Diagnostic string
	Effect     string // what followed, in words
	State      FeedbackState
	At         time.Time // when it came first
	Times      int       // how often it came
	AppliedAt  time.Time
	SeenAt     time.Time
	Kept       []byte // the mail, sealed under ID; nil: not kept
	HasKept    bool   // of a list, which does not read Kept
}

// OptOutScope is how far an opt-out goes.
type OptOutScope string

// The scopes.
const (
	OptOutStudy    OptOutScope = "study"         // the study of the mail
	OptOutProvider OptOutScope = "care provider" // all studies through its care provider
	OptOutAll      OptOutScope = "all"           // all research mail
)

// OptOutScopes lists them, the narrowest first.
func OptOutScopes() []OptOutScope { return []OptOutScope{OptOutStudy, OptOutProvider, OptOutAll} }
