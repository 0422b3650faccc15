package store

import (
	"context"
	"time"

	"studymail"
)

// TakeTry counts a try to sign in for someone (a keyed hash of an account or of
// a network address), and tells whether it is allowed: burst of them at once,
// and one more for each step that passes. One statement decides, so that many
// processes and many tries at once get no more.
func (t *Tx) TakeTry(ctx context.Context, who []byte, step time.Duration, burst int) (allowed bool, err error) {
	now, s := t.now.UnixMilli(), step.Milliseconds()
	n, err := t.exec(ctx, "count a try to sign in",
		`INSERT INTO sign_in_tries (who, ahead) VALUES ($1, $2)
		ON CONFLICT (who) DO UPDATE SET ahead = CASE WHEN sign_in_tries.ahead > $3 THEN sign_in_tries.ahead ELSE $3 END + $4
			WHERE sign_in_tries.ahead <= $5`,
		who, now+s, now, s, now+s*int64(burst-1))
	return n == 1, err
}

// GiveTryBack takes back what TakeTry counted: it was a right one.
func (t *Tx) GiveTryBack(ctx context.Context, who []byte, step time.Duration) error {
	_, err := t.exec(ctx, "take a try back", `UPDATE sign_in_tries SET ahead = ahead - $1 WHERE who = $2`, step.Milliseconds(), who)
	return err
}

// ForgetTries forgets all tries of someone.
func (t *Tx) ForgetTries(ctx context.Context, who []byte) error {
	_, err := t.exec(ctx, "forget tries", `DELETE FROM sign_in_tries WHERE who = $1`, who)
	return err
}

// AddLink stores a link by its hash, in the place of those that the user has;
// user 0 is the first administrator to be.
func (t *Tx) AddLink(ctx context.Context, token []byte, user int64, expires time.Time) error {
	if err := t.EndLinks(ctx, user); err != nil {
		return err
	}
	_, err := t.exec(ctx, "add a link", `INSERT INTO setup_links (token, user_id, expires_at) VALUES ($1, $2, $3)`, token, key(user), ms(expires))
	return err
}

// EndLinks ends a user's links.
func (t *Tx) EndLinks(ctx context.Context, user int64) error {
	_, err := t.exec(ctx, "end links", `DELETE FROM setup_links WHERE coalesce(user_id, 0) = $1`, user)
	return err
}

const noSuchLink = "this link was used already, or its time is over; ask an administrator for a new one"

// Link finds whose link it is; 0 is the first administrator to be.
func (t *Tx) Link(ctx context.Context, token []byte) (user int64, err error) {
	found, err := t.one(ctx, "find a link", `SELECT coalesce(user_id, 0) FROM setup_links WHERE token = $1 AND expires_at > $2`,
		[]any{token, ms(t.now)}, &user)
	if err == nil && !found {
		err = studymail.Errorf(studymail.NotFound, noSuchLink)
	}
	return user, err
}

// UseLink uses a link up.
func (t *Tx) UseLink(ctx context.Context, token []byte) error {
	n, err := t.exec(ctx, "use a link", `DELETE FROM setup_links WHERE token = $1 AND expires_at > $2`, token, ms(t.now))
	if err == nil && n != 1 {
		err = studymail.Errorf(studymail.NotFound, noSuchLink)
	}
	return err
}

// UseForm notes that a form acted, and where its result is shown. When it had
// acted before it gives that result instead, and the caller does nothing.
func (t *Tx) UseForm(ctx context.Context, token studymail.ID, result string) (before string, err error) {
	n, err := t.exec(ctx, "note that a form was used",
		`INSERT INTO used_forms (token, result, at) VALUES ($1, $2, $3) ON CONFLICT (token) DO NOTHING`, token, result, ms(t.now))
	if n == 1 || err != nil {
		return "", err
	}
	_, err = t.one(ctx, "find a used form", `SELECT result FROM used_forms WHERE token = $1`, []any{token}, &before)
	return before, err
}
