// Package smtpout hands mail to an SMTP server, fast, and says of every mail
// what became of it.
//
// Its one job: one [Conn] is one connection. [Conn.Deliver] takes mails from a
// channel and reports exactly one [Outcome] for each that it took. It knows
// RFCs; it does not know who writes to whom or why, keeps nothing on disk and
// tries nothing twice. It imports the standard library and a SASL library.
// Which connections to open, how many, and when to try again is the caller's.
//
// # The window
//
// A mail is handed over when the server answers the end of its text: the
// final dot of DATA, or the last BDAT chunk. Until that end is written the
// server cannot deliver it, and losing the connection costs nothing. From then
// on until the reply only the server knows. [InDoubt] is the name of that gap;
// it is an answer, not an error. How many mails may stand in the gap at once
// is the window:
//
//   - Lock-step (RFC 5321, a server without PIPELINING): one command, one
//     reply. One mail in the window.
//   - PIPELINING (RFC 2920): MAIL, RCPT and DATA of the next mail go out right
//     behind the final dot of this one, in the same packet. DATA ends the
//     group, since the server's leave (354) decides whether text may follow.
//     One mail in the window and one whose envelope waits behind it: one round
//     trip a mail instead of four.
//   - CHUNKING (RFC 3030) with PIPELINING: BDAT says how long the text is and
//     needs no leave, so whole transactions follow each other, Config.Window of
//     them in flight. A RSET stands between them: a server that does not clear
//     a failed transaction by itself must not add the next mail's recipient to
//     it. The first transaction of a connection goes in lock-step, its first two
//     octets as a chunk of their own that waits for a moment, so that a server
//     which advertises CHUNKING and does not know BDAT can say so before it
//     takes a letter's text for commands; they do not wait where an earlier
//     connection saw BDAT work ([Config].KnowsBDAT). Then the window grows by one with each
//     accepted mail, and narrows with refused ones (window.go says why).
//
// A reader goroutine takes replies off the wire as they come, so that a server
// which answers early or says goodbye in the middle is heard; the goroutine
// that called Deliver writes, matches replies to commands in order and
// reports. A reply that cannot stand where it stands (354 to RCPT, 250 to
// DATA, a reply to nothing) means that we and the server no longer count
// alike: the connection is dropped, and what was not certain is reported so.
// The reply to a final dot behind which an envelope waits is held back (at
// most a second) until that envelope's replies are seen to line up.
//
// When a connection ends, the mails on it are told apart by one question: had
// the kernel taken the last byte of its text? If so it is [InDoubt]. If not,
// the first mail under way is [Lost] (it may be what kills connections) and
// those behind it are [NotSent]. A server that says 421 and closes has, by
// RFC 5321 §3.8 and §4.2.2, handled nothing after that reply: what stood behind
// it is [NotSent].
//
// Servers refuse only so much on one connection before they drop it, so one with
// [Config].MaxRefused refusals ends in good order. A server that offers
// PIPELINING and loses what stands behind another command is not waited for
// longer than Timeouts.Behind; the error wraps [ErrProtocol], and going on with
// NoPipelining is the caller's.
//
// While a write stands still, replies are read all the same: a server of one
// thread may be unable to read before it is rid of its words.
//
// [Config].Gate is asked right before that last byte is put in the buffer that
// is written next: the place to check a lease, or to note the mail in a journal.
//
// # RFCs
//
//   - 5321 SMTP (lock-step, time-outs §4.5.3.2, HELO when EHLO is unknown)
//   - 1870 SIZE, 6152 8BITMIME, 6531 SMTPUTF8, 2034 and 3463 enhanced codes
//   - 2920 PIPELINING, 3030 CHUNKING, 3461 DSN (RET, ENVID)
//   - 3207 STARTTLS, 8314 implicit TLS, 4954 AUTH (4616 PLAIN, LOGIN, 7628 OAUTHBEARER; XOAUTH2)
package smtpout
