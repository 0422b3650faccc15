package store

import (
	"context"
	"database/sql"
	"strconv"

	"studymail"
	"studymail/internal/sealed"
)

const userColumns = `id, uuid, email, email_hash, role, active, totp_on, password_at, signed_in_at, created_at, updated_at`

func scanUser(row interface{ Scan(...any) error }, u *studymail.User) error {
	return row.Scan(&u.Key, &u.ID, &u.Sealed, &u.Hash, &u.Role, &u.Active, &u.TwoFactor,
		at{&u.PasswordAt}, at{&u.SignedInAt}, at{&u.CreatedAt}, at{&u.UpdatedAt})
}

// AddUser adds a user, whose address is sealed under u.ID, which the caller made.
// It sets Key and times. The user has no password yet.
func (t *Tx) AddUser(ctx context.Context, u *studymail.User) error {
	u.CreatedAt, u.UpdatedAt = t.now, t.now
	k, err := t.insert(ctx, "add user "+u.ID.String(),
		`INSERT INTO users (uuid, email, email_hash, role, active, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		u.ID, u.Sealed, u.Hash, string(u.Role), flag(u.Active), ms(u.CreatedAt), ms(u.UpdatedAt))
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "there is a user with that address already; nobody was added")
	}
	u.Key = k
	return err
}

const noSuchUser = "no such user; `studymail user list` shows them"

// UserByID finds a user by UUID.
func (t *Tx) UserByID(ctx context.Context, id studymail.ID) (studymail.User, error) {
	var u studymail.User
	row := t.tx.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE uuid = $1`, id)
	return u, t.found("find user "+id.String(), scanUser(row, &u), noSuchUser)
}

// UserByKey finds a user by row key.
func (t *Tx) UserByKey(ctx context.Context, k int64) (studymail.User, error) {
	var u studymail.User
	row := t.tx.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, k)
	return u, t.found("find user number "+strconv.FormatInt(k, 10), scanUser(row, &u), noSuchUser)
}

// UserByEmail finds a user by the hashes of an address under every key.
func (t *Tx) UserByEmail(ctx context.Context, hashes [][]byte) (studymail.User, error) {
	for _, h := range hashes {
		var u studymail.User
		row := t.tx.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE email_hash = $1`, h)
		err := t.found("find a user by address", scanUser(row, &u), noSuchUser)
		if studymail.CodeOf(err) != studymail.NotFound {
			return u, err
		}
	}
	return studymail.User{}, studymail.Errorf(studymail.NotFound, noSuchUser)
}

// Users lists all users, the oldest first.
func (t *Tx) Users(ctx context.Context) ([]studymail.User, error) {
	all := []studymail.User{}
	err := t.each(ctx, "list users", `SELECT `+userColumns+` FROM users ORDER BY id`, nil, func(rows *sql.Rows) error {
		var u studymail.User
		err := scanUser(rows, &u)
		all = append(all, u)
		return err
	})
	return all, err
}

// AnyAdministrator tells whether someone can administer: active, with a password.
func (t *Tx) AnyAdministrator(ctx context.Context) (bool, error) {
	var one int
	return t.one(ctx, "look for an administrator",
		`SELECT 1 FROM users WHERE role = 'administrator' AND active = 1 AND password <> '' LIMIT 1`, nil, &one)
}

var lockUsers = both{
	// The immediate transaction is the lock.
	sqlite: `SELECT id FROM users WHERE 1 = 0`,
	// Two administrators who take the role from each other at once: one waits.
	postgres: `SELECT id FROM users WHERE role = 'administrator' ORDER BY id FOR UPDATE`,
}

// UpdateUser stores a user's role and whether they are active. It fails with
// Conflict when someone else changed the user since u was read, and when nobody
// would be left to administer.
func (t *Tx) UpdateUser(ctx context.Context, u *studymail.User) error {
	if err := t.each(ctx, "lock the administrators", t.pick(lockUsers), nil, func(*sql.Rows) error { return nil }); err != nil {
		return err
	}
	updated := t.later(u.UpdatedAt)
	n, err := t.exec(ctx, "edit user "+u.ID.String(),
		`UPDATE users SET role = $1, active = $2, updated_at = $3 WHERE id = $4 AND updated_at = $5`,
		string(u.Role), flag(u.Active), ms(updated), u.Key, ms(u.UpdatedAt))
	if err != nil {
		return err
	}
	if n != 1 {
		if _, err := t.UserByKey(ctx, u.Key); err != nil {
			return err
		}
		return studymail.Errorf(studymail.Conflict, "someone else changed user %s meanwhile; look again, then repeat your edit", u.ID)
	}
	if !u.May(studymail.MayAdminister) {
		any, err := t.AnyAdministrator(ctx)
		if err != nil {
			return err
		}
		if !any {
			return studymail.Errorf(studymail.Conflict, "nobody would be left to administer; give another user that role first")
		}
	}
	u.UpdatedAt = updated
	return nil
}

// Password gives the stored form of a user's password; empty for none.
func (t *Tx) Password(ctx context.Context, user int64) (sealed.Secret, error) {
	var p string
	_, err := t.one(ctx, "read a password", `SELECT password FROM users WHERE id = $1`, []any{user}, &p)
	return sealed.NewSecret(p), err
}

// SetPassword stores a password in its hashed form.
func (t *Tx) SetPassword(ctx context.Context, user int64, hash sealed.Secret) error {
	return t.oneUser(ctx, "set a password", `UPDATE users SET password = $1, password_at = $2 WHERE id = $3`, hash.Reveal(), ms(t.now), user)
}

// NoteSignIn notes that the user signed in.
func (t *Tx) NoteSignIn(ctx context.Context, user int64) error {
	return t.oneUser(ctx, "note a sign-in", `UPDATE users SET signed_in_at = $1 WHERE id = $2`, ms(t.now), user)
}

// SecondFactor gives a user's sealed second factor; nil for none.
func (t *Tx) SecondFactor(ctx context.Context, user int64) (sealedSecret []byte, on bool, err error) {
	_, err = t.one(ctx, "read a second factor", `SELECT totp, totp_on FROM users WHERE id = $1`, []any{user}, &sealedSecret, &on)
	return sealedSecret, on, err
}

// SetSecondFactor stores a second factor that is not asked for yet; nil takes it away.
func (t *Tx) SetSecondFactor(ctx context.Context, user int64, sealedSecret []byte) error {
	return t.oneUser(ctx, "set a second factor", `UPDATE users SET totp = $1, totp_on = 0, totp_step = 0 WHERE id = $2`,
		bytesOrNull(sealedSecret), user)
}

// UseCode notes that the code of a time step was used, and has the second factor
// asked for from now on. It tells whether the code may count: none does twice.
func (t *Tx) UseCode(ctx context.Context, user, step int64) (bool, error) {
	n, err := t.exec(ctx, "use a code", `UPDATE users SET totp_on = 1, totp_step = $1 WHERE id = $2 AND totp IS NOT NULL AND totp_step < $1`, step, user)
	return n == 1, err
}

// SetRecoveryCodes replaces a user's recovery codes, which are keyed hashes.
func (t *Tx) SetRecoveryCodes(ctx context.Context, user int64, codes [][]byte) error {
	if _, err := t.exec(ctx, "remove recovery codes", `DELETE FROM recovery_codes WHERE user_id = $1`, user); err != nil {
		return err
	}
	for _, c := range codes {
		if _, err := t.exec(ctx, "add a recovery code", `INSERT INTO recovery_codes (user_id, code) VALUES ($1, $2)`, user, c); err != nil {
			return err
		}
	}
	return nil
}

// UseRecoveryCode uses a code up, by its hashes under every key, and tells
// whether there was one.
func (t *Tx) UseRecoveryCode(ctx context.Context, user int64, hashes [][]byte) (bool, error) {
	for _, h := range hashes {
		n, err := t.exec(ctx, "use a recovery code", `DELETE FROM recovery_codes WHERE user_id = $1 AND code = $2`, user, h)
		if n == 1 || err != nil {
			return n == 1, err
		}
	}
	return false, nil
}

// RecoveryCodes counts the codes that are left.
func (t *Tx) RecoveryCodes(ctx context.Context, user int64) (int, error) {
	var n int
	_, err := t.one(ctx, "count recovery codes", `SELECT count(*) FROM recovery_codes WHERE user_id = $1`, []any{user}, &n)
	return n, err
}

func (t *Tx) oneUser(ctx context.Context, what, query string, args ...any) error {
	n, err := t.exec(ctx, what, query, args...)
	if err == nil && n != 1 {
		err = studymail.Errorf(studymail.NotFound, noSuchUser)
	}
	return err
}
