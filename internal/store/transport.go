package store

import (
	"context"
	"database/sql"

	"studymail"
)

// SetTransport stores a transport's state.
func (t *Tx) SetTransport(ctx context.Context, tr studymail.Transport) error {
	_, err := t.exec(ctx, "store the state of transport "+tr.Name,
		`INSERT INTO transports (name, state, code, detail, since, retry_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (name) DO UPDATE SET state = excluded.state, code = excluded.code, detail = excluded.detail,
			since = CASE WHEN transports.state = excluded.state AND transports.code = excluded.code THEN transports.since ELSE excluded.since END,
			retry_at = excluded.retry_at`,
		tr.Name, string(tr.State), tr.Code, tr.Detail, ms(t.now), ms(tr.RetryAt))
	return err
}

// BeginTransport stores that a transport is in use from now on, and forgets
// those that are not any more.
func (t *Tx) BeginTransport(ctx context.Context, name string) error {
	if _, err := t.exec(ctx, "forget other transports", `DELETE FROM transports WHERE name <> $1`, name); err != nil {
		return err
	}
	return t.SetTransport(ctx, studymail.Transport{Name: name, State: studymail.TransportUp})
}

// Transports lists the transports in use.
func (t *Tx) Transports(ctx context.Context) ([]studymail.Transport, error) {
	all := []studymail.Transport{}
	err := t.each(ctx, "list transports", `SELECT name, state, code, detail, since, retry_at FROM transports ORDER BY name`, nil,
		func(rows *sql.Rows) error {
			var tr studymail.Transport
			err := rows.Scan(&tr.Name, &tr.State, &tr.Code, &tr.Detail, at{&tr.Since}, at{&tr.RetryAt})
			all = append(all, tr)
			return err
		})
	if err != nil {
		return nil, err
	}
	for i := range all {
		if err := t.connectionsOf(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
