package limiter

import "context"

// Worker drives a limiter step by step, with a clock that the test moves.
type Worker struct{ L *Limiter }

// Step asks the database if a question is due; it tells whether it did.
func (w Worker) Step(ctx context.Context) bool {
	q, due := w.L.question(w.L.clock.read())
	if due {
		w.L.put(ctx, q)
	}
	return due
}

// Take takes the next time on hand, if there is one.
func (w Worker) Take(waiting int) (at int64, ok bool) {
	now := w.L.clock.read()
	at, ok, _ = w.L.take(now, now, waiting)
	return at, ok
}

// Wait says how many lanes wait for times.
func (w Worker) Wait(n int) {
	w.L.mu.Lock()
	defer w.L.mu.Unlock()
	w.L.wanting = n
}

// Begin begins a hand-over at its time, which must have come.
func (w Worker) Begin(at int64) bool { return w.L.begin(at, w.L.clock.read()) }

// Heed lowers the rate, and Look reads it.
func (w Worker) Heed(ctx context.Context, local float64) { w.L.heed(ctx, local) }
func (w Worker) Look(ctx context.Context)                { w.L.look(ctx) }

// EndHold ends a hold whose time is over.
func (w Worker) EndHold() { w.L.endHold(w.L.clock.read()) }

// Due is when it would ask next, in nanoseconds.
func (w Worker) Due() int64 {
	w.L.mu.Lock()
	defer w.L.mu.Unlock()
	return w.L.due()
}
