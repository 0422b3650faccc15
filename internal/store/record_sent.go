package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Nearly all outcomes are alike: taken. Those that share a window, a claim and
// an answer are recorded by one statement of few parameters, which costs a third
// of what the statement for any outcome does; at 20,000 mails a second the
// database is what limits.

// together is what such outcomes share.
type together struct {
	token, window              int64
	code                       int
	enhanced, stage, transport string
}

// $1 is the time of the last, $2 the window, $3 the messages, $4 the claim.
const sentRows = `UPDATE messages SET state = 40, reason = NULL, tries = tries + 1, attempts = attempts + 1, losses = 0,
	merged_id = $2, sent_at = $1, updated_at = $1`

var recordSent = both{
	sqlite: sentRows + ` WHERE id IN (SELECT value FROM json_each($3)) AND claim_token = $4 AND +state IN (15, 70) RETURNING id, tries`,
	postgres: `WITH taken AS (` + sentRows + ` WHERE id = ANY ($3::bigint[]) AND claim_token = $4 AND state IN (15, 70) RETURNING id, tries)
		INSERT INTO attempts (message_id, number, counts, at, outcome, code, enhanced, stage, transport, took_ms)
		SELECT t.id, t.tries, 1, v.at, 1, $5, $6, $7, $8, v.took
		FROM unnest($3::bigint[], $9::bigint[], $10::bigint[]) v (id, at, took) JOIN taken t ON t.id = v.id`,
}

// recordSent records outcomes of a kind, and gives how many were recorded.
func (t *Tx) recordSent(ctx context.Context, k together, all []*Recorded) (int, error) {
	keys := make([]int64, len(all))
	at, took := make([]int64, len(all)), make([]int64, len(all))
	last := int64(0)
	for i, r := range all {
		keys[i], at[i], took[i] = r.Key, r.At.UnixMilli(), r.Outcome.Took.Milliseconds()
		last = max(last, at[i])
	}
	what := "record what was taken"
	if t.kind == Postgres {
		n, err := t.exec(ctx, what, recordSent.postgres, last, k.window, keys, k.token, k.code, k.enhanced, k.stage, k.transport, at, took)
		return int(n), err
	}
	number := make(map[int64]int, len(all))
	err := t.each(ctx, what, recordSent.sqlite, []any{last, k.window, keysJSON(keys), k.token}, func(rows *sql.Rows) error {
		var (
			key   int64
			tries int
		)
		err := rows.Scan(&key, &tries)
		number[key] = tries
		return err
	})
	if err != nil {
		return 0, err
	}
	args := []any{k.code, k.enhanced, k.stage, k.transport}
	for i, key := range keys {
		n, recorded := number[key]
		if !recorded {
			continue
		}
		args = append(args, key, n, at[i], took[i])
		if rows := (len(args) - 4) / 4; rows == len(sentAttempts)-1 {
			if err := t.addSentAttempts(ctx, args); err != nil {
				return 0, err
			}
			args = args[:4]
		}
	}
	return len(number), t.addSentAttempts(ctx, args)
}

func (t *Tx) addSentAttempts(ctx context.Context, args []any) error {
	rows := (len(args) - 4) / 4
	if rows == 0 {
		return nil
	}
	_, err := t.exec(ctx, "append attempts", sentAttempts[rows], args...)
	return err
}

// sentAttempts are SQLite's statements for so many attempts: bound one by one,
// values cost less there than taken out of JSON.
var sentAttempts = func() (all [17]string) {
	for n := 1; n < len(all); n++ {
		rows := make([]string, n)
		for i := range rows {
			first := 5 + 4*i
			rows[i] = fmt.Sprintf("($%d, $%d, 1, $%d, 1, $1, $2, $3, $4, $%d)", first, first+1, first+2, first+3)
		}
		all[n] = `INSERT INTO attempts (message_id, number, counts, at, outcome, code, enhanced, stage, transport, took_ms) VALUES ` + strings.Join(rows, ", ")
	}
	return all
}()
