package account

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"

	"github.com/alexedwards/argon2id"
)

// params are OWASP's first choice for argon2id: 46 MB, one pass, one lane.
var params = &argon2id.Params{Memory: 46 * 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobodys is checked against where there is no user, so that it takes as long.
const nobodys = "$argon2id$v=19$m=47104,t=1,p=1$c3R1ZHltYWlsIG5vYm9keQ$m0Y1p2n0wq1v5nYpM0a3S6Qq0eN1pJ7y3mV2bX4cT8E"

const (
	minPassword = 12
	maxPassword = 200
)

// CheckPassword holds a new password against the rules: length, and that it is
// not what everybody tries first. Which signs it has is the user's choice.
func CheckPassword(password sealed.Secret, email sealed.Email) error {
	p := password.Reveal()
	n := utf8.RuneCountInString(p)
	lower, address := strings.ToLower(p), studymail.NormalEmail(email)
	local, _, _ := strings.Cut(address, "@")
	different := map[rune]bool{}
	for _, r := range lower {
		different[r] = true
	}
	switch {
	case n < minPassword:
		return studymail.Errorf(studymail.Invalid, "a password has at least %d characters; a few words in a row are easy to remember", minPassword)
	case n > maxPassword:
		return studymail.Errorf(studymail.Invalid, "a password has at most %d characters", maxPassword)
	case address != "" && (strings.Contains(lower, address) || strings.Trim(lower, "0123456789!.") == local):
		return studymail.Errorf(studymail.Invalid, "a password that is the address is the first that others try; choose another")
	case len(different) < 5 || strings.Contains("0123456789012345678901234567890", lower) || strings.HasPrefix(lower, "password"):
		return studymail.Errorf(studymail.Invalid, "that password is easy to guess; choose another, for instance a few words in a row")
	}
	return nil
}

// SetPassword gives a user a password, and ends every session and link: who
// knew the old one is out.
func (a *Accounts) SetPassword(ctx context.Context, actor string, u *studymail.User, password sealed.Secret) error {
	hash, err := a.hashNew(ctx, u, password)
	if err != nil {
		return err
	}
	return a.Store.Write(ctx, func(tx *store.Tx) error {
		return a.setPassword(ctx, tx, actor, u, hash)
	})
}

func (a *Accounts) setPassword(ctx context.Context, tx *store.Tx, actor string, u *studymail.User, hash sealed.Secret) error {
	if err := tx.SetPassword(ctx, u.Key, hash); err != nil {
		return err
	}
	if err := a.end(ctx, tx, u.Key); err != nil {
		return err
	}
	return tx.AddEvent(ctx, actor, "password set", u.ID, "")
}

// ChangePassword sets a new password for a user who knows the old one. Tries
// count as those to sign in do.
func (a *Accounts) ChangePassword(ctx context.Context, u *studymail.User, old, password sealed.Secret) error {
	if err := a.prove(ctx, u, old); err != nil {
		return err
	}
	return a.SetPassword(ctx, u.ID.String(), u, password)
}

// prove tells whether a password is that of a user who is signed in.
func (a *Accounts) prove(ctx context.Context, u *studymail.User, password sealed.Secret) error {
	tries := a.triesOf("password", u.ID.String())
	if err := a.take(ctx, tries); err != nil {
		return err
	}
	stored, err := a.storedPassword(ctx, u.Key)
	if err != nil {
		return err
	}
	ok, err := a.matches(ctx, password, stored)
	if err != nil {
		return err
	}
	if !ok {
		return ErrWrongPassword
	}
	return a.Store.Write(ctx, func(tx *store.Tx) error { return tx.ForgetTries(ctx, tries[0].who) })
}

func (a *Accounts) storedPassword(ctx context.Context, user int64) (stored sealed.Secret, err error) {
	err = a.Store.Read(ctx, func(tx *store.Tx) error {
		stored, err = tx.Password(ctx, user)
		return err
	})
	return stored, err
}

func (a *Accounts) hashNew(ctx context.Context, u *studymail.User, password sealed.Secret) (sealed.Secret, error) {
	email, err := a.Address(u)
	if err != nil {
		return sealed.Secret{}, err
	}
	if err := CheckPassword(password, email); err != nil {
		return sealed.Secret{}, err
	}
	if err := a.enter(ctx); err != nil {
		return sealed.Secret{}, err
	}
	defer a.leave()
	h, err := argon2id.CreateHash(password.Reveal(), params)
	if err != nil {
		return sealed.Secret{}, fmt.Errorf("hash a password: %w", err)
	}
	return sealed.NewSecret(h), nil
}

// matches compares a password with its stored form; with none it takes as long
// and says no.
func (a *Accounts) matches(ctx context.Context, password, stored sealed.Secret) (bool, error) {
	if err := a.enter(ctx); err != nil {
		return false, err
	}
	defer a.leave()
	hash := stored.Reveal()
	if hash == "" {
		hash = nobodys
	}
	p := password.Reveal()
	if len(p) > 4*maxPassword {
		p = ""
	}
	ok, err := argon2id.ComparePasswordAndHash(p, hash)
	if err != nil {
		return false, studymail.Errorf(studymail.Internal, "a stored password cannot be read: %w", err)
	}
	return ok && !stored.IsEmpty(), nil
}

func (a *Accounts) enter(ctx context.Context) error {
	select {
	case a.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *Accounts) leave() { <-a.hashing }
