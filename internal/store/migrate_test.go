package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
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

func TestBothDatabasesHaveTheSameMigrationsWithoutAGap(t *testing.T) {
	t.Parallel()
	names := func(kind string) []string {
		files, err := filepath.Glob(filepath.Join("migrations", kind, "*.sql"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range files {
			files[i] = filepath.Base(files[i])
		}
		return files
	}
	lite, post := names("sqlite"), names("postgres")
	if !slices.Equal(lite, post) {
		t.Errorf("SQLite has %v, PostgreSQL %v", lite, post)
	}
	for i, n := range lite {
		if want := fmt.Sprintf("%04d_", i+1); !strings.HasPrefix(n, want) {
			t.Errorf("file %d is %s, want %s…", i+1, n, want)
		}
	}
}
