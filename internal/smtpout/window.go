package smtpout

import "bytes"

// How many transactions may be in flight on a connection. The window begins
// small and grows by one with each mail that is accepted, so it doubles with
// each round trip: a server that bears no window shows it while little is at
// stake.
//
// Refused mails narrow it. A refused envelope leaves a transaction behind that
// only RSET ends, and Exim (by default) drops a connection at the eleventh RSET
// that does not follow an accepted mail, together with all that stands behind it.
const (
	firstWindow = 1
	mostRefused = 10 // Exim's smtp_accept_max_nonmail
)

func (d *delivery) window() int {
	w := min(d.cfg.Window, d.grown)
	if d.c.refused > 0 || d.exim {
		w = min(w, max(1, mostRefused-d.c.refused))
	}
	return w
}

// grow: a mail was accepted.
func (d *delivery) grow(r reply) {
	if d.grown < d.cfg.Window && d.chunking == chunkingOn {
		d.grown++
	}
	if !d.exim {
		d.exim = bytes.HasPrefix(r.raw, []byte("250 OK id="))
	}
}

// refused: a mail was. Servers bear only so many.
func (d *delivery) refused() {
	if d.c.refused++; d.c.refused >= d.cfg.MaxRefused && !d.noMore {
		d.noMore, d.c.ended = true, Full
	}
}

// fedUp: RSET was refused, as servers do that have had enough of us and close.
// If it does close, nothing behind was handled; if it goes on, it is heard.
func (d *delivery) fedUp(r reply) { d.goodbye(nil, AtMail, r) }
