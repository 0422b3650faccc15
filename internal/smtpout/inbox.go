package smtpout

import (
	"errors"
	"os"
	"sync/atomic"
	"time"
)

// inbox takes replies off the wire. One goroutine reads at a time: Deliver's
// own while it has nothing to do but wait for replies, which saves waking
// another, and the reader goroutine while Deliver's also waits for mail or
// writes much. The turn channel hands the reading over, ready hands it back.
type inbox struct {
	c       *Conn
	replies []span
	parsed  int   // bytes of rbuf that replies cover
	err     error // how the stream ended

	turn    chan struct{} // to the reader goroutine: read until there is something
	ready   chan struct{} // from it: there is
	gone    chan struct{} // closed when it has ended
	reading bool          // it has the turn

	over atomic.Bool // the deadline that was set is the last

	moving  atomic.Bool   // the write that was stuck goes on: drain is to end
	drained chan struct{} // from drain: it has
}

// span is one reply's place in rbuf.
type span struct{ code, start, end int }

func newInbox(c *Conn) *inbox {
	in := &inbox{
		c: c, turn: make(chan struct{}, 1), ready: make(chan struct{}, 1), gone: make(chan struct{}), drained: make(chan struct{}, 1),
	}
	go func() {
		defer close(in.gone)
		for range in.turn {
			in.fetch()
			in.ready <- struct{}{}
		}
	}()
	return in
}

func (in *inbox) reply(i int) reply {
	s := in.replies[i]
	return reply{code: s.code, raw: in.c.rbuf[s.start:s.end]}
}

// start lets the reader goroutine read.
func (in *inbox) start() {
	switch {
	case in.reading || in.err != nil:
	case len(in.replies) > 0: // of a drain, and not heard
		in.reading = true
		in.ready <- struct{}{}
	default:
		in.reading = true
		in.turn <- struct{}{}
	}
}

// arrived tells, without waiting, whether the reader goroutine has something.
func (in *inbox) arrived() bool {
	if in.reading {
		select {
		case <-in.ready:
			in.reading = false
		default:
		}
	}
	return !in.reading && (len(in.replies) > 0 || in.err != nil)
}

// stop ends the reader goroutine, once the connection is closed.
func (in *inbox) stop() {
	if in.reading {
		<-in.ready
		in.reading = false
	}
	close(in.turn)
	<-in.gone
}

// fetch reads until there is a whole reply, or an end, or it is interrupted;
// then it leaves neither.
func (in *inbox) fetch() {
	if len(in.replies) > 0 {
		return // of a drain, and not heard
	}
	c := in.c
	rest := copy(c.rbuf, c.rbuf[in.parsed:])
	c.rbuf, in.parsed, in.replies = c.rbuf[:rest], 0, in.replies[:0]
	for in.err == nil {
		in.parse()
		if len(in.replies) > 0 || in.err != nil {
			return
		}
		if in.read() {
			return
		}
	}
}

// read reads once; it tells whether it was interrupted.
func (in *inbox) read() bool {
	c := in.c
	err := c.fetch()
	if errors.Is(err, os.ErrDeadlineExceeded) && !in.over.Load() {
		_ = c.nc.SetReadDeadline(time.Time{})
		if in.over.Load() { // it became the last meanwhile
			_ = c.nc.SetReadDeadline(longAgo)
		}
		return true
	}
	in.err = err
	return false
}

// maxDrained bounds what a server may say while it does not read.
const maxDrained = 1 << 20

// drain takes replies off the wire while a write is stuck: the server may be
// unable to read before it is rid of them. Deliver's goroutine stands still then.
func (in *inbox) drain() {
	defer func() { in.drained <- struct{}{} }()
	if in.reading {
		<-in.ready
		in.reading = false
	}
	for in.err == nil && !in.moving.Load() {
		if in.read() || in.err != nil {
			continue
		}
		if in.parse(); in.err == nil && len(in.c.rbuf) > maxDrained {
			in.err = protocolError("replies without an end")
		}
	}
}

// undrain ends drain, and leaves its replies to be heard.
func (in *inbox) undrain() {
	in.moving.Store(true)
	in.interrupt()
	<-in.drained
	in.moving.Store(false)
}

// parse finds the whole replies in what was read.
func (in *inbox) parse() {
	for in.parsed < len(in.c.rbuf) {
		r, n, err := parseReply(in.c.rbuf[in.parsed:])
		if err != nil || n == 0 {
			in.err = err
			return
		}
		in.replies = append(in.replies, span{r.code, in.parsed, in.parsed + n})
		in.parsed += n
	}
}

// interrupt makes fetch return.
func (in *inbox) interrupt() { _ = in.c.nc.SetReadDeadline(longAgo) }

// finish makes fetch and writes fail for good.
func (in *inbox) finish() {
	in.over.Store(true)
	_ = in.c.nc.SetDeadline(longAgo)
}
