package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// How long a link can be followed.
const (
	FirstLinkTime = time.Hour
	LinkTime      = 24 * time.Hour
)

// Link makes the one link by which a user sets a password. Older ones end.
func (a *Accounts) Link(ctx context.Context, actor string, u *studymail.User) (token sealed.Secret, err error) {
	token, hash, err := newToken()
	if err != nil {
		return token, err
	}
	err = a.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.AddLink(ctx, hash, u.Key, tx.Now().Add(LinkTime)); err != nil {
			return err
		}
		return tx.AddEvent(ctx, actor, "password link made", u.ID, "")
	})
	return token, err
}

// FirstLink makes the link by which the first administrator is added. There is
// none (needed is false) where someone can administer already.
func (a *Accounts) FirstLink(ctx context.Context) (token sealed.Secret, needed bool, err error) {
	token, hash, err := newToken()
	if err != nil {
		return token, false, err
	}
	err = a.Store.Write(ctx, func(tx *store.Tx) error {
		there, err := tx.AnyAdministrator(ctx)
		if needed = !there; err != nil || there {
			return err
		}
		return tx.AddLink(ctx, hash, 0, tx.Now().Add(FirstLinkTime))
	})
	return token, needed, err
}

// LinkUser tells for whom a link is; first is true for that of the first
// administrator.
func (a *Accounts) LinkUser(ctx context.Context, token string) (u studymail.User, first bool, err error) {
	err = a.Store.Read(ctx, func(tx *store.Tx) error {
		u, first, err = a.linkUser(ctx, tx, token)
		return err
	})
	return u, first, err
}

func (a *Accounts) linkUser(ctx context.Context, tx *store.Tx, token string) (u studymail.User, first bool, err error) {
	k, err := tx.Link(ctx, tokenHash(token))
	if err != nil || k == 0 {
		return u, err == nil, err
	}
	if u, err = tx.UserByKey(ctx, k); err == nil && !u.Active {
		err = studymail.Errorf(studymail.Conflict, "this account is disabled; ask an administrator")
	}
	return u, false, err
}

// FollowLink uses a link up and sets the password of its user. For the first
// administrator, and for nobody else, email says who that will be.
func (a *Accounts) FollowLink(ctx context.Context, token string, email sealed.Email, password sealed.Secret) (studymail.User, error) {
	u, first, err := a.LinkUser(ctx, token)
	if err != nil {
		return u, err
	}
	if first { // sealed here only to hold the password against the rules
		u = studymail.User{ID: studymail.NewID()}
		if u.Sealed, err = a.Sealer.SealMaster(sealed.UserEmail, u.ID, email.Reveal()); err != nil {
			return u, err
		}
	}
	hash, err := a.hashNew(ctx, &u, password)
	if err != nil {
		return u, err
	}
	err = a.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if err := tx.UseLink(ctx, tokenHash(token)); err != nil {
			return err
		}
		if first {
			// Someone may have become one by the command line meanwhile.
			if there, err := tx.AnyAdministrator(ctx); err != nil || there {
				return errors.Join(err, studymail.Errorf(studymail.Conflict, "there is an administrator already; sign in, or ask them for a link"))
			}
			if u, err = a.add(ctx, tx, "", email, studymail.Administrator); err != nil {
				return err
			}
		}
		if err := a.setPassword(ctx, tx, u.ID.String(), &u, hash); err != nil || u.TwoFactor {
			return err
		}
		return signedIn(ctx, tx, &u, "link")
	})
	return u, err
}

func newToken() (token sealed.Secret, hash []byte, err error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return token, nil, fmt.Errorf("make a link: %w", err)
	}
	t := base64.RawURLEncoding.EncodeToString(raw)
	return sealed.NewSecret(t), tokenHash(t), nil
}

// tokenHash needs no salt: nobody guesses 256 bits.
func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
