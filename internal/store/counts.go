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
	sqlite: `SELECT m.run_id, count(DISTINCT m.id) FROM windows w, json_each(w.members) j JOIN messages m ON m.id = j.value JOIN runs r ON r.id = m.run_id
		WHERE m.state = 10 AND m.claim_token >> 24 = w.worker_id AND r.campaign_id = $1 GROUP BY m.run_id`,
	postgres: `SELECT m.run_id, count(DISTINCT m.id) FROM windows w, json_array_elements_text(w.members::json) j JOIN messages m ON m.id = j::bigint JOIN runs r ON r.id = m.run_id
		WHERE m.state = 10 AND m.claim_token >> 24 = w.worker_id AND r.campaign_id = $1 GROUP BY m.run_id`,
}

// byState reads the small indexes of the states other than sent. Of a run that
// is done, nothing waits.
var byState = oddly(`
	SELECT run_id, 10, count(*) FROM queued WHERE run_id IN (SELECT id FROM runs WHERE campaign_id = $1 AND state < 30) GROUP BY run_id
	UNION ALL SELECT run_id, 30, count(*) FROM messages WHERE odd = 30 AND run_id IN (SELECT id FROM runs WHERE campaign_id = $1 AND state < 30) GROUP BY run_id
	UNION ALL SELECT run_id, odd, count(*) FROM messages WHERE odd >= 50 AND run_id IN (SELECT id FROM runs WHERE campaign_id = $1) GROUP BY run_id, odd`)

// Counts gives a campaign's numbers: those of its steps, added up.
func (t *Tx) Counts(ctx context.Context, campaign int64) (studymail.Counts, error) {
	all := studymail.Counts{LeftOut: map[studymail.Reason]int{}}
	steps, err := t.CountsOfSteps(ctx, campaign)
	for _, c := range steps {
		all.Add(c)
	}
	return all, err
}

// CountsOfSteps gives the numbers of a campaign's steps, by their row keys; a step
// of which nothing was planned may be missing. Call it in a Read, so that all come
// from one snapshot and add up, in mid-flight, too. It does not read the messages
// that were sent, which may be a million: they are what is left of the planned
// (a test of the conformance suite holds them against the rows).
func (t *Tx) CountsOfSteps(ctx context.Context, campaign int64) (map[int64]*studymail.Counts, error) {
	steps, runs := map[int64]*studymail.Counts{}, map[int64]*studymail.Counts{}
	of := func(step int64) *studymail.Counts {
		if steps[step] == nil {
			steps[step] = &studymail.Counts{LeftOut: map[studymail.Reason]int{}}
		}
		return steps[step]
	}
	err := t.each(ctx, "count what was planned", `SELECT id, step_id, planned FROM runs WHERE campaign_id = $1`, []any{campaign}, func(rows *sql.Rows) error {
		var (
			run, step int64
			planned   int
		)
		err := rows.Scan(&run, &step, &planned)
		c := of(step)
		runs[run] = c
		c.Planned, c.Selected, c.Sent = c.Planned+planned, c.Selected+planned, c.Sent+planned
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := t.countStates(ctx, campaign, runs); err != nil {
		return nil, err
	}
	err = t.each(ctx, "count who was left out", `SELECT l.step_id, l.reason, count(*) FROM steps s JOIN left_out l ON l.step_id = s.id
		WHERE s.campaign_id = $1 GROUP BY l.step_id, l.reason`, []any{campaign}, func(rows *sql.Rows) error {
		var (
			step   int64
			reason studymail.Reason
			n      int
		)
		err := rows.Scan(&step, &reason, &n)
		c := of(step)
		c.LeftOut[reason] += n
		c.Selected += n
		return err
	})
	return steps, err
}

// countStates takes from the sent what stands elsewhere.
func (t *Tx) countStates(ctx context.Context, campaign int64, runs map[int64]*studymail.Counts) error {
	err := t.each(ctx, "count messages", t.pick(byState), []any{campaign}, func(rows *sql.Rows) error {
		var (
			run   int64
			state studymail.State
			n     int
		)
		if err := rows.Scan(&run, &state, &n); err != nil {
			return err
		}
		c := runs[run]
		c.Sent -= n
		switch state {
		case studymail.Queued, studymail.Claimed, studymail.Sending:
			c.Queued += n
		case studymail.Deferred:
			c.Deferred += n
		case studymail.Sent:
		case studymail.Failed:
			c.Failed += n
		case studymail.Skipped:
			c.Skipped += n
		case studymail.Uncertain:
			c.Uncertain += n
		case studymail.MessageCanceled:
			c.Cancelled += n
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.each(ctx, "count messages in windows", t.pick(inWindows), []any{campaign}, func(rows *sql.Rows) error {
		var (
			run int64
			n   int
		)
		if err := rows.Scan(&run, &n); err != nil {
			return err
		}
		c := runs[run]
		c.Sending, c.Queued = c.Sending+n, c.Queued-n
		return nil
	})
}

// SentBetween is when the first and the last message of a campaign were taken;
// zero: none was.
func (t *Tx) SentBetween(ctx context.Context, campaign int64) (first, last time.Time, err error) {
	_, err = t.one(ctx, "find when messages were sent", `SELECT min(m.sent_at), max(m.sent_at) FROM messages m JOIN steps s ON s.id = m.step_id
		WHERE s.campaign_id = $1`, []any{campaign}, at{&first}, at{&last})
	return first, last, err
}
