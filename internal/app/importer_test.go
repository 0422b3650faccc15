package app

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/intake"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// opened is an installation with a study and a care provider.
func opened(t *testing.T) (*App, studymail.Study) {
	t.Helper()
	dir := t.TempDir()
	if _, err := config.WriteEnv(dir); err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), Options{Dir: dir, Now: time.Now, Tables: Make, Environ: []string{"LOG_FILE_PATH=log", "WORKER_LOG_FILE_PATH=log"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	study := studymail.Study{Name: "A", Active: true}
	err = a.Store.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddProvider(t.Context(), &studymail.Provider{Name: "Smith", ODSCode: "ABCD001", Active: true}); err != nil {
			return err
		}
		return tx.AddStudy(t.Context(), &study)
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, study
}

// uploaded keeps a file of n patients, for a worker to check.
func (a *App) uploaded(t *testing.T, study studymail.Study, n int) studymail.ID {
	t.Helper()
	var b strings.Builder
	b.WriteString("username,first_name,last_name,email,ods_code\n")
	for i := range n {
		fmt.Fprintf(&b, "user%d,User,Number%d,user%d@example.org,ABCD001\n", i, i, i)
	}
	i := studymail.Import{ID: studymail.NewID(), Study: study.Key, Actor: "tester", Choices: "{}", FileHash: a.Keys.Sealer().Hash(sealed.FileHash, "x")}
	key, wrapped, err := a.Keys.Sealer().NewKey(i.ID)
	if err != nil {
		t.Fatal(err)
	}
	i.Wrapped = wrapped
	a.change(t, func(tx *store.Tx) error { return tx.AddImport(t.Context(), &i) })
	got, err := intake.Receive(strings.NewReader(b.String()), func(n int, plain []byte) error {
		sealed, err := intake.SealBlock(key, i.ID, n, plain)
		if err != nil {
			return err
		}
		return a.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.AddImportBlock(t.Context(), i.Key, n, sealed) })
	})
	if err != nil {
		t.Fatal(err)
	}
	i.Bytes = got.Bytes
	a.change(t, func(tx *store.Tx) error { return tx.ReceiveImport(t.Context(), &i, studymail.ImportChecking) })
	return i.ID
}

func (a *App) change(t *testing.T, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := a.Store.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (a *App) importNow(t *testing.T, id studymail.ID) (i store.ImportRow) {
	t.Helper()
	a.change(t, func(tx *store.Tx) (err error) {
		i, err = tx.ImportByID(t.Context(), id)
		return err
	})
	return i
}

func (a *App) confirm(t *testing.T, id studymail.ID) {
	t.Helper()
	i := a.importNow(t, id)
	a.change(t, func(tx *store.Tx) error { return tx.MoveImport(t.Context(), &i.Import, studymail.ImportWriting) })
}

func (a *App) patients(t *testing.T) (n int) {
	t.Helper()
	a.change(t, func(tx *store.Tx) (err error) {
		n, err = tx.CountPatients(t.Context(), store.PatientFilter{})
		return err
	})
	return n
}

// blocks counts what lies in the spool of an import.
func (a *App) blocks(t *testing.T, k int64) (n int) {
	t.Helper()
	a.change(t, func(tx *store.Tx) error {
		for n = 0; ; n++ {
			b, err := tx.ImportBlock(t.Context(), k, n)
			if err != nil || b == nil {
				return err
			}
		}
	})
	return n
}

func TestAWorkerChecksThenWritesWhatWasConfirmedAndTheFileIsGone(t *testing.T) {
	t.Parallel()
	a, study := opened(t)
	id := a.uploaded(t, study, 700)
	m := a.newImporter()
	if err := m.next(t.Context()); err != nil {
		t.Fatal(err)
	}
	i := a.importNow(t, id)
	if i.State != studymail.ImportChecked || a.patients(t) != 0 || !strings.Contains(i.Result, `"people_added":700`) {
		t.Fatalf("it is %s with %s, and %d patients", i.State, i.Result, a.patients(t))
	}
	if err := m.next(t.Context()); err != nil || a.importNow(t, id).State != studymail.ImportChecked {
		t.Errorf("it went on without a word: %v", err)
	}
	a.confirm(t, id)
	if err := m.next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i = a.importNow(t, id); i.State != studymail.ImportDone || a.patients(t) != 700 || i.Wrapped != nil || a.blocks(t, i.Key) != 0 {
		t.Errorf("it is %s (%s), %d patients, %d blocks", i.State, i.Failure, a.patients(t), a.blocks(t, i.Key))
	}
}

// Seen to fail: without Interrupted in work, it waited for a person with 300 new rows.
func TestAnImportWhoseWorkerDiedIsTakenUp(t *testing.T) {
	t.Parallel()
	a, study := opened(t)
	first := a.uploaded(t, study, 400)
	m := a.newImporter()
	for range 2 {
		if err := m.next(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a.importNow(t, first).State == studymail.ImportChecked {
			a.confirm(t, first)
		}
	}
	id := a.uploaded(t, study, 700)
	if err := m.next(t.Context()); err != nil {
		t.Fatal(err)
	}
	i := a.importNow(t, id)
	// What a worker leaves that is killed while it writes: rows, its stage, its claim.
	n, err := intake.ReadNumbers(i.Result)
	if err != nil {
		t.Fatal(err)
	}
	n.PeopleAdded, n.PatientsAdded, n.Unchanged = 700, 700, 0
	token := studymail.NewID()
	i.State = studymail.ImportChecked
	a.confirm(t, id)
	a.change(t, func(tx *store.Tx) error {
		row, _, err := tx.ClaimImport(t.Context(), token, tx.Now().Add(time.Hour))
		if err != nil {
			return err
		}
		row.Result, row.Stage, row.Done, row.Total = n.Text(), string(intake.Writing), 400, 700
		if err := tx.SettleImport(t.Context(), &row.Import, token, studymail.ImportWriting); err != nil {
			return err
		}
		if _, _, err = tx.ClaimImport(t.Context(), token, tx.Now().Add(time.Hour)); err != nil {
			return err
		}
		return tx.KeepImport(t.Context(), &row.Import, token, tx.Now())
	})
	if err := m.next(t.Context()); err != nil {
		t.Fatal(err)
	}
	i = a.importNow(t, id)
	if i.State != studymail.ImportDone || a.patients(t) != 700 || !strings.Contains(i.Result, `"people_added":700`) {
		t.Errorf("it is %s with %s, %d patients", i.State, i.Result, a.patients(t))
	}
}

func TestWhatIsDiscardedWhileItIsCheckedStaysSo(t *testing.T) {
	t.Parallel()
	a, study := opened(t)
	id := a.uploaded(t, study, 10)
	m := a.newImporter()
	opener := m.key
	m.key = func(i [16]byte, wrapped []byte) (*sealed.OpenKey, error) {
		row := a.importNow(t, id)
		a.change(t, func(tx *store.Tx) error { return tx.DiscardImport(t.Context(), &row.Import) })
		return opener(i, wrapped)
	}
	if err := m.next(t.Context()); studymail.CodeOf(err) != studymail.Conflict {
		t.Errorf("the worker heard %v", err)
	}
	if i := a.importNow(t, id); i.State != studymail.ImportDiscarded || a.patients(t) != 0 {
		t.Errorf("it is %s", i.State)
	}
	if _, err := a.discardImports(t.Context()); err != nil || a.blocks(t, a.importNow(t, id).Key) != 0 {
		t.Errorf("its file is still there: %v", err)
	}
}

// A file that cannot be opened is no import for ever: a person sees that it stopped.
func TestAnImportThatCannotBeReadStopsAndSaysSo(t *testing.T) {
	t.Parallel()
	a, study := opened(t)
	id := a.uploaded(t, study, 10)
	m := a.newImporter()
	m.key = func([16]byte, []byte) (*sealed.OpenKey, error) { return nil, context.DeadlineExceeded }
	if err := m.next(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i := a.importNow(t, id); i.State != studymail.ImportFailed || i.Failure == "" {
		t.Errorf("it is %s (%s)", i.State, i.Failure)
	}
	if err := m.job(t.Context(), id); err != nil {
		t.Errorf("the job: %v", err)
	}
}
