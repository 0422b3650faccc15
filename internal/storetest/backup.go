package storetest

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// ABackupIsOneInstantDisarmedAndChecked makes copies while others write: each is
// whole, adds up, and is disarmed; the database itself stays armed. PostgreSQL's are
// not ours to make. Without the disarming, and with a copy of the bare file, it failed.
func ABackupIsOneInstantDisarmedAndChecked(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 500)
	l.plan(t, l.rules())
	file := filepath.Join(t.TempDir(), "a copy.db")
	if s.Kind() == store.Postgres {
		if _, err := s.Backup(t.Context(), file, func(_, _ int64) {}); studymail.CodeOf(err) != studymail.Conflict {
			t.Fatalf("a copy of PostgreSQL: %v", err)
		}
		return
	}
	w := l.worker(t)
	var writing sync.WaitGroup
	stop := make(chan struct{})
	writing.Go(func() {
		for n := int64(1); n < 400; n++ {
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				res, err := tx.Claim(t.Context(), store.ClaimToken(w.Key, n), store.UpTo(1), today)
				if err != nil || len(res.Claimed) == 0 {
					return err
				}
				r := sent(res.Claimed[0])
				r.Window = store.WindowKey(w.Key, n)
				_, err = tx.Record(t.Context(), []store.Recorded{r})
				return err
			})
			if err != nil {
				t.Error(err)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	b, err := s.Backup(t.Context(), file, func(_, _ int64) {})
	close(stop)
	writing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "what is in it", [3]int{b.People, b.Patients, b.Messages}, [3]int{500, 500, 500})
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != b.Bytes {
		t.Errorf("the file: %v, %v, %d bytes told", info.Mode(), err, b.Bytes)
	}
	equal(t, "the database itself is armed", arming(t, s).Armed, true)

	c := OpenURL(t, "sqlite:"+file, time.Now)
	a := arming(t, c)
	equal(t, "the copy", [2]any{a.Armed, a.Reason}, [2]any{false, studymail.IsBackup})
	equal(t, "it is of now", a.CopiedAt.IsZero(), false)
	equal(t, "it is a copy of this database", a.Database, arming(t, s).Database)

	if _, err := s.Backup(t.Context(), file, func(_, _ int64) {}); studymail.CodeOf(err) != studymail.Conflict {
		t.Errorf("over a file that is there: %v", err)
	}
	nowhere := filepath.Join(t.TempDir(), "no", "such", "folder.db")
	if _, err := s.Backup(t.Context(), nowhere, func(_, _ int64) {}); studymail.CodeOf(err) != studymail.Unavailable {
		t.Errorf("into a folder that is not there: %v", err)
	}
}

// ABackupThatWasKilledIsMadeAnew finds half a copy of before, and one being made.
func ABackupThatWasKilledIsMadeAnew(t *testing.T, s *store.Store) {
	if s.Kind() == store.Postgres {
		_, err := s.DumpCommand()
		equal(t, "how to dump PostgreSQL", err, nil)
		return
	}
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(file+".tmp", []byte("half a copy"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Backup(t.Context(), file, func(_, _ int64) {}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := os.Stat(file + ".tmp"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("beside it: %v", err)
	}
}
