// Package maildir hands mails over to a Maildir folder: the transport that
// works without set-up, and from which nothing leaves the machine.
//
// Its promise: a mail whose delivery returned without an error is whole, is in
// new/, and is still there after a power loss (the file is synced in tmp/
// before it is moved, the directory after). A mail is there once: its file name
// is made from its UUID alone, so that delivering it again, by this process or
// another, finds it there or puts the same name in place.
//
// The format is the one of https://cr.yp.to/proto/maildir.html. Names are
// <seconds of the UUID>.<UUID>.studymail; when a mail program has moved a file
// to cur/ and put ":2," and flags behind the name, it is still found.
//
// Layer 3: it imports the root package only, knows neither patients nor the
// outbox, and puts no content of a mail into a file name or an error.
package maildir
