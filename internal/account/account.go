package account

import (
	"context"
	"runtime"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Options are what accounts are kept with.
type Options struct {
	Store  *store.Store
	Sealer *sealed.Sealer
	Opener *sealed.Opener
	Now    func() time.Time
}

// Accounts are the installation's users. It is safe for concurrent use.
type Accounts struct {
	Options
	hashing chan struct{} // as many at once as there are processors: each takes 46 MB
}

// New makes Accounts.
func New(o Options) *Accounts {
	return &Accounts{Options: o, hashing: make(chan struct{}, runtime.NumCPU())}
}

// Add adds a user, who cannot sign in before a password is set: by SetPassword,
// or by the user, who follows a link.
func (a *Accounts) Add(ctx context.Context, actor string, email sealed.Email, role studymail.Role) (studymail.User, error) {
	var u studymail.User
	err := a.Store.Write(ctx, func(tx *store.Tx) (err error) {
		u, err = a.add(ctx, tx, actor, email, role)
		return err
	})
	return u, err
}

func (a *Accounts) add(ctx context.Context, tx *store.Tx, actor string, email sealed.Email, role studymail.Role) (studymail.User, error) {
	u := studymail.User{ID: studymail.NewID(), Role: role, Active: true, Hash: a.hash(email)}
	var err error
	if u.Sealed, err = a.Sealer.SealMaster(sealed.UserEmail, u.ID, email.Reveal()); err != nil {
		return u, err
	}
	// The hash is unique under the newest key; who was added before that key came
	// has one under an older.
	if _, err := tx.UserByEmail(ctx, a.hashes(email)); err == nil {
		return u, studymail.Errorf(studymail.Conflict, "there is a user with that address already; nobody was added")
	}
	if err := tx.AddUser(ctx, &u); err != nil {
		return u, err
	}
	if actor == "" { // the first administrator adds themselves
		actor = u.ID.String()
	}
	return u, tx.AddEvent(ctx, actor, "user added", u.ID, string(role))
}

// ByEmail finds a user by address.
func (a *Accounts) ByEmail(ctx context.Context, tx *store.Tx, email sealed.Email) (studymail.User, error) {
	return tx.UserByEmail(ctx, a.hashes(email))
}

// Address opens a user's address. Whoever shows it in full to someone else than
// that user writes an event.
func (a *Accounts) Address(u *studymail.User) (sealed.Email, error) {
	values, err := a.Opener.OpenMaster(sealed.UserEmail, u.ID, u.Sealed)
	if err != nil || len(values) != 1 {
		return sealed.Email{}, studymail.Errorf(studymail.Internal, "open the address of user %s: %w", u.ID, err)
	}
	return sealed.NewEmail(values[0]), nil
}

// SetRole gives a user another role.
func (a *Accounts) SetRole(ctx context.Context, actor string, u *studymail.User, role studymail.Role) error {
	if u.Role == role {
		return nil
	}
	return a.edit(ctx, actor, u, "user edited", "role="+string(role), func(u *studymail.User) { u.Role = role })
}

// SetActive disables a user, who is signed out everywhere, or enables one again.
func (a *Accounts) SetActive(ctx context.Context, actor string, u *studymail.User, active bool) error {
	if u.Active == active {
		return nil
	}
	action := "user disabled"
	if active {
		action = "user enabled"
	}
	return a.edit(ctx, actor, u, action, "", func(u *studymail.User) { u.Active = active })
}

func (a *Accounts) edit(ctx context.Context, actor string, u *studymail.User, action, detail string, change func(*studymail.User)) error {
	var edited studymail.User
	err := a.Store.Write(ctx, func(tx *store.Tx) error {
		edited = *u
		change(&edited)
		if err := tx.UpdateUser(ctx, &edited); err != nil {
			return err
		}
		if !edited.Active {
			if err := a.end(ctx, tx, edited.Key); err != nil {
				return err
			}
		}
		return tx.AddEvent(ctx, actor, action, u.ID, detail)
	})
	if err == nil {
		*u = edited
	}
	return err
}

// end ends what lets a user in without a password.
func (a *Accounts) end(ctx context.Context, tx *store.Tx, user int64) error {
	if _, err := tx.EndUserSessions(ctx, user, studymail.ID{}); err != nil {
		return err
	}
	return tx.EndLinks(ctx, user)
}

// SignOutEverywhere ends a user's sessions in all browsers but that of a session
// (the zero ID: all), and gives how many.
func (a *Accounts) SignOutEverywhere(ctx context.Context, actor string, u *studymail.User, except studymail.ID) (n int, err error) {
	err = a.Store.Write(ctx, func(tx *store.Tx) error {
		if n, err = tx.EndUserSessions(ctx, u.Key, except); err != nil {
			return err
		}
		return tx.AddEvent(ctx, actor, "signed out everywhere", u.ID, "")
	})
	return n, err
}

func (a *Accounts) hash(e sealed.Email) []byte {
	return a.Sealer.Hash(sealed.UserHash, studymail.NormalEmail(e))
}

func (a *Accounts) hashes(e sealed.Email) [][]byte {
	return a.Sealer.Hashes(sealed.UserHash, studymail.NormalEmail(e))
}
