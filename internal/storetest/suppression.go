package storetest

import (
	"testing"

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
