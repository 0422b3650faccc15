package outbox

import (
	"math"
	"time"
)

// pace measures how fast something goes while there is something to do. Times
// without any do not count.
type pace struct {
	enough int  // done, to reckon before reckonAfter
	opens  bool // what comes first takes longer for what it begins with, and tells nothing

	busy  time.Time     // since when; zero: idle
	spent time.Duration // since the last reckoning, before busy
	n     int           // done since then
	rate  float64       // a second; 0: not known yet
}

const (
	reckonAfter = 50 * time.Millisecond
	remember    = 500 * time.Millisecond // older measurements count for less and less
)

// begin says that there is something to do.
func (p *pace) begin(now time.Time) {
	if p.busy.IsZero() {
		p.busy = now
	}
}

// idle says that there is nothing to do.
func (p *pace) idle(now time.Time) {
	if !p.busy.IsZero() {
		p.spent += max(now.Sub(p.busy), 0)
		p.busy = time.Time{}
	}
}

// did says that n were done.
func (p *pace) did(n int, now time.Time) {
	if p.opens {
		p.opens, p.spent = false, 0
		if !p.busy.IsZero() {
			p.busy = now
		}
		return
	}
	p.n += n
	spent := p.spent
	if !p.busy.IsZero() {
		spent += max(now.Sub(p.busy), 0)
	}
	if p.n == 0 || spent < reckonAfter && p.n < p.enough {
		return
	}
	seconds := max(spent, time.Microsecond).Seconds()
	rate := float64(p.n) / seconds
	if p.rate == 0 {
		p.rate = rate
	} else {
		// By ratios: from very fast to very slow it is as far as back.
		p.rate *= math.Pow(rate/p.rate, 1-math.Exp(-seconds/remember.Seconds()))
	}
	p.n, p.spent = 0, 0
	if !p.busy.IsZero() {
		p.busy = now
	}
}

// takes is how long n take at this pace; nothing when it is not known yet.
func (p *pace) takes(n int) time.Duration {
	if p.rate == 0 {
		return 0
	}
	return time.Duration(float64(n) / p.rate * float64(time.Second))
}

// in gives how many are done in a time at this pace, within bounds; unknown when
// the pace is not known yet.
func (p *pace) in(d time.Duration, least, most, unknown int) int {
	if p.rate == 0 {
		return min(unknown, most)
	}
	return int(min(max(math.Ceil(p.rate*d.Seconds()), float64(least)), float64(most)))
}
