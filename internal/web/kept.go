package web

import (
	"context"
	"sync"
	"time"
)

// How old numbers may be that take long to count and that everybody sees alike: the
// first visitor after a while waits for them, the others get what was counted just
// now while it is counted anew behind them.
const (
	keptFresh = 2 * time.Second
	keptStale = 10 * time.Second
	keptWait  = 10 * time.Second // for a count that nobody waits for
)

// kept is something that was read for all visitors.
type kept[T any] struct {
	mu      sync.Mutex
	at      time.Time
	value   T
	reading bool
}

// get gives it, at most ten seconds old.
func (k *kept[T]) get(ctx context.Context, now func() time.Time, read func(context.Context) (T, error)) (T, error) {
	k.mu.Lock()
	age := now().Sub(k.at)
	if k.at.IsZero() || age < 0 || age > keptStale {
		defer k.mu.Unlock() // who comes meanwhile waits for the same
		value, err := read(ctx)
		if err == nil {
			k.value, k.at = value, now()
		}
		return value, err
	}
	defer k.mu.Unlock()
	if age > keptFresh && !k.reading {
		k.reading = true
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keptWait)
			defer cancel()
			value, err := read(ctx)
			k.mu.Lock()
			defer k.mu.Unlock()
			k.reading = false
			if err == nil { // else it grows old, and the next visitor sees why
				k.value, k.at = value, now()
			}
		}()
	}
	return k.value, nil
}
