// Package logs opens the log files and the console, and keeps personal details
// out of them.
//
// Every line goes through one door: an allow-list of attribute keys, each with
// the kind of value it may carry (an ID must be a UUID or a row key, a number a
// number, a code a short word), and a scrubber for free text. What does not fit
// is left out and counted in "dropped". A new key is added in keys.go, where a
// reader sees all that can ever stand in a log. Lines of work are written by the
// named functions of events.go; River's logger is wrapped by the same door.
//
// Scrub is for text from outside that is stored (SMTP replies, job errors).
//
// It is layer 2: it imports the root package, slog, lumberjack and tint, and is
// imported by layer 4 and above. It must not know the configuration, the
// database or the network.
package logs
