// Package seed fills a database with invented people, studies, campaigns and
// messages in all states, in bulk: for measuring pages, and for looking at them with
// much in them. The same numbers give the same data each time, but for what is
// sealed and hashed, which depends on the keys.
//
// It is layer 4 and imports the root package, sealed and store. It never runs but by
// `studymail dev seed`, and leaves sending disarmed: what it makes is not to be sent.
package seed
