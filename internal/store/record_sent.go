package store

import (
	"cmp"
	"context"
	"database/sql"
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
	if t.kind == Postgres {
		s := newSettling("", t.now)
		if err := s.record(all); err != nil {
			return 0, err
		}
		err := s.run(ctx, t)
		return s.recorded, err
	}
	recorded := 0
	for k, rs := range alike(all) {
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

// alike puts those together that are recorded as one, in order: side by side in the
// table, side by side in the list.
func alike(all []*Recorded) map[together][]*Recorded {
	groups := map[together][]*Recorded{}
	for _, r := range all {
		k := together{r.Token, r.Window, r.Outcome.Code, r.Outcome.Enhanced, r.Outcome.Stage, r.Transport}
		groups[k] = append(groups[k], r)
	}
	for _, rs := range groups {
		slices.SortFunc(rs, func(a, b *Recorded) int { return cmp.Compare(a.Key, b.Key) })
	}
	return groups
}

// keysOf are their messages' row keys.
func keysOf(all []*Recorded) []int64 {
	keys := make([]int64, len(all))
	for i, r := range all {
		keys[i] = r.Key
	}
	return keys
}

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
	keys, last := keysOf(all), lastAt(all)
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
