package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

func addImport(t *testing.T, s *store.Store, c *Clinic) studymail.Import {
	t.Helper()
	i := studymail.Import{ID: studymail.NewID(), Study: c.Study.Key, Actor: "tester", Wrapped: []byte("wrapped")}
	write(t, s, func(tx *store.Tx) error { return tx.AddImport(t.Context(), &i) })
	return i
}

// receive adds an import whose file is there, in a state.
func receive(t *testing.T, s *store.Store, c *Clinic, to studymail.ImportState) studymail.Import {
	t.Helper()
	i := addImport(t, s, c)
	i.FileHash, i.Bytes, i.Choices = []byte("hash"), 7, `{"a":1}`
	write(t, s, func(tx *store.Tx) error { return tx.ReceiveImport(t.Context(), &i, to) })
	return i
}

func importOf(t *testing.T, s *store.Store, id studymail.ID) (i store.ImportRow) {
	t.Helper()
	read(t, s, func(tx *store.Tx) (err error) {
		i, err = tx.ImportByID(t.Context(), id)
		return err
	})
	return i
}

// AnImportComesBackWithItsBlocks promises so, in order, and that nothing is added to a
// file that is there as a whole.
func AnImportComesBackWithItsBlocks(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	i := addImport(t, s, c)
	for n := range 3 {
		write(t, s, func(tx *store.Tx) error {
			return tx.AddImportBlock(t.Context(), i.Key, n, fmt.Appendf(nil, "block %d", n))
		})
	}
	i.FileHash, i.Bytes, i.Choices = []byte("hash"), 21, `{"a":1}`
	write(t, s, func(tx *store.Tx) error { return tx.ReceiveImport(t.Context(), &i, studymail.ImportReceived) })
	equal(t, "the import", importOf(t, s, i.ID), store.ImportRow{Import: i, StudyID: c.Study.ID, StudyName: c.Study.Name})
	read(t, s, func(tx *store.Tx) error {
		for n, want := range []string{"block 0", "block 1", "block 2", ""} {
			b, err := tx.ImportBlock(t.Context(), i.Key, n)
			if err != nil || string(b) != want {
				t.Errorf("block %d is %q, %v", n, b, err)
			}
		}
		return nil
	})
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.AddImportBlock(t.Context(), i.Key, 3, []byte("late")) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.ReceiveImport(t.Context(), &i, studymail.ImportReceived) })
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.ImportByID(t.Context(), studymail.NewID())
		return err
	})
}

// AnImportMovesFromTheStateThatWasSeen promises that the second of two who move it is
// refused, and that one whose file is gone moves no more.
func AnImportMovesFromTheStateThatWasSeen(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	i := receive(t, s, c, studymail.ImportReceived)
	mine, theirs := i, i
	write(t, s, func(tx *store.Tx) error { return tx.MoveImport(t.Context(), &mine, studymail.ImportChecking) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.MoveImport(t.Context(), &theirs, studymail.ImportChecking) })
	write(t, s, func(tx *store.Tx) error { return tx.DiscardImport(t.Context(), &mine) })
	got := importOf(t, s, i.ID)
	if got.State != studymail.ImportDiscarded || got.Wrapped != nil || got.EndedAt.IsZero() {
		t.Errorf("discarded it is %+v", got.Import)
	}
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.DiscardImport(t.Context(), &mine) })
	gone := got.Import
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.MoveImport(t.Context(), &gone, studymail.ImportChecking) })
}

// OneWorkerHasAnImport promises that of many who claim at once one gets it, that who
// lost it can neither note nor settle anything, and that one whose worker went silent
// is taken by another.
func OneWorkerHasAnImport(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	i := receive(t, s, c, studymail.ImportChecking)
	receive(t, s, c, studymail.ImportReceived) // waits for a person
	claim := func(until time.Duration) (token studymail.ID, found bool) {
		token = studymail.NewID()
		write(t, s, func(tx *store.Tx) error {
			got, there, err := tx.ClaimImport(t.Context(), token, tx.Now().Add(until))
			if found = there; there && (got.ID != i.ID || !got.Claimed && until > 0) {
				t.Errorf("claimed %s, claimed %t", got.ID, got.Claimed)
			}
			return err
		})
		return token, found
	}
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		have []studymail.ID
	)
	for range 8 {
		all.Go(func() {
			if token, found := claim(time.Hour); found {
				mu.Lock()
				defer mu.Unlock()
				have = append(have, token)
			}
		})
	}
	all.Wait()
	if len(have) != 1 {
		t.Fatalf("%d workers have it", len(have))
	}
	row := importOf(t, s, i.ID).Import
	row.Stage, row.Done, row.Total = "checking", 5, 10
	write(t, s, func(tx *store.Tx) error { return tx.KeepImport(t.Context(), &row, have[0], tx.Now()) }) // and falls silent
	if got := importOf(t, s, i.ID); got.Stage != "checking" || got.Done != 5 || got.Total != 10 || got.Claimed {
		t.Errorf("its worker noted %+v", got.Import)
	}
	token, found := claim(time.Hour)
	if !found {
		t.Fatal("nobody takes it over")
	}
	row.Result, row.Problems, row.Sample = `{"rows":3}`, []byte("problems"), []byte("sample")
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.KeepImport(t.Context(), &row, have[0], tx.Now()) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.SettleImport(t.Context(), &row, have[0], studymail.ImportChecked) })
	write(t, s, func(tx *store.Tx) error { return tx.SettleImport(t.Context(), &row, token, studymail.ImportChecked) })
	got := importOf(t, s, i.ID)
	if got.State != studymail.ImportChecked || got.Result != row.Result || got.Claimed || got.Stage != "" || got.Wrapped == nil {
		t.Errorf("checked it is %+v", got.Import)
	}
	read(t, s, func(tx *store.Tx) error {
		problems, sample, err := tx.ImportFindings(t.Context(), i.Key)
		if string(problems) != "problems" || string(sample) != "sample" {
			t.Errorf("it found %s, %s", problems, sample)
		}
		return err
	})
	if _, found := claim(time.Hour); found {
		t.Error("what is checked is claimed")
	}
	got.Choices = `{"b":2}`
	write(t, s, func(tx *store.Tx) error { return tx.MoveImport(t.Context(), &got.Import, studymail.ImportWriting) })
	token, _ = claim(time.Hour)
	write(t, s, func(tx *store.Tx) error { return tx.LeaveImport(t.Context(), &got.Import, token) })
	token, _ = claim(time.Hour)
	got.Sample = []byte("sample")
	write(t, s, func(tx *store.Tx) error {
		return tx.SettleImport(t.Context(), &got.Import, token, studymail.ImportDone)
	})
	if got := importOf(t, s, i.ID); got.State != studymail.ImportDone || got.Wrapped != nil || got.EndedAt.IsZero() || got.Choices != `{"b":2}` {
		t.Errorf("done it is %+v", got.Import)
	}
}

// FilesOfImportsGo promises that those of imports that are over are removed, some at a
// time, that what nobody went on with is discarded, and that no other file is touched.
func FilesOfImportsGo(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	stays, goes := addImport(t, s, c), addImport(t, s, c)
	for n := range 20 {
		write(t, s, func(tx *store.Tx) error {
			if err := tx.AddImportBlock(t.Context(), stays.Key, n, []byte("stays")); err != nil {
				return err
			}
			return tx.AddImportBlock(t.Context(), goes.Key, n, []byte("goes"))
		})
	}
	discard := func(since time.Duration) (n int) {
		write(t, s, func(tx *store.Tx) (err error) {
			n, err = tx.DiscardOldImports(t.Context(), tx.Now().Add(since))
			return err
		})
		return n
	}
	if n := discard(-time.Hour); n != 0 {
		t.Errorf("%d fresh imports were discarded", n)
	}
	write(t, s, func(tx *store.Tx) error { return tx.DiscardImport(t.Context(), &goes) })
	removed := 0
	for more := true; more; {
		write(t, s, func(tx *store.Tx) error {
			n, err := tx.PurgeImportBlocks(t.Context())
			removed, more = removed+n, n > 0
			return err
		})
	}
	if removed != 20 {
		t.Errorf("%d blocks were removed, not 20", removed)
	}
	if n := discard(time.Hour); n != 1 {
		t.Errorf("%d old imports were discarded, not 1", n)
	}
	if got := importOf(t, s, stays.ID); got.State != studymail.ImportDiscarded || got.Wrapped != nil {
		t.Errorf("the old one is %+v", got.Import)
	}
}

// ImportsAreListedAndFoundByTheirFile promises the newest first, page by page, and
// that a file is known again in its study, once it was imported.
func ImportsAreListedAndFoundByTheirFile(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	addImport(t, s, c) // still coming
	var all []studymail.Import
	for range 3 {
		all = append(all, receive(t, s, c, studymail.ImportChecking))
	}
	other := studymail.Study{Name: "other"}
	write(t, s, func(tx *store.Tx) error { return tx.AddStudy(t.Context(), &other) })
	read(t, s, func(tx *store.Tx) error {
		first, err := tx.Imports(t.Context(), 0, 0, 2)
		if err != nil {
			return err
		}
		rest, err := tx.Imports(t.Context(), c.Study.Key, first[1].Key, 2)
		if len(first) != 2 || len(rest) != 1 || first[0].ID != all[2].ID || rest[0].ID != all[0].ID {
			t.Errorf("the list is %v, then %v", first, rest)
		}
		none, _ := tx.Imports(t.Context(), other.Key, 0, 2)
		same, _ := tx.ImportsOfFile(t.Context(), c.Study.Key, [][]byte{[]byte("hash")}, 5)
		if len(none)+len(same) != 0 {
			t.Errorf("of the other study %v; imported before %v", none, same)
		}
		return err
	})
	token := studymail.NewID()
	write(t, s, func(tx *store.Tx) error {
		i, _, err := tx.ClaimImport(t.Context(), token, tx.Now().Add(time.Hour))
		if err != nil {
			return err
		}
		return tx.SettleImport(t.Context(), &i.Import, token, studymail.ImportDone)
	})
	read(t, s, func(tx *store.Tx) error {
		same, err := tx.ImportsOfFile(t.Context(), c.Study.Key, [][]byte{[]byte("older key"), []byte("hash")}, 5)
		if len(same) != 1 || same[0].ID != all[0].ID {
			t.Errorf("the same file is %v", same)
		}
		return err
	})
}
