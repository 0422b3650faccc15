package outbox

import (
	"context"
	"slices"
	"sync"
	"time"

	"studymail/internal/store"
)

// regrow is how long a server must not have complained before it is given one
// connection more.
const regrow = 30 * time.Second

// conns says which lanes may have a connection: as many as are configured, fewer
// where the server turns some away while others are open, or where the workers
// together may have no more.
type conns struct {
	now    func() time.Time
	most   int // of this worker
	regrow time.Duration

	mu      sync.Mutex
	borne   int // what the server bears, as far as is known
	share   int // of what all workers may have
	since   time.Time
	lanes   map[*lane]connState // those that may have one
	changed chan struct{}
}

type connState int

const (
	noConn    connState = iota
	dialing             // it has mail, and opens one
	connected           // the server has answered to a mail on it
	leaving             // it closes it
)

func newConns(now func() time.Time, most, share int, grow time.Duration) *conns {
	return &conns{now: now, most: most, regrow: grow, borne: most, share: share, since: now(), lanes: map[*lane]connState{}, changed: make(chan struct{})}
}

// enter waits until a lane may have a connection, which may be long: it says so
// first (waits). tooMany: it has one, and has to close it, for there may be fewer
// by now.
func (c *conns) enter(ctx context.Context, l *lane, waits func()) (ok, tooMany bool) {
	for ctx.Err() == nil {
		c.mu.Lock()
		state, in := c.lanes[l]
		switch {
		case in && state == connected && len(c.lanes)-c.count(leaving) > c.allowed():
			c.lanes[l] = leaving
			c.mu.Unlock()
			return false, true
		case in:
			c.mu.Unlock()
			return true, false
		case len(c.lanes) < c.allowed():
			c.lanes[l] = noConn
			c.mu.Unlock()
			return true, false
		}
		changed := c.changed
		c.mu.Unlock()
		waits()
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return false, false
}

// open says that a lane has mail; false when it may not open a connection any more.
func (c *conns) open(l *lane) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	state, in := c.lanes[l]
	if in && state == noConn {
		c.lanes[l] = dialing
	}
	return in
}

func (c *conns) allowed() int { return min(c.borne, c.share) }

// fewer takes their leave from lanes without a connection, if there are too many.
// c.mu is held.
func (c *conns) fewer() {
	for l, s := range c.lanes {
		if s == noConn && len(c.lanes) > c.allowed() {
			delete(c.lanes, l)
		}
	}
	c.announce()
}

// leave says that a lane has no connection, and will have none.
func (c *conns) leave(l *lane) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.lanes, l)
	c.announce()
}

// is notes how a lane's connection stands.
func (c *conns) is(l *lane, s connState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, in := c.lanes[l]; in && old != s {
		c.lanes[l] = s
		c.announce()
	}
}

// works notes that the server has answered a lane: whatever was thought of its
// connection, it is open. A lane that lost its place while it dialled, and came in
// again, would be dialling for ever, and no connection more be given.
func (c *conns) works(l *lane) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, in := c.lanes[l]; in && (old == noConn || old == dialing) {
		c.lanes[l] = connected
		c.announce()
	}
}

// turnedAway is told that the server did not want a lane's connection. When
// others are open, it bears no more than those and the ones that are just being
// opened: true, and the lane has left. Else the transport as a whole is in
// trouble. While others are being opened, they are waited for: they tell.
func (c *conns) turnedAway(ctx context.Context, l *lane) bool {
	timer := time.NewTimer(2 * time.Second)
	defer timer.Stop()
	for {
		c.mu.Lock()
		if c.lanes[l] == dialing {
			c.lanes[l] = noConn
			c.announce()
		}
		open, trying := c.count(connected), c.count(dialing)
		if open > 0 {
			c.borne, c.since = min(c.borne, open+trying), c.now()
			delete(c.lanes, l)
			c.fewer()
		}
		changed := c.changed
		c.mu.Unlock()
		if open > 0 || trying == 0 {
			return open > 0
		}
		select {
		case <-changed:
		case <-timer.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// grow lets the server have one connection more, when it has not complained for
// a while and all that it bears are in use.
func (c *conns) grow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.borne >= c.most || c.now().Sub(c.since) < c.regrow {
		return
	}
	c.since = c.now()
	if c.count(connected) >= c.borne {
		c.borne++
		c.announce()
	}
}

// divide gives this worker's share of what all may have together (limit), and
// what the others are to know of it. The share counts once they know.
func (c *conns) divide(worker int64, limit int, others []store.WorkerConnections) (share int, told store.WorkerConnections) {
	wants := []int{}
	mine, left := 0, limit
	for _, o := range others {
		if o.Worker < worker {
			mine++
		}
		wants = append(wants, o.Most)
		left -= o.Taken
	}
	wants = slices.Insert(wants, mine, c.most)
	share = max(min(shares(limit, wants)[mine], left), 0)
	told = c.stands(worker)
	told.Taken = max(told.Taken, share)
	return share, told
}

func (c *conns) setShare(share int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if share != c.share {
		c.share = share
		c.fewer()
	}
}

// stands is what others may know.
func (c *conns) stands(worker int64) store.WorkerConnections {
	c.mu.Lock()
	defer c.mu.Unlock()
	return store.WorkerConnections{Worker: worker, Open: c.count(connected), Taken: max(min(c.share, c.borne), len(c.lanes)), Most: c.most}
}

// bears is how many connections the server bears, as far as is known.
func (c *conns) bears() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.borne
}

// count counts lanes; c.mu is held.
func (c *conns) count(s connState) int {
	n := 0
	for _, is := range c.lanes {
		if is == s {
			n++
		}
	}
	return n
}

func (c *conns) announce() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// shares divides a number among those who want some: to each alike, until it has
// what it wants.
func shares(total int, wants []int) []int {
	got := make([]int, len(wants))
	for given := true; given; {
		given = false
		for i := range wants {
			if total > 0 && got[i] < wants[i] {
				got[i]++
				total--
				given = true
			}
		}
	}
	return got
}
