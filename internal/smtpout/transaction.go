package smtpout

import (
	"strconv"
	"time"
)

// verb is a command whose reply is awaited, or that is to be written next.
type verb uint8

const (
	vNone   verb = iota
	vRset        // RSET
	vMail        // MAIL; to do: the envelope, as much of it as goes at once
	vRcpt        // RCPT
	vData        // DATA
	vDot         // the text by DATA
	vNoDot       // a lone dot: DATA was let in though nobody is to get it
	vProbe       // BDAT with the first octets
	vOctets      // to do only: those octets
	vStray       // octets that were taken for a command
	vBdat        // the text by BDAT
	vQuit        // QUIT
)

func (v verb) stage() string {
	switch v {
	case vMail, vRset:
		return AtMail
	case vRcpt:
		return AtRcpt
	case vData, vProbe, vOctets, vStray:
		return AtData
	case vDot, vNoDot, vBdat:
		return AtDot
	case vNone, vQuit:
	}
	return AtIdle
}

// slot is one command without its reply.
type slot struct {
	t      *transaction // nil for QUIT
	v      verb
	behind bool // it was written while another awaited its reply
}

// transaction is one mail on its way.
type transaction struct {
	m      *Mail
	traits traits
	size   int64     // of the text, not stuffed
	begun  time.Time // for Outcome.Took

	todo     verb   // what to write next; vNone waits for a reply
	stage    string // how far it has come
	begin    int64  // where in the stream its first command stands
	end      int64  // where its text ends; 0 while that is not written
	stale    bool   // begun on a connection that had been idle
	answered bool   // some reply to it came
	octets   int    // of its text that went ahead, to see whether BDAT works
	mailOK   bool
	rcptOK   bool

	settled bool
	out     Outcome
}

// past tells whether the end of its text was written or is about to be.
func (t *transaction) past() bool { return t.end > 0 }

// begin starts one mail, or reports it as Unsendable.
func (d *delivery) begin(m *Mail) error {
	now := d.cfg.Now()
	tr, size, err := d.fits(m)
	if err != nil {
		d.tell(m, Outcome{Kind: Unsendable, Reply: err.Error()})
		return nil //nolint:nilerr // it is the mail's, and was reported
	}
	var t *transaction
	if n := len(d.used); n > 0 {
		t, d.used = d.used[n-1], d.used[:n-1]
	} else {
		t = new(transaction)
	}
	*t = transaction{m: m, traits: tr, size: size, begun: now, stage: AtMail, begin: d.c.offset()}
	t.stale = !d.waited.IsZero() && now.Sub(d.waited) > staleFrom
	d.waited = time.Time{}
	d.open = append(d.open, t)
	d.c.taken++
	if d.chunking == chunkingOn {
		return d.beginChunked(t)
	}
	d.cur, t.todo = t, vMail
	return d.advance(t)
}

// fits tells whether this server can be given m.
func (d *delivery) fits(m *Mail) (traits, int64, error) {
	x := &d.c.ext
	if m.From != "" {
		if err := checkAddress(m.From, m.UTF8); err != nil {
			return traits{}, 0, err
		}
	}
	if err := checkAddress(m.To, m.UTF8); err != nil {
		return traits{}, 0, err
	}
	t, err := examine(m.Data)
	if err != nil {
		return t, 0, err
	}
	size := int64(len(m.Data))
	if t.unended {
		size += 2
	}
	switch {
	case m.UTF8 && !x.UTF8:
		return t, 0, errNoUTF8
	case t.eightBit && !x.EightBit:
		return t, 0, errNoEightBit // RFC 6152 §3
	case x.MaxSize > 0 && size > x.MaxSize:
		return t, 0, errTooBig
	}
	return t, size, nil
}

// advance writes what is due of t.
func (d *delivery) advance(t *transaction) error {
	todo := t.todo
	t.todo = vNone
	switch todo {
	case vMail:
		if d.needReset {
			d.needReset = false
			d.put(t, vRset, "RSET\r\n")
			if !d.pipelining {
				return nil
			}
		}
		d.putMail(t)
		if !d.pipelining {
			return nil
		}
		d.putRcpt(t)
		if d.chunking == chunkingUnsure {
			d.asked = d.cfg.Now()
			return nil // first see what becomes of the recipient
		}
		d.put(t, vData, "DATA\r\n")
	case vRcpt:
		d.putRcpt(t)
	case vData:
		d.put(t, vData, "DATA\r\n")
	case vDot, vBdat:
		return d.putText(t, todo)
	case vNoDot:
		d.put(t, vNoDot, ".\r\n")
	case vProbe:
		d.put(t, vProbe, probe)
		if d.cfg.KnowsBDAT {
			d.putOctets(t)
		}
	case vOctets:
		d.putOctets(t)
	case vNone, vRset, vStray, vQuit:
	}
	return nil
}

// beginChunked writes a whole transaction.
func (d *delivery) beginChunked(t *transaction) error {
	if d.needReset || len(d.open) > 1 {
		d.needReset = false
		d.put(t, vRset, "RSET\r\n")
	}
	d.putMail(t)
	d.putRcpt(t)
	return d.putText(t, vBdat)
}

func (d *delivery) put(t *transaction, v verb, line string) {
	d.c.wbuf = append(d.c.wbuf, line...)
	d.await(t, v)
}

func (d *delivery) await(t *transaction, v verb) {
	if d.head == len(d.slots) {
		d.slots, d.head = d.slots[:0], 0
	} else if d.head >= 64 {
		d.slots = d.slots[:copy(d.slots, d.slots[d.head:])]
		d.head = 0
	}
	d.slots = append(d.slots, slot{t, v, d.head < len(d.slots)})
	t.stage = v.stage()
}

func (d *delivery) putMail(t *transaction) {
	x, m := &d.c.ext, t.m
	b := append(d.c.wbuf, "MAIL FROM:<"...)
	b = append(b, m.From...)
	b = append(b, '>')
	if x.Size {
		b = strconv.AppendInt(append(b, " SIZE="...), t.size, 10)
	}
	if t.traits.eightBit {
		b = append(b, " BODY=8BITMIME"...)
	}
	if m.UTF8 {
		b = append(b, " SMTPUTF8"...)
	}
	if x.DSN {
		b = append(b, " RET=HDRS"...)
		if m.EnvelopeID != "" {
			mark := len(b)
			b = append(b, " ENVID="...)
			text := len(b)
			// RFC 3461 §4.4: at most 100 characters. One that is longer would
			// make the server refuse the mail for something optional.
			if b = appendXtext(b, m.EnvelopeID); len(b)-text > 100 {
				b = b[:mark]
			}
		}
	}
	d.c.wbuf = append(b, "\r\n"...)
	d.await(t, vMail)
}

func (d *delivery) putRcpt(t *transaction) {
	b := append(d.c.wbuf, "RCPT TO:<"...)
	b = append(b, t.m.To...)
	d.c.wbuf = append(b, ">\r\n"...)
	d.await(t, vRcpt)
}

// settle fixes a mail's outcome, once.
func (d *delivery) settle(t *transaction, o Outcome) {
	if t.settled {
		return
	}
	o.Took = d.cfg.Now().Sub(t.begun)
	t.out, t.settled = o, true
	if o.Kind == Refused || o.Kind == Later {
		d.refused()
	}
}

// finish reports a settled mail that awaits no reply any more.
func (d *delivery) finish(t *transaction) {
	for i, o := range d.open {
		if o == t {
			d.open = append(d.open[:i], d.open[i+1:]...)
			break
		}
	}
	if d.cur == t {
		d.cur = nil
	}
	if d.held == t {
		d.held = nil
	}
	d.tell(t.m, t.out)
	t.m = nil
	d.used = append(d.used, t)
}

// release reports the mail that was held.
func (d *delivery) release() {
	if d.held != nil {
		d.finish(d.held)
	}
}

func (d *delivery) tell(m *Mail, o Outcome) { d.report(m, o) }
