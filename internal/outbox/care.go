package outbox

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"studymail/internal/logs"
	"studymail/internal/smtpout"
)

// care holds back what a relay offers and does not bear. A connection that ends
// because replies and commands do not line up, or with many mails in doubt, is
// a strike; after two that nothing else came between, the next connections go
// without CHUNKING, then without PIPELINING, and a window in which mails were
// left in doubt is halved at once. All of it ends by itself after a while, and
// the while doubles each time that it was not long enough.
type care struct {
	now func() time.Time

	mu       sync.Mutex
	strikes  int
	chunking brake
	pipes    brake
	width    brake
	window   int  // while width holds
	bdat     bool // the last connection that was offered CHUNKING saw it work
	refusals int  // what a connection bears; 0 for the default
	last     string
}

// brake is something that is done without until a time.
type brake struct {
	until time.Time
	hold  time.Duration // the last one
}

const (
	strikesOut  = 2
	firstHold   = time.Hour
	longestHold = 24 * time.Hour
)

func (b *brake) pull(now time.Time) {
	if now.Before(b.until) {
		return // by another connection
	}
	b.hold = min(max(2*b.hold, firstHold), longestHold)
	b.until = now.Add(b.hold)
}

func (b *brake) holds(now time.Time) bool { return now.Before(b.until) }

// rein changes a connection's settings to what is borne.
func (c *care) rein(cfg *smtpout.Config) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	cfg.NoChunking = cfg.NoChunking || c.chunking.holds(now)
	cfg.NoPipelining = cfg.NoPipelining || c.pipes.holds(now)
	cfg.KnowsBDAT = c.bdat
	if c.refusals > 0 {
		cfg.MaxRefused = c.refusals
	}
	if c.width.holds(now) && (cfg.Window == 0 || c.window < cfg.Window) {
		cfg.Window = c.window
	}
}

// learn draws the lesson of a connection that ended with err, leaving doubt
// mails in doubt.
func (c *care) learn(cfg *smtpout.Config, conn *smtpout.Conn, err error, doubt int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, offered := c.now(), conn.Extensions()
	if e, ok := errors.AsType[*smtpout.Error](err); ok && e.TooManyErrors() && conn.Refused() > 0 {
		c.refusals = conn.Refused() // such a connection ends in good order from now on
		return
	}
	pipelined := offered.Pipelining && !cfg.NoPipelining
	chunked := pipelined && offered.Chunking && !cfg.NoChunking
	if chunked && conn.Taken() > 0 {
		c.bdat = conn.KnowsBDAT()
	}
	if chunked && doubt > 1 && !c.width.holds(now) {
		c.width.pull(now)
		c.window = doubt / 2
		c.last = logs.Scrub(err.Error())
	} else if chunked && doubt > 1 {
		c.window = max(min(c.window, doubt/2), 1)
	}
	switch {
	case err == nil:
		c.strikes = 0
		return
	case !errors.Is(err, smtpout.ErrProtocol) || !pipelined:
		return
	}
	c.last = logs.Scrub(err.Error())
	if c.strikes++; c.strikes < strikesOut {
		return
	}
	c.strikes = 0
	if chunked {
		c.chunking.pull(now)
	} else {
		c.pipes.pull(now)
	}
}

// note says what is done without; "" for nothing.
func (c *care) note() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	say := func(what, setting string) string {
		return fmt.Sprintf("goes on %s for a while, since the relay does not bear more (%s); if this comes again, set %s", what, c.last, setting)
	}
	switch {
	case c.pipes.holds(now):
		return say("without PIPELINING", "SMTP_PIPELINING=False")
	case c.chunking.holds(now):
		return say("without CHUNKING", "SMTP_CHUNKING=False")
	case c.width.holds(now):
		return say(fmt.Sprintf("with %d mails on their way in one connection at most", c.window), fmt.Sprintf("SMTP_WINDOW=%d", c.window))
	}
	return ""
}
