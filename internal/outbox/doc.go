// Package outbox hands messages over: it claims, renders, opens hand-over
// windows, feeds the transports' connections and records what became of each
// message.
//
// Its promises:
//
//   - Nothing is handed over for a patient who is not in study at that moment:
//     the guard stands in the statement that opens the window (store.OpenWindow).
//   - A message stands durably in an open window before the end of its text is
//     written. After a crash only those are in doubt: uncertain is a state, not
//     an error, and nothing is sent a second time by guess.
//   - An outcome is recorded under a context that nothing cancels, and the
//     network is never waited for inside of a transaction.
//   - One message that cannot be put together fails alone.
//
// One goroutine (recorder) owns the write side: outcomes, windows and claims
// that wait at the same time share one commit. Connections (lanes) belong to
// the process, not to a job; a job only says that there is work (Wake).
//
// It is one of the few packages that are handed the opening half of the keys.
// It imports store, compose, the transports and logs; it must not know River or HTTP.
package outbox
