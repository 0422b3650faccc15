package store

import (
	"context"
	"database/sql"
	"time"

	"studymail"
)

const sessionColumns = `uuid, coalesce(user_id, 0), data, origin, created_at, seen_at, expires_at`

func scanSession(row interface{ Scan(...any) error }, s *studymail.Session) error {
	return row.Scan(&s.ID, &s.User, &s.Data, &s.Origin, at{&s.CreatedAt}, at{&s.SeenAt}, at{&s.ExpiresAt})
}

// SessionByToken finds a session that has not ended, by the hash of its token:
// neither its end has come, nor has nobody used it for as long as idle.
func (t *Tx) SessionByToken(ctx context.Context, token string, idle time.Duration) (s studymail.Session, found bool, err error) {
	row := t.row(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE token = $1 AND expires_at > $2 AND seen_at > $3`,
		token, ms(t.now), ms(t.now.Add(-idle)))
	err = t.found("find a session", scanSession(row, &s), "no such session")
	if studymail.CodeOf(err) == studymail.NotFound {
		return s, false, nil
	}
	return s, err == nil, err
}

// PutSession stores a session under the hash of its token. When it ends was settled
// when it was first stored.
func (t *Tx) PutSession(ctx context.Context, token string, s *studymail.Session) error {
	_, err := t.exec(ctx, "store a session",
		`INSERT INTO sessions (uuid, token, user_id, data, origin, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
		ON CONFLICT (token) DO UPDATE SET user_id = excluded.user_id, data = excluded.data, origin = excluded.origin,
			seen_at = excluded.seen_at`,
		studymail.NewID(), token, key(s.User), s.Data, s.Origin, ms(t.now), ms(s.ExpiresAt))
	return err
}

// TouchSession notes that a session is in use, and from where.
func (t *Tx) TouchSession(ctx context.Context, id studymail.ID, origin string) error {
	_, err := t.exec(ctx, "touch a session", `UPDATE sessions SET seen_at = $1, origin = $2 WHERE uuid = $3`, ms(t.now), origin, id)
	return err
}

// EndSession ends the session of a token's hash.
func (t *Tx) EndSession(ctx context.Context, token string) error {
	_, err := t.exec(ctx, "end a session", `DELETE FROM sessions WHERE token = $1`, token)
	return err
}

// EndUserSession ends one of a user's sessions, and tells whether there was it.
func (t *Tx) EndUserSession(ctx context.Context, user int64, id studymail.ID) (bool, error) {
	n, err := t.exec(ctx, "end a session", `DELETE FROM sessions WHERE user_id = $1 AND uuid = $2`, user, id)
	return n == 1, err
}

// EndUserSessions ends all of a user's sessions but one (the zero ID: all), and
// gives how many.
func (t *Tx) EndUserSessions(ctx context.Context, user int64, except studymail.ID) (int, error) {
	n, err := t.exec(ctx, "end a user's sessions", `DELETE FROM sessions WHERE user_id = $1 AND uuid <> $2`, user, except[:])
	return int(n), err
}

// UserSessions lists a user's sessions that have not ended, the latest used first.
func (t *Tx) UserSessions(ctx context.Context, user int64, idle time.Duration) ([]studymail.Session, error) {
	all := []studymail.Session{}
	err := t.each(ctx, "list sessions",
		`SELECT `+sessionColumns+` FROM sessions WHERE user_id = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, id DESC`,
		[]any{user, ms(t.now), ms(t.now.Add(-idle))},
		func(rows *sql.Rows) error {
			var s studymail.Session
			err := scanSession(rows, &s)
			all = append(all, s)
			return err
		})
	return all, err
}

// PurgeSignIns removes what has ended: sessions, links, counted tries, and the
// forms that were used before a time.
func (t *Tx) PurgeSignIns(ctx context.Context, idle time.Duration, forms time.Time) (int, error) {
	n, err := t.exec(ctx, "purge sessions", `DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2`, ms(t.now), ms(t.now.Add(-idle)))
	if err != nil {
		return 0, err
	}
	if _, err := t.exec(ctx, "purge links", `DELETE FROM setup_links WHERE expires_at <= $1`, ms(t.now)); err != nil {
		return 0, err
	}
	if _, err := t.exec(ctx, "purge counted tries", `DELETE FROM sign_in_tries WHERE ahead <= $1`, ms(t.now)); err != nil {
		return 0, err
	}
	_, err = t.exec(ctx, "purge used forms", `DELETE FROM used_forms WHERE at < $1`, ms(forms))
	return int(n), err
}
