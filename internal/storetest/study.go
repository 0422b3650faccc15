package storetest

import (
	"testing"

	"studymail"
	"studymail/internal/store"
)

// StudyComesBackAsItWasAdded promises that nothing of it is lost.
func StudyComesBackAsItWasAdded(t *testing.T, s *store.Store) {
	want := studymail.Study{
		Name: "Sleep & heart", ApprovalReference: "REC 26/1", FromName: "The sleep team",
		OpensOn: "2026-03-01", ClosesOn: "2026-12-31", Active: true, AllowSharedAddress: true,
	}
	bare := studymail.Study{Name: "bare"}
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddStudy(t.Context(), &want); err != nil {
			return err
		}
		return tx.AddStudy(t.Context(), &bare)
	})
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.StudyByName(t.Context(), want.Name)
		if err != nil {
			return err
		}
		equal(t, "by name", got, want)
		got, err = tx.StudyByKey(t.Context(), bare.Key)
		if err != nil {
			return err
		}
		equal(t, "by key", got, bare)
		all, err := tx.Studies(t.Context())
		if len(all) != 2 {
			t.Fatalf("the list has %d, not 2", len(all))
		}
		return err
	})
}

// AStudysNameIsTakenOnce promises so for adding and for renaming.
func AStudysNameIsTakenOnce(t *testing.T, s *store.Store) {
	a, b := studymail.Study{Name: "A"}, studymail.Study{Name: "B"}
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddStudy(t.Context(), &a); err != nil {
			return err
		}
		return tx.AddStudy(t.Context(), &b)
	})
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.AddStudy(t.Context(), &studymail.Study{Name: "A"}) })
	b.Name = "A"
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.UpdateStudy(t.Context(), &b) })
}

// TwoEditorsOfAStudyCollideVisibly promises that the second is told so.
func TwoEditorsOfAStudyCollideVisibly(t *testing.T, s *store.Store) {
	st := NewClinic(t, s).Study
	mine, theirs := st, st
	mine.ClosesOn, theirs.ClosesOn = "2026-10-01", "2026-11-01"
	write(t, s, func(tx *store.Tx) error { return tx.UpdateStudy(t.Context(), &mine) })
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.UpdateStudy(t.Context(), &theirs) })
	read(t, s, func(tx *store.Tx) error {
		got, err := tx.StudyByKey(t.Context(), st.Key)
		equal(t, "what stands", got, mine)
		return err
	})
}

// AStudyThatIsNotThereIsNotFound promises so for finding and for editing.
func AStudyThatIsNotThereIsNotFound(t *testing.T, s *store.Store) {
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.StudyByName(t.Context(), "none")
		return err
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		return tx.UpdateStudy(t.Context(), &studymail.Study{Key: 99, Name: "x"})
	})
}
