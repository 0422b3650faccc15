package storetest

import (
	"errors"
	"testing"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// SuppressingTwiceIsNoChange promises that the first reason stands.
func SuppressingTwiceIsNoChange(t *testing.T, s *store.Store) {
	sealer := Keys(t).Sealer()
	hash := sealer.Hash(sealed.EmailHash, "user.one@example.org")
	for i, reason := range []string{"opted out", "bounced"} {
		write(t, s, func(tx *store.Tx) error {
			added, err := tx.AddSuppression(t.Context(), &studymail.Suppression{EmailHash: hash, Reason: reason, Source: "test"})
			if added != (i == 0) {
				t.Fatalf("adding for the time %d: added is %v", i+1, added)
			}
			return err
		})
	}
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.Suppressions(t.Context(), 0)
		if len(all) != 1 || all[0].Reason != "opted out" || all[0].Source != "test" || all[0].ID.IsZero() || all[0].CreatedAt.IsZero() {
			t.Fatalf("list: %+v", all)
		}
		return err
	})
}

// SuppressionIsFoundUnderAnyKey promises that a hash of an older key counts.
func SuppressionIsFoundUnderAnyKey(t *testing.T, s *store.Store) {
	old, newer := Keys(t).Sealer(), Keys(t).Sealer()
	of := func(s *sealed.Sealer) []byte { return s.Hash(sealed.EmailHash, "user.one@example.org") }
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.AddSuppression(t.Context(), &studymail.Suppression{EmailHash: of(old), Reason: "opted out", Source: "test"})
		return err
	})
	for _, c := range []struct {
		name   string
		hashes [][]byte
		want   bool
	}{
		{"older key, tried last", [][]byte{of(newer), of(old)}, true},
		{"another address", [][]byte{old.Hash(sealed.EmailHash, "user.two@example.org")}, false},
		{"no address", nil, false},
	} {
		read(t, s, func(tx *store.Tx) error {
			got, err := tx.Suppressed(t.Context(), c.hashes)
			equal(t, c.name, got, c.want)
			return err
		})
	}
}

// SuppressionsArePagedFoundAndLifted promises each, and that lifting one twice is told.
func SuppressionsArePagedFoundAndLifted(t *testing.T, s *store.Store) {
	hashes := [][]byte{[]byte("one"), []byte("two"), []byte("three")}
	write(t, s, func(tx *store.Tx) error {
		for _, h := range hashes {
			if added, err := tx.SuppressAddress(t.Context(), [][]byte{h, []byte("an older key's")}, "asked", "by hand"); err != nil || len(added) != 1 {
				t.Fatalf("%d added, %v", len(added), err)
			}
		}
		return nil
	})
	var page []studymail.Suppression
	read(t, s, func(tx *store.Tx) (err error) {
		if page, err = tx.SuppressionPage(t.Context(), 0, 2); err != nil {
			return err
		}
		rest, err := tx.SuppressionPage(t.Context(), page[1].Key, 2)
		equal(t, "pages", len(page)*10+len(rest), 21)
		equal(t, "the oldest", string(rest[0].EmailHash), "one")
		n, err2 := tx.CountSuppressions(t.Context())
		equal(t, "count", n, 3)
		found, err3 := tx.SuppressionsOf(t.Context(), [][]byte{[]byte("nobody's"), []byte("two")})
		equal(t, "found", len(found), 1)
		again, err4 := tx.SuppressionByID(t.Context(), found[0].ID)
		equal(t, "by UUID", again, found[0])
		return errors.Join(err, err2, err3, err4)
	})
	write(t, s, func(tx *store.Tx) error { return tx.RemoveSuppression(t.Context(), &page[0]) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.RemoveSuppression(t.Context(), &page[0]) })
	read(t, s, func(tx *store.Tx) error {
		on, err := tx.Suppressed(t.Context(), [][]byte{page[0].EmailHash})
		equal(t, "on the list", on, false)
		return err
	})
}

// WhoIsSuppressedUnderAnOlderKeyStaysSo promises it for people who are added, edited
// and imported after the hash key changed: the guard compares one hash only. Without
// suppressUnderNewest in one of the three ways, its person was mailed.
func WhoIsSuppressedUnderAnOlderKeyStaysSo(t *testing.T, s *store.Store) {
	older := Keys(t).Sealer()
	l := newLetters(t, s)
	with := func(n int) studymail.Person {
		p := NewPerson(t, l.Keys, DetailsOf(n))
		p.Hashes.Older = [][]byte{older.Hash(sealed.EmailHash, studymail.NormalEmail(DetailsOf(n).Email))}
		return p
	}
	write(t, s, func(tx *store.Tx) error {
		for n := range 3 {
			if _, err := tx.AddSuppression(t.Context(), &studymail.Suppression{EmailHash: with(n).Hashes.Older[0], Reason: "asked", Source: "test"}); err != nil {
				return err
			}
		}
		return nil
	})
	added, edited, imported := with(0), NewPerson(t, l.Keys, DetailsOf(5)), with(2)
	write(t, s, func(tx *store.Tx) error {
		if err := errors.Join(tx.AddPerson(t.Context(), &added), tx.AddPerson(t.Context(), &edited)); err != nil {
			return err
		}
		edited.Hashes = with(1).Hashes
		return tx.UpdatePerson(t.Context(), &edited)
	})
	err := s.WriteImport(t.Context(), &store.ImportChunk{Study: l.Study, People: []studymail.Person{imported}, Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	read(t, s, func(tx *store.Tx) error {
		for n := range 3 {
			on, err := tx.Suppressed(t.Context(), [][]byte{with(n).Hashes.Email})
			if err != nil {
				return err
			}
			equal(t, []string{"added", "edited", "imported"}[n], on, true)
		}
		return nil
	})
}

// WhoseLettersCameBackDeadIsKnown promises that it stays so when it is undone, and is of
// the address that the letter went to.
// Seen to fail: without the feedback that was undone, and with the time of the address
// left out.
func WhoseLettersCameBackDeadIsKnown(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 3)
	c := l.send(t, s.Now().Add(-time.Minute))
	dead := func(i int) (found bool) {
		t.Helper()
		read(t, s, func(tx *store.Tx) error {
			p, err := tx.PatientByID(t.Context(), c[i].Patient)
			if err != nil {
				return err
			}
			person, err := tx.PersonByKey(t.Context(), p.Person)
			if err != nil {
				return err
			}
			found, err = tx.CameBackDead(t.Context(), [][]byte{[]byte("another"), person.Hashes.Email})
			return err
		})
		return found
	}
	undone, _ := l.comesBack(t, c[0].ID, hardEffect, "one")
	l.comesBack(t, c[1].ID, hardEffect, "two")
	equal(t, "came back dead", []bool{dead(0), dead(1), dead(2)}, []bool{true, true, false})
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.UndoFeedback(t.Context(), &undone, "someone", "address")
		return err
	})
	equal(t, "came back dead, and was undone", dead(0), true)
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(t.Context(), `UPDATE people SET email_at = $1 WHERE id = (SELECT person_id FROM patients WHERE uuid = $2)`,
			s.Now().UnixMilli(), c[1].Patient)
		return err
	})
	equal(t, "came back dead, at an earlier address", dead(1), false)
}
