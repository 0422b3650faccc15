// Package smtptest is an SMTP server for tests and benchmarks: it keeps a book
// of what it accepted, and fails as its rules say.
//
// Its one job: to be the other side of every fault in the books: a refusal at
// each stage, a delay, a cut connection (also after it has taken a mail and
// before it says so), extensions offered and not kept, silence. [Server] can be
// killed and started again on its port with its book; [Main] is the same as a
// process of its own, whose book is a file with a line for every accepted mail,
// written before the reply is. [Relay] is a line with a delay.
//
// It is linked into tests and benchmarks only and imports the standard library.
// It never delivers anything.
package smtptest
