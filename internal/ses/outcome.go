package ses

import "time"

// Kind is what became of a mail.
type Kind int

// The kinds, numbered as the outbox numbers them.
const (
	Accepted   Kind = 1
	Later      Kind = 2 // not now: an attempt
	Refused    Kind = 3 // not ever
	Throttled  Kind = 4 // too fast: the sender's pace, not the mail
	NotSent    Kind = 5 // SES cannot have it
	Lost       Kind = 6 // the connection was lost while it was being given
	InDoubt    Kind = 7 // it was given, and no answer came
	Unsendable Kind = 8 // SES cannot be given it
)

// Outcome says what became of one mail.
type Outcome struct {
	Kind     Kind
	ID       string // what SES calls the mail; "" if it was not accepted, or the answer was lost
	Code     int    // what SMTP would have said
	Enhanced string
	Stage    string // rcpt: it is about the recipient; data: about the mail
	Reply    string // SES's words: they may quote addresses
	Took     time.Duration
	Trouble  *Trouble // what of it concerns every mail; nil: nothing
}

// Trouble is why no mail can be handed over now.
type Trouble struct {
	Code   string        // a word
	Detail string        // for the operator, in our own words
	Stop   bool          // a person has to mend it
	Wait   time.Duration // how long it lasts at least; 0: nobody knows
	Err    error         // the cause, nil where it could quote an address
}

// Codes of a Trouble that others look for.
const (
	QuotaSpent = "quota"
	TooFast    = "throttled"
)
