package store

import (
	"context"
	"time"

	"studymail"
)

// lately is when mail must have gone out for all to be well while more waits.
const lately = 10 * time.Minute

// stuck are claims (k) of workers that are gone.
const stuck = ` AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = k.token >> 24 AND w.stopped_at IS NULL AND w.lease_until > $1)`

// Pulse reads what tells whether mail flows. The oldest unsent message is
// looked for among running campaigns' open runs only: paused ones wait on purpose,
// those of a closed study until it opens, those behind a canary until that is over, and
// they wait since then.
// A claimed one is unsent, too: while a transport is away, workers hold theirs.
func (t *Tx) Pulse(ctx context.Context) (studymail.Pulse, error) {
	p := studymail.Pulse{Now: t.now}
	var err error
	if p.Arming, err = t.Arming(ctx); err != nil {
		return p, err
	}
	if _, err := t.one(ctx, "find the oldest unsent message", `SELECT min(CASE WHEN at < since THEN since ELSE at END) FROM (
		SELECT r.id, CASE WHEN cs.open_from > r.released_at THEN cs.open_from ELSE coalesce(r.released_at, 0) END AS since, min(q.next_attempt_at) AS at `+openRunsWith+`
			JOIN queued q ON q.run_id = r.id`+openRunsWhere+` GROUP BY r.id, cs.open_from, r.released_at) AS unsent`,
		[]any{ms(t.now)}, at{&p.OldestUnsent}); err != nil {
		return p, err
	}
	if _, err := t.one(ctx, "find the youngest hand-over window", `SELECT max(opened_at) FROM windows`, nil, at{&p.LastHandOver}); err != nil {
		return p, err
	}
	if p.MailSent, err = t.SentSince(ctx, t.now.Add(-lately)); err != nil {
		return p, err
	}
	if _, err := t.one(ctx, "count stuck claims", `SELECT count(*)`+t.pick(claimedNow)+stuck, []any{ms(t.now)}, &p.StuckClaims); err != nil {
		return p, err
	}
	if _, err := t.one(ctx, "count workers", `SELECT count(*) FROM workers WHERE stopped_at IS NULL AND lease_until > $1`,
		[]any{ms(t.now)}, &p.Workers); err != nil {
		return p, err
	}
	if p.LastTick, err = t.SchedulerTick(ctx); err != nil {
		return p, err
	}
	p.Transports, err = t.Transports(ctx)
	return p, err
}
