// Package e2e tests the real binary from outside: it builds studymail once,
// runs its commands, and kills, starves and misleads the processes.
//
// What is believed is what others say: the book of a recording SMTP server
// against the list of our outbox, exit codes, messages, and the numbers that
// every command prints. Only where nothing outside can tell (which messages
// stood in an open window when a process was killed) does a test look into the
// database, beside the program.
//
// Every test runs on SQLite and on PostgreSQL where that could matter. Nothing
// here is skipped: what a test needs and does not find makes it fail.
//
// CHAOS=full makes the fault campaigns longer (`make chaos`), E2E=full the
// campaign of 100,000. E2E_SEED repeats one choice of random instants.
//
// It is linked into tests only.
package e2e
