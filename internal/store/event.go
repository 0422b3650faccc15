package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

// AddEvent appends one line to the audit trail. Detail may hold codes, counts
// and UUIDs only.
func (t *Tx) AddEvent(ctx context.Context, actor, action string, about studymail.ID, detail string) error {
	_, err := t.exec(ctx, "write the event "+action,
		`INSERT INTO events (uuid, at, actor, action, about, detail) VALUES ($1, $2, $3, $4, $5, $6)`,
		studymail.NewID(), ms(t.now), actor, action, about, detail)
	return err
}

// EventFilter says which events; the zero value is all.
type EventFilter struct {
	About studymail.ID
	Since time.Time
	Limit int // 0: 1,000
}

// Events gives the newest events first.
func (t *Tx) Events(ctx context.Context, f EventFilter) ([]studymail.Event, error) {
	if f.Limit == 0 {
		f.Limit = 1000
	}
	var since int64
	if !f.Since.IsZero() {
		since = f.Since.UnixMilli()
	}
	query := `SELECT uuid, at, actor, action, about, detail FROM events WHERE at >= $1 ORDER BY id DESC LIMIT $2`
	args := []any{since, f.Limit}
	if !f.About.IsZero() {
		query = `SELECT uuid, at, actor, action, about, detail FROM events WHERE at >= $1 AND about = $3 ORDER BY id DESC LIMIT $2`
		args = append(args, f.About)
	}
	all := []studymail.Event{}
	err := t.each(ctx, "list events", query, args, func(rows *sql.Rows) error {
		var e studymail.Event
		if err := rows.Scan(&e.ID, at{&e.At}, &e.Actor, &e.Action, &e.About, &e.Detail); err != nil {
			return err
		}
		all = append(all, e)
		return nil
	})
	return all, err
}
