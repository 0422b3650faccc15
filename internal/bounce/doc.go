// Package bounce says what a mail that came back means for the one that we
// sent: Read takes a whole mail, Reply an SMTP reply to our own hand-over.
// Both decide by one table, kept as data with its sources (phrases.tsv,
// codes.tsv).
//
// What it promises:
//
//   - It would rather miss than accuse. A mail is hard only when it says that
//     the mailbox or its domain does not exist and nothing else in the same
//     words speaks of a policy, a rate, a full or a disabled mailbox. What it does not
//     understand is none, and marks nobody.
//   - Only the report that a mail is counts, never one that it carries: what
//     stands inside of a returned or forwarded message is not looked at, but for
//     the tokens that name our own message.
//   - A report about more than one recipient is not about a mail of ours: we send
//     each mail to one.
//   - Any bytes are answered, in time and memory that their length bounds: at
//     most MaxKept octets of a mail are held, with bounds on its header, its
//     parts and their depth.
//
// The tokens that it finds are candidates: whether one is ours, a caller says who
// has the keys. The diagnostic text is raw and may hold an address: it must be
// scrubbed before it is stored, shown or logged.
//
// It is layer 2 and pure: it may import the root package, go-message and
// golang.org/x, does no input or output but reading from the io.Reader it is
// given, and knows no clock.
package bounce
