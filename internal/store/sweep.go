package store

import (
	"context"
	"database/sql"
	"slices"

	"studymail"
)

// sweepAtOnce bounds a sweep's transaction.
const sweepAtOnce = 1000

var retryDue = oddly(`UPDATE messages SET state = 10, reason = NULL, updated_at = $1 WHERE state = 30 AND id IN
	(SELECT id FROM messages WHERE run_id = $2 AND odd = 30 AND next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT $3)`)

// RetryDue brings deferred messages whose time has come back to the queue, those
// that were set aside until their send hours, too, at
// most 1,000; call it again while it gives that many.
func (t *Tx) RetryDue(ctx context.Context) (int, error) {
	var runs []int64
	err := t.each(ctx, "sweep for retries", `SELECT r.id FROM runs r JOIN campaigns c ON c.id = r.campaign_id
		WHERE r.state = 20 AND r.state < 30 AND c.state = 20 ORDER BY r.id`, nil, func(rows *sql.Rows) error {
		var k int64
		err := rows.Scan(&k)
		runs = append(runs, k)
		return err
	})
	if err != nil {
		return 0, err
	}
	moved := 0
	for _, r := range runs {
		n, err := t.exec(ctx, "sweep for retries", t.pick(retryDue), ms(t.now), r, sweepAtOnce-moved)
		if err != nil {
			return moved, err
		}
		if moved += int(n); moved >= sweepAtOnce {
			break
		}
	}
	return moved, nil
}

var cancelWaiting = oddly(`UPDATE messages SET state = 80, reason = $1, claim_token = 0, updated_at = $2
	WHERE state IN (10, 30) AND claim_token = 0 AND id IN
	(SELECT q.message_id FROM runs r JOIN campaigns c ON c.id = r.campaign_id JOIN queued q ON q.run_id = r.id
		WHERE r.state < 30 AND c.state = 50 AND (SELECT claim_token FROM messages WHERE id = q.message_id) = 0
	UNION ALL
	SELECT m.id FROM runs r JOIN campaigns c ON c.id = r.campaign_id JOIN messages m ON m.run_id = r.id AND m.odd = 30
		WHERE r.state < 30 AND c.state = 50
	LIMIT $3)`)

// CancelWaiting cancels messages of cancelled campaigns that wait in the queue
// or for a retry, at most 1,000; call it again while it gives that many. Those
// in a sender's hands meet the guard.
func (t *Tx) CancelWaiting(ctx context.Context) (int, error) {
	n, err := t.exec(ctx, "cancel waiting messages", t.pick(cancelWaiting), string(studymail.ReasonCancelled), ms(t.now), sweepAtOnce)
	return int(n), err
}

// FinishedCampaign is a campaign whose last message came to rest.
type FinishedCampaign struct {
	ID    studymail.ID
	State studymail.CampaignState // Finished, or Scheduled when it has a next time or may be given one
}

// The locks of what may be ended: see stayOpen.
const mayEnd = `SELECT c.id FROM campaigns c WHERE c.state = 20
		OR c.id IN (SELECT r.campaign_id FROM runs r WHERE r.state = 20 AND r.state < 30)
	ORDER BY c.id FOR NO KEY UPDATE`

// A reminder has yet to look for whom it is due, or its job has been queued.
const reminderWaits = `EXISTS (SELECT 1 FROM steps sp JOIN schedules s ON s.id = sp.schedule_id WHERE sp.campaign_id = campaigns.id
	AND (s.next_run_at IS NOT NULL OR EXISTS (SELECT 1 FROM schedule_runs r WHERE r.schedule_id = s.id AND r.outcome IN ('waiting', 'running'))))`

var endRuns = oddly(`UPDATE runs SET state = 30, ended_at = $1 WHERE state = 20 AND state < 30
	AND NOT EXISTS (SELECT 1 FROM queued q WHERE q.run_id = runs.id)
	AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.run_id = runs.id AND m.odd = 30)
	RETURNING campaign_id`)

// FinishRuns ends released runs of which no message moves by itself any more,
// and running campaigns that have no open run left. In between it calls aim with the
// row keys of campaigns of which a run ended: it may give them a next time, and they
// are not finished then.
func (t *Tx) FinishRuns(ctx context.Context, aim func(campaigns []int64) error) ([]FinishedCampaign, error) {
	if err := t.lock(ctx, "end finished runs", mayEnd); err != nil {
		return nil, err
	}
	var of []int64
	if err := t.each(ctx, "end finished runs", t.pick(endRuns), []any{ms(t.now)}, func(rows *sql.Rows) error {
		var k int64
		err := rows.Scan(&k)
		if !slices.Contains(of, k) {
			of = append(of, k)
		}
		return err
	}); err != nil {
		return nil, err
	}
	if aim != nil && len(of) > 0 {
		if err := aim(of); err != nil {
			return nil, err
		}
	}
	var done []FinishedCampaign
	err := t.each(ctx, "end finished campaigns", `UPDATE campaigns SET
			state = CASE WHEN EXISTS (SELECT 1 FROM schedules s WHERE s.id = schedule_id AND (s.next_run_at IS NOT NULL
				OR s.enabled = 0 AND s.kind <> 'once' AND (s.ends_at IS NULL OR s.ends_at > $1))) OR `+reminderWaits+` THEN 10 ELSE 40 END,
			ended_at = $1
		WHERE state = 20 AND EXISTS (SELECT 1 FROM runs r WHERE r.campaign_id = campaigns.id)
			AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.campaign_id = campaigns.id AND r.state < 30)
		RETURNING uuid, state`, []any{ms(t.now)}, func(rows *sql.Rows) error {
		var f FinishedCampaign
		err := rows.Scan(&f.ID, &f.State)
		done = append(done, f)
		return err
	})
	return done, err
}
