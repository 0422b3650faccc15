package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Nearly all outcomes are alike: taken. They are recorded by statements of few
// parameters, which cost a third of what the statement for any outcome does; at
// 20,000 mails a second the database is what limits.

// recordSent records outcomes of this kind, and gives how many were recorded.
func (t *Tx) recordSent(ctx context.Context, all []*Recorded) (int, error) {
	if t.kind == Postgres {
		return t.recordSentAtOnce(ctx, all)
	}
	groups := map[together][]*Recorded{}
	for _, r := range all {
		k := together{r.Token, r.Window, r.Outcome.Code, r.Outcome.Enhanced, r.Outcome.Stage, r.Transport}
		groups[k] = append(groups[k], r)
	}
	recorded := 0
	for k, rs := range groups {
		n, err := t.recordSentTogether(ctx, k, rs)
		if err != nil {
			return 0, err
		}
		recorded += n
	}
	return recorded, nil
}

// recordSentAtOnce is PostgreSQL's: one round trip, however many there are.
func (t *Tx) recordSentAtOnce(ctx context.Context, all []*Recorded) (int, error) {
	if len(all) == 0 {
		return 0, nil
	}
	var (
		key, token, window, at, took, code []int64
		enhanced, stage, transport         []string
	)
	for _, r := range all {
		key, token, window = append(key, r.Key), append(token, r.Token), append(window, r.Window)
		at, took, code = append(at, r.At.UnixMilli()), append(took, r.Outcome.Took.Milliseconds()), append(code, int64(r.Outcome.Code))
		enhanced, stage, transport = append(enhanced, r.Outcome.Enhanced), append(stage, r.Outcome.Stage), append(transport, r.Transport)
	}
	n, err := t.exec(ctx, "record what was taken", `WITH given AS MATERIALIZED (
			SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[], $7::text[], $8::text[], $9::text[])
				AS g (id, token, window_id, at, took, code, enhanced, stage, transport)),
		taken AS (
			UPDATE messages SET state = 40, reason = NULL, tries = tries + 1, attempts = attempts + 1, losses = 0,
				merged_id = g.window_id, sent_at = g.at, updated_at = g.at
			FROM given g WHERE messages.id = g.id AND messages.claim_token = g.token AND messages.state + 0 IN (15, 70)
			RETURNING messages.id, tries, g.at, g.took, g.code, g.enhanced, g.stage, g.transport)
		INSERT INTO attempts (message_id, number, counts, at, outcome, code, enhanced, stage, transport, took_ms)
		SELECT id, tries, 1, at, 1, code, enhanced, stage, transport, took FROM taken`,
		key, token, window, at, took, code, enhanced, stage, transport)
	return int(n), err
}

// together is what outcomes share that SQLite records by one statement.
type together struct {
	token, window              int64
	code                       int
	enhanced, stage, transport string
}

func (t *Tx) recordSentTogether(ctx context.Context, k together, all []*Recorded) (int, error) {
	keys := make([]int64, len(all))
	last := int64(0)
	for i, r := range all {
		keys[i] = r.Key
		last = max(last, r.At.UnixMilli())
	}
	number := make(map[int64]int, len(all))
	err := t.each(ctx, "record what was taken", `UPDATE messages SET state = 40, reason = NULL, tries = tries + 1, attempts = attempts + 1, losses = 0,
			merged_id = $2, sent_at = $1, updated_at = $1
		WHERE id IN (SELECT value FROM json_each($3)) AND claim_token = $4 AND +state IN (15, 70) RETURNING id, tries`,
		[]any{last, k.window, keysJSON(keys), k.token}, func(rows *sql.Rows) error {
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
	for _, r := range all {
		n, recorded := number[r.Key]
		if !recorded {
			continue
		}
		args = append(args, r.Key, n, r.At.UnixMilli(), r.Outcome.Took.Milliseconds())
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
