package storetest

import (
	"context"
	"fmt"
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Keys makes fresh keys.
func Keys(tb testing.TB) *sealed.Keys {
	tb.Helper()
	master, hash, signing, err := sealed.NewKeysets()
	if err != nil {
		tb.Fatal(err)
	}
	keys, err := sealed.ParseKeys(master, hash, signing)
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

// Clinic is a small world to test in: one care provider, one study, and as
// many patients as are asked for.
type Clinic struct {
	Keys     *sealed.Keys
	Provider studymail.Provider
	Study    studymail.Study
}

// NewClinic makes a clinic: Smith's Surgery (ABCD001) and study A.
func NewClinic(tb testing.TB, s *store.Store) *Clinic {
	tb.Helper()
	c := &Clinic{
		Keys: Keys(tb),
		Provider: studymail.Provider{
			Name: "Smith's Surgery", ODSCode: "ABCD001", Contact: "Dr Smith", ContactName: "Dr Jane Smith",
			Phone: "020 7946 0001", Active: true,
		},
		Study: studymail.Study{Name: "A", Active: true},
	}
	err := s.Write(tb.Context(), func(tx *store.Tx) error {
		if err := tx.AddProvider(tb.Context(), &c.Provider); err != nil {
			return err
		}
		return tx.AddStudy(tb.Context(), &c.Study)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// DetailsOf are the details of the invented person number n.
func DetailsOf(n int) studymail.Details {
	return studymail.Details{
		Username:  sealed.NewName(fmt.Sprintf("user%06d", n)),
		FirstName: sealed.NewName("User"),
		LastName:  sealed.NewName(fmt.Sprintf("Number%06d", n)),
		Email:     sealed.NewEmail(fmt.Sprintf("user%06d@example.org", n)),
	}
}

// NewPerson seals details for a new person.
func NewPerson(tb testing.TB, keys *sealed.Keys, d studymail.Details) studymail.Person {
	tb.Helper()
	p := studymail.Person{ID: studymail.NewID(), Hashes: d.Hash(keys.Sealer()), Missing: d.Missing()}
	key, wrapped, err := keys.Sealer().NewKey(p.ID)
	if err != nil {
		tb.Fatal(err)
	}
	p.Wrapped = wrapped
	if p.Sealed, err = d.Seal(key, p.ID); err != nil {
		tb.Fatal(err)
	}
	return p
}

// AddPatient adds a person with these details as a New patient of the study.
func (c *Clinic) AddPatient(tb testing.TB, s *store.Store, d studymail.Details) studymail.Patient {
	tb.Helper()
	person := NewPerson(tb, c.Keys, d)
	var p studymail.Patient
	err := s.Write(tb.Context(), func(tx *store.Tx) error {
		var err error
		p, err = c.add(tb.Context(), tx, &person)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// AddPatients adds the people from number first to first+n-1.
func (c *Clinic) AddPatients(tb testing.TB, s *store.Store, first, n int) []studymail.Patient {
	tb.Helper()
	var all []studymail.Patient
	for done := 0; done < n; done += 1000 {
		var people []studymail.Person
		for i := done; i < min(n, done+1000); i++ {
			people = append(people, NewPerson(tb, c.Keys, DetailsOf(first+i)))
		}
		var chunk []studymail.Patient
		err := s.Write(tb.Context(), func(tx *store.Tx) error {
			chunk = nil
			for i := range people {
				p, err := c.add(tb.Context(), tx, &people[i])
				if err != nil {
					return err
				}
				chunk = append(chunk, p)
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, chunk...)
	}
	return all
}

func (c *Clinic) add(ctx context.Context, tx *store.Tx, person *studymail.Person) (studymail.Patient, error) {
	if err := tx.AddPerson(ctx, person); err != nil {
		return studymail.Patient{}, err
	}
	p := studymail.Patient{Person: person.Key, PersonID: person.ID, Study: c.Study.Key, Provider: c.Provider.Key}
	err := tx.AddPatient(ctx, &p)
	return p, err
}
