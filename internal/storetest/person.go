package storetest

import (
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// PersonComesBackSealed promises that the details open with the person's key,
// and only there.
func PersonComesBackSealed(t *testing.T, s *store.Store) {
	keys := Keys(t)
	want := NewPerson(t, keys, DetailsOf(1))
	write(t, s, func(tx *store.Tx) error { return tx.AddPerson(t.Context(), &want) })
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.PersonByKey(t.Context(), want.Key)
		if err != nil {
			return err
		}
		equal(t, "by key", got, want)
		byName, err := tx.PersonByUsername(t.Context(), keys.Sealer().Hashes(sealed.UsernameHash, "user000001"))
		equal(t, "by username", byName, want)
		return err
	})
	key, err := keys.Opener().Key(want.ID, want.Wrapped)
	if err != nil {
		t.Fatal(err)
	}
	d, err := studymail.OpenDetails(key, want.ID, want.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "details", d, DetailsOf(1))
}

// AUsernameIsTakenOnce promises so for adding and for editing.
func AUsernameIsTakenOnce(t *testing.T, s *store.Store) {
	keys := Keys(t)
	one, two, again := NewPerson(t, keys, DetailsOf(1)), NewPerson(t, keys, DetailsOf(2)), NewPerson(t, keys, DetailsOf(1))
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddPerson(t.Context(), &one); err != nil {
			return err
		}
		return tx.AddPerson(t.Context(), &two)
	})
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.AddPerson(t.Context(), &again) })
	two.Hashes.Username = one.Hashes.Username
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.UpdatePerson(t.Context(), &two) })
}

// PeopleMayShareAnAddress promises that families can.
func PeopleMayShareAnAddress(t *testing.T, s *store.Store) {
	keys := Keys(t)
	d := DetailsOf(2)
	d.Email = DetailsOf(1).Email
	one, two := NewPerson(t, keys, DetailsOf(1)), NewPerson(t, keys, d)
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddPerson(t.Context(), &one); err != nil {
			return err
		}
		return tx.AddPerson(t.Context(), &two)
	})
}

// APersonWithoutAnAddressHasNoHashOfOne promises NULL, not a hash of nothing
// that all without an address would share.
func APersonWithoutAnAddressHasNoHashOfOne(t *testing.T, s *store.Store) {
	d := DetailsOf(1)
	d.Email = sealed.NewEmail("")
	p := NewPerson(t, Keys(t), d)
	write(t, s, func(tx *store.Tx) error { return tx.AddPerson(t.Context(), &p) })
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.PersonByKey(t.Context(), p.Key)
		if got.Hashes.Email != nil || got.Missing != studymail.MissingEmail {
			t.Fatalf("hash %x, missing %b", got.Hashes.Email, got.Missing)
		}
		return err
	})
}

// TwoEditorsOfAPersonCollideVisibly promises that the second is told so, and
// that the revision counts the first.
func TwoEditorsOfAPersonCollideVisibly(t *testing.T, s *store.Store) {
	keys := Keys(t)
	p := NewPerson(t, keys, DetailsOf(1))
	write(t, s, func(tx *store.Tx) error { return tx.AddPerson(t.Context(), &p) })
	mine, theirs := p, p
	mine.Missing, theirs.Missing = studymail.MissingFirstName, studymail.MissingLastName
	write(t, s, func(tx *store.Tx) error { return tx.UpdatePerson(t.Context(), &mine) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.UpdatePerson(t.Context(), &theirs) })
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.PersonByKey(t.Context(), p.Key)
		equal(t, "what stands", got, mine)
		if got.Revision != 2 {
			t.Fatalf("revision %d, not 2", got.Revision)
		}
		return err
	})
}

// APersonThatIsNotThereIsNotFound promises so for finding and for editing.
func APersonThatIsNotThereIsNotFound(t *testing.T, s *store.Store) {
	keys := Keys(t)
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.PersonByUsername(t.Context(), keys.Sealer().Hashes(sealed.UsernameHash, "nobody"))
		return err
	})
	p := NewPerson(t, keys, DetailsOf(1))
	p.Key = 99
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error { return tx.UpdatePerson(t.Context(), &p) })
}
