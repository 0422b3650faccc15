package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
)

// Nearly all outcomes are alike: taken. They are recorded by statements of few
// parameters, which cost a third of what the statement for any outcome does; at
// 20,000 mails a second the database is what limits.

// recordSent records outcomes of this kind, and gives how many were recorded.
func (t *Tx) recordSent(ctx context.Context, all []*Recorded) (int, error) {
	if len(all) == 0 {
		return 0, nil
	}
	groups := map[together][]*Recorded{}
	for _, r := range all {
		k := together{r.Token, r.Window, r.Outcome.Code, r.Outcome.Enhanced, r.Outcome.Stage, r.Transport}
		groups[k] = append(groups[k], r)
	}
	for _, rs := range groups { // side by side in the table, side by side in the list
		slices.SortFunc(rs, func(a, b *Recorded) int { return cmp.Compare(a.Key, b.Key) })
	}
	if t.kind == Postgres {
		return t.recordSentAtOnce(ctx, groups)
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

// together is what outcomes share that are recorded as one.
type together struct {
	token, window              int64
	code                       int
	enhanced, stage, transport string
}

// recordSentAtOnce is PostgreSQL's: one round trip, however many there are, and a
// look into the index for each that stand side by side. The attempts of each group
// are noted with it, unless one of the group is another claim's by now.
func (t *Tx) recordSentAtOnce(ctx context.Context, groups map[together][]*Recorded) (int, error) {
	const what = "record what was taken"
	var (
		g     = grouped{keys: make([]together, 0, len(groups))}
		ahead = make([][]*Recorded, 0, len(groups))
	)
	for k, rs := range groups {
		if err := g.add(k, rs); err != nil {
			return 0, err
		}
		ahead = append(ahead, rs)
	}
	recorded, incomplete := 0, map[int][]int64{}
	err := t.each(ctx, what, takenAtOnce, g.args(), func(rows *sql.Rows) error {
		var (
			group, n int
			ids      sql.NullString
		)
		if err := rows.Scan(&group, &n, &ids); err != nil {
			return err
		}
		recorded += n
		if !ids.Valid {
			return nil
		}
		var keys []int64
		err := json.Unmarshal([]byte(ids.String), &keys)
		incomplete[group] = keys
		return err
	})
	if err != nil {
		return 0, err
	}
	for group, keys := range incomplete {
		rs := slices.DeleteFunc(ahead[group], func(r *Recorded) bool { return !slices.Contains(keys, r.Key) })
		if err := t.noteTaken(ctx, g.keys[group], membersOf(rs)); err != nil {
			return 0, err
		}
	}
	return recorded, nil
}

// grouped are the parameters of takenAtOnce: of each range, and of each group.
type grouped struct {
	group, first, last, token, window, at []int64

	keys                                []together
	begin, size, of, code               []int64
	enhanced, stage, transport, members []string
}

func (g *grouped) add(k together, rs []*Recorded) error {
	last := lastAt(rs)
	for i, r := range rs {
		if i > 0 && r.Key == rs[i-1].Key+1 {
			g.last[len(g.last)-1] = r.Key
			continue
		}
		g.group, g.first, g.last = append(g.group, int64(len(g.keys))), append(g.first, r.Key), append(g.last, r.Key)
		g.token, g.window, g.at = append(g.token, k.token), append(g.window, k.window), append(g.at, last)
	}
	members, err := rowsJSON(membersOf(rs))
	if err != nil {
		return err
	}
	g.begin, g.size = append(g.begin, rs[0].Key), append(g.size, int64(len(rs)))
	g.of, g.code = append(g.of, k.window), append(g.code, int64(k.code))
	g.enhanced, g.stage = append(g.enhanced, k.enhanced), append(g.stage, k.stage)
	g.transport, g.members = append(g.transport, k.transport), append(g.members, members)
	g.keys = append(g.keys, k)
	return nil
}

func (g *grouped) args() []any {
	return []any{g.group, g.first, g.last, g.token, g.window, g.at, g.size, g.of, g.begin, g.code, g.enhanced, g.stage, g.transport, g.members}
}

const takenAtOnce = `WITH given AS MATERIALIZED (
		SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS g (part, first, last, token, window_id, at)),
	parts AS MATERIALIZED (
		SELECT * FROM unnest($7::bigint[], $8::bigint[], $9::bigint[], $10::int[], $11::text[], $12::text[], $13::text[], $14::text[])
			WITH ORDINALITY AS p (size, window_id, first, code, enhanced, stage, transport, members, part)),
	marked AS (
		UPDATE messages SET state = 40, reason = NULL, tries = tries + 1, attempts = attempts + 1, losses = 0,
			merged_id = g.window_id, sent_at = g.at, updated_at = g.at
		FROM given g WHERE messages.id BETWEEN g.first AND g.last AND messages.claim_token = g.token AND messages.state IN (10, 70)
		RETURNING g.part, messages.id, run_id, next_attempt_at, tries),
	gone AS (` + leaveQueue + `),
	counted AS MATERIALIZED (SELECT part, count(*) AS n FROM marked GROUP BY part),
	noted AS (
		INSERT INTO taken (window_id, first, code, enhanced, stage, transport, members)
		SELECT p.window_id, p.first, p.code, p.enhanced, p.stage, p.transport, p.members
		FROM counted c JOIN parts p ON p.part = c.part + 1 WHERE c.n = p.size)
	SELECT c.part, c.n, CASE WHEN c.n <> p.size THEN (SELECT json_agg(m.id)::text FROM marked m WHERE m.part = c.part) END
	FROM counted c JOIN parts p ON p.part = c.part + 1`

// leaveQueue takes what was marked out of the queue: fresh at its first try, else tried.
const leaveQueue = `DELETE FROM queue USING marked m WHERE queue.run_id = m.run_id AND queue.tried = CASE WHEN m.tries = 1 THEN 0 ELSE 1 END
	AND queue.next_attempt_at = m.next_attempt_at AND queue.message_id = m.id`

// lastAt is when the last hand-over of them ended.
func lastAt(all []*Recorded) (last int64) {
	for _, r := range all {
		last = max(last, r.At.UnixMilli())
	}
	return last
}

// membersOf are the attempts, as taken has them.
func membersOf(all []*Recorded) [][4]int64 {
	members := make([][4]int64, len(all))
	for i, r := range all {
		members[i] = [4]int64{r.Key, int64(r.Tries) + 1, r.At.UnixMilli(), r.Outcome.Took.Milliseconds()}
	}
	return members
}

// takenMany and takenRange record the same. The second costs half and does for
// nearly all: a window's members were claimed side by side, and what was never
// uncertain has no reason to be taken away (to write that column makes SQLite
// check a foreign key, and go over the rows twice).
const (
	takenSets = `UPDATE messages SET state = 40, tries = tries + 1, attempts = attempts + 1, losses = 0,
			merged_id = $1, sent_at = $2, updated_at = $2`
	takenMany  = takenSets + `, reason = NULL WHERE claim_token = $3 AND +state IN (10, 70) AND id IN (SELECT value FROM json_each($4))`
	takenRange = takenSets + ` WHERE claim_token = $3 AND +state = 10 AND reason IS NULL AND id BETWEEN $4 AND $5`
)

func (t *Tx) recordSentTogether(ctx context.Context, k together, all []*Recorded) (int, error) {
	const what = "record what was taken"
	keys, last := make([]int64, len(all)), lastAt(all)
	for i, r := range all {
		keys[i] = r.Key
	}
	inList := func(list string) (int64, error) { return t.exec(ctx, what, takenMany, k.window, last, k.token, list) }
	n, err := eachRange(keys, func(first, to int64) (int64, error) {
		return t.exec(ctx, what, takenRange, k.window, last, k.token, first, to)
	}, inList)
	if err == nil && n < int64(len(keys)) {
		var rest int64
		rest, err = inList(keysJSON(keys)) // those taken above are in neither state any more
		n += rest
	}
	if err != nil {
		return 0, err
	}
	if n != int64(len(all)) {
		if all, err = t.ofThose(ctx, what, k, all, keys); err != nil {
			return 0, err
		}
	}
	return len(all), t.noteTaken(ctx, k, membersOf(all))
}

// ofThose finds out which were recorded just now, when not all were: others are
// another claim's by now, or were recorded before.
func (t *Tx) ofThose(ctx context.Context, what string, k together, all []*Recorded, keys []int64) ([]*Recorded, error) {
	recorded := map[int64]bool{}
	err := t.each(ctx, what, `SELECT id FROM messages m WHERE id IN (SELECT value FROM json_each($1)) AND claim_token = $2 AND merged_id = $3 AND +state = 40
			AND NOT EXISTS (SELECT 1 FROM taken a, json_each(a.members) j WHERE a.window_id = $3 AND j.value->>0 = m.id)`,
		[]any{keysJSON(keys), k.token, k.window}, func(rows *sql.Rows) error {
			var key int64
			err := rows.Scan(&key)
			recorded[key] = true
			return err
		})
	return slices.DeleteFunc(all, func(r *Recorded) bool { return !recorded[r.Key] }), err
}

// noteTaken notes the attempts of messages that were taken: one row for all.
func (t *Tx) noteTaken(ctx context.Context, k together, members [][4]int64) error {
	if len(members) == 0 {
		return nil
	}
	list, err := rowsJSON(members)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, "note attempts", `INSERT INTO taken (window_id, first, code, enhanced, stage, transport, members) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		k.window, members[0][0], k.code, k.enhanced, k.stage, k.transport, list)
	return err
}
