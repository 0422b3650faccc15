package limiter

import (
	"context"
	"sync"
	"time"

	"studymail/internal/store"
)

// clock is the one that all workers of a database go by. Between two looks at
// PostgreSQL's it goes on with this process's monotonic clock, which nobody sets.
type clock struct {
	now func() time.Time

	mu     sync.Mutex
	theirs bool // at is the server's time when ours was base
	base   time.Time
	at     time.Time
}

// syncEvery: two crystals drift apart by less than 0.1 ms a second.
const syncEvery = 30 * time.Second

// read gives the time in nanoseconds.
func (c *clock) read() int64 {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.theirs {
		return now.UnixNano()
	}
	return c.at.Add(now.Sub(c.base)).UnixNano()
}

// sync looks at the server's clock; of some looks the quickest counts.
func (c *clock) sync(ctx context.Context, s *store.Store) error {
	if s.Kind() != store.Postgres {
		return nil
	}
	best := time.Duration(-1)
	var base, at time.Time
	err := s.Read(ctx, func(tx *store.Tx) error {
		for range 3 {
			before := c.now()
			theirs, _, err := tx.ServerClock(ctx)
			if err != nil {
				return err
			}
			if took := c.now().Sub(before); best < 0 || took < best {
				best, base, at = took, before.Add(took/2), theirs
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.theirs, c.base, c.at = true, base, at
	return nil
}

// here gives a time of this clock as this machine's clock shows it.
func (c *clock) here(at int64) time.Time {
	return c.now().Add(time.Duration(at - c.read())).Round(0)
}
