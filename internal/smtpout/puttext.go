package smtpout

import (
	"errors"
	"strconv"
)

var (
	errNoUTF8     = errors.New("the server does not offer SMTPUTF8")
	errNoEightBit = errors.New("the message is 8-bit and the server does not offer 8BITMIME")
	errTooBig     = errors.New("the message is larger than the server allows")
)

// putText writes a mail's text and, if nothing speaks against it, its end. The
// last part of the text stays in the buffer until that is known.
func (d *delivery) putText(t *transaction, v verb) error {
	c := d.c
	began, mark := c.written, len(c.wbuf)
	if v == vBdat {
		c.wbuf = strconv.AppendInt(append(c.wbuf, "BDAT "...), t.size-int64(t.octets), 10)
		c.wbuf = append(c.wbuf, " LAST\r\n"...)
	}
	t.stage, d.text = AtData, t
	if len(t.m.Data) > flushAt-len(c.wbuf) {
		d.inbox.start() // the server may have something to say before we are through
	}
	defer func() { d.text = nil }()
	if err := d.putBody(t.m.Data[t.octets:], v == vDot && t.traits.dots); err != nil {
		return err
	}
	if t.traits.unended {
		c.wbuf = append(c.wbuf, "\r\n"...)
	}
	ok, err := d.mayEnd(t, v)
	if err != nil {
		return err
	}
	if !ok {
		return d.withhold(t, v, began, mark)
	}
	if v == vDot {
		c.wbuf = append(c.wbuf, ".\r\n"...)
	}
	t.end = c.offset()
	d.await(t, v)
	if d.cur == t {
		d.cur = nil
	}
	return nil
}

// putBody puts data in the buffer, which is written whenever it is full and
// more is to come.
func (d *delivery) putBody(data []byte, stuff bool) error {
	if stuff && data[0] == '.' {
		d.c.wbuf = append(d.c.wbuf, '.')
	}
	for len(data) > 0 {
		run := data
		data = nil
		if stuff {
			run, data = nextRun(run)
		}
		for len(run) > 0 {
			if len(d.c.wbuf) >= flushAt {
				if err := d.flush(); err != nil {
					return err
				}
			}
			n := min(len(run), flushAt-len(d.c.wbuf))
			d.c.wbuf = append(d.c.wbuf, run[:n]...)
			run = run[n:]
		}
		if len(data) > 0 {
			d.c.wbuf = append(d.c.wbuf, '.')
		}
	}
	return nil
}

// mayEnd asks, at the last moment, whether the end of t's text may be written.
func (d *delivery) mayEnd(t *transaction, v verb) (bool, error) {
	if d.inbox.arrived() {
		// The server answered while the text went out: to earlier mails, or
		// already to this one.
		if err := d.hear(); err != nil {
			return false, err
		}
		switch {
		case d.mute:
			return false, nil
		case t.settled && v == vBdat && !t.rcptOK:
			return true, nil // the server throws the text away (RFC 3030 §2) and can go on behind it
		case t.settled:
			return false, protocolError("a recipient was taken without a sender")
		}
	}
	if d.ctx.Err() != nil {
		return false, nil //nolint:nilerr // withhold passes it on
	}
	if d.cfg.Gate != nil && !d.cfg.Gate(t.m) {
		d.settle(t, Outcome{Kind: NotSent, Stage: t.stage})
		if d.cause == nil {
			d.cause = ErrGate
		}
		d.noMore = true
		return false, nil
	}
	return true, nil
}

// withhold: the end of t's text is not to be written. mark is where the text
// begins in the buffer unless something was written since.
func (d *delivery) withhold(t *transaction, v verb, began int64, mark int) error {
	c := d.c
	d.noMore = true
	if d.cause == nil {
		d.cause = d.ctx.Err() // the only reason that has not spoken up
	}
	d.settle(t, Outcome{Kind: NotSent, Stage: t.stage})
	if d.cur == t {
		d.cur = nil
	}
	// The server waits for a text that will not end: no command can follow.
	d.mute = true
	if c.written != began {
		c.wbuf = c.wbuf[:0]
		return nil
	}
	c.wbuf = c.wbuf[:mark]
	if v == vBdat && d.chunking == chunkingOn {
		// Whole mails may stand ahead of it in the buffer.
		return d.flush()
	}
	return nil
}
