package storetest

import (
	"testing"

	"studymail/internal/store"
)

// queueHolds checks that the queue has every message that is queued, where it
// belongs, and no other. On SQLite, where it is a view, nothing else can be.
func queueHolds(t *testing.T, s *store.Store) {
	t.Helper()
	var missing, left int
	read(t, s, func(tx *store.Tx) error {
		return tx.SQL().QueryRowContext(t.Context(), `SELECT
			(SELECT count(*) FROM messages m WHERE m.state = 10 AND NOT EXISTS (SELECT 1 FROM queued q WHERE q.run_id = m.run_id
				AND q.tried = CASE WHEN m.tries = 0 THEN 0 ELSE 1 END AND q.next_attempt_at = m.next_attempt_at AND q.message_id = m.id)),
			(SELECT count(*) FROM queued) - (SELECT count(*) FROM messages WHERE state = 10)`).Scan(&missing, &left)
	})
	equal(t, "queued messages that the queue lacks, and more that it has", [2]int{missing, left}, [2]int{})
}
