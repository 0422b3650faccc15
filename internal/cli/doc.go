// Package cli is the command line: one file per command, and the few things
// that they share. A command reads its arguments, asks the inner packages, and
// prints; it decides nothing that pages or jobs would have to decide again.
//
// What holds for every command:
//
//   - Exit codes: 0 fine, 1 failed, 2 wrong use. What went wrong is one message
//     on standard error, "studymail: …".
//   - With --json, standard output is exactly one JSON value; a list is an
//     array, empty when there is nothing.
//   - Personal details are masked unless --reveal, which first writes an event
//     for each patient whose details are shown.
//   - What changes something writes an event, in the same transaction; the
//     actor is "cli:" and the name of the system's user.
//   - What acts on many asks, with the exact count, unless --yes.
//
// Layer 7: it may import everything within; nothing imports it but main.
package cli
