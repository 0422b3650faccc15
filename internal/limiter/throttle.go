package limiter

import (
	"context"
	"fmt"
	"time"

	"studymail"
	"studymail/internal/store"
)

const (
	// calm is how long after it was lowered the rate is not lowered again: what
	// was on the wire by then is answered in the same way.
	calm = 5 * time.Second
	// lowest share of the rate that throttling leaves, and the lowest rate.
	lowestShare = 1.0 / 64
	lowestRate  = 0.1
	// unknown is where lowering begins at the least when no limit is configured. What
	// was measured says little when mail hardly flowed for other reasons, an outage
	// perhaps: from it the rate would take minutes to come back. A server that bears
	// less says so again, and has half of that.
	unknown = 100.0
)

// Throttled says that the server finds mail too fast. local is how much this
// process handed over lately, a second. It does not wait.
func (l *Limiter) Throttled(local float64) {
	select {
	case l.throttled <- local:
	default: // one is on its way
	}
}

// heed halves the rate for all workers, and forgets the times on hand.
func (l *Limiter) heed(ctx context.Context, local float64) {
	var (
		r       store.Rate
		lowered bool
	)
	err := l.opts.Store.Write(ctx, func(tx *store.Tx) error {
		before, err := tx.LockRate(ctx, l.opts.Transport)
		if err != nil {
			return err
		}
		measured, err := tx.Flow(ctx, 0, studymail.FlowEvery)
		if err != nil {
			return err
		}
		r = before
		if lowered = l.lower(&r, max(measured, local), l.clock.read()); !lowered {
			return nil
		}
		return tx.SaveRate(ctx, &before, &r)
	})
	if err != nil {
		l.tell(ctx, fmt.Errorf("lower the rate: %w", err))
		return
	}
	now := l.clock.read()
	l.adopt(&r, now)
	if !lowered {
		return
	}
	l.opts.Log.Warn("the server finds mail too fast: the rate was halved for all workers", "transport", l.opts.Transport, "rate", r.Throttle.To)
	l.mu.Lock()
	l.back, l.times = append(l.back, l.times...), nil
	l.mu.Unlock()
}

// lower halves the rate: the lowered one, or what was measured, or what is
// configured, whichever is least.
func (l *Limiter) lower(r *store.Rate, measured float64, now int64) bool {
	at := time.Unix(0, now).UTC()
	full := l.full(&r.Quota)
	t := r.Throttle
	low, lowered := t.Rate(at, full)
	if lowered && at.Sub(t.At) < calm && !at.Before(t.At) {
		return false
	}
	if !lowered {
		low = full
		if measured > 0 && (full == 0 || measured < full) {
			low = measured
		}
		switch {
		case full == 0:
			low = max(low, unknown)
		case r.Quota.PerSecond > 0:
			// The provider has said what it bears: somebody else uses the account, too.
			low = max(low, min(full, r.Quota.PerSecond)/2)
		}
		low = max(low, lowestRate)
		t.From = low
	}
	t.At, t.To = at, max(low/2, t.From*lowestShare, min(lowestRate, t.From))
	r.Throttle = t
	r.Dealt = r.Slots // what is left of the block was spaced for the old rate
	return true
}

// SetQuota says what the provider lets the account send. It counts for all
// workers until it is said anew.
func (l *Limiter) SetQuota(ctx context.Context, q studymail.Quota) error {
	var r store.Rate
	err := l.opts.Store.Write(ctx, func(tx *store.Tx) error {
		before, err := tx.LockRate(ctx, l.opts.Transport)
		if err != nil {
			return err
		}
		r = before
		r.Quota, r.QuotaGiven = q, 0
		r.Quota.At = time.Unix(0, l.clock.read()).UTC()
		return tx.SaveRate(ctx, &before, &r)
	})
	if err != nil {
		return fmt.Errorf("store the quota of transport %s: %w", l.opts.Transport, err)
	}
	if !l.zero {
		l.adopt(&r, r.Quota.At.UnixNano())
	}
	return nil
}
