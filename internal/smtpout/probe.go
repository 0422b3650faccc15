package smtpout

import "time"

// Whether a server that advertises CHUNKING knows BDAT is seen by its first
// mail on each connection. An empty chunk would ask for nothing, but Postfix
// refuses one (551) and closes on a malformed BDAT. So the first chunk is the
// first two octets of the text, and they wait: a server that does not know
// BDAT says so at once, one that does waits for the octets.
const (
	probe       = "BDAT 2\r\n"
	probeOctets = 2
)

// probeFor is how long a server has to say that it does not know BDAT: it looked the
// recipient up in d.trip, and an unknown word needs less. One that is later still takes
// the two octets for a word of their own (vStray).
func (d *delivery) probeFor() time.Duration {
	return min(10*time.Millisecond+2*d.trip, 5*time.Second)
}

// toProbe: the first envelope of the connection was accepted.
func (d *delivery) toProbe(t *transaction) error {
	d.trip = max(0, d.cfg.Now().Sub(d.asked))
	switch {
	case t.settled: // MAIL was refused, and RCPT was not
		return protocolError("a recipient was taken without a sender")
	case len(t.m.Data) <= probeOctets:
		t.todo = vData
	default:
		t.todo = vProbe
	}
	return nil
}

func (d *delivery) putOctets(t *transaction) {
	t.octets = probeOctets
	d.c.wbuf = append(d.c.wbuf, t.m.Data[:probeOctets]...)
}

// onProbe: the answer to the first chunk.
func (d *delivery) onProbe(t *transaction, r reply) error {
	switch {
	case r.goAhead() || r.positive() && t.octets == 0:
		return misplaced(r, vProbe)
	case r.positive():
		d.c.bdat = true
		t.todo = vBdat
	case r.code <= 504 && r.code >= 500:
		// It does not know BDAT. Begin anew with DATA. Octets that are out
		// already are the beginning of a command to it: let it be a whole one,
		// which it refuses.
		d.chunking, d.needReset = chunkingOff, true
		if t.octets > 0 {
			d.put(t, vStray, "\r\n")
		}
		t.mailOK, t.rcptOK, t.octets, t.todo = false, false, 0, vMail
	case t.octets == 0:
		// A verdict before the chunk, which it may still wait for.
		d.settle(t, classify(r, AtData))
		return replyError(AtData, r, protocolError("a reply in the middle of the text"))
	default:
		d.chunking, d.needReset = chunkingOn, true // it read the chunk and judged it
		d.judge(t, r, AtData)
		d.finish(t)
	}
	return nil
}
