package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

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
	drained    int                // how often what waited for a connection was given back
	hangUp     context.CancelFunc // ends the connection; nil: there is none
	pace       pace               // of its connection while it has mail
	room       chan struct{}
	settled    chan struct{} // signals keepPace, as room does feed
	journal    *ring

	reporting sync.Mutex // outcomes are recorded in the order in which they close their window

	pacing chan *paced   // windows whose messages wait for leave to begin
	paced  chan struct{} // closed when none comes any more
	slow   atomic.Int32  // such windows

	// feed's alone.
	next  chan *parcel  // what the next window is for; nil: not known yet
	ahead time.Duration // how long a hand-over takes to prepare
	asked time.Time     // when leave for one was given that has not begun
}

func newLane(o *Outbox) *lane {
	return &lane{
		o: o, in: make(chan *Mail, store.MaxWindow), pushed: make(chan struct{}, 1), fed: make(chan struct{}),
		room: make(chan struct{}, 1), settled: make(chan struct{}, 1), flying: map[int64]*claim{}, journal: o.journal.ring(),
		ahead: 30 * time.Millisecond, pacing: make(chan *paced, 1), paced: make(chan struct{}),
		pace: pace{enough: 2 * o.opts.Window, opens: true},
	}
}

// feed opens windows for claimed messages until ctx ends.
func (l *lane) feed(ctx context.Context) {
	defer close(l.fed)
	defer close(l.in)
	defer l.endPace()
	defer l.unpack()
	for ctx.Err() == nil {
		switch ok, tooMany := l.o.conns.enter(ctx, l, l.unpack); {
		case tooMany:
			l.unpack()
			l.close(ctx)
			continue
		case !ok || !l.waitRoom(ctx):
			return
		}
		p, permit, err := l.parcel(ctx)
		if err != nil {
			return
		}
		if p == nil {
			continue
		}
		if !l.o.conns.open(l) {
			l.unhand(p, permit)
			continue
		}
		if !l.hand(ctx, p, permit) {
			l.o.gate.left()
		}
	}
}

// unhand gives up what parcel gave.
func (l *lane) unhand(p *parcel, permit *studymail.Permit) {
	l.giveBack(permit)
	l.o.gate.left()
	l.o.putBack(p)
}

// close ends the lane's connection when all on it is settled.
func (l *lane) close(ctx context.Context) {
	for {
		l.mu.Lock()
		idle, hangUp := len(l.flying) == 0, l.hangUp
		l.mu.Unlock()
		if idle {
			if hangUp == nil {
				l.o.conns.leave(l)
				return
			}
			hangUp()
		}
		select {
		case <-l.room:
		case <-ctx.Done():
			return
		}
	}
}

// othersTake: after so long without room what a lane has prepared is others' again.
const othersTake = time.Second

// waitRoom waits until at most one window is unsettled; with a limit, until at
// most half of one is: it goes slowly.
func (l *lane) waitRoom(ctx context.Context) bool {
	tooLong := time.NewTimer(othersTake)
	defer tooLong.Stop()
	for {
		room := l.size()
		if l.o.opts.Limiter.Limited() {
			room /= 2
		}
		l.mu.Lock()
		ok := len(l.flying) <= room
		l.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-l.room:
		case <-tooLong.C:
			l.unpack()
		case <-ctx.Done():
			return false
		}
	}
}

// On each lane two windows roll: together they hold what its connection takes
// in half a second. A mail that is urgent waits behind no more.
const (
	windowAhead = 250 * time.Millisecond
	windowFirst = 4 // before the pace is known
)

// size is how many messages the next window may hold.
func (l *lane) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.atMost(l.pace.in(windowAhead, 1, l.o.opts.Window, windowFirst))
}

// spare is how long the next window can wait: a third of the time that its
// connection has work for.
func (l *lane) spare() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pace.takes(len(l.flying)) / 3
}

// hand opens a window for what was prepared and gives those who may go to the
// connection; it tells whether anybody did.
func (l *lane) hand(ctx context.Context, p *parcel, permit *studymail.Permit) bool {
	if len(p.standing) == 0 {
		l.giveBack(permit)
		return false
	}
	l.prepareNext()
	w, members, err := l.o.openWindow(ctx, p.standing, l.journal, l.spare())
	if err != nil {
		// Nothing was opened, or nobody knows: they are tried again under their
		// claims. A window that was committed all the same goes with the worker.
		l.o.log.Error("no hand-over window could be opened", "count", len(p.standing), "error", err)
		l.o.later(ctx, p)
		l.giveBack(permit)
		return false
	}
	if w == nil {
		l.giveBack(permit)
		return false
	}
	mails := make([]*Mail, len(members))
	l.mu.Lock()
	for i, k := range members {
		c := p.claims[k]
		c.window, mails[i] = w, c.mail
		l.flying[k] = c
	}
	drained := l.drained
	l.pace.begin(l.o.opts.Now())
	l.mu.Unlock()
	l.prepared()
	if permit != nil || l.o.opts.Limiter.Limited() {
		l.slowly(ctx, &paced{mails: mails, permit: permit, drained: drained})
		return true
	}
	for _, m := range mails {
		l.in <- m // has room for two windows
	}
	l.signal()
	return true
}

func (l *lane) signal() {
	select {
	case l.pushed <- struct{}{}:
	default:
	}
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
		l.o.noteTransport() // what is done without may be over
		hungUp, err := l.connect(ctx)
		l.o.noteTransport() // what this one taught; there may be no mail for another
		if err == nil && ctx.Err() == nil || hungUp {
			l.o.gate.left() // it may have been the lane that tries, and have learnt nothing
			continue
		}
		l.mu.Lock()
		progressed := l.progressed
		l.mu.Unlock()
		te, concerns := errors.AsType[*TransportError](err)
		if progressed && ctx.Err() == nil && (!concerns || !te.Stop) {
			// The next connection takes what waits. If this was the lane that tries, and
			// what it tried with is in doubt, another may try.
			l.o.gate.left()
			continue
		}
		away := concerns && te.Away && ctx.Err() == nil
		if away {
			l.drain() // others take it
			away = l.o.conns.turnedAway(ctx, l)
		}
		switch {
		case away:
			l.o.log.Warn("the server takes no further connection: fewer are kept", "connections", l.o.conns.bears(), "code", te.Code)
			l.o.gate.left() // told nothing of the transport
		case ctx.Err() == nil:
			l.o.gate.down(err)
		}
		l.drain()
	}
}

// connect opens a connection and hands mails over to it, until it ends. hungUp
// tells that it was closed because there may be fewer.
func (l *lane) connect(ctx context.Context) (hungUp bool, err error) {
	dialed, hangUp := context.WithCancel(ctx)
	defer hangUp()
	l.o.conns.open(l)
	l.mu.Lock()
	l.progressed, l.hangUp = false, hangUp
	l.mu.Unlock()
	err = l.o.opts.Transport.Deliver(dialed, l.in, l.mayEnd, l.report)
	hungUp = dialed.Err() != nil && ctx.Err() == nil
	l.mu.Lock()
	l.hangUp = nil
	l.mu.Unlock()
	if len(l.in) == 0 {
		l.o.conns.is(l, noConn)
	}
	l.hasRoom()
	return hungUp, err
}

func (l *lane) hasRoom() {
	for _, c := range []chan struct{}{l.room, l.settled} {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// drain gives back what waits for a connection that does not come.
func (l *lane) drain() {
	l.mu.Lock()
	l.drained++
	l.mu.Unlock()
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
	l.reporting.Lock()
	defer l.reporting.Unlock()
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
		l.o.conns.works(l)
		l.pace.did(1, l.o.opts.Now())
		l.o.gate.up()
	case studymail.Throttled:
		l.o.gate.down(&TransportError{Code: "throttled", Detail: o.Reply})
		l.o.opts.Limiter.Throttled(l.o.recorder.flows(l.o.opts.Now()))
	case studymail.Unsendable:
		l.o.gate.left() // told nothing of the transport
	case studymail.NotSent, studymail.Lost, studymail.InDoubt, studymail.Withheld, studymail.WithdrawnBy:
	}
	if len(l.flying) == 0 {
		l.pace.idle(l.o.opts.Now())
	}
	l.mu.Unlock()
	doneWith(m)
	l.journal.reply(c.Key, c.Token, c.window.key, &o, l.o.opts.Now())
	l.o.settle(c, o, closes)
	l.hasRoom()
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
	if rec.State == studymail.Uncertain && o.ending.Load() {
		o.doubtful.Add(1)
	}
	res := outcome{rec: rec, campaign: c.Campaign}
	if c.window != nil {
		res.window = c.window.key
	}
	if rec.Reason == studymail.ReasonNoMailbox {
		res.mark, res.revision = c.Patient, c.Revision
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
