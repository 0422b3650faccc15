package store_test

import (
	"testing"

	"studymail/internal/store"
	"studymail/internal/storetest"
)

func TestMigrateTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		done, err := s.Migrate(t.Context())
		if err != nil || len(done) != 0 {
			t.Fatalf("second migration: did %v, %v", done, err)
		}
		if err := s.CheckVersion(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
