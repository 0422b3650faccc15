package storetest

import (
	"errors"
	"sync"
	"testing"

	"studymail"
	"studymail/internal/store"
)

// PatientComesWithItsWordsAndSealedDetails promises one row with all that a
// list shows, and what those with the right can open.
func PatientComesWithItsWordsAndSealedDetails(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	p := c.AddPatient(t, s, DetailsOf(1))
	var got store.PatientRow
	read(t, s, func(tx *store.Tx) (err error) {
		got, err = tx.PatientByID(t.Context(), p.ID)
		return err
	})
	equal(t, "the patient", got.Patient, p)
	if got.StudyName != "A" || got.ODSCode != "ABCD001" || got.ProviderName != "Smith's Surgery" {
		t.Fatalf("words: %s, %s, %s", got.StudyName, got.ODSCode, got.ProviderName)
	}
	key, err := c.Keys.Opener().Key(got.PersonID, got.Wrapped)
	if err != nil {
		t.Fatal(err)
	}
	d, err := studymail.OpenDetails(key, got.PersonID, got.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "details", d, DetailsOf(1))
}

// APersonIsInAStudyOnce promises so, whatever the care provider.
func APersonIsInAStudyOnce(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	p := c.AddPatient(t, s, DetailsOf(1))
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
		again := studymail.Patient{Person: p.Person, PersonID: p.PersonID, Study: p.Study, Provider: p.Provider}
		return tx.AddPatient(t.Context(), &again)
	})
}

// PatientsAreFilteredByEachWord promises that a list has those asked for and
// nobody else.
func PatientsAreFilteredByEachWord(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	all := c.AddPatients(t, s, 1, 5)
	otherStudy := studymail.Study{Name: "B", Active: true}
	otherProvider := studymail.Provider{Name: "Other", ODSCode: "X1", Active: true}
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddStudy(t.Context(), &otherStudy); err != nil {
			return err
		}
		return tx.AddProvider(t.Context(), &otherProvider)
	})
	other := &Clinic{Keys: c.Keys, Provider: otherProvider, Study: otherStudy}
	all = append(all, other.AddPatients(t, s, 6, 1)...)
	write(t, s, func(tx *store.Tx) error {
		return errors.Join(
			tx.SetPatient(t.Context(), all[1].ID, studymail.New, studymail.NotCancelled, studymail.Consented, studymail.NotCancelled),
			tx.SetPatient(t.Context(), all[2].ID, studymail.New, studymail.NotCancelled, studymail.New, studymail.OptedOut),
			tx.SetPatient(t.Context(), all[3].ID, studymail.New, studymail.NotCancelled, studymail.Complete, studymail.OptedOut),
		)
	})
	consented, isNew, optedOut, yes, no := studymail.Consented, studymail.New, studymail.OptedOut, true, false
	for _, c := range []struct {
		name   string
		filter store.PatientFilter
		want   []int
	}{
		{"all", store.PatientFilter{}, []int{0, 1, 2, 3, 4, 5}},
		{"study", store.PatientFilter{Study: otherStudy.Key}, []int{5}},
		{"care provider", store.PatientFilter{Provider: c.Provider.Key}, []int{0, 1, 2, 3, 4}},
		{"status", store.PatientFilter{Status: &consented}, []int{1}},
		{"cancelled", store.PatientFilter{Cancelled: &optedOut}, []int{2, 3}},
		{"status and cancelled", store.PatientFilter{Status: &isNew, Cancelled: &optedOut}, []int{2}},
		{"in study", store.PatientFilter{InStudy: &yes}, []int{0, 4, 5}},
		{"not in study", store.PatientFilter{InStudy: &no}, []int{1, 2, 3}},
		{"all at once", store.PatientFilter{Study: c.Study.Key, Provider: c.Provider.Key, Status: &isNew, InStudy: &yes}, []int{0, 4}},
		{"nobody", store.PatientFilter{Study: otherStudy.Key, Provider: c.Provider.Key}, []int{}},
	} {
		read(t, s, func(tx *store.Tx) error {
			rows, err := tx.Patients(t.Context(), c.filter)
			if err != nil {
				return err
			}
			got := []int{}
			for _, r := range rows {
				for i := range all {
					if all[i].ID == r.ID {
						got = append(got, i)
					}
				}
			}
			equal(t, c.name, got, c.want)
			n, err := tx.CountPatients(t.Context(), c.filter)
			equal(t, c.name+", counted", n, len(c.want))
			return err
		})
	}
}

// PagesOfPatientsMissNobodyAndRepeatNobody promises so, whatever the page's size.
func PagesOfPatientsMissNobodyAndRepeatNobody(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	all := c.AddPatients(t, s, 1, 7)
	for _, limit := range []int{1, 3, 7, 8} {
		var got []studymail.ID
		filter := store.PatientFilter{Study: c.Study.Key, Limit: limit}
		for {
			var page []store.PatientRow
			read(t, s, func(tx *store.Tx) (err error) {
				page, err = tx.Patients(t.Context(), filter)
				return err
			})
			if len(page) == 0 {
				break
			}
			for _, p := range page {
				got = append(got, p.ID)
			}
			filter.After = page[len(page)-1].Key
		}
		if len(got) != len(all) {
			t.Fatalf("pages of %d gave %d patients, not %d", limit, len(got), len(all))
		}
		for i := range all {
			equal(t, "order", got[i], all[i].ID)
		}
	}
}

// SettingAPatientNamesWhatItExpects promises that whoever comes second changes
// nothing and is told so.
func SettingAPatientNamesWhatItExpects(t *testing.T, s *store.Store) {
	p := NewClinic(t, s).AddPatient(t, s, DetailsOf(1))
	write(t, s, func(tx *store.Tx) error {
		return tx.SetPatient(t.Context(), p.ID, studymail.New, studymail.NotCancelled, studymail.New, studymail.OptedOut)
	})
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
		return tx.SetPatient(t.Context(), p.ID, studymail.New, studymail.NotCancelled, studymail.Engaged, studymail.NotCancelled)
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		return tx.SetPatient(t.Context(), studymail.NewID(), studymail.New, studymail.NotCancelled, studymail.Engaged, studymail.NotCancelled)
	})
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.PatientByID(t.Context(), p.ID)
		if got.Status != studymail.New || got.Cancelled != studymail.OptedOut {
			t.Fatalf("stands at %s, %s", got.Status, got.Cancelled)
		}
		return err
	})
}

// OfManySettingAPatientOneSucceeds promises so when they come at once.
func OfManySettingAPatientOneSucceeds(t *testing.T, s *store.Store) {
	p := NewClinic(t, s).AddPatient(t, s, DetailsOf(1))
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			errs[i] = s.Write(t.Context(), func(tx *store.Tx) error {
				return tx.SetPatient(t.Context(), p.ID, studymail.New, studymail.NotCancelled, studymail.Engaged, studymail.NotCancelled)
			})
		})
	}
	all.Wait()
	done := 0
	for _, err := range errs {
		switch {
		case err == nil:
			done++
		case studymail.CodeOf(err) != studymail.Conflict:
			t.Fatalf("got %v, want a conflict", err)
		}
	}
	if done != 1 {
		t.Fatalf("%d succeeded, not 1", done)
	}
}

// PatientCountsAddUp promises each patient of a study counted once.
func PatientCountsAddUp(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	all := c.AddPatients(t, s, 1, 4)
	write(t, s, func(tx *store.Tx) error {
		return tx.SetPatient(t.Context(), all[0].ID, studymail.New, studymail.NotCancelled, studymail.New, studymail.OptedOut)
	})
	want := []store.PatientCount{
		{Study: c.Study.Key, Status: studymail.New, Cancelled: studymail.NotCancelled, Patients: 3},
		{Study: c.Study.Key, Status: studymail.New, Cancelled: studymail.OptedOut, Patients: 1},
	}
	read(t, s, func(tx *store.Tx) error {
		for _, of := range []int64{c.Study.Key, 0} {
			got, err := tx.PatientCounts(t.Context(), of)
			if err != nil {
				return err
			}
			equal(t, "counts", got, want)
		}
		got, err := tx.PatientCounts(t.Context(), c.Study.Key+1)
		equal(t, "counts of another study", got, []store.PatientCount{})
		return err
	})
}

// APatientThatIsNotThereIsNotFound promises so.
func APatientThatIsNotThereIsNotFound(t *testing.T, s *store.Store) {
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.PatientByID(t.Context(), studymail.NewID())
		return err
	})
}
