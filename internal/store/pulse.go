package store

import (
	"context"
	"time"

	"studymail"
)

// lately is when mail must have gone out for all to be well while more waits.
const lately = 10 * time.Minute

// stuckClaims are messages in the hands of workers that are gone.
var stuckClaims = both{
	sqlite: `SELECT count(*) FROM claims k, json_each(k.members) j CROSS JOIN messages m ON m.id BETWEEN j.value->>0 AND j.value->>1` + stuckOnes,
	postgres: `SELECT count(*) FROM claims k CROSS JOIN LATERAL json_array_elements(k.members::json) j
		JOIN messages m ON m.id BETWEEN (j->>0)::bigint AND (j->>1)::bigint` + stuckOnes,
}

const stuckOnes = ` WHERE m.state + 0 = 10 AND m.claim_token = k.token AND NOT EXISTS
	(SELECT 1 FROM workers w WHERE w.id = k.token >> 24 AND w.stopped_at IS NULL AND w.lease_until > $1)`

// Pulse reads what tells whether mail flows. The oldest unsent message is
// looked for among running campaigns' open runs only: paused ones wait on purpose,
// those of a closed study until it opens, and it waits since then.
// A claimed one is unsent, too: while a transport is away, workers hold theirs.
func (t *Tx) Pulse(ctx context.Context) (studymail.Pulse, error) {
	p := studymail.Pulse{Now: t.now}
	var err error
	if p.Arming, err = t.Arming(ctx); err != nil {
		return p, err
	}
	if _, err := t.one(ctx, "find the oldest unsent message", `SELECT min(CASE WHEN at < open_from THEN open_from ELSE at END) FROM (
		SELECT r.id, coalesce(cs.open_from, 0) AS open_from, min(m.next_attempt_at) AS at `+openRunsWith+`
			JOIN messages m ON m.run_id = r.id AND m.state = 10`+openRunsWhere+` GROUP BY r.id, cs.open_from) AS unsent`,
		[]any{ms(t.now)}, at{&p.OldestUnsent}); err != nil {
		return p, err
	}
	if _, err := t.one(ctx, "find the youngest hand-over window", `SELECT max(opened_at) FROM windows`, nil, at{&p.LastHandOver}); err != nil {
		return p, err
	}
	if p.MailSent, err = t.SentSince(ctx, t.now.Add(-lately)); err != nil {
		return p, err
	}
	if _, err := t.one(ctx, "count stuck claims", t.pick(stuckClaims),
		[]any{ms(t.now)}, &p.StuckClaims); err != nil {
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
