package storetest

import (
	"path/filepath"
	"testing"
	"time"

	"studymail/internal/store"
	"studymail/internal/storetest/pgtest"
)

// Each runs a test on both databases, each on a fresh migrated store.
func Each(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			fn(t, Open(t, kind))
		})
	}
}

// URL gives the DATABASE_URL of a fresh, empty database.
func URL(tb testing.TB, kind store.Kind) string {
	tb.Helper()
	if kind == store.Postgres {
		return pgtest.Start(tb)
	}
	return "sqlite:" + filepath.Join(tb.TempDir(), "studymail.db")
}

// Open opens a fresh, migrated store with the real clock.
func Open(tb testing.TB, kind store.Kind) *store.Store {
	tb.Helper()
	return OpenURL(tb, URL(tb, kind), time.Now)
}

// OpenURL opens and migrates the store of a URL with a clock of the test's.
func OpenURL(tb testing.TB, url string, now func() time.Time) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), url, now)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	if _, err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}
