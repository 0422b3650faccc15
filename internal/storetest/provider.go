package storetest

import (
	"testing"

	"studymail"
	"studymail/internal/store"
)

// ProviderComesBackAsItWasAdded promises that nothing of it is lost.
func ProviderComesBackAsItWasAdded(t *testing.T, s *store.Store) {
	want := studymail.Provider{
		Name: "Patel's Surgery ☂", ODSCode: "ERF00003", Contact: "Dr Patel", ContactName: "Dr Asha Patel",
		FromName: "Patel's", ReplyTo: "surgery@example.org", Phone: "020 7946 0002", Active: true,
	}
	write(t, s, func(tx *store.Tx) error { return tx.AddProvider(t.Context(), &want) })
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.ProviderByODS(t.Context(), want.ODSCode)
		equal(t, "by ODS code", got, want)
		return err
	})
	if want.ID.IsZero() || want.Key == 0 || want.CreatedAt.IsZero() {
		t.Fatalf("no ID, key or time was set: %+v", want)
	}
}

// AnODSCodeIsTakenOnce promises that a second care provider cannot have it.
func AnODSCodeIsTakenOnce(t *testing.T, s *store.Store) {
	add := func(name string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			return tx.AddProvider(t.Context(), &studymail.Provider{Name: name, ODSCode: "ABCD001", Active: true})
		}
	}
	write(t, s, add("first"))
	refuse(t, s, studymail.Conflict, add("second"))
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.Providers(t.Context())
		if len(all) != 1 || all[0].Name != "first" {
			t.Fatalf("after the refusal: %+v", all)
		}
		return err
	})
}

// ProvidersOfKeysAreThoseAskedFor promises exactly those, and an empty list
// for none.
func ProvidersOfKeysAreThoseAskedFor(t *testing.T, s *store.Store) {
	var keys []int64
	write(t, s, func(tx *store.Tx) error {
		keys = nil
		for _, code := range []string{"A1", "B2", "C3"} {
			p := studymail.Provider{Name: "Surgery " + code, ODSCode: code, Active: true}
			if err := tx.AddProvider(t.Context(), &p); err != nil {
				return err
			}
			keys = append(keys, p.Key)
		}
		return nil
	})
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.ProvidersByKey(t.Context(), []int64{keys[2], keys[0], keys[2] + 1000})
		if err != nil || len(got) != 2 || got[0].ODSCode != "A1" || got[1].ODSCode != "C3" {
			t.Fatalf("got %+v, %v; want A1 and C3", got, err)
		}
		got, err = tx.ProvidersByKey(t.Context(), nil)
		equal(t, "for no keys", got, []studymail.Provider{})
		return err
	})
}

// TwoEditorsOfAProviderCollideVisibly promises that the second is told so,
// also within one millisecond.
func TwoEditorsOfAProviderCollideVisibly(t *testing.T, s *store.Store) {
	p := NewClinic(t, s).Provider
	mine, theirs := p, p
	mine.Phone, theirs.Phone = "1", "2"
	write(t, s, func(tx *store.Tx) error { return tx.UpdateProvider(t.Context(), &mine) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.UpdateProvider(t.Context(), &theirs) })
	mine.Phone = "3" // who edited can edit on
	write(t, s, func(tx *store.Tx) error { return tx.UpdateProvider(t.Context(), &mine) })
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.ProviderByODS(t.Context(), p.ODSCode)
		equal(t, "what stands", got, mine)
		return err
	})
}

// AProviderThatIsNotThereIsNotFound promises so for finding and for editing.
func AProviderThatIsNotThereIsNotFound(t *testing.T, s *store.Store) {
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.ProviderByODS(t.Context(), "NOBODY")
		return err
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		return tx.UpdateProvider(t.Context(), &studymail.Provider{Key: 99, Name: "x", ODSCode: "NOBODY"})
	})
}
