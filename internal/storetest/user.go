package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

func aUser(n byte, role studymail.Role) studymail.User {
	return studymail.User{ID: studymail.NewID(), Sealed: []byte{n, 1}, Hash: []byte{n, 2}, Role: role, Active: true}
}

func addUser(t *testing.T, s *store.Store, n byte, role studymail.Role) studymail.User {
	t.Helper()
	u := aUser(n, role)
	write(t, s, func(tx *store.Tx) error { return tx.AddUser(t.Context(), &u) })
	return u
}

// UserComesBackAsItWasAdded promises that nothing of it is lost, however it is
// looked for.
func UserComesBackAsItWasAdded(t *testing.T, s *store.Store) {
	want := addUser(t, s, 1, studymail.Sender)
	addUser(t, s, 2, studymail.Viewer)
	if want.Key == 0 || want.CreatedAt.IsZero() {
		t.Fatalf("no key or time was set: %+v", want)
	}
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.UserByID(t.Context(), want.ID)
		equal(t, "by ID", got, want)
		if err != nil {
			return err
		}
		if got, err = tx.UserByKey(t.Context(), want.Key); err != nil {
			return err
		}
		equal(t, "by key", got, want)
		got, err = tx.UserByEmail(t.Context(), [][]byte{{9, 9}, want.Hash})
		equal(t, "by hash under an older key", got, want)
		return err
	})
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.Users(t.Context())
		if len(all) != 2 || all[0].ID != want.ID {
			t.Fatalf("the list: %+v", all)
		}
		return err
	})
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
		same := aUser(1, studymail.Viewer)
		return tx.AddUser(t.Context(), &same)
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.UserByID(t.Context(), studymail.NewID())
		return err
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.UserByEmail(t.Context(), [][]byte{{9, 9}})
		return err
	})
}

// TwoEditorsOfAUserCollideVisibly promises that the second is told so.
func TwoEditorsOfAUserCollideVisibly(t *testing.T, s *store.Store) {
	u := addUser(t, s, 1, studymail.Sender)
	admin := addUser(t, s, 2, studymail.Administrator)
	write(t, s, func(tx *store.Tx) error { return tx.SetPassword(t.Context(), admin.Key, sealed.NewSecret("hash")) })
	mine, theirs := u, u
	mine.Role, theirs.Active = studymail.Viewer, false
	write(t, s, func(tx *store.Tx) error { return tx.UpdateUser(t.Context(), &mine) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.UpdateUser(t.Context(), &theirs) })
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.UserByKey(t.Context(), u.Key)
		equal(t, "what stands", got, mine)
		return err
	})
}

// TheLastAdministratorStays promises that someone who can sign in can administer.
func TheLastAdministratorStays(t *testing.T, s *store.Store) {
	anna, ben := addUser(t, s, 1, studymail.Administrator), addUser(t, s, 2, studymail.Administrator)
	there := func(want bool) {
		t.Helper()
		read(t, s, func(tx *store.Tx) error {
			got, err := tx.AnyAdministrator(t.Context())
			equal(t, "somebody can administer", got, want)
			return err
		})
	}
	there(false) // neither has a password
	write(t, s, func(tx *store.Tx) error { return tx.SetPassword(t.Context(), anna.Key, sealed.NewSecret("hash")) })
	there(true)
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
		u := anna
		u.Role = studymail.Sender
		return tx.UpdateUser(t.Context(), &u)
	})
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
		u := anna
		u.Active = false
		return tx.UpdateUser(t.Context(), &u)
	})
	write(t, s, func(tx *store.Tx) error { return tx.SetPassword(t.Context(), ben.Key, sealed.NewSecret("hash")) })
	write(t, s, func(tx *store.Tx) error {
		u := anna
		u.Active = false
		return tx.UpdateUser(t.Context(), &u)
	})
	there(true)
}

// PasswordAndSignInAreNoted promises what pages show of them.
func PasswordAndSignInAreNoted(t *testing.T, s *store.Store) {
	u := addUser(t, s, 1, studymail.Viewer)
	read(t, s, func(tx *store.Tx) error {
		p, err := tx.Password(t.Context(), u.Key)
		equal(t, "without a password", p.IsEmpty(), true)
		return err
	})
	var at time.Time
	write(t, s, func(tx *store.Tx) error {
		at = tx.Now()
		if err := tx.SetPassword(t.Context(), u.Key, sealed.NewSecret("$argon2id$…")); err != nil {
			return err
		}
		return tx.NoteSignIn(t.Context(), u.Key)
	})
	read(t, s, func(tx *store.Tx) error {
		p, err := tx.Password(t.Context(), u.Key)
		equal(t, "password", p.Reveal(), "$argon2id$…")
		if err != nil {
			return err
		}
		got, err := tx.UserByKey(t.Context(), u.Key)
		equal(t, "times", [2]time.Time{got.PasswordAt, got.SignedInAt}, [2]time.Time{at, at})
		return err
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error { return tx.SetPassword(t.Context(), 999, sealed.NewSecret("x")) })
}

// ACodeCountsOnce promises so for codes of an app, earlier ones too, and for
// recovery codes.
func ACodeCountsOnce(t *testing.T, s *store.Store) {
	u := addUser(t, s, 1, studymail.Viewer)
	use := func(step int64, want bool) {
		t.Helper()
		write(t, s, func(tx *store.Tx) error {
			got, err := tx.UseCode(t.Context(), u.Key, step)
			equal(t, "the code counts", got, want)
			return err
		})
	}
	use(10, false) // no second factor
	write(t, s, func(tx *store.Tx) error { return tx.SetSecondFactor(t.Context(), u.Key, []byte("sealed")) })
	factor := func(wantSealed string, wantOn bool) {
		t.Helper()
		read(t, s, func(tx *store.Tx) error {
			b, on, err := tx.SecondFactor(t.Context(), u.Key)
			equal(t, "sealed", string(b), wantSealed)
			equal(t, "on", on, wantOn)
			if err != nil {
				return err
			}
			got, err := tx.UserByKey(t.Context(), u.Key)
			equal(t, "asked for", got.TwoFactor, wantOn)
			return err
		})
	}
	factor("sealed", false)
	use(10, true)
	factor("sealed", true)
	use(10, false)
	use(9, false)
	use(11, true)

	write(t, s, func(tx *store.Tx) error { return tx.SetRecoveryCodes(t.Context(), u.Key, [][]byte{{1}, {2}, {3}}) })
	recover := func(code byte, want bool) {
		t.Helper()
		write(t, s, func(tx *store.Tx) error {
			got, err := tx.UseRecoveryCode(t.Context(), u.Key, [][]byte{{99}, {code}})
			equal(t, "the recovery code counts", got, want)
			return err
		})
	}
	recover(2, true)
	recover(2, false)
	recover(7, false)
	left := func(want int) {
		t.Helper()
		read(t, s, func(tx *store.Tx) error {
			n, err := tx.RecoveryCodes(t.Context(), u.Key)
			equal(t, "recovery codes left", n, want)
			return err
		})
	}
	left(2)
	write(t, s, func(tx *store.Tx) error { return tx.SetRecoveryCodes(t.Context(), u.Key, [][]byte{{4}}) })
	left(1)
	recover(1, false)
	write(t, s, func(tx *store.Tx) error { return tx.SetSecondFactor(t.Context(), u.Key, nil) })
	factor("", false)
	use(20, false)
}
