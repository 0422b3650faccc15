package outbox

import (
	"context"
	"time"

	"studymail"
)

// Journal writes into the journal as a lane does.
type Journal struct{ r *ring }

// JournalOf gives a lane's part of an outbox's journal.
func JournalOf(o *Outbox) Journal { return Journal{o.journal.ring()} }

// Opened, Dot and Reply are a lane's entries.
func (j Journal) Opened(window int64)              { j.r.opened(window) }
func (j Journal) Dot(message, token, window int64) { j.r.dot(message, token, window) }
func (j Journal) Reply(message, token, window int64, out *studymail.Outcome, at time.Time) {
	j.r.reply(message, token, window, out, at)
}

// Die ends an outbox that never ran as kill -9 would: the kernel lets go of its
// lock, and its files stay.
func Die(o *Outbox) error { return o.worker.Load().lock.Close() }

// WorkerKeyOf is the row key of an outbox's worker.
func WorkerKeyOf(o *Outbox) int64 { return o.worker.Load().Key }

// JournalPathOf is where an outbox's journal is.
func JournalPathOf(o *Outbox) string {
	w := o.worker.Load()
	return w.journalPath(w.ID)
}

// Borne is how many connections an outbox takes its server to bear, and Share how
// many it may have of those of all workers.
func Borne(o *Outbox) int { return o.conns.bears() }

func Share(o *Outbox) int {
	o.conns.mu.Lock()
	defer o.conns.mu.Unlock()
	return o.conns.share
}

// Shares divides connections among workers.
func Shares(total int, wants []int) []int { return shares(total, wants) }

// StateOf is how an outbox's transport stands.
func StateOf(o *Outbox) studymail.Transport {
	o.gate.mu.Lock()
	defer o.gate.mu.Unlock()
	return o.gate.shown()
}

// LosePlace has one of two lanes lose its place while it dials, come in again, and
// be answered; it gives how many connections the server is given then.
func LosePlace(ctx context.Context, now func() time.Time) (borne int) {
	c := newConns(now, 3, 3, time.Nanosecond)
	a, b := &lane{}, &lane{}
	c.borne = 2
	for _, l := range []*lane{a, b} {
		c.enter(ctx, l, func() {})
		c.open(l)
		c.works(l)
	}
	c.is(a, noConn)
	c.borne = 1
	c.fewer() // a has no place any more, and its next mail is on its way
	c.borne = 2
	c.enter(ctx, a, func() {})
	c.open(a)
	c.works(a)
	c.grow()
	return c.borne
}

// EntersIdle tells whether a transport whose back-off is over is tried without mail before
// ctx ends, while so many lanes wait with mail.
func EntersIdle(ctx context.Context, lanes int) bool {
	now := time.Unix(1e9, 0)
	g := newGate("x", func() time.Time { return now }, func(studymail.Transport) {})
	g.down(&TransportError{Code: "connect", Wait: time.Hour})
	g.waits(lanes)
	now = now.Add(2 * time.Hour)
	return g.enterIdle(ctx, time.Millisecond) == nil
}
