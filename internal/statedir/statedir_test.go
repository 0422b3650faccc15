package statedir_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"studymail"
	"studymail/internal/statedir"
)

func open(t *testing.T) (*statedir.Dir, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state")
	d, err := statedir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return d, path
}

func seen(t *testing.T, d *statedir.Dir, id studymail.ID) int64 {
	t.Helper()
	n, err := d.Seen(id)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Each database has a number of its own, and it never goes back. Seen to fail:
// without the look at what is there, the third step gave 5.
func TestWhatAMachineHasSeenOnlyGrows(t *testing.T) {
	t.Parallel()
	d, path := open(t)
	one, two := studymail.NewID(), studymail.NewID()
	if n := seen(t, d, one); n != 0 {
		t.Errorf("of a database that it never saw: %d", n)
	}
	for _, step := range []struct{ note, want int64 }{{1, 1}, {7, 7}, {5, 7}, {studymail.Lead + 3, studymail.Lead + 3}} {
		if err := d.Note(one, step.note); err != nil {
			t.Fatal(err)
		}
		if n := seen(t, statedir.At(path), one); n != step.want {
			t.Errorf("after %d it is %d, not %d", step.note, n, step.want)
		}
	}
	if n := seen(t, d, two); n != 0 {
		t.Errorf("another database has %d", n)
	}
	info, err := os.Stat(filepath.Join(path, "databases"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info.Mode(), err)
	}
}

// Seen to fail: with files that have no sum, the number that was cut short counts.
func TestADamagedFileSaysSo(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "studymail counter 1234", "studymail counter 12 00000000\n", "studymail counter -1 0\n", "something else"} {
		d, path := open(t)
		id := studymail.NewID()
		if err := d.Note(id, 1234); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "databases", id.String()+".counter"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := d.Seen(id); !errors.Is(err, statedir.ErrDamaged) {
			t.Errorf("%q reads as %d, %v", text, n, err)
		}
		if err := d.Note(id, 2000); err != nil {
			t.Fatal(err)
		}
		if n := seen(t, d, id); n != 2000 {
			t.Errorf("mended it is %d", n)
		}
	}
}

// Several processes note at once. Seen to fail: without the lock a smaller number
// comes last now and then.
func TestManyNoteAtOnce(t *testing.T) {
	t.Parallel()
	_, path := open(t)
	id := studymail.NewID()
	var all sync.WaitGroup
	for p := range 8 {
		all.Go(func() {
			d, err := statedir.Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range int64(20) {
				if err := d.Note(id, 1+i*8+int64(p)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := seen(t, statedir.At(path), id); n != 160 {
		t.Errorf("the highest of all is 160; it is %d", n)
	}
}

func TestAFolderThatCannotBeMadeSaysWhatToDo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := statedir.Open(file); studymail.CodeOf(err) != studymail.Unavailable {
		t.Errorf("under a file: %v", err)
	}
}
