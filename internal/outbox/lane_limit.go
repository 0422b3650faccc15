package outbox

import (
	"context"
	"time"

	"studymail"
	"studymail/internal/smtpout"
)

// paced is an open window whose messages go to the connection one by one, as the
// limiter lets them begin.
type paced struct {
	mails   []*Mail
	permit  *studymail.Permit // of the first, if it has one
	drained int               // of the lane, when it was opened
}

// parcel gives what the next window is for, when the transport takes mail. With a
// limit it first waits for leave to begin, and holds no message meanwhile: who is
// first in line may change. Where messages of the window before still wait for
// theirs, it only prepares what follows.
func (l *lane) parcel(ctx context.Context) (*parcel, *studymail.Permit, error) {
	lim := l.o.opts.Limiter
	if !lim.Limited() {
		p := l.packed(ctx)
		if p == nil {
			return nil, nil, ctx.Err()
		}
		if err := l.o.gate.enter(ctx); err != nil {
			l.o.putBack(p)
			return nil, nil, err
		}
		return p, nil, nil
	}
	l.unpack() // there was no limit a moment ago
	if err := l.o.ready.wait(ctx); err != nil {
		return nil, nil, err
	}
	if err := l.o.gate.enter(ctx); err != nil {
		return nil, nil, err
	}
	var permit *studymail.Permit
	if l.slow.Load() == 0 {
		p, err := lim.Permit(ctx, l.ahead, l.o.ready.size())
		if err != nil {
			l.o.gate.left()
			return nil, nil, err
		}
		permit, l.asked = &p, l.o.opts.Now()
	}
	batch := l.o.takeReady(l.size())
	if len(batch) == 0 { // another lane was quicker
		l.giveBack(permit)
		l.o.gate.left()
		return nil, nil, nil
	}
	return l.o.pack(batch), permit, nil
}

// atMost is how many messages a window may hold that could have n: with a limit
// no more than may begin in a second.
func (l *lane) atMost(n int) int {
	lim := l.o.opts.Limiter
	if !lim.Limited() {
		return n
	}
	return min(max(int(lim.Share())/l.o.opts.Connections, 1), n)
}

// prepared notes how long it took from the permit until its message stood in its
// window, so that the next one is asked for in time.
func (l *lane) prepared() {
	if l.asked.IsZero() {
		return
	}
	took := l.o.opts.Now().Sub(l.asked)
	l.asked = time.Time{}
	l.ahead = min(max(took+took/2, l.ahead*7/8), time.Second)
}

func (l *lane) giveBack(permit *studymail.Permit) {
	if permit != nil {
		l.o.opts.Limiter.GiveBack(*permit)
	}
}

// slowly hands a window to keepPace.
func (l *lane) slowly(ctx context.Context, w *paced) {
	l.slow.Add(1)
	select {
	case l.pacing <- w:
	case <-ctx.Done():
		l.slow.Add(-1)
		l.giveBack(w.permit)
		l.withdraw(w, 0)
	}
}

// endPace waits until keepPace has ended.
func (l *lane) endPace() {
	close(l.pacing)
	<-l.paced
}

// keepPace gives messages to the connection when they may begin.
func (l *lane) keepPace(ctx context.Context) {
	defer close(l.paced)
	for w := range l.pacing {
		for i, m := range w.mails {
			if !l.mayBegin(ctx, w, len(w.mails)-i) {
				l.withdraw(w, i)
				break
			}
			l.in <- m // has room for two windows
			l.signal()
		}
		l.slow.Add(-1)
	}
}

// withdraw settles the messages from the nth: they do not go to the connection.
func (l *lane) withdraw(w *paced, n int) {
	for _, m := range w.mails[n:] {
		l.report(m, smtpout.Outcome{Kind: smtpout.NotSent})
	}
	if n == 0 {
		l.o.gate.left() // nobody told anything of the transport
	}
}

// mayBegin waits until the next message of a window may go to the connection. It
// says no when that would take long, or when there is no connection any more.
func (l *lane) mayBegin(ctx context.Context, w *paced, waiting int) bool {
	lim := l.o.opts.Limiter
	p := w.permit
	w.permit = nil
	for l.waitTaken(ctx, w.drained) {
		if p == nil {
			fresh, ok := lim.Soon(ctx, waiting)
			if !ok {
				return false
			}
			p = &fresh
		}
		if lim.Begin(ctx, *p) {
			return true
		}
		p = nil
	}
	l.giveBack(p)
	return false
}

// waitTaken waits until the connection has taken what it was given, so that what
// piles up behind a server that stalls does not leave all at once. At high rates
// it may be a hundredth of a second behind.
func (l *lane) waitTaken(ctx context.Context, drained int) bool {
	behind := int(l.o.opts.Limiter.Share()/100) / l.o.opts.Connections
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		l.mu.Lock()
		same := l.drained == drained
		l.mu.Unlock()
		switch {
		case !same || ctx.Err() != nil:
			return false
		case len(l.in) <= behind:
			return true
		}
		timer.Reset(10 * time.Millisecond)
		select {
		case <-l.settled:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}
