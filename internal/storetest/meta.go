package storetest

import (
	"sync"
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// MetaKeepsTheLastValue promises so, and tells a value from none.
func MetaKeepsTheLastValue(t *testing.T, s *store.Store) {
	read(t, s, func(tx *store.Tx) error {
		_, found, err := tx.Meta(t.Context(), "colour")
		if found {
			t.Fatal("found what was never set")
		}
		return err
	})
	for _, v := range []string{"green", "blue"} {
		write(t, s, func(tx *store.Tx) error { return tx.SetMeta(t.Context(), "colour", []byte(v)) })
	}
	read(t, s, func(tx *store.Tx) error {
		v, found, err := tx.Meta(t.Context(), "colour")
		if !found || string(v) != "blue" {
			t.Fatalf("got %q, %v", v, found)
		}
		return err
	})
}

// OnlyTheKeysOfADatabaseFitIt promises that other keys are refused and change
// nothing: the first ones fit still.
func OnlyTheKeysOfADatabaseFitIt(t *testing.T, s *store.Store) {
	ours, others := Keys(t), Keys(t)
	if err := s.CheckProof(t.Context(), others); err != nil {
		t.Fatalf("a database without a proof is anybody's: %v", err)
	}
	for _, c := range []struct {
		name string
		keys *sealed.Keys
		want studymail.Code
	}{
		{"first", ours, ""},
		{"again", ours, ""},
		{"others", others, studymail.Conflict},
		{"after the others", ours, ""},
	} {
		if err := s.EnsureProof(t.Context(), c.keys); studymail.CodeOf(err) != c.want {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := s.CheckProof(t.Context(), c.keys); studymail.CodeOf(err) != c.want {
			t.Fatalf("%s, checked: %v", c.name, err)
		}
	}
}

// OfManyNewKeysOneGetsTheDatabase promises so when processes start at once.
func OfManyNewKeysOneGetsTheDatabase(t *testing.T, s *store.Store) {
	errs := make([]error, 5)
	var all sync.WaitGroup
	for i := range errs {
		keys := Keys(t)
		all.Go(func() { errs[i] = s.EnsureProof(t.Context(), keys) })
	}
	all.Wait()
	fit := 0
	for _, err := range errs {
		switch {
		case err == nil:
			fit++
		case studymail.CodeOf(err) != studymail.Conflict:
			t.Fatal(err)
		}
	}
	if fit != 1 {
		t.Fatalf("%d keys fit the database, not 1", fit)
	}
}
