package smtpout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	holdFor   = time.Second // how long a reply waits to be seen in line
	staleFrom = time.Second // a connection idle that long may be dead without our knowing

	stuckAfter = 100 * time.Millisecond // a write that takes longer waits for the server to read
)

// delivery is one run of Deliver. Its goroutine owns all of it but the inbox.
type delivery struct {
	c      *Conn
	cfg    *Config
	ctx    context.Context //nolint:containedctx // a delivery lives as long as one call
	report func(*Mail, Outcome)
	inbox  *inbox
	writes *time.Timer // bounds one write
	reads  *time.Timer // bounds one wait for replies
	stuck  *time.Timer // lets replies be read while a write stands still

	open  []*transaction // taken and not reported, oldest first
	cur   *transaction   // the one of them whose text has still to be written
	text  *transaction   // the one whose text is being written
	held  *transaction   // answered; its report waits for what was pipelined behind it
	used  []*transaction // for the next mails
	slots []slot         // commands without a reply, from head
	head  int

	pipelining bool
	chunking   chunking
	needReset  bool // the server holds a transaction that failed
	classed    bool // its replies to addresses and to texts differ in class
	grown      int  // what the window has grown to
	exim       bool // it words its replies as Exim does

	noMore  bool      // take no more mail
	mute    bool      // write nothing more
	closing bool      // the server said 421
	desync  bool      // replies cannot be trusted any more
	quit    bool      // QUIT is on its way
	waited  time.Time // since when the connection has been at rest; zero if it is not
	asked   time.Time // when the first envelope went out
	trip    time.Duration
	cause   error // what Deliver will return
}

type chunking int

const (
	chunkingOff    chunking = iota
	chunkingUnsure          // offered; this connection has not seen it work
	chunkingOn
)

// Deliver hands over mails from in until in is closed, MaxPerConnection is
// reached, IdleTimeout passes without a mail, or the connection ends, which it
// does in any case: a Conn serves one Deliver. Every mail taken is reported
// exactly once, by the calling goroutine; while report runs, nothing is sent.
// Mails that are not taken stay in the channel.
//
// It returns nil after an orderly end ([Conn.Ended] says which), else why the
// connection ended: an *Error, ErrGate, or ctx's error. When ctx is cancelled
// no mail is begun or completed any more, and replies to those handed over are
// awaited for Timeouts.Grace.
func (c *Conn) Deliver(ctx context.Context, in <-chan *Mail, report func(*Mail, Outcome)) error {
	if !c.used.CompareAndSwap(false, true) {
		return errors.New("smtpout: this connection was used or closed already")
	}
	d := &delivery{
		c: c, cfg: c.cfg, ctx: ctx, report: report,
		inbox:      newInbox(c),
		grown:      firstWindow,
		pipelining: c.ext.Pipelining && !c.cfg.NoPipelining,
	}
	if d.pipelining && c.ext.Chunking && !c.cfg.NoChunking {
		d.chunking = chunkingUnsure
	}
	d.writes = time.AfterFunc(time.Hour, func() { _ = c.nc.SetWriteDeadline(longAgo) })
	d.writes.Stop()
	d.reads = time.AfterFunc(time.Hour, d.inbox.interrupt)
	d.reads.Stop()
	d.stuck = time.AfterFunc(time.Hour, d.inbox.drain)
	d.stuck.Stop()
	grace := time.AfterFunc(time.Hour, d.inbox.finish)
	grace.Stop()
	defer grace.Stop()
	stop := context.AfterFunc(ctx, func() {
		grace.Reset(c.cfg.Timeouts.Grace)
		d.inbox.interrupt()
	})
	defer stop()
	return d.end(d.run(in))
}

// run goes round: hear what came, write what may be written, wait.
func (d *delivery) run(in <-chan *Mail) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	done := d.ctx.Done()
	for {
		if err := d.hear(); err != nil {
			return err
		}
		if done != nil && d.ctx.Err() != nil {
			done = nil
			d.cancel()
		}
		if !d.mute {
			if d.chunking == chunkingOn {
				d.inbox.start() // many replies may come while we write
			}
			if err := d.write(in); err != nil {
				if d.desync {
					return err
				}
				d.broken(err)
			}
		}
		if d.finished() {
			return nil
		}
		take := in
		if !d.mayTake() {
			if d.chunking != chunkingOn && !d.inbox.reading {
				if err := d.listen(); err != nil {
					return err
				}
				continue
			}
			take = nil
		}
		d.inbox.start()
		if d.atRest() && d.waited.IsZero() {
			d.waited = d.cfg.Now()
		}
		timer.Reset(d.patience())
		select {
		case <-d.inbox.ready:
			d.inbox.reading = false
		case <-done:
		case m, ok := <-take:
			if d.ctx.Err() != nil && ok {
				// Both were ready, and this one won.
				d.tell(m, Outcome{Kind: NotSent})
				continue
			}
			err := d.took(m, ok)
			if err == nil && !d.mute {
				err = d.write(in) // all is written before replies are heard
			}
			if d.desync {
				return err
			}
			if err != nil {
				d.broken(err)
			}
		case <-timer.C:
			if err := d.outOfPatience(); err != nil {
				return err
			}
		}
	}
}

// listen waits for replies and for nothing else.
func (d *delivery) listen() error {
	d.reads.Reset(d.patience())
	d.inbox.fetch()
	inTime := d.reads.Stop()
	if !inTime && len(d.inbox.replies) == 0 && d.inbox.err == nil {
		return d.outOfPatience()
	}
	return nil
}

// atRest: the server owes us nothing and we owe it nothing.
func (d *delivery) atRest() bool { return len(d.open) == 0 && d.head == len(d.slots) }

// mayTake tells whether another mail can be begun now.
func (d *delivery) mayTake() bool {
	switch {
	case d.noMore || d.mute || d.cur != nil:
		return false
	case d.chunking == chunkingOn:
		return len(d.open) < d.window()
	case d.pipelining && d.chunking == chunkingOff:
		return len(d.open) <= 1 // one past its dot, and this one's envelope behind it
	default:
		return len(d.open) == 0
	}
}

// write writes what is due and begins what mails there are without waiting.
func (d *delivery) write(in <-chan *Mail) error {
	if d.cur != nil {
		if err := d.advance(d.cur); err != nil {
			return err
		}
	}
	for d.mayTake() {
		select {
		case m, ok := <-in:
			if err := d.took(m, ok); err != nil {
				return err
			}
			if len(d.c.wbuf) >= flushAt {
				if err := d.flush(); err != nil {
					return err
				}
			}
			continue
		default:
		}
		break
	}
	return d.flush()
}

// took handles what came out of the channel.
func (d *delivery) took(m *Mail, ok bool) error {
	if !ok {
		d.noMore, d.c.ended = true, InputEnd
		return nil
	}
	if err := d.begin(m); err != nil {
		return err
	}
	if max := d.cfg.MaxPerConnection; max > 0 && d.c.taken >= max && !d.noMore {
		d.noMore, d.c.ended = true, Full
	}
	return nil
}

// flush writes the buffer, within Timeouts.Block (RFC 5321 §4.5.3.2.5).
func (d *delivery) flush() error {
	if len(d.c.wbuf) == 0 {
		return nil
	}
	d.writes.Reset(d.cfg.Timeouts.Block)
	d.stuck.Reset(stuckAfter)
	err := d.c.flush()
	d.writes.Stop()
	if !d.stuck.Stop() {
		d.inbox.undrain()
	}
	return err
}

// hear matches the replies that have come.
func (d *delivery) hear() error {
	in := d.inbox
	if in.reading {
		return nil // it will say when there is something
	}
	for i := range in.replies {
		if err := d.handle(in.reply(i)); err != nil {
			d.desync = true
			return err
		}
	}
	in.replies = in.replies[:0]
	if errors.Is(in.err, ErrProtocol) {
		d.desync = true
	}
	return in.err
}

// cancel: ctx was cancelled.
func (d *delivery) cancel() {
	d.noMore = true
	if d.cause == nil {
		d.cause = d.ctx.Err()
	}
	if d.cur != nil {
		d.settle(d.cur, Outcome{Kind: NotSent, Stage: d.cur.stage})
		d.cur, d.mute = nil, true
	}
}

// broken: nothing can be written any more. What the server said before may
// still lie in the socket, and decides.
func (d *delivery) broken(err error) {
	d.noMore, d.mute = true, true
	d.c.wbuf = d.c.wbuf[:0]
	if e, ok := errors.AsType[*Error](err); ok && d.cause == nil {
		d.cause = e
	} else if d.cause == nil {
		d.cause = &Error{Stage: d.stage(), Err: err}
	}
}

// finished tells whether to end now; in an orderly run it first says QUIT.
func (d *delivery) finished() bool {
	if !d.noMore {
		return false
	}
	if d.mute && !d.quit {
		for _, t := range d.open {
			if t.past() && !t.settled {
				return false
			}
		}
		return true
	}
	if !d.atRest() {
		return false
	}
	if d.quit {
		return true // and it was answered
	}
	d.quit, d.mute = true, true
	d.c.wbuf = append(d.c.wbuf, "QUIT\r\n"...)
	d.slots = append(d.slots, slot{nil, vQuit, false})
	return d.flush() != nil // the mails are settled: how QUIT fares does not matter
}

// patience is how long to wait for what is awaited.
func (d *delivery) patience() time.Duration {
	t := &d.cfg.Timeouts
	switch {
	case d.quit, d.mute && d.cause != nil && d.ctx.Err() == nil && !errors.Is(d.cause, ErrGate):
		return t.Quit // last words of a connection that has ended
	case d.held != nil:
		return holdFor
	case d.head < len(d.slots):
		switch d.slots[d.head].v {
		case vMail, vRset, vQuit:
			return d.behind(t.Mail)
		case vRcpt:
			return d.behind(t.Rcpt)
		case vProbe:
			if d.slots[d.head].t.octets == 0 {
				return d.probeFor()
			}
			return t.Data
		case vData:
			return d.behind(t.Data)
		case vStray:
			return t.Data
		case vDot, vNoDot, vBdat:
			return t.Dot
		case vNone, vOctets:
		}
	case d.cfg.IdleTimeout > 0:
		return d.cfg.IdleTimeout
	}
	return 24 * time.Hour
}

// behind shortens the wait for the reply to a command that was not the first of
// what was written together: a server that loses such commands, whatever it
// offers, would be waited for in vain, and going on without PIPELINING has all
// the patience. With whole texts in flight giving up has a price, so that waits.
func (d *delivery) behind(wait time.Duration) time.Duration {
	if d.isBehind() {
		return min(wait, d.cfg.Timeouts.Behind)
	}
	return wait
}

func (d *delivery) isBehind() bool {
	return d.slots[d.head].behind && d.chunking != chunkingOn
}

// outOfPatience: nothing came in time.
func (d *delivery) outOfPatience() error {
	switch {
	case d.quit:
		return io.EOF
	case d.held != nil && unknown(reply{code: d.held.out.Code}):
		// It speaks of a command, and what stands behind is not answered: it may
		// have been meant for that.
		d.desync = true
		return protocolError("an unknown command where the end of a text was")
	case d.held != nil:
		d.release()
		return nil
	case d.head < len(d.slots):
		if s := d.slots[d.head]; s.v == vProbe && s.t.octets == 0 {
			s.t.todo = vOctets // it waits for them, so it knows BDAT
			return nil
		}
		if d.isBehind() {
			return fmt.Errorf("%w: what stands behind another command is not answered (%w)", ErrProtocol, ErrTimeout)
		}
		return ErrTimeout
	case d.cfg.IdleTimeout > 0 && d.atRest() && !d.noMore:
		d.noMore, d.c.ended = true, Idle
	}
	return nil
}

// stage is where we stand, for errors.
func (d *delivery) stage() string {
	switch {
	case d.head < len(d.slots):
		return d.slots[d.head].v.stage()
	case d.cur != nil:
		return d.cur.stage
	}
	return AtIdle
}

// end closes the connection and settles what is open. err is why run ended.
func (d *delivery) end(err error) error {
	stage := d.stage()
	_ = d.c.drop()
	d.inbox.stop()
	d.writes.Stop()
	d.reads.Stop()
	d.noMore, d.mute = true, true
	if !d.desync {
		// Replies that came while we were busy ending.
		if e := d.hear(); d.desync {
			err = e
		}
	}
	if d.quit {
		err = nil // everything was answered before QUIT
	}
	d.resolve(err)
	if d.cause != nil {
		d.c.ended = Unfinished
		return d.cause
	}
	if err == nil {
		return nil
	}
	d.c.ended = Unfinished
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Stage: stage, Err: err}
}

// resolve reports every open mail. The kernel's count of bytes taken says
// which of them the server may have whole.
func (d *delivery) resolve(err error) {
	// After 421 and the end of the stream nothing behind that reply was
	// handled (RFC 5321 §3.8).
	orderly := d.closing && !d.desync && err != nil && !errors.Is(err, ErrTimeout)
	inHand := !d.closing && d.ctx.Err() == nil && !errors.Is(d.cause, ErrGate)
	if d.held != nil && d.desync {
		d.held.out = Outcome{Kind: InDoubt, Stage: AtDot, Took: d.held.out.Took}
		inHand = false
	}
	for len(d.open) > 0 {
		t := d.open[0]
		if !t.settled {
			o := Outcome{Kind: NotSent, Stage: t.stage}
			switch {
			case t.past() && t.end <= d.c.written && !orderly:
				o = Outcome{Kind: InDoubt, Stage: AtDot}
			case inHand && t.begin < d.c.written && !(t.stale && !t.answered):
				o.Kind = Lost
			}
			inHand = false
			d.settle(t, o)
		}
		d.finish(t)
	}
}
