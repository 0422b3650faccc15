package store

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"studymail"
)

// A migration with a lower number that comes later, from another branch, is
// made up for. When Migrate went by the highest number, the second step did
// nothing. A version that this program does not know is refused.
func TestMigrationsAreToldApartByTheirNumbersNotCounted(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "late.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	one := Migration{1, "one", `CREATE TABLE reasons (reason TEXT PRIMARY KEY)`}
	two := Migration{2, "two", `CREATE TABLE two (id INTEGER)`}
	three := Migration{3, "three", `CREATE TABLE three (id INTEGER)`}
	for _, step := range []struct {
		known, want []Migration
	}{
		{[]Migration{one, three}, []Migration{one, three}},
		{[]Migration{one, two, three}, []Migration{two}},
		{[]Migration{one, two, three}, nil},
	} {
		done, err := s.migrate(t.Context(), step.known)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(done, step.want) {
			t.Errorf("did %v, want %v", done, step.want)
		}
	}
	if _, err := s.migrate(t.Context(), []Migration{one, two}); studymail.CodeOf(err) != studymail.Conflict {
		t.Errorf("a database of a newer program: %v", err)
	}
}
