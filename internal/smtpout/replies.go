package smtpout

import (
	"bytes"
	"errors"
	"fmt"
)

// handle gives one reply to the command it answers. An error means that the
// dialogue cannot go on.
func (d *delivery) handle(r reply) error {
	if d.head == len(d.slots) {
		return d.unasked(r)
	}
	s := d.slots[d.head]
	d.head++
	t := s.t
	if t != nil {
		t.answered = true
	}
	if r.code == 421 {
		d.goodbye(t, s.v.stage(), r)
		if s.v == vDot || s.v == vBdat || s.v == vNoDot {
			d.finish(t)
		}
		return nil
	}
	switch s.v {
	case vMail:
		return d.onMail(t, r)
	case vRcpt:
		return d.onRcpt(t, r)
	case vData:
		return d.onData(t, r)
	case vDot:
		return d.onDot(t, r)
	case vNoDot:
		if r.goAhead() {
			return misplaced(r, s.v)
		}
		d.needReset = r.negative()
		d.finish(t)
	case vProbe:
		return d.onProbe(t, r)
	case vStray:
		if !r.negative() {
			return misplaced(r, s.v)
		}
	case vBdat:
		return d.onBdat(t, r)
	case vRset:
		switch {
		case r.code > 504:
			d.fedUp(r)
			return nil
		case !r.positive():
			return misplaced(r, s.v)
		}
		if !d.pipelining {
			t.todo = vMail
		}
	case vNone, vOctets, vQuit:
	}
	return nil
}

func misplaced(r reply, v verb) error {
	return protocolError(fmt.Sprintf("%d cannot answer what was asked (%s)", r.code, v.stage()))
}

// unasked: a reply, and nothing was asked.
func (d *delivery) unasked(r reply) error {
	t := d.text
	if t == nil {
		t = d.cur // about to be written
	}
	switch {
	case r.code == 421:
		d.goodbye(t, d.stage(), r)
		return nil
	case t != nil && r.negative():
		// The server has seen enough of the text. Its end is not written.
		d.settle(t, classify(r, AtData))
		return replyError(AtData, r, protocolError("a reply in the middle of the text"))
	}
	return protocolError("a reply to nothing")
}

// goodbye: 421. The server handles nothing after it.
func (d *delivery) goodbye(t *transaction, stage string, r reply) {
	if e, ok := d.cause.(*Error); d.cause == nil || ok && e.Code == 0 { //nolint:errorlint // it is ours, as it is
		d.cause = replyError(stage, r, errClosing) // says more than that a write failed
	}
	d.noMore, d.mute, d.closing = true, true, true
	if t != nil {
		o := classify(r, stage)
		if e, ok := errors.AsType[*Error](d.cause); ok && e.TooManyErrors() {
			o.Kind = NotSent // about those before it
		}
		d.settle(t, o)
	}
}

// loginWanted: not this mail is wrong but our login. The transaction is seen
// to its end, and then the connection.
func (d *delivery) loginWanted(t *transaction, r reply, stage string) {
	d.settle(t, Outcome{Kind: NotSent, Code: r.code, Stage: stage})
	if d.cause == nil {
		e := replyError(AtAuth, r, errLoginWanted)
		e.Permanent = true
		d.cause = e
	}
	d.noMore = true
}

// judge settles a mail by a negative reply to one of its commands.
func (d *delivery) judge(t *transaction, r reply, stage string) {
	switch {
	case t.settled:
		return
	case wantsAuth(r.code):
		d.loginWanted(t, r, stage)
		return
	}
	d.settle(t, classify(r, stage))
}

func (d *delivery) onMail(t *transaction, r reply) error {
	switch {
	case r.positive():
		t.mailOK = true
		if !d.pipelining {
			t.todo = vRcpt
		}
	case r.goAhead() || r.code == 503 || unknown(r): // 503: it sees a transaction where we see none
		return misplaced(r, vMail)
	default:
		d.judge(t, r, AtMail)
		if !d.pipelining {
			d.finish(t)
		}
	}
	return nil
}

func (d *delivery) onRcpt(t *transaction, r reply) error {
	switch {
	case r.positive():
		t.rcptOK = true
		switch {
		case !d.pipelining:
			t.todo = vData
		case d.chunking == chunkingUnsure:
			return d.toProbe(t)
		}
	case r.goAhead():
		return misplaced(r, vRcpt)
	case t.settled: // MAIL was refused
		d.afterEnvelope(t)
	case r.code == 503 || d.pipelining && unknown(r):
		return misplaced(r, vRcpt)
	default:
		d.judge(t, r, AtRcpt)
		d.afterEnvelope(t)
	}
	return nil
}

// unknown tells a reply to something that the server does not know as a command:
// it lost the beginning of one, which is no verdict on the mail.
func unknown(r reply) bool { return r.code == 500 || r.code == 502 }

// afterEnvelope ends a mail that was refused before DATA or BDAT was sent.
func (d *delivery) afterEnvelope(t *transaction) {
	if !d.pipelining || d.chunking == chunkingUnsure {
		d.needReset = true
		d.finish(t)
	}
}

func (d *delivery) onData(t *transaction, r reply) error {
	switch {
	case r.positive():
		return misplaced(r, vData)
	case r.goAhead() && !t.settled:
		t.todo = vDot
	case r.goAhead() && t.rcptOK:
		// MAIL was refused, RCPT and DATA were not: it may be another
		// transaction that this recipient was added to. Send nothing into it.
		return misplaced(r, vData)
	case r.goAhead():
		t.todo = vNoDot // RFC 2920 §3.1
	case !t.settled && (r.code == 503 || d.pipelining && unknown(r)):
		return misplaced(r, vData)
	default:
		d.judge(t, r, AtData)
		d.needReset = true
		d.release()
		d.finish(t)
		return nil
	}
	d.release() // replies line up
	return nil
}

func (d *delivery) onDot(t *transaction, r reply) error {
	switch {
	case r.goAhead():
		return misplaced(r, vDot)
	case r.positive():
		d.accept(t, r)
	default:
		d.settle(t, classify(r, AtDot))
	}
	if d.cur != nil && d.head < len(d.slots) {
		d.held = t
		return nil
	}
	d.finish(t)
	return nil
}

func (d *delivery) accept(t *transaction, r reply) {
	text, enhanced := r.words()
	d.settle(t, Outcome{Kind: Accepted, Code: r.code, Enhanced: enhanced, Stage: AtDot, Reply: text})
	d.grow(r)
}

func (d *delivery) onBdat(t *transaction, r reply) error {
	if r.goAhead() {
		return misplaced(r, vBdat)
	}
	sure := d.chunking == chunkingOn
	switch {
	case r.positive() && t.settled && t.rcptOK:
		// MAIL refused, RCPT and text accepted: who knows what it has done.
		t.out = Outcome{Kind: InDoubt, Stage: AtDot, Took: t.out.Took}
	case r.positive():
		if sure && d.classed && aboutAddress(r) {
			return misplaced(r, vBdat)
		}
		if !sure {
			d.classed = !aboutAddress(r) && enhancedCode(r.code, string(r.raw[min(4, len(r.raw)):])) != ""
		}
		d.chunking = chunkingOn
		d.accept(t, r)
	case t.settled:
	case r.code >= 500 && r.code <= 504:
		// No verdict on the mail: it does not know where it stands.
		d.settle(t, Outcome{Kind: NotSent, Code: r.code, Stage: AtDot})
		return misplaced(r, vBdat)
	default:
		d.chunking = chunkingOn // it read the text and judged it
		d.settle(t, classify(r, AtDot))
	}
	d.needReset = !r.positive()
	d.finish(t)
	return nil
}

// aboutAddress tells a reply whose enhanced code is about an address
// (RFC 3463 §3.2), as MAIL and RCPT get and a text does not.
func aboutAddress(r reply) bool { return len(r.raw) > 8 && bytes.Equal(r.raw[4:8], []byte("2.1.")) }
