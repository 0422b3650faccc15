package store

import (
	"context"
	"time"

	"studymail"
)

// Rate is a transport's row: how its limiter stands. Times are in nanoseconds of
// the limiter's clock; internal/limiter says what the numbers mean.
type Rate struct {
	Transport    string
	Block        int64
	BlockStart   int64
	Spacing      int64
	Slots        int64
	Dealt        int64
	Askers       int64
	AskersBefore int64
	Throttle     studymail.Throttle
	Quota        studymail.Quota
	QuotaGiven   int
}

const rateColumns = `block, block_start, spacing, slots, dealt, askers, askers_before,
	throttled_at, throttled_to, throttled_from, quota_at, quota_second, quota_day, quota_used, quota_given`

func (r *Rate) scanned() []any {
	return []any{
		&r.Block, &r.BlockStart, &r.Spacing, &r.Slots, &r.Dealt, &r.Askers, &r.AskersBefore,
		fine{&r.Throttle.At},
		&r.Throttle.To, &r.Throttle.From,
		fine{&r.Quota.At},
		&r.Quota.PerSecond, &r.Quota.PerDay, &r.Quota.Used, &r.QuotaGiven,
	}
}

// Rate reads how a transport's limiter stands; one that was never asked stands
// at zero.
func (t *Tx) Rate(ctx context.Context, transport string) (Rate, error) {
	r := Rate{Transport: transport}
	_, err := t.one(ctx, "read the rate of transport "+transport, `SELECT `+rateColumns+` FROM rates WHERE transport = $1`, []any{transport}, r.scanned()...)
	return r, err
}

var lockRate = both{
	sqlite:   `SELECT ` + rateColumns + ` FROM rates WHERE transport = $1`,
	postgres: `SELECT ` + rateColumns + ` FROM rates WHERE transport = $1 FOR UPDATE`,
}

// LockRate reads it and keeps others from it until the transaction ends.
func (t *Tx) LockRate(ctx context.Context, transport string) (Rate, error) {
	what := "lock the rate of transport " + transport
	r := Rate{Transport: transport}
	for {
		found, err := t.one(ctx, what, t.pick(lockRate), []any{transport}, r.scanned()...)
		if err != nil || found {
			return r, err
		}
		if _, err := t.exec(ctx, what, `INSERT INTO rates (transport) VALUES ($1) ON CONFLICT (transport) DO NOTHING`, transport); err != nil {
			return r, err
		}
	}
}

// SaveRate stores what LockRate gave, changed. The block that it began with must
// still be there.
func (t *Tx) SaveRate(ctx context.Context, before, r *Rate) error {
	what := "store the rate of transport " + r.Transport
	n, err := t.exec(ctx, what, `UPDATE rates SET block = $1, block_start = $2, spacing = $3, slots = $4, dealt = $5, askers = $6, askers_before = $7,
		throttled_at = $8, throttled_to = $9, throttled_from = $10, quota_at = $11, quota_second = $12, quota_day = $13, quota_used = $14, quota_given = $15
		WHERE transport = $16 AND block = $17 AND dealt = $18`,
		r.Block, r.BlockStart, r.Spacing, r.Slots, r.Dealt, r.Askers, r.AskersBefore,
		ns(r.Throttle.At), r.Throttle.To, r.Throttle.From,
		ns(r.Quota.At), r.Quota.PerSecond, r.Quota.PerDay, r.Quota.Used, r.QuotaGiven,
		r.Transport, before.Block, before.Dealt)
	if err == nil && n != 1 {
		err = studymail.Errorf(studymail.Internal, "%s: somebody else changed it", what)
	}
	return err
}

// RateSum is what was given of a limit by the minute, hour or day.
type RateSum struct {
	N      int
	Oldest int64 // where the first part of it begins
	Future int   // of N: dated later than the clock says: it was put back
}

// RateCount sums what was given in the parts that begin at since or later.
func (t *Tx) RateCount(ctx context.Context, transport string, span time.Duration, since, future int64) (RateSum, error) {
	var s RateSum
	_, err := t.one(ctx, "sum the rate of transport "+transport,
		`SELECT coalesce(sum(n), 0), coalesce(min(CASE WHEN n > 0 THEN at END), 0), coalesce(sum(CASE WHEN at > $4 THEN n ELSE 0 END), 0)
		FROM rate_counts WHERE transport = $1 AND span = $2 AND at >= $3`,
		[]any{transport, seconds(span), since, future}, &s.N, &s.Oldest, &s.Future)
	return s, err
}

// AddRateCount adds n (below 0: what was not used) to the part that begins at a time.
func (t *Tx) AddRateCount(ctx context.Context, transport string, span time.Duration, at int64, n int) error {
	_, err := t.exec(ctx, "count the rate of transport "+transport,
		`INSERT INTO rate_counts (transport, span, at, n) VALUES ($1, $2, $3, $4)
		ON CONFLICT (transport, span, at) DO UPDATE SET n = rate_counts.n + excluded.n`,
		transport, seconds(span), at, n)
	return err
}

// CutRateCounts forgets the parts that begin before a time; those that begin after
// another (of future hand-overs) are dated as the part to.
func (t *Tx) CutRateCounts(ctx context.Context, transport string, span time.Duration, before, after, to int64, future int) error {
	what := "tidy the rate of transport " + transport
	if _, err := t.exec(ctx, what, `DELETE FROM rate_counts WHERE transport = $1 AND span = $2 AND (at < $3 OR at > $4)`,
		transport, seconds(span), before, after); err != nil {
		return err
	}
	if future == 0 {
		return nil
	}
	return t.AddRateCount(ctx, transport, span, to, future)
}

// ServerClock is the time of the database's server; ok is false for SQLite,
// whose clock is this machine's.
func (t *Tx) ServerClock(ctx context.Context) (at time.Time, ok bool, err error) {
	if t.kind == SQLite {
		return at, false, nil
	}
	_, err = t.one(ctx, "read the server's clock", `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000`, nil, fine{&at})
	return at, true, err
}

func seconds(d time.Duration) int { return int(d / time.Second) }
