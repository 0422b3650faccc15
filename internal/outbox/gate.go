package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"studymail"
)

// Waits between tries of a transport that does not take mail.
const (
	firstBackOff = time.Second
	maxBackOff   = time.Minute
)

// gate is the transport's state, shared by its lanes. While it is not up, one
// lane at a time may try; where no lane has mail, it is tried without (idle.go).
type gate struct {
	now     func() time.Time
	changed func(studymail.Transport) // told of each change of state

	mu      sync.Mutex
	state   studymail.Transport
	hold    studymail.Transport // the limiter lets nothing pass for long; State "": it does
	said    string              // what the operator should know of it while it is up
	backOff time.Duration
	probing bool
	waiting int           // lanes that have mail and may not use the transport
	wake    chan struct{} // closed at each change
}

func newGate(name string, now func() time.Time, changed func(studymail.Transport)) *gate {
	return &gate{
		now: now, changed: changed, wake: make(chan struct{}),
		state: studymail.Transport{Name: name, State: studymail.TransportUp},
	}
}

// enter waits until the lane may use the transport. A lane that was let in must
// call up, down or left.
func (g *gate) enter(ctx context.Context) error {
	g.waits(1)
	defer g.waits(-1)
	for {
		g.mu.Lock()
		held := g.hold.State != ""
		if g.state.State == studymail.TransportUp && !held {
			g.mu.Unlock()
			return nil
		}
		wait := g.state.RetryAt.Sub(g.now())
		if held {
			wait = maxBackOff // it says when it is over
		}
		if wait <= 0 && !g.probing {
			g.probing = true
			g.mu.Unlock()
			return nil
		}
		wake := g.wake
		g.mu.Unlock()
		if err := pause(ctx, wake, max(wait, 50*time.Millisecond)); err != nil {
			return err
		}
	}
}

func (g *gate) waits(lanes int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting += lanes
}

// pause waits for a change, or for a while.
func pause(ctx context.Context, wake <-chan struct{}, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-wake:
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// stoppedIdle: what refused the login waits for a person, and may lock the account of who
// asks too often. With mail it is asked at once.
const stoppedIdle = 15 * time.Minute

// enterIdle waits until the transport is down, could be tried again since grace, and no
// lane has mail to try it with. Who was let in must call up, down or left.
func (g *gate) enterIdle(ctx context.Context, grace time.Duration) error {
	for {
		g.mu.Lock()
		wait := time.Hour // it says when it changes
		if g.state.State != studymail.TransportUp && g.hold.State == "" && !g.probing {
			late := grace
			if g.state.State == studymail.TransportStopped {
				late = max(grace, stoppedIdle)
			}
			wait = g.state.RetryAt.Add(late).Sub(g.now())
			switch {
			case wait <= 0 && g.waiting == 0:
				g.probing = true
				g.mu.Unlock()
				return nil
			case wait <= 0:
				wait = grace
			}
		}
		wake := g.wake
		g.mu.Unlock()
		if err := pause(ctx, wake, max(wait, 50*time.Millisecond)); err != nil {
			return err
		}
	}
}

// isUp tells whether mail flows.
func (g *gate) isUp() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state.State == studymail.TransportUp && g.hold.State == ""
}

// held tells whether the limiter lets nothing pass for at least so long.
func (g *gate) held(long time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hold.State == studymail.TransportStopped ||
		g.hold.State == studymail.TransportBackingOff && g.hold.RetryAt.Sub(g.now()) >= long
}

// setHold says that the limiter lets nothing pass for long, or (up) that it does again.
func (g *gate) setHold(h studymail.Transport) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h.Name, h.Since = g.state.Name, g.now()
	if h.State == studymail.TransportUp {
		h = studymail.Transport{}
	}
	g.hold = h
	g.changed(g.shown())
	g.announce()
}

// shown is the state for people.
func (g *gate) shown() studymail.Transport {
	if g.hold.State != "" {
		return g.hold
	}
	return g.state
}

// note says what the operator should know of a transport that takes mail.
func (g *gate) note(text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.said = text
	if g.state.State != studymail.TransportUp || g.state.Detail == text {
		return
	}
	g.state = g.open()
	g.changed(g.shown())
}

// open is the state in which mail flows.
func (g *gate) open() studymail.Transport {
	s := studymail.Transport{Name: g.state.Name, State: studymail.TransportUp, Detail: g.said, Since: g.now()}
	if g.said != "" {
		s.Code = "careful"
	}
	return s
}

// left says that a lane goes without having learnt anything.
func (g *gate) left() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.probing = false
	g.announce()
}

// up says that the transport took a mail, or answered to one.
func (g *gate) up() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state.State == studymail.TransportUp {
		g.backOff = 0
		return
	}
	if g.now().Before(g.state.RetryAt) {
		return // an answer to something sent before it went down
	}
	g.probing = false
	g.backOff = 0
	g.state = g.open()
	g.changed(g.shown())
	g.announce()
}

// down says that the transport does not take mail.
func (g *gate) down(err error) {
	te, ok := errors.AsType[*TransportError](err)
	if !ok {
		te = &TransportError{Code: "connection", Detail: "the connection ended", Err: err}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.probing = false
	state := studymail.TransportBackingOff
	if te.Stop {
		state = studymail.TransportStopped
		g.backOff = maxBackOff
	} else if g.state.State != studymail.TransportBackingOff || !g.now().Before(g.state.RetryAt) {
		// Several lanes that fail at once are one failure.
		g.backOff = min(max(2*g.backOff, firstBackOff), maxBackOff)
	}
	g.backOff = max(g.backOff, te.Wait)
	since := g.now()
	if g.state.State == state && g.state.Code == te.Code {
		since = g.state.Since
	}
	g.state = studymail.Transport{
		Name: g.state.Name, State: state, Code: te.Code, Detail: te.Detail, Since: since, RetryAt: g.now().Add(g.backOff),
	}
	g.changed(g.shown())
	g.announce()
}

func (g *gate) announce() {
	close(g.wake)
	g.wake = make(chan struct{})
}
