package bounce

// Kind says what follows for the patient.
type Kind string

// The kinds.
const (
	Hard      Kind = "hard"      // the address is dead
	Soft      Kind = "soft"      // it did not arrive; that says little about the address
	Policy    Kind = "policy"    // it was not wanted; that says nothing about the address
	Delayed   Kind = "delayed"   // the other side is still trying, or wants us to
	Automatic Kind = "automatic" // an automatic reply: it did arrive
	Complaint Kind = "complaint" // the recipient called it spam
	None      Kind = "none"      // nothing follows
)

// Class says what happened.
type Class string

// The classes.
const (
	NoMailbox      Class = "no such mailbox"
	NoDomain       Class = "no such domain"
	Disabled       Class = "mailbox disabled"
	Full           Class = "mailbox full"
	PolicyBlock    Class = "policy block"
	Reputation     Class = "reputation block"
	ContentRefused Class = "content refused"
	TooLarge       Class = "too large"
	Greylisted     Class = "greylisted"
	StillTrying    Class = "delayed"
	Rate           Class = "rate"
	Routing        Class = "routing"
	Configuration  Class = "configuration"
	Security       Class = "security"
	AutoReply      Class = "automatic reply"
	Challenge      Class = "challenge"
	Abuse          Class = "complaint"
	NotABounce     Class = "not a bounce"
	Unknown        Class = "unknown" // a bounce whose reason nobody could tell
)

// classes is every class with its kind. docs/bounces.md has the same table; a
// test compares the two.
var classes = []struct {
	class Class
	kind  Kind
}{
	{NoMailbox, Hard},
	{NoDomain, Hard},
	{Disabled, Soft},
	{Full, Soft},
	{TooLarge, Soft},
	{Rate, Soft},
	{Routing, Soft},
	{Configuration, Soft},
	{Security, Soft},
	{PolicyBlock, Policy},
	{Reputation, Policy},
	{ContentRefused, Policy},
	{Challenge, Policy},
	{Greylisted, Delayed},
	{StillTrying, Delayed},
	{AutoReply, Automatic},
	{Abuse, Complaint},
	{NotABounce, None},
	{Unknown, None},
}

// Kind gives a class's kind.
func (c Class) Kind() Kind {
	for _, row := range classes {
		if row.class == c {
			return row.kind
		}
	}
	return None
}

// Classes lists all classes.
func Classes() []Class {
	all := make([]Class, len(classes))
	for i, row := range classes {
		all[i] = row.class
	}
	return all
}

// Format says as what a mail was read.
type Format string

// The formats.
const (
	DSN      Format = "delivery status" // RFC 3464
	ARF      Format = "abuse report"    // RFC 5965
	MDN      Format = "read receipt"    // RFC 8098
	Reported Format = "other report"    // another multipart/report: DMARC, TLS
	Vacation Format = "automatic reply" // RFC 3834
	FreeForm Format = "free form"       // a mail system's own words
	Ordinary Format = "mail"            // none of these
	Unread   Format = "not understood"  // too large, or not a mail at all
)

// Report is what a mail says about the one that we sent.
type Report struct {
	Kind   Kind
	Class  Class
	Format Format
	Code   string // RFC 3463; "" without one
	Reply  int    // SMTP reply code; 0 without one
	// Delivered: a report or a receipt that says that the mail is in the mailbox. Its
	// class is not a bounce.
	Delivered bool
	// Tokens are what may name our message, the most trustworthy first.
	Tokens []Token
	// Diagnostic is what the other side said, for staff, of at most 1,000 octets. It
	// may hold an address: scrub it.
	Diagnostic string
}

// Place says where a token was found.
type Place string

// The places.
const (
	ReturnPath Place = "return path" // a signed token in an address that the mail came to or that the returned mail was sent from
	EnvelopeID Place = "envelope id" // RFC 3461 ENVID: a message's UUID
	MessageID  Place = "message id"  // of the returned mail: a message's UUID
	OptOut     Place = "opt-out"     // a signed token in an address of ours for opt-outs that the mail came to
)

// Token is a candidate for the name of our message: nobody has verified it.
type Token struct {
	Place Place
	Value string // as our own are written: lower case
}
