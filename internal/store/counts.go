package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

// A message may stand in windows that nobody uses: a commit opened them whose
// answer got lost.
var inWindows = both{
	sqlite: `SELECT count(DISTINCT m.id) FROM windows w, json_each(w.members) j JOIN messages m ON m.id = j.value JOIN runs r ON r.id = m.run_id
		WHERE m.state = 10 AND m.claim_token >> 24 = w.worker_id AND r.campaign_id = $1`,
	postgres: `SELECT count(DISTINCT m.id) FROM windows w, json_array_elements_text(w.members::json) j JOIN messages m ON m.id = j::bigint JOIN runs r ON r.id = m.run_id
		WHERE m.state = 10 AND m.claim_token >> 24 = w.worker_id AND r.campaign_id = $1`,
}

// byState reads the small indexes of the states other than sent. Of a run that
// is done, nothing waits.
const byState = `
	SELECT 10, count(*) FROM messages WHERE state = 10 AND run_id IN (SELECT id FROM runs WHERE campaign_id = $1 AND state < 30)
	UNION ALL SELECT 30, count(*) FROM messages WHERE state = 30 AND run_id IN (SELECT id FROM runs WHERE campaign_id = $1 AND state < 30)
	UNION ALL SELECT state, count(*) FROM messages WHERE state >= 50 AND run_id IN (SELECT id FROM runs WHERE campaign_id = $1) GROUP BY state`

// Counts gives a campaign's numbers. Call it in a Read, so that all come from
// one snapshot and add up, in mid-flight, too. It does not read the messages
// that were sent, which may be a million: they are what is left of the planned
// (a test of the conformance suite holds them against the rows).
func (t *Tx) Counts(ctx context.Context, campaign int64) (studymail.Counts, error) {
	c := studymail.Counts{LeftOut: map[studymail.Reason]int{}}
	if _, err := t.one(ctx, "count what was planned", `SELECT coalesce(sum(planned), 0) FROM runs WHERE campaign_id = $1`, []any{campaign}, &c.Planned); err != nil {
		return c, err
	}
	c.Sent = c.Planned
	err := t.each(ctx, "count messages", byState, []any{campaign}, func(rows *sql.Rows) error {
		var (
			state studymail.State
			n     int
		)
		if err := rows.Scan(&state, &n); err != nil {
			return err
		}
		c.Sent -= n
		switch state {
		case studymail.Queued, studymail.Claimed, studymail.Sending:
			c.Queued += n
		case studymail.Deferred:
			c.Deferred = n
		case studymail.Sent:
		case studymail.Failed:
			c.Failed = n
		case studymail.Skipped:
			c.Skipped = n
		case studymail.Uncertain:
			c.Uncertain = n
		case studymail.MessageCanceled:
			c.Cancelled = n
		}
		return nil
	})
	if err != nil {
		return c, err
	}
	if _, err := t.one(ctx, "count messages in windows", t.pick(inWindows), []any{campaign}, &c.Sending); err != nil {
		return c, err
	}
	c.Queued -= c.Sending
	c.Selected = c.Planned
	err = t.each(ctx, "count who was left out", `SELECT l.reason, count(*) FROM left_out l JOIN steps s ON s.id = l.step_id
		WHERE s.campaign_id = $1 GROUP BY l.reason`, []any{campaign}, func(rows *sql.Rows) error {
		var (
			reason studymail.Reason
			n      int
		)
		err := rows.Scan(&reason, &n)
		c.LeftOut[reason] = n
		c.Selected += n
		return err
	})
	return c, err
}

// SentBetween is when the first and the last message of a campaign were taken;
// zero: none was.
func (t *Tx) SentBetween(ctx context.Context, campaign int64) (first, last time.Time, err error) {
	_, err = t.one(ctx, "find when messages were sent", `SELECT min(m.sent_at), max(m.sent_at) FROM messages m JOIN steps s ON s.id = m.step_id
		WHERE s.campaign_id = $1`, []any{campaign}, at{&first}, at{&last})
	return first, last, err
}
