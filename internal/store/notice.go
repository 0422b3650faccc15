package store

import (
	"context"
	"time"
)

// SawNotice tells whether a message of SNS was taken in before, by its name.
func (t *Tx) SawNotice(ctx context.Context, name string) (bool, error) {
	var one int
	return t.one(ctx, "look for a notice", `SELECT 1 FROM notices WHERE name = $1`, []any{name}, &one)
}

// NoteNotice notes that a message of SNS was taken in.
func (t *Tx) NoteNotice(ctx context.Context, name string) error {
	_, err := t.exec(ctx, "note a notice", `INSERT INTO notices (name, at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, ms(t.now))
	return err
}

// PurgeNotices forgets those that came before a time, at most 1,000: call it again while
// it gives any.
func (t *Tx) PurgeNotices(ctx context.Context, before time.Time) (int, error) {
	n, err := t.exec(ctx, "forget old notices", `DELETE FROM notices WHERE name IN (SELECT name FROM notices WHERE at < $1 ORDER BY at LIMIT 1000)`, ms(before))
	return int(n), err
}

// HasNotices tells whether any message of SNS was taken in lately.
func (t *Tx) HasNotices(ctx context.Context) (bool, error) {
	var one int
	return t.one(ctx, "look for notices", `SELECT 1 FROM notices LIMIT 1`, nil, &one)
}
