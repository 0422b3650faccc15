package store

import (
	"context"
	"time"

	"studymail"
)

// flowKept is how long it stays known how fast mail went out; flowOf is what
// "lately" means.
const (
	flowKept = 15 * time.Minute
	flowOf   = time.Minute
)

// AddFlow notes how many mails of each campaign a worker saw taken since it
// noted it last, and forgets what is long ago.
func (t *Tx) AddFlow(ctx context.Context, worker int64, transport string, sent map[studymail.ID]int) error {
	for campaign, n := range sent {
		if _, err := t.exec(ctx, "note how fast mail goes out", `INSERT INTO flows (at, worker_id, campaign_id, transport, sent)
			SELECT $1, $2, id, $3, $4 FROM campaigns WHERE uuid = $5
			ON CONFLICT (at, worker_id, campaign_id) DO UPDATE SET sent = flows.sent + excluded.sent`,
			ms(t.now), worker, transport, n, campaign); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, "forget how fast mail went out", `DELETE FROM flows WHERE at < $1 OR at > $2`, ms(t.now.Add(-flowKept)), ms(t.now.Add(flowKept)))
	return err
}

// Flow gives how many mails of a campaign (0: of all) the transport took a
// second, in the last minute or, if it began later, since it began. noted is how
// often a worker notes it.
func (t *Tx) Flow(ctx context.Context, campaign int64, noted time.Duration) (perSecond float64, err error) {
	var (
		sent  int
		first time.Time
	)
	if _, err = t.one(ctx, "read how fast mail goes out", `SELECT coalesce(sum(CASE WHEN at > $1 THEN sent ELSE 0 END), 0), min(at) FROM flows
		WHERE $2 = 0 OR campaign_id = $2`, []any{ms(t.now.Add(-flowOf)), campaign}, &sent, at{&first}); err != nil || sent == 0 {
		return 0, err
	}
	over := min(max(t.now.Sub(first.Add(-noted)), noted), flowOf)
	return float64(sent) / over.Seconds(), nil
}

// SentSince tells whether a transport took any mail since a time.
func (t *Tx) SentSince(ctx context.Context, since time.Time) (bool, error) {
	var sent int
	_, err := t.one(ctx, "look whether mail went out", `SELECT coalesce(sum(sent), 0) FROM flows WHERE at > $1`, []any{ms(since)}, &sent)
	return sent > 0, err
}
