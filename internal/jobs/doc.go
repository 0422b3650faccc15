// Package jobs runs work in the background: it queues jobs in the transaction
// that writes the rows they are about, works them, and looks at the schedules.
// It is the only importer of River.
//
// Its promises:
//
//   - A job wakes, the tables decide: a job carries UUIDs only, may run twice
//     or late, and its handler does what the tables say is to be done.
//   - A job is there if and only if the transaction that queued it was committed.
//   - What a handler's error says, or what it panicked with, goes no further
//     than this package: River, its table and the log get a type and a code.
//   - A schedule fires once for each of its times, whoever looks.
//
// A job works at most 40 seconds; what needs longer says so (ErrMore) and is
// called again. Recovery after a crash does not rest on this package: River
// rescues a dead process's jobs after a minute or more.
//
// It is layer 5 and imports the root package, store and River; the work itself
// is given to it as functions.
package jobs
