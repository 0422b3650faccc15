package store

import (
	"context"
	"database/sql"

	"studymail"
)

// AddSuppression puts an address, by hash, on the list of those that must not
// be mailed, and sets ID and time. An address that is on it stays as it is:
// added is false then.
func (t *Tx) AddSuppression(ctx context.Context, s *studymail.Suppression) (added bool, err error) {
	s.ID, s.CreatedAt = studymail.NewID(), t.now
	n, err := t.exec(ctx, "suppress an address",
		`INSERT INTO suppressions (uuid, email_hash, reason, source, created_at, feedback_id) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email_hash) DO NOTHING`,
		s.ID, s.EmailHash, s.Reason, s.Source, ms(s.CreatedAt), key(s.Feedback))
	return n == 1, err
}

// Suppressed tells whether an address is on the list, by its hashes under
// every key (sealed.Sealer.Hashes): those of erased people cannot be made again.
func (t *Tx) Suppressed(ctx context.Context, hashes [][]byte) (bool, error) {
	for _, h := range hashes {
		var one int
		found, err := t.one(ctx, "look for a suppression", `SELECT 1 FROM suppressions WHERE email_hash = $1`, []any{h}, &one)
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// Suppressions lists the newest first, at most limit; 0 is 1,000.
func (t *Tx) Suppressions(ctx context.Context, limit int) ([]studymail.Suppression, error) {
	if limit == 0 {
		limit = 1000
	}
	all := []studymail.Suppression{}
	err := t.each(ctx, "list suppressions",
		`SELECT uuid, email_hash, reason, source, created_at FROM suppressions ORDER BY id DESC LIMIT $1`, []any{limit},
		func(rows *sql.Rows) error {
			var s studymail.Suppression
			err := rows.Scan(&s.ID, &s.EmailHash, &s.Reason, &s.Source, at{&s.CreatedAt})
			all = append(all, s)
			return err
		})
	return all, err
}
