package store

import (
	"context"
	"database/sql"

	"studymail"
)

// InDoubt is a message of which the database cannot tell whether it was handed
// over: its worker died with it in an open window. The worker's journal may know.
type InDoubt struct {
	Key      int64 // row key
	ID       studymail.ID
	Patient  studymail.ID
	Token    int64
	State    studymail.State // Claimed, or Uncertain where others have called it so already
	Windows  []int64         // in which it stands
	Tries    int
	Attempts int
	Limit    int
	Losses   int
}

var standing = both{
	sqlite: `SELECT m.id, m.uuid, pa.uuid, m.claim_token, m.state, w.id, m.tries, m.attempts, m.attempt_limit, m.losses
		FROM windows w, json_each(w.members) j CROSS JOIN messages m ON m.id = j.value JOIN patients pa ON pa.id = m.patient_id
		WHERE w.worker_id = $1 AND m.state = 10 AND m.claim_token >= $2 AND m.claim_token < $3 ORDER BY w.id`,
	postgres: `SELECT m.id, m.uuid, pa.uuid, m.claim_token, m.state, w.id, m.tries, m.attempts, m.attempt_limit, m.losses
		FROM windows w CROSS JOIN LATERAL json_array_elements_text(w.members::json) j
		JOIN messages m ON m.id = j::bigint JOIN patients pa ON pa.id = m.patient_id
		WHERE w.worker_id = $1 AND m.state = 10 AND m.claim_token >= $2 AND m.claim_token < $3 ORDER BY w.id`,
}

// What others have called uncertain keeps its token until an operator or a late
// outcome settles it, and merged_id is the window that it stood in. SQLite finds
// the index of what has ended only by the very words of its condition.
var calledUncertain = oddly(`SELECT m.id, m.uuid, pa.uuid, m.claim_token, m.state, m.merged_id, m.tries, m.attempts, m.attempt_limit, m.losses
	FROM messages m JOIN patients pa ON pa.id = m.patient_id
	WHERE m.odd >= 50 AND m.odd = 70 AND m.claim_token >= $1 AND m.claim_token < $2 AND m.reason = $3`)

// InDoubtOf lists what a worker left in doubt that is known to be gone, and
// keeps others from settling it until the transaction ends.
func (t *Tx) InDoubtOf(ctx context.Context, w *studymail.Worker) ([]InDoubt, error) {
	what := "list what worker " + w.ID.String() + " left in doubt"
	if t.kind == Postgres {
		var k int64
		if _, err := t.one(ctx, what, `SELECT id FROM workers WHERE id = $1 FOR UPDATE`, []any{w.Key}, &k); err != nil {
			return nil, err
		}
	}
	var (
		all   []InDoubt
		place = map[int64]int{}
	)
	read := func(rows *sql.Rows) error {
		var (
			d      InDoubt
			window sql.NullInt64
		)
		if err := rows.Scan(&d.Key, &d.ID, &d.Patient, &d.Token, &d.State, &window, &d.Tries, &d.Attempts, &d.Limit, &d.Losses); err != nil {
			return err
		}
		i, seen := place[d.Key]
		if !seen {
			i = len(all)
			place[d.Key] = i
			all = append(all, d)
		}
		if window.Valid {
			all[i].Windows = append(all[i].Windows, window.Int64)
		}
		return nil
	}
	from, to := ClaimToken(w.Key, 0), ClaimToken(w.Key+1, 0)
	if err := t.each(ctx, what, t.pick(standing), []any{w.Key, from, to}, read); err != nil {
		return nil, err
	}
	err := t.each(ctx, what, t.pick(calledUncertain), []any{from, to, string(studymail.ReasonProcessDied)}, read)
	return all, err
}

var giveBackUnsent = both{
	sqlite: `UPDATE messages SET state = 10, reason = NULL, claim_token = 0, updated_at = $1,
			merged_id = CASE WHEN state = 70 THEN NULL ELSE merged_id END
		FROM json_each($2) j WHERE messages.id = j.value->>0 AND messages.claim_token = j.value->>1 AND messages.state IN (10, 70)`,
	postgres: `UPDATE messages SET state = 10, reason = NULL, claim_token = 0, updated_at = $1,
			merged_id = CASE WHEN state = 70 THEN NULL ELSE merged_id END
		FROM json_array_elements($2::json) j
		WHERE messages.id = (j->>0)::bigint AND messages.claim_token = (j->>1)::bigint AND messages.state IN (10, 70)`,
}

// GiveBackUnsent queues messages again of which it is known that the end of
// their text was never written.
func (t *Tx) GiveBackUnsent(ctx context.Context, all []InDoubt) (int, error) {
	if len(all) == 0 {
		return 0, nil
	}
	rows, keys := make([][2]int64, len(all)), make([]int64, len(all))
	for i := range all {
		rows[i], keys[i] = [2]int64{all[i].Key, all[i].Token}, all[i].Key
	}
	list, err := rowsJSON(rows)
	if err != nil {
		return 0, err
	}
	n, err := t.exec(ctx, "queue again what was not handed over", t.pick(giveBackUnsent), ms(t.now), list)
	if err != nil {
		return 0, err
	}
	t.behind.note(keys...)
	return int(n), t.reopen(ctx, keys)
}

var (
	reopenRuns = both{
		sqlite: `UPDATE runs SET state = 20, ended_at = NULL WHERE state = 30 AND id IN
			(SELECT run_id FROM messages WHERE id IN (SELECT value FROM json_each($1)) AND +state IN (10, 30))`,
		postgres: `UPDATE runs SET state = 20, ended_at = NULL WHERE state = 30 AND id IN
			(SELECT run_id FROM messages WHERE id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json))) AND state IN (10, 30))`,
	}
	reopenCampaigns = both{
		sqlite: `UPDATE campaigns SET state = 20, ended_at = NULL WHERE state IN (10, 40) AND id IN
			(SELECT r.campaign_id FROM runs r JOIN messages m ON m.run_id = r.id WHERE m.id IN (SELECT value FROM json_each($1)) AND +m.state IN (10, 30))`,
		postgres: `UPDATE campaigns SET state = 20, ended_at = NULL WHERE state IN (10, 40) AND id IN
			(SELECT r.campaign_id FROM messages m JOIN runs r ON r.id = m.run_id
			WHERE m.id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json))) AND m.state IN (10, 30))`,
	}
)

// stayOpen are the locks that FinishRuns waits for: it must see, before it ends a
// run, what is about to move in it; or be done, so that it is seen. SQLite has one
// writer at a time.
const stayOpen = `SELECT id FROM campaigns WHERE id IN
	(SELECT r.campaign_id FROM messages m JOIN runs r ON r.id = m.run_id
	WHERE m.id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json))))
	ORDER BY id FOR SHARE`

// lock takes a statement's locks on PostgreSQL.
func (t *Tx) lock(ctx context.Context, what, query string, args ...any) error {
	if t.kind == SQLite {
		return nil
	}
	return t.each(ctx, what, query, args, func(*sql.Rows) error { return nil })
}

// reopen opens the runs, and their campaigns, of messages that move again after
// they were thought to be at rest: else nobody would claim them.
func (t *Tx) reopen(ctx context.Context, keys []int64) error {
	if len(keys) == 0 {
		return nil
	}
	const what = "open runs again"
	if err := t.lock(ctx, what, stayOpen, keysJSON(keys)); err != nil {
		return err
	}
	n, err := t.exec(ctx, what, t.pick(reopenRuns), keysJSON(keys))
	if err != nil || n == 0 {
		return err
	}
	_, err = t.exec(ctx, what, t.pick(reopenCampaigns), keysJSON(keys))
	return err
}
