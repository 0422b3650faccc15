package account

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"image/png"
	"strings"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// What RFC 6238 and the apps agree on.
const (
	issuer = "studymail"
	period = 30 // seconds
	skew   = 1  // steps that a phone's clock may be off
)

// SecondFactor is what a user takes into an authenticator app.
type SecondFactor struct {
	Secret sealed.Secret // base32, for who types it
	QR     []byte        // PNG
}

// BeginSecondFactor makes a second factor for a user who knows their password. It
// is asked for only after ConfirmSecondFactor has seen a code of it.
func (a *Accounts) BeginSecondFactor(ctx context.Context, u *studymail.User, password sealed.Secret) error {
	if u.TwoFactor {
		return studymail.Errorf(studymail.Conflict, "the second factor is on already; turn it off first")
	}
	if err := a.prove(ctx, u, password); err != nil {
		return err
	}
	raw := make([]byte, 20)
	if _, err := rand.Read(raw); err != nil {
		return fmt.Errorf("make a second factor: %w", err)
	}
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
	b, err := a.Sealer.SealMaster(sealed.UserSecondFactor, u.ID, secret)
	if err != nil {
		return err
	}
	return a.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetSecondFactor(ctx, u.Key, b) })
}

// PendingSecondFactor gives the second factor that a user has begun to set up;
// nil for none.
func (a *Accounts) PendingSecondFactor(ctx context.Context, u *studymail.User) (*SecondFactor, error) {
	var (
		b  []byte
		on bool
	)
	err := a.Store.Read(ctx, func(tx *store.Tx) (err error) {
		b, on, err = tx.SecondFactor(ctx, u.Key)
		return err
	})
	if err != nil || b == nil || on {
		return nil, err
	}
	secret, err := a.openSecond(u, b)
	if err != nil {
		return nil, err
	}
	email, err := a.Address(u)
	if err != nil {
		return nil, err
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret.Reveal())
	if err != nil {
		return nil, studymail.Errorf(studymail.Internal, "the second factor of user %s is damaged", u.ID)
	}
	k, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: email.Reveal(), Secret: raw, Period: period})
	if err != nil {
		return nil, fmt.Errorf("write the second factor of user %s: %w", u.ID, err)
	}
	img, err := k.Image(240, 240)
	if err != nil {
		return nil, fmt.Errorf("draw the second factor of user %s: %w", u.ID, err)
	}
	var w bytes.Buffer
	if err := png.Encode(&w, img); err != nil {
		return nil, fmt.Errorf("draw the second factor of user %s: %w", u.ID, err)
	}
	return &SecondFactor{Secret: secret, QR: w.Bytes()}, nil
}

// ConfirmSecondFactor turns a second factor on when the code is right, and gives
// recovery codes, which are shown this once.
func (a *Accounts) ConfirmSecondFactor(ctx context.Context, u *studymail.User, code string) (recovery []sealed.Secret, err error) {
	if err := a.take(ctx, a.triesOf("code", u.ID.String())); err != nil {
		return nil, err
	}
	refused := false
	err = a.Store.Write(ctx, func(tx *store.Tx) error {
		ok, err := a.useAppCode(ctx, tx, u, code)
		if err != nil {
			return err
		}
		if refused = !ok; refused {
			return nil
		}
		if recovery, err = a.newRecovery(ctx, tx, u); err != nil {
			return err
		}
		return tx.AddEvent(ctx, u.ID.String(), "second factor on", u.ID, "")
	})
	if err == nil && refused {
		err = ErrWrongCode
	}
	if err != nil {
		return nil, err
	}
	u.TwoFactor = true
	return recovery, nil
}

// EndSecondFactor turns it off for a user who knows their password.
func (a *Accounts) EndSecondFactor(ctx context.Context, u *studymail.User, password sealed.Secret) error {
	if err := a.prove(ctx, u, password); err != nil {
		return err
	}
	return a.RemoveSecondFactor(ctx, u.ID.String(), u)
}

// RemoveSecondFactor turns it off for a user who lost phone and recovery codes.
func (a *Accounts) RemoveSecondFactor(ctx context.Context, actor string, u *studymail.User) error {
	err := a.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SetSecondFactor(ctx, u.Key, nil); err != nil {
			return err
		}
		if err := tx.SetRecoveryCodes(ctx, u.Key, nil); err != nil {
			return err
		}
		return tx.AddEvent(ctx, actor, "second factor off", u.ID, "")
	})
	if err == nil {
		u.TwoFactor = false
	}
	return err
}

// NewRecoveryCodes replaces a user's recovery codes.
func (a *Accounts) NewRecoveryCodes(ctx context.Context, u *studymail.User, password sealed.Secret) (codes []sealed.Secret, err error) {
	if !u.TwoFactor {
		return nil, studymail.Errorf(studymail.Conflict, "recovery codes come with a second factor; turn that on first")
	}
	if err := a.prove(ctx, u, password); err != nil {
		return nil, err
	}
	err = a.Store.Write(ctx, func(tx *store.Tx) error {
		if codes, err = a.newRecovery(ctx, tx, u); err != nil {
			return err
		}
		return tx.AddEvent(ctx, u.ID.String(), "recovery codes made", u.ID, "")
	})
	return codes, err
}

const recoveryCodes = 10

// newRecovery makes codes of 80 bits, in four groups.
func (a *Accounts) newRecovery(ctx context.Context, tx *store.Tx, u *studymail.User) ([]sealed.Secret, error) {
	var (
		codes  []sealed.Secret
		hashes [][]byte
	)
	for range recoveryCodes {
		raw := make([]byte, 10)
		if _, err := rand.Read(raw); err != nil {
			return nil, fmt.Errorf("make a recovery code: %w", err)
		}
		c := strings.ToLower(base32.StdEncoding.EncodeToString(raw))
		codes = append(codes, sealed.NewSecret(c[:4]+"-"+c[4:8]+"-"+c[8:12]+"-"+c[12:]))
		hashes = append(hashes, a.Sealer.Hash(sealed.RecoveryHash, u.ID.String(), c))
	}
	return codes, tx.SetRecoveryCodes(ctx, u.Key, hashes)
}

// useCode uses a code up and tells which kind it was; "" if it is none.
func (a *Accounts) useCode(ctx context.Context, tx *store.Tx, u *studymail.User, code string) (how string, err error) {
	ok, err := a.useAppCode(ctx, tx, u, code)
	if ok || err != nil {
		return "code", err
	}
	c := strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))
	if len(c) != 16 {
		return "", nil
	}
	ok, err = tx.UseRecoveryCode(ctx, u.Key, a.Sealer.Hashes(sealed.RecoveryHash, u.ID.String(), c))
	if ok {
		return "recovery code", err
	}
	return "", err
}

// useAppCode uses up a code of the user's app.
func (a *Accounts) useAppCode(ctx context.Context, tx *store.Tx, u *studymail.User, code string) (bool, error) {
	b, _, err := tx.SecondFactor(ctx, u.Key)
	if err != nil || b == nil {
		return false, err
	}
	secret, err := a.openSecond(u, b)
	if err != nil {
		return false, err
	}
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	now := a.Now().Unix() / period
	for step := now - skew; step <= now+skew; step++ {
		ok, err := hotp.ValidateCustom(code, uint64(step), secret.Reveal(), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // a time after 1970
		if err != nil || !ok {
			continue // the error says that it has not six digits
		}
		return tx.UseCode(ctx, u.Key, step)
	}
	return false, nil
}

func (a *Accounts) openSecond(u *studymail.User, b []byte) (sealed.Secret, error) {
	values, err := a.Opener.OpenMaster(sealed.UserSecondFactor, u.ID, b)
	if err != nil || len(values) != 1 {
		return sealed.Secret{}, studymail.Errorf(studymail.Internal, "open the second factor of user %s: %w", u.ID, err)
	}
	return sealed.NewSecret(values[0]), nil
}
