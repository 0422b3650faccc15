package account

import (
	"context"
	"errors"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Why a sign-in is refused. The words tell nobody whether there is such a user.
var (
	ErrRefused       = studymail.Errorf(studymail.Invalid, "address and password do not fit together; check both and try again")
	ErrWrongPassword = studymail.Errorf(studymail.Invalid, "that is not your password; nothing was changed")
	ErrWrongCode     = studymail.Errorf(studymail.Invalid, "that code is not right, or was used already; wait for the next one your app shows")
	ErrTooMany       = studymail.Errorf(studymail.Unavailable, "too many tries; wait a few minutes, then try again")
)

// try is what a try counts for.
type try struct {
	who   []byte
	step  time.Duration
	burst int
}

// An account takes 8 tries at once, then one every two minutes: about 700 a day,
// of a password of 12 characters. A network address may have a whole surgery
// behind it.
const (
	accountStep, accountBurst = 2 * time.Minute, 8
	addressStep, addressBurst = 30 * time.Second, 40
)

func (a *Accounts) triesOf(what, who string) []try {
	return []try{{a.Sealer.Hash(sealed.TriesHash, what, who), accountStep, accountBurst}}
}

// take counts a try, in one transaction for all that it counts for.
func (a *Accounts) take(ctx context.Context, tries []try) error {
	return a.Store.Write(ctx, func(tx *store.Tx) error {
		for _, t := range tries {
			allowed, err := tx.TakeTry(ctx, t.who, t.step, t.burst)
			if err != nil {
				return err
			}
			if !allowed {
				return ErrTooMany
			}
		}
		return nil
	})
}

// SignIn looks whether a password is that of an active user. What is left for
// the user to show (u.TwoFactor: a code) SecondStep looks at.
func (a *Accounts) SignIn(ctx context.Context, email sealed.Email, password sealed.Secret) (studymail.User, error) {
	tries := a.triesOf("sign-in", studymail.NormalEmail(email))
	if origin := studymail.Origin(ctx); origin != "" {
		tries = append(tries, try{a.Sealer.Hash(sealed.TriesHash, "address", origin), addressStep, addressBurst})
	}
	if err := a.take(ctx, tries); err != nil {
		return studymail.User{}, err
	}
	var (
		u      studymail.User
		stored sealed.Secret
	)
	err := a.Store.Read(ctx, func(tx *store.Tx) (err error) {
		u, err = a.ByEmail(ctx, tx, email)
		if studymail.CodeOf(err) == studymail.NotFound {
			u = studymail.User{}
			return nil
		}
		if err != nil {
			return err
		}
		stored, err = tx.Password(ctx, u.Key)
		return err
	})
	if err != nil {
		return studymail.User{}, err
	}
	ok, err := a.matches(ctx, password, stored)
	if err != nil {
		return studymail.User{}, err
	}
	if !ok || !u.Active {
		err := a.Store.Write(ctx, func(tx *store.Tx) error {
			return tx.AddEvent(ctx, "nobody", "sign-in refused", u.ID, "")
		})
		return studymail.User{}, errors.Join(err, ErrRefused)
	}
	return u, a.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.ForgetTries(ctx, tries[0].who); err != nil {
			return err
		}
		for _, t := range tries[1:] {
			if err := tx.GiveTryBack(ctx, t.who, t.step); err != nil {
				return err
			}
		}
		if u.TwoFactor {
			return nil
		}
		return signedIn(ctx, tx, &u, "password")
	})
}

func signedIn(ctx context.Context, tx *store.Tx, u *studymail.User, how string) error {
	if err := tx.NoteSignIn(ctx, u.Key); err != nil {
		return err
	}
	return tx.AddEvent(ctx, u.ID.String(), "signed in", u.ID, how)
}

// SecondStep looks at the code of a user whose password was right: one of their
// app, or a recovery code.
func (a *Accounts) SecondStep(ctx context.Context, u *studymail.User, code string) error {
	tries := a.triesOf("code", u.ID.String())
	if err := a.take(ctx, tries); err != nil {
		return err
	}
	refused := false
	err := a.Store.Write(ctx, func(tx *store.Tx) error {
		refused = false
		how, err := a.useCode(ctx, tx, u, code)
		if err != nil {
			return err
		}
		if how == "" {
			refused = true
			return tx.AddEvent(ctx, "nobody", "sign-in refused", u.ID, "code")
		}
		if err := tx.ForgetTries(ctx, tries[0].who); err != nil {
			return err
		}
		return signedIn(ctx, tx, u, how)
	})
	if err == nil && refused {
		return ErrWrongCode
	}
	return err
}

// SignedOut notes that a user signed out.
func (a *Accounts) SignedOut(ctx context.Context, u *studymail.User) error {
	return a.Store.Write(ctx, func(tx *store.Tx) error {
		return tx.AddEvent(ctx, u.ID.String(), "signed out", u.ID, "")
	})
}
