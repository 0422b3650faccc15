package outbox

import (
	"context"
	"sync"
	"time"

	"studymail"
)

// aheadOf: as much mail is claimed as the lanes take in this time. More would
// only keep it from other workers, and from what is planned meanwhile.
const aheadOf = 2 * time.Second

// ready holds what this process has claimed until a lane takes it: ad hoc mail
// first, then the others by turns, and of each turn one run for each window:
// messages of one run stand side by side in the database, which is cheaper.
type ready struct {
	now   func() time.Time
	least int // is claimed however slow the lanes are
	first int // is claimed before it is known how slow they are
	most  int

	mu    sync.Mutex
	lines [studymail.Turns]line
	n     int
	place int           // in the order of turns
	pace  pace          // at which the lanes take
	added chan struct{} // closed when something is put in
}

// line is what waits for one turn.
type line struct {
	n    int
	runs []*pile // of which something waits
	next int     // whose turn it is among them
	used bool    // in this window
}

// pile is what waits of one run, the first claimed first.
type pile struct {
	run    studymail.ID
	claims []*claim
}

func newReady(now func() time.Time, least, first, most int) *ready {
	return &ready{now: now, least: least, first: first, most: most, added: make(chan struct{}), pace: pace{enough: 2 * first}}
}

// put adds claims.
func (r *ready) put(claims []*claim) {
	if len(claims) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range claims {
		r.lines[c.Turn].put(c)
	}
	r.n += len(claims)
	r.pace.begin(r.now())
	close(r.added)
	r.added = make(chan struct{})
}

func (l *line) put(c *claim) {
	l.n++
	for _, p := range l.runs {
		if p.run == c.Run {
			p.claims = append(p.claims, c)
			return
		}
	}
	l.runs = append(l.runs, &pile{run: c.Run, claims: []*claim{c}})
}

// pop takes the next; there is one.
func (l *line) pop() *claim {
	if l.next >= len(l.runs) {
		l.next = 0
	}
	p := l.runs[l.next]
	c := p.claims[0]
	p.claims[0] = nil
	if p.claims = p.claims[1:]; len(p.claims) == 0 {
		l.runs = append(l.runs[:l.next], l.runs[l.next+1:]...)
	}
	l.n--
	l.used = true
	return c
}

// turn gives the next run its turn.
func (l *line) turn() {
	if l.used {
		l.next++
		l.used = false
	}
}

// take waits until there is something, and gives up to n; nothing when ctx ends
// first.
func (r *ready) take(ctx context.Context, n int) []*claim {
	for {
		r.mu.Lock()
		if r.n > 0 {
			batch := r.takeSome(n)
			r.mu.Unlock()
			return batch
		}
		added := r.added
		r.mu.Unlock()
		select {
		case <-added:
		case <-ctx.Done():
			return nil
		}
	}
}

// wait waits until there is something, and takes nothing.
func (r *ready) wait(ctx context.Context) error {
	for {
		r.mu.Lock()
		n, added := r.n, r.added
		r.mu.Unlock()
		if n > 0 {
			return nil
		}
		select {
		case <-added:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// takeNow gives up to n of what is there.
func (r *ready) takeNow(n int) []*claim {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == 0 {
		return nil
	}
	return r.takeSome(n)
}

func (r *ready) takeSome(n int) []*claim {
	batch := make([]*claim, 0, min(n, r.n))
	for len(batch) < n {
		turn, ok := studymail.TurnOf(r.place, r.waits())
		if !ok {
			break
		}
		if turn != studymail.AdHocTurn {
			r.place++
		}
		batch = append(batch, r.lines[turn].pop())
	}
	for t := range r.lines {
		r.lines[t].turn()
	}
	r.n -= len(batch)
	now := r.now()
	r.pace.did(len(batch), now)
	if r.n == 0 {
		r.pace.idle(now)
	}
	return batch
}

func (r *ready) waits() (waits [studymail.Turns]bool) {
	for t := range r.lines {
		waits[t] = r.lines[t].n > 0
	}
	return waits
}

// takeAll gives everything, and does not wait.
func (r *ready) takeAll() []*claim {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.takeSome(r.n)
}

// size is how much waits.
func (r *ready) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

// room is how much mail that is not ad hoc should be claimed: none while there
// is enough for half of the time ahead.
func (r *ready) room() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	enough := r.pace.in(aheadOf, r.least, r.most, r.first)
	others := r.n - r.lines[studymail.AdHocTurn].n
	if others > enough/2 {
		return 0
	}
	return enough - others
}
