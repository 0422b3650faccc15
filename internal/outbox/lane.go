package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"studymail"
	"studymail/internal/logs"
	"studymail/internal/smtpout"
	"studymail/internal/store"
)

// window is an open hand-over window in this process.
type window struct {
	key    int64
	open   int     // members without an outcome
	worker *worker // under whose lease it was opened
}

// lane is one connection at a time and the two windows that roll on it: while
// one is on the wire, the next is rendered and made durable.
type lane struct {
	o      *Outbox
	in     chan *Mail
	pushed chan struct{} // signals the connection that in has mail
	fed    chan struct{} // closed when no more mail will come

	mu         sync.Mutex
	flying     map[int64]*claim // in open windows without an outcome, by message
	progressed bool
	room       chan struct{}
	journal    *ring
}

func newLane(o *Outbox) *lane {
	return &lane{
		o: o, in: make(chan *Mail, store.MaxWindow), pushed: make(chan struct{}, 1), fed: make(chan struct{}),
		room: make(chan struct{}, 1), flying: map[int64]*claim{}, journal: o.journal.ring(),
	}
}

// feed opens windows for claimed messages until ctx ends.
func (l *lane) feed(ctx context.Context) {
	defer close(l.fed)
	defer close(l.in)
	for ctx.Err() == nil {
		if !l.waitRoom(ctx) {
			return
		}
		batch := l.o.take(ctx, l.o.opts.Window)
		if len(batch) == 0 {
			return
		}
		if err := l.o.gate.enter(ctx); err != nil {
			l.o.giveBack(batch)
			return
		}
		if !l.hand(ctx, batch) {
			l.o.gate.left()
		}
	}
}

// waitRoom waits until at most one window is unsettled.
func (l *lane) waitRoom(ctx context.Context) bool {
	for {
		l.mu.Lock()
		ok := len(l.flying) <= l.o.opts.Window
		l.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-l.room:
		case <-ctx.Done():
			return false
		}
	}
}

// hand renders a batch, opens its window and gives those who may go to the
// connection; it tells whether anybody may.
func (l *lane) hand(ctx context.Context, batch []*claim) bool {
	mails := make(map[int64]*Mail, len(batch))
	claims := make(map[int64]*claim, len(batch))
	var standing []store.Standing
	for _, c := range batch {
		m, err := l.o.opts.Letterbox.render(c, l.o.opts.Now())
		if err != nil {
			l.o.log.Error("a message cannot be put together", "message", c.ID, "error", err)
			l.o.settle(c, studymail.Outcome{Kind: studymail.Unsendable}, 0)
			continue
		}
		mails[c.Key], claims[c.Key] = m, c
		standing = append(standing, store.Standing{Key: c.Key, Token: c.Token, Revision: c.Revision, Merged: c.merged})
	}
	if len(standing) == 0 {
		return false
	}
	w, members, err := l.o.openWindow(ctx, standing, l.journal)
	if err != nil {
		// Nothing was opened, or nobody knows: they are tried again under their
		// claims. A window that was committed all the same goes with the worker.
		l.o.log.Error("no hand-over window could be opened", "count", len(standing), "error", err)
		l.o.later(ctx, batch, standing)
		return false
	}
	if w == nil {
		return false
	}
	l.mu.Lock()
	for _, k := range members {
		claims[k].window = w
		l.flying[k] = claims[k]
	}
	l.mu.Unlock()
	for _, k := range members {
		l.in <- mails[k] // has room for two windows
	}
	select {
	case l.pushed <- struct{}{}:
	default:
	}
	return true
}

// deliver runs one connection after the other while there is mail.
func (l *lane) deliver(ctx context.Context) {
	for {
		if len(l.in) == 0 {
			select {
			case <-l.pushed:
				continue
			case <-l.fed:
				if len(l.in) == 0 {
					return
				}
			}
		}
		l.mu.Lock()
		l.progressed = false
		l.mu.Unlock()
		if n, ok := l.o.opts.Transport.(noter); ok {
			l.o.gate.note(n.Note())
		}
		err := l.o.opts.Transport.Deliver(ctx, l.in, l.mayEnd, l.report)
		if err == nil && ctx.Err() == nil {
			continue
		}
		l.mu.Lock()
		progressed := l.progressed
		l.mu.Unlock()
		te, concerns := errors.AsType[*TransportError](err)
		if progressed && ctx.Err() == nil && (!concerns || !te.Stop) {
			continue // the next connection takes what waits
		}
		if ctx.Err() == nil {
			l.o.gate.down(err)
		}
		l.drain()
	}
}

// drain gives back what waits for a connection that does not come.
func (l *lane) drain() {
	for {
		select {
		case m, ok := <-l.in:
			if !ok {
				return
			}
			l.report(m, smtpout.Outcome{Kind: smtpout.NotSent})
		default:
			return
		}
	}
}

// mayEnd is asked right before a mail's point of no return.
func (l *lane) mayEnd(m *Mail) bool {
	l.mu.Lock()
	c := l.flying[m.Tag]
	l.mu.Unlock()
	return c.window.worker.leased() && l.journal.dot(c.Key, c.Token, c.window.key)
}

// report settles one mail.
func (l *lane) report(m *Mail, out smtpout.Outcome) {
	l.mu.Lock()
	c := l.flying[m.Tag]
	delete(l.flying, m.Tag)
	c.window.open--
	var closes int64
	if c.window.open == 0 {
		closes = c.window.key
	}
	o := outcomeOf(out)
	if o.Kind == studymail.Accepted {
		o.Reply = "" // says nothing that the code does not
	} else {
		o.Reply = logs.Scrub(o.Reply, c.personal...)
	}
	switch o.Kind {
	case studymail.Accepted, studymail.Later, studymail.Refused:
		l.progressed = true
		l.o.gate.up()
	case studymail.Throttled:
		l.o.gate.down(&TransportError{Code: "throttled", Detail: o.Reply})
	case studymail.Unsendable:
		l.o.gate.left() // told nothing of the transport
	case studymail.NotSent, studymail.Lost, studymail.InDoubt, studymail.Withheld, studymail.WithdrawnBy:
	}
	l.mu.Unlock()
	l.journal.reply(c.Key, c.Token, c.window.key, &o, l.o.opts.Now())
	l.o.settle(c, o, closes)
	select {
	case l.room <- struct{}{}:
	default:
	}
}

// settle records a message's outcome.
func (o *Outbox) settle(c *claim, out studymail.Outcome, closes int64) {
	now := o.opts.Now()
	rec := settle(&c.Claimed, out, now, o.opts.Retries)
	rec.Transport = o.opts.Transport.Name()
	if rec.State == studymail.Sent {
		o.sent.Add(1)
	}
	if rec.State == studymail.Sent || rec.State == studymail.Uncertain {
		rec.Window = c.window.key
	}
	res := outcome{rec: rec}
	if rec.Reason == studymail.ReasonNoMailbox {
		res.mark = c.Patient
	}
	level := slog.LevelDebug
	switch rec.State {
	case studymail.Failed, studymail.Uncertain, studymail.Deferred:
		level = slog.LevelInfo
	default:
	}
	o.recorder.record(res, closes)
	if !o.log.Enabled(context.Background(), level) {
		return
	}
	o.log.Log(context.Background(), level, "message "+rec.State.String(),
		"message", c.ID, "patient", c.Patient, "run", c.Run, "campaign", c.Campaign, "state", rec.State.String(), "reason", string(rec.Reason),
		"code", out.Code, "enhanced", out.Enhanced, "stage", out.Stage, "attempt", rec.Attempts, "took_ms", out.Took.Milliseconds())
}
