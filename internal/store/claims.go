package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// A claim's row says where its messages lie, so that what a dead worker held is
// found without an index that each claim and each outcome would have to change.
// The messages' own tokens say what is truly held.

// noteClaim notes what a token holds, and forgets this worker's claims of which
// nothing is held any more. (What was claimed last is sent last: PostgreSQL looks there
// first.)
func (t *Tx) noteClaim(ctx context.Context, token int64, claimed []Claimed) error {
	const what = "note a claim"
	if _, err := t.exec(ctx, what, t.pick(forgetClaims), ClaimToken(WorkerOf(token), 0), token); err != nil || len(claimed) == 0 {
		return err
	}
	_, err := t.exec(ctx, what, `INSERT INTO claims (token, members) VALUES ($1, $2)`, token, rangesJSON(claimed))
	return err
}

var forgetClaims = both{
	sqlite: `DELETE FROM claims WHERE token >= $1 AND token < $2 AND NOT EXISTS (SELECT 1 FROM json_each(claims.members) j
		CROSS JOIN messages m ON m.id BETWEEN j.value->>0 AND j.value->>1 WHERE +m.state = 10 AND m.claim_token = claims.token)`,
	postgres: `DELETE FROM claims WHERE token >= $1 AND token < $2 AND NOT EXISTS (SELECT 1 FROM json_array_elements(claims.members::json) j
		CROSS JOIN LATERAL (SELECT 1 FROM messages m WHERE m.id BETWEEN (j->>0)::bigint AND (j->>1)::bigint
			AND m.state = 10 AND m.claim_token = claims.token ORDER BY m.id DESC LIMIT 1) m)`,
}

// rangesJSON writes the row keys of claimed messages as a JSON array of pairs, the
// first and the last of those that stand side by side.
func rangesJSON(claimed []Claimed) string {
	keys := make([]int64, len(claimed))
	for i := range claimed {
		keys[i] = claimed[i].Key
	}
	first, last := rangesOf(keys)
	ranges := make([][2]int64, len(first))
	for i := range first {
		ranges[i] = [2]int64{first[i], last[i]}
	}
	b, _ := json.Marshal(ranges) //nolint:errchkjson // numbers
	return string(b)
}

// claimedNow are all messages (m) that are held, with their claims (k).
var claimedNow = both{
	sqlite: ` FROM claims k, json_each(k.members) j CROSS JOIN messages m ON m.id BETWEEN j.value->>0 AND j.value->>1
		WHERE +m.state = 10 AND m.claim_token = k.token`,
	postgres: ` FROM claims k CROSS JOIN LATERAL json_array_elements(k.members::json) j
		JOIN messages m ON m.id BETWEEN (j->>0)::bigint AND (j->>1)::bigint WHERE m.state = 10 AND m.claim_token = k.token`,
}

// unclaimAll gives back all that claims with tokens from one to below another hold.
func (t *Tx) unclaimAll(ctx context.Context, what string, from, to int64) (int, error) {
	var keys []int64
	err := t.each(ctx, what, `SELECT members FROM claims WHERE token >= $1 AND token < $2`, []any{from, to}, func(rows *sql.Rows) error {
		var (
			members string
			ranges  [][2]int64
		)
		if err := rows.Scan(&members); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(members), &ranges); err != nil {
			return fmt.Errorf("read the members of a claim: %w", err)
		}
		for _, r := range ranges {
			for k := r[0]; k <= r[1]; k++ {
				keys = append(keys, k)
			}
		}
		return nil
	})
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	n, err := t.exec(ctx, what, t.pick(unclaimThose), from, to, keysJSON(keys))
	if err != nil {
		return 0, err
	}
	_, err = t.exec(ctx, what, `DELETE FROM claims WHERE token >= $1 AND token < $2`, from, to)
	return int(n), err
}

var unclaimThose = both{
	sqlite: `UPDATE messages SET claim_token = 0
		WHERE +state = 10 AND claim_token >= $1 AND claim_token < $2 AND id IN (SELECT value FROM json_each($3))`,
	postgres: `UPDATE messages SET claim_token = 0
		WHERE state = 10 AND claim_token >= $1 AND claim_token < $2 AND id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($3::json)))`,
}
