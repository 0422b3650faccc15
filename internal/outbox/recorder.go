package outbox

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"studymail"
	"studymail/internal/store"
)

// recorder owns the write side. What waits when it comes round goes into one
// transaction: outcomes first, then the windows they close, then what opens
// windows and claims.
type recorder struct {
	store   *store.Store
	log     *slog.Logger
	wake    chan struct{}
	senders int // lanes: so many may ask at once
	today   func() studymail.Date

	// patience: outcomes wait this long for something that needs a transaction
	// anyhow, such as their lane's next window; nothing waits for them.
	patience *time.Timer

	spoilt map[int64]bool // windows of which an outcome cannot be recorded; run's alone

	mu       sync.Mutex
	outcomes []outcome
	closing  []int64 // windows whose outcomes are all in outcomes or recorded
	sent     flow
	figures  figures
	ops      []*op
	ended    bool
}

// outcome is a settled hand-over.
type outcome struct {
	rec  store.Recorded
	mark studymail.ID // patient whose address is dead; zero: nobody's

	window   int64 // the message stands in it; 0: in none
	revision int64 // of the details that the letter was written from

	campaign studymail.ID
}

// op is a piece of work that joins a transaction: a window to open, or else do. do
// may run more than once before its transaction is committed: it assigns its result
// anew each time.
type op struct {
	window *store.Opening
	spare  time.Duration // so long it may wait for others
	do     func(context.Context, *store.Tx) error
	done   chan error
}

func newRecorder(s *store.Store, log *slog.Logger, senders int, today func() studymail.Date) *recorder {
	return &recorder{store: s, log: log, senders: senders, today: today, wake: make(chan struct{}, 1), spoilt: map[int64]bool{}, patience: time.NewTimer(time.Hour)}
}

const (
	mayGather  = time.Millisecond
	mostGather = 10 * time.Millisecond // with a slow server there is more to spare
	mayWait    = 20 * time.Millisecond // a far server's next window comes sooner: its transaction takes them along
	atMost     = 500
)

func (r *recorder) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// record takes an outcome; it is durable within mayWait and a transaction.
func (r *recorder) record(o outcome, closes int64) {
	r.mu.Lock()
	r.outcomes = append(r.outcomes, o)
	if closes != 0 {
		r.closing = append(r.closing, closes)
	}
	first, many := len(r.outcomes) == 1, len(r.outcomes) >= atMost
	r.mu.Unlock()
	switch {
	case many:
		r.signal()
	case first:
		r.patience.Reset(mayWait)
	}
}

// errEnded: the process gives up.
var errEnded = errors.New("the recorder has ended")

// do runs fn in the next transaction and waits until that is committed. When
// ctx ends first, fn may still run.
func (r *recorder) do(ctx context.Context, fn func(context.Context, *store.Tx) error) error {
	return r.join(ctx, &op{do: fn})
}

// open opens a window, likewise. It may wait for as long as there is to spare, so
// that others share the transaction.
func (r *recorder) open(ctx context.Context, window *store.Opening, spare time.Duration) error {
	return r.join(ctx, &op{window: window, spare: spare})
}

func (r *recorder) join(ctx context.Context, o *op) error {
	o.done = make(chan error, 1)
	r.mu.Lock()
	if r.ended {
		r.mu.Unlock()
		return errEnded
	}
	r.ops = append(r.ops, o)
	r.mu.Unlock()
	r.signal()
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// doApart does what needs no place among the outcomes: PostgreSQL works at it
// beside them; SQLite has one writer, so there it joins the next transaction.
func (r *recorder) doApart(ctx context.Context, fn func(context.Context, *store.Tx) error) error {
	if r.store.Kind() == store.Postgres {
		return r.store.Write(ctx, func(tx *store.Tx) error { return fn(ctx, tx) })
	}
	return r.do(ctx, fn)
}

// run works until stop is closed and nothing waits any more, or until ctx ends.
// ctx is not the context of what is recorded: it ends only when the process
// gives up.
func (r *recorder) run(ctx context.Context, stop <-chan struct{}) {
	defer r.end()
	for {
		select {
		case <-r.wake:
			r.gather(ctx)
			r.pass(ctx)
		case <-r.patience.C:
			r.pass(ctx)
		case <-ctx.Done():
			return
		case <-stop:
			for r.pass(ctx) {
			}
			return
		}
	}
}

// gather waits a moment for others that are about to ask for a transaction, longer
// where all that ask can wait: two windows roll on each connection, so that the wire
// does not.
func (r *recorder) gather(ctx context.Context) {
	began := bootTime()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		n, spare := r.asked()
		spare -= time.Duration(bootTime() - began)
		if n >= r.senders || spare <= 0 {
			return
		}
		timer.Reset(spare)
		select {
		case <-r.wake:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// asked is how many ask for a transaction, and for how long all of them can wait.
func (r *recorder) asked() (n int, spare time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	spare = mostGather
	for _, o := range r.ops {
		spare = min(spare, max(o.spare, mayGather))
	}
	return len(r.ops), spare
}

// end fails what still waits for a transaction.
func (r *recorder) end() {
	r.mu.Lock()
	ops := r.ops
	r.ops, r.ended = nil, true
	r.mu.Unlock()
	for _, o := range ops {
		o.done <- errEnded
	}
}

// pass records what waits, and tells whether there was anything.
func (r *recorder) pass(ctx context.Context) bool {
	r.mu.Lock()
	outcomes, closing, ops := r.outcomes, r.closing, r.ops
	r.outcomes, r.closing, r.ops = make([]outcome, 0, len(outcomes)), nil, nil // about as many come again
	r.mu.Unlock()
	if len(outcomes)+len(closing)+len(ops) == 0 {
		return false
	}
	r.untilRecorded(ctx, outcomes, r.whole(closing), ops)
	return true
}

// untilRecorded tries until the outcomes are durable: a database that is
// restarted or a disk that is full for a while must not cost what servers have
// answered. Ops are not worth waiting for: they fail with the first try.
func (r *recorder) untilRecorded(ctx context.Context, outcomes []outcome, closing []int64, ops []*op) {
	err := r.write(ctx, outcomes, closing, ops)
	if err == nil {
		r.took(outcomes)
		for _, o := range ops {
			o.done <- nil
		}
		return
	}
	// One piece may have spoilt it for all: each op alone, the outcomes apart.
	for _, o := range ops {
		o.done <- r.write(ctx, nil, nil, []*op{o})
	}
	if len(outcomes)+len(closing) == 0 {
		return
	}
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err = r.write(ctx, outcomes, closing, nil)
		if err == nil {
			r.took(outcomes)
			return
		}
		r.log.Error("outcomes wait for the database", "count", len(outcomes), "error", err)
		if studymail.CodeOf(err) != studymail.Unavailable && len(outcomes) > 0 {
			// Not the database's state but one of the rows: each alone.
			outcomes = r.recordEachAlone(ctx, outcomes)
			if closing = r.whole(closing); len(outcomes)+len(closing) == 0 {
				return
			}
			continue
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			r.log.Error("outcomes were not recorded: their messages will be uncertain", "count", len(outcomes), "error", err)
			return
		}
	}
}

// recordEachAlone records what can be, and gives what has to wait for the database.
func (r *recorder) recordEachAlone(ctx context.Context, outcomes []outcome) (waiting []outcome) {
	for _, o := range outcomes {
		switch err := r.write(ctx, []outcome{o}, nil, nil); {
		case err == nil:
			r.took([]outcome{o})
		case studymail.CodeOf(err) == studymail.Unavailable:
			waiting = append(waiting, o)
		default:
			r.log.Error("an outcome was not recorded: its message will be uncertain", "error", err)
			r.spoilt[o.window] = true
		}
	}
	return waiting
}

// whole gives those of windows of which every outcome can be recorded. The others stay
// open: without an outcome a message is in doubt, and must not look as if it had merely
// been claimed.
func (r *recorder) whole(windows []int64) []int64 {
	return slices.DeleteFunc(windows, func(w int64) bool { return r.spoilt[w] })
}

// write does all of it in one transaction.
func (r *recorder) write(ctx context.Context, outcomes []outcome, closing []int64, ops []*op) error {
	p, rest := passOf(outcomes, closing, ops)
	var err error
	if len(rest) == 0 {
		err = r.store.Pass(ctx, r.today(), p)
	} else {
		err = r.store.Write(ctx, func(tx *store.Tx) error {
			if err := tx.Pass(ctx, r.today(), p); err != nil {
				return err
			}
			for _, o := range rest {
				if err := o.do(ctx, tx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err == nil && p.Late > 0 {
		r.log.Warn("outcomes came too late: their messages are others' by now", "count", p.Late)
	}
	return err
}

// passOf puts together what the store has words for; the rest is what has to be done.
func passOf(outcomes []outcome, closing []int64, ops []*op) (p *store.Pass, rest []*op) {
	p = &store.Pass{Outcomes: make([]store.Recorded, len(outcomes)), Closing: closing}
	for i := range outcomes {
		p.Outcomes[i] = outcomes[i].rec
		if !outcomes[i].mark.IsZero() {
			p.Dead = append(p.Dead, store.DeadAddress{Patient: outcomes[i].mark, Revision: outcomes[i].revision})
		}
	}
	for _, o := range ops {
		if o.window != nil {
			p.Opening = append(p.Opening, o.window)
		} else {
			rest = append(rest, o)
		}
	}
	return p, rest
}
