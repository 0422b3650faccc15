package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

// What was merged lies in rows of windows (merged.go), by the window's key: that of its
// worker in front, then a number that grows. So the rows of a worker are in the order of
// time, and the old ones are at the beginning of each worker's: they are found by a step
// for each worker, not by a look at all that is kept.

// mergedAtOnce bounds the rows of a chunk: each has some kilobytes, which SQLite
// overwrites.
const mergedAtOnce = 200

// ForgetMerged forgets what was merged into mails whose windows were opened before a
// time, from a row key on (0: from the beginning), and gives for how many windows, and
// where it goes on; next is 0 when it has been everywhere. The messages stay, and point
// to nothing. Of messages that are not over nothing is lost: each attempt merges anew.
func (t *Tx) ForgetMerged(ctx context.Context, before time.Time, from int64) (n int, next int64, err error) {
	const what = "forget what was merged"
	if from == 0 {
		from = -1 << 62
	}
	var (
		old   []int64
		young bool
		seen  int
	)
	err = t.each(ctx, what, `SELECT id, at FROM merged WHERE id >= $1 ORDER BY id LIMIT $2`, []any{from, mergedAtOnce}, func(rows *sql.Rows) error {
		var (
			key    int64
			opened time.Time
		)
		if err := rows.Scan(&key, at{&opened}); err != nil || young {
			return err
		}
		seen++
		if opened.Before(before) {
			old, next = append(old, key), key+1
			return nil
		}
		young, next = true, ClaimToken(WorkerOf(key)+1, 0)
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	if !young && seen < mergedAtOnce {
		next = 0
	}
	if len(old) == 0 {
		return 0, next, nil
	}
	deleted, err := t.exec(ctx, what, t.pick(forgetMerged), keysJSON(old), ms(before))
	return int(deleted), next, err
}

var forgetMerged = both{
	sqlite:   `DELETE FROM merged WHERE at < $2 AND id IN (SELECT value FROM json_each($1))`,
	postgres: `DELETE FROM merged WHERE at < $2 AND id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json)))`,
}

// ForgetReplies forgets what mail servers answered before a time, at most 1,000 of it,
// and gives how many: call it again while it gives any. Codes and outcomes stay.
func (t *Tx) ForgetReplies(ctx context.Context, before time.Time) (int, error) {
	n, err := t.exec(ctx, "forget what servers answered", `UPDATE attempts SET reply = '' WHERE reply <> '' AND (message_id, number) IN
		(SELECT message_id, number FROM attempts WHERE reply <> '' AND at < $1 ORDER BY at LIMIT 1000)`, ms(before))
	return int(n), err
}

// MergedForgotten tells that a message was handed over, or may have been, and that what
// was merged into it is not kept any more.
func (m *MessageRow) MergedForgotten() bool {
	return m.Merged == nil && (m.Attempts > 0 || !m.SentAt.IsZero() || m.State == studymail.Uncertain)
}
