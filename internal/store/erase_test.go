package store_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// Whoever was erased is in no byte of the files: neither what could be read, nor what
// was sealed, nor the key. Details are changed many times first, among many others, so
// that SQLite moves rows from page to page: a copy that it left behind would show.
//
// Seen to fail: without secure_delete in the database, without the checkpoint in the
// -wal file.
func TestNothingOfAnErasedPersonIsLeftInTheFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "studymail.db")
	s := storetest.OpenURL(t, "sqlite:"+path, time.Now)
	c := storetest.NewClinic(t, s)
	rng := rand.New(rand.NewPCG(7, 7))
	patients := c.AddPatients(t, s, 0, 300)
	canary := storetest.DetailsOf(150)
	who := patients[150]

	var look [][]byte // what must not be found
	note := func(p studymail.Person) {
		for _, b := range [][]byte{p.Wrapped, p.Sealed, p.Hashes.Username, p.Hashes.Email, p.Hashes.Details} {
			if len(b) > 0 {
				look = append(look, b)
			}
		}
	}
	person := func(k int64) (p studymail.Person) {
		err := s.Read(t.Context(), func(tx *store.Tx) (err error) {
			p, err = tx.PersonByKey(t.Context(), k)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	edit := func(k int64, n int) {
		p := person(k)
		key, err := c.Keys.Opener().Key(p.ID, p.Wrapped)
		if err != nil {
			t.Fatal(err)
		}
		d, err := studymail.OpenDetails(key, p.ID, p.Sealed)
		if err != nil {
			t.Fatal(err)
		}
		d.LastName = sealed.NewName(strings.Repeat("Longer", n))
		if p.Sealed, err = d.Seal(&key.Key, p.ID); err == nil {
			p.Hashes = d.Hash(c.Keys.Sealer())
			err = s.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdatePerson(t.Context(), &p) })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	note(person(who.Person))
	for i := range 400 {
		k := patients[rng.IntN(len(patients))].Person
		if i%20 == 0 {
			k = who.Person
		}
		edit(k, rng.IntN(80))
		if k == who.Person {
			note(person(k))
		}
	}
	external, err := sealFor(c, person(who.Person), sealed.PatientDetails, who.ID, "NHS-4711")
	if err != nil {
		t.Fatal(err)
	}
	look = append(look, external)
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetExternalID(t.Context(), &who, external) }); err != nil {
		t.Fatal(err)
	}
	look = append(look, []byte(canary.Username.Reveal()), []byte(canary.Email.Reveal()), []byte("NHS-4711"))
	if found := inFiles(t, dir, look[:1]); len(found) == 0 {
		t.Fatal("the search finds nothing even before the erasure")
	}
	err = s.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ErasePerson(t.Context(), who.PersonID, "test", "asked")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.FinishErasures(t.Context()); err != nil || n != 1 {
		t.Fatalf("%d erasures finished, %v", n, err)
	}
	if _, err := s.Backup(t.Context(), filepath.Join(dir, "backup.db"), func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	for _, f := range inFiles(t, dir, look) {
		t.Error(f)
	}
	p := person(who.Person)
	if _, err := c.Keys.Opener().Key(p.ID, p.Wrapped); err == nil {
		t.Error("there is a key yet")
	}
}

func sealFor(c *storetest.Clinic, p studymail.Person, purpose sealed.Purpose, row studymail.ID, value string) ([]byte, error) {
	key, err := c.Keys.Sealer().Key(p.ID, p.Wrapped)
	if err != nil {
		return nil, err
	}
	return key.Seal(purpose, row, value)
}

// inFiles says where in the files of a folder something is found.
func inFiles(t *testing.T, dir string, look [][]byte) (found []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range look {
			if at := bytes.Index(b, l); at >= 0 {
				found = append(found, fmt.Sprintf("number %d of what must be gone is in %s, at page %d, byte %d", i, f.Name(), at/4096+1, at%4096))
			}
		}
	}
	return found
}
