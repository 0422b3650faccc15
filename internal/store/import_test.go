package store_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// importBase is a store with a study, a care provider, and the means to make
// people whose sealed values are recognisable.
type importBase struct {
	s        *store.Store
	study    studymail.Study
	provider studymail.Provider
}

func newImportBase(t *testing.T, s *store.Store) *importBase {
	t.Helper()
	b := &importBase{s: s, study: studymail.Study{Name: "Study A", Active: true}, provider: studymail.Provider{Name: "P", ODSCode: "ABCD001", Active: true}}
	err := s.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddStudy(t.Context(), &b.study); err != nil {
			return err
		}
		return tx.AddProvider(t.Context(), &b.provider)
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func hashOf(kind string, n int) []byte { return []byte(fmt.Sprintf("%s-%04d", kind, n)) }

func (b *importBase) person(n int) studymail.Person {
	return studymail.Person{
		ID: studymail.NewID(), Wrapped: hashOf("wrapped", n), Sealed: hashOf("sealed", n),
		Hashes: studymail.Hashes{Username: hashOf("username", n), Email: hashOf("email", n), Details: hashOf("details", n)},
	}
}

func (b *importBase) patient(p studymail.Person) studymail.Patient {
	return studymail.Patient{ID: studymail.NewID(), PersonID: p.ID, Provider: b.provider.Key}
}

func (b *importBase) write(t *testing.T, c store.ImportChunk, want studymail.Code) {
	t.Helper()
	c.Study = b.study
	if err := b.s.WriteImport(t.Context(), &c); studymail.CodeOf(err) != want {
		t.Fatalf("WriteImport: %v; want code %q", err, want)
	}
}

func (b *importBase) find(t *testing.T, ns ...int) []store.ImportPerson {
	t.Helper()
	var hashes [][]byte
	for _, n := range ns {
		hashes = append(hashes, hashOf("username", n))
	}
	found, err := b.s.ImportPeople(t.Context(), b.study.Key, hashes)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(found, func(a, b store.ImportPerson) int {
		return bytes.Compare(a.Person.Hashes.Username, b.Person.Hashes.Username)
	})
	return found
}

func TestImportChunkIsFoundAsItWasWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { //nolint:thelper // it is the test
		b := newImportBase(t, s)
		var c store.ImportChunk
		for n := range 500 {
			p := b.person(n)
			if n == 7 {
				p.Hashes.Email, p.Missing = nil, studymail.MissingEmail
			}
			pa := b.patient(p)
			if n == 9 {
				pa.Status, pa.Cancelled, pa.SealedExternal = studymail.Engaged, studymail.OptedOut, []byte("external")
			}
			c.People, c.Patients = append(c.People, p), append(c.Patients, pa)
		}
		// A person who is no patient in the study.
		other := b.person(1000)
		c.People = append(c.People, other)
		c.Actor, c.Action, c.Detail = "tester", "import started", "rows=500"
		b.write(t, c, "")

		found := b.find(t, 7, 9, 1000, 2000)
		if len(found) != 3 {
			t.Fatalf("%d people found, want 3", len(found))
		}
		for i, want := range []studymail.Person{c.People[7], c.People[9], other} {
			got := found[i].Person
			if got.ID != want.ID || got.Key == 0 || got.Revision != 1 || got.Missing != want.Missing || !bytes.Equal(got.Wrapped, want.Wrapped) ||
				!bytes.Equal(got.Hashes.Username, want.Hashes.Username) || !bytes.Equal(got.Hashes.Email, want.Hashes.Email) || !bytes.Equal(got.Hashes.Details, want.Hashes.Details) {
				t.Errorf("person %d = %+v", i, got)
			}
		}
		if pa := found[0].Patient; pa.ID != c.Patients[7].ID || pa.Provider != b.provider.Key || pa.SealedExternal != nil || !pa.InStudy() || pa.Study != b.study.Key {
			t.Errorf("patient 7 = %+v", pa)
		}
		if pa := found[1].Patient; pa.Status != studymail.Engaged || pa.Cancelled != studymail.OptedOut || string(pa.SealedExternal) != "external" {
			t.Errorf("patient 9 = %+v", pa)
		}
		if !found[2].Patient.ID.IsZero() {
			t.Errorf("patient of another study: %+v", found[2].Patient)
		}
		err := s.Read(t.Context(), func(tx *store.Tx) error {
			// In the order of the file.
			rows, err := tx.Patients(t.Context(), store.PatientFilter{Study: b.study.Key})
			if err != nil {
				return err
			}
			for i, r := range rows {
				if r.ID != c.Patients[i].ID || !bytes.Equal(r.Sealed, c.People[i].Sealed) {
					t.Errorf("patient %d of the list is another", i)
					break
				}
			}
			events, err := tx.Events(t.Context(), store.EventFilter{About: b.study.ID})
			if len(rows) != 500 || len(events) != 1 || events[0].Action != "import started" || events[0].Actor != "tester" {
				t.Errorf("%d patients, events %+v", len(rows), events)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestImportHolders(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { //nolint:thelper // it is the test
		b := newImportBase(t, s)
		var c store.ImportChunk
		for n := range 4 {
			p := b.person(n)
			if n < 3 {
				p.Hashes.Email = hashOf("email", 0)
			}
			c.People = append(c.People, p)
		}
		b.write(t, c, "")
		found := b.find(t, 0, 2, 3)
		holders, err := s.ImportHolders(t.Context(), [][]byte{hashOf("email", 0), hashOf("email", 3), hashOf("email", 9)})
		if err != nil || len(holders) != 2 {
			t.Fatalf("holders = %v, %v", holders, err)
		}
		if got := holders[string(hashOf("email", 0))]; got != [2]int64{found[0].Person.Key, found[1].Person.Key} {
			t.Errorf("shared: %v", got)
		}
		if k := found[2].Person.Key; holders[string(hashOf("email", 3))] != [2]int64{k, k} {
			t.Errorf("single: %v", holders[string(hashOf("email", 3))])
		}
		if none, err := s.ImportHolders(t.Context(), nil); err != nil || len(none) != 0 {
			t.Errorf("none: %v, %v", none, err)
		}
	})
}

func TestImportChangesWhatIsThere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { //nolint:thelper // it is the test
		b := newImportBase(t, s)
		p := b.person(1)
		pa := b.patient(p)
		pa.Cancelled = studymail.NotContactable
		b.write(t, store.ImportChunk{People: []studymail.Person{p}, Patients: []studymail.Patient{pa}}, "")
		now := b.find(t, 1)[0]
		changed := now.Person
		changed.Sealed, changed.Hashes.Email, changed.Hashes.Details, changed.Missing = []byte("new"), nil, []byte("new details"), studymail.MissingEmail
		b.write(t, store.ImportChunk{
			Changed: []studymail.Person{changed}, Recontact: []studymail.ID{pa.ID},
			ExternalIDs: []studymail.Patient{{ID: pa.ID, SealedExternal: []byte("ext")}},
		}, "")
		got := b.find(t, 1)[0]
		if got.Person.Revision != 2 || got.Person.Hashes.Email != nil || string(got.Person.Hashes.Details) != "new details" || got.Person.Missing != studymail.MissingEmail ||
			!bytes.Equal(got.Person.Wrapped, p.Wrapped) {
			t.Errorf("person = %+v", got.Person)
		}
		if got.Patient.Cancelled != studymail.NotCancelled || string(got.Patient.SealedExternal) != "ext" || got.Patient.ID != pa.ID {
			t.Errorf("patient = %+v", got.Patient)
		}
	})
}

// Each guard is tried with a chunk that would else also add a person: nothing
// of it may be left.
func TestImportChunkThatComesTooLateLeavesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) { //nolint:thelper // it is the test
		b := newImportBase(t, s)
		p, erased := b.person(1), b.person(2)
		pa := b.patient(p)
		pa.Cancelled, pa.SealedExternal = studymail.OptedOut, []byte("ext")
		b.write(t, store.ImportChunk{People: []studymail.Person{p, erased}, Patients: []studymail.Patient{pa}}, "")
		late := b.find(t, 1)[0].Person
		late.Revision = 9
		gone := b.find(t, 2)[0].Person
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(t.Context(), `UPDATE people SET wrapped_key = NULL, details = NULL, username_hash = NULL,
				email_hash = NULL, details_hash = NULL, erased_at = 1 WHERE id = $1`, gone.Key)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		same := b.person(1)
		for name, c := range map[string]store.ImportChunk{
			"person is there":         {People: []studymail.Person{same}},
			"patient is there":        {Patients: []studymail.Patient{b.patient(p)}},
			"patient of nobody":       {Patients: []studymail.Patient{b.patient(same)}},
			"patient of an erased":    {Patients: []studymail.Patient{b.patient(gone)}},
			"details changed":         {Changed: []studymail.Person{late}},
			"details of an erased":    {Changed: []studymail.Person{gone}},
			"an opt-out":              {Recontact: []studymail.ID{pa.ID}},
			"external id is there":    {ExternalIDs: []studymail.Patient{{ID: pa.ID, SealedExternal: []byte("x")}}},
			"care provider is there":  {Providers: []studymail.Provider{{Name: "X", ODSCode: "ABCD001"}}},
			"one of several is there": {Patients: []studymail.Patient{b.patient(p)}, Providers: []studymail.Provider{{Name: "X", ODSCode: "NEW1"}}},
		} {
			extra := b.person(100)
			c.People = append(c.People, extra)
			c.Patients = append(c.Patients, b.patient(extra))
			c.Action = "import started"
			b.write(t, c, studymail.Conflict)
			if found := b.find(t, 1, 100); len(found) != 1 || found[0].Patient.Cancelled != studymail.OptedOut || string(found[0].Patient.SealedExternal) != "ext" || found[0].Person.Revision != 1 {
				t.Errorf("%s: something was left: %+v", name, found)
			}
		}
		providers, err := s.ImportProviders(t.Context())
		if err != nil || len(providers) != 1 {
			t.Errorf("providers = %v, %v", providers, err)
		}
		b.write(t, store.ImportChunk{Providers: []studymail.Provider{{Name: "NEW2", ODSCode: "NEW2", Active: true}}}, "")
		if providers, err = s.ImportProviders(t.Context()); err != nil || len(providers) != 2 {
			t.Errorf("providers = %v, %v", providers, err)
		}
	})
}
