package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"studymail"
)

// AddEvent appends one line to the audit trail, with the origin that ctx carries
// (studymail.WithOrigin). Detail may hold codes, counts and UUIDs only.
func (t *Tx) AddEvent(ctx context.Context, actor, action string, about studymail.ID, detail string) error {
	_, err := t.exec(ctx, "write the event "+action,
		`INSERT INTO events (uuid, at, actor, action, about, detail, origin) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		studymail.NewID(), ms(t.now), actor, action, about, detail, studymail.Origin(ctx))
	return err
}

// EventFilter says which events; the zero value is all.
type EventFilter struct {
	About  studymail.ID
	Actor  string
	Action string
	Since  time.Time
	Until  time.Time // those before it
	Before int64     // row key: those that come after that event in the list
	Limit  int       // 0: 1,000
}

// Events gives the newest events first.
func (t *Tx) Events(ctx context.Context, f EventFilter) ([]studymail.Event, error) {
	if f.Limit == 0 {
		f.Limit = 1000
	}
	var where strings.Builder
	args := []any{f.Limit}
	and := func(condition string, value any) {
		args = append(args, value)
		where.WriteString(" AND " + condition + strconv.Itoa(len(args)))
	}
	if !f.About.IsZero() {
		and("about = $", f.About)
	}
	if f.Actor != "" {
		and("actor = $", f.Actor)
	}
	if f.Action != "" {
		and("action = $", f.Action)
	}
	if !f.Since.IsZero() {
		and("at >= $", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		and("at < $", f.Until.UnixMilli())
	}
	if f.Before > 0 {
		args = append(args, f.Before)
		n := strconv.Itoa(len(args))
		where.WriteString(" AND (at, id) < ((SELECT at FROM events WHERE id = $" + n + "), $" + n + ")")
	}
	all := []studymail.Event{}
	err := t.each(ctx, "list events",
		`SELECT id, uuid, at, actor, action, about, detail, origin FROM events WHERE 1 = 1`+where.String()+` ORDER BY at DESC, id DESC LIMIT $1`, args,
		func(rows *sql.Rows) error {
			var e studymail.Event
			if err := rows.Scan(&e.Key, &e.ID, at{&e.At}, &e.Actor, &e.Action, &e.About, &e.Detail, &e.Origin); err != nil {
				return err
			}
			all = append(all, e)
			return nil
		})
	return all, err
}

// EventActions lists the actions that there are events of.
func (t *Tx) EventActions(ctx context.Context) ([]string, error) {
	all := []string{}
	// One step through the index for each action, not for each event.
	err := t.each(ctx, "list the actions of events",
		`WITH RECURSIVE a (action) AS (
			SELECT min(action) FROM events
			UNION ALL
			SELECT (SELECT min(e.action) FROM events e WHERE e.action > a.action) FROM a WHERE a.action IS NOT NULL
		) SELECT action FROM a WHERE action IS NOT NULL`, nil,
		func(rows *sql.Rows) error {
			var action string
			err := rows.Scan(&action)
			all = append(all, action)
			return err
		})
	return all, err
}
