package webtest

import (
	"testing"

	"studymail"
	"studymail/internal/store"
)

// A coordinator makes a study, a care provider and a patient, looks the patient up by
// address, corrects the address, and enters that the patient rang to opt out; then
// undoes it on the patient's word.
func TestACoordinatorKeepsStudiesAndPatients(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t)
		tab := p.Tab(t, look).SignIn(studymail.Coordinator)
		tab.Go("Patients").Sees("No patients yet").Go("Add a patient").Sees("No study yet").Go("Add a study")
		tab.Fill("Name", "Sleep and heart").Fill("Opens on", "2026-01-01").Go("Add the study").Sees("Study Sleep and heart is added.")
		tab.Go("Care providers").Sees("No care providers yet").Go("Add a care provider")
		tab.Fill("Name", "Smith's Surgery").Fill("ODS code", "abcd001").Fill("Contact", "Dr Smith").Go("Add the care provider").Sees("ABCD001")
		tab.Go("Add a patient").Fill("Study", "Sleep and heart").Fill("Username", "user.one").Fill("First name", "User").Fill("Last name", "One")
		tab.Fill("E-mail address", "user.one@example.org").Go("Add the patient").Sees("The patient is added.").SeesNot("user.one@example.org")

		tab.Go("Patients").Fill("Search by UUID", "User.One@example.org").Go("Search").Sees("Found by your search: 1 patient").SeesNot("user.one@")
		tab.Go("u•••").Sees("Would get a letter").Go("Show the details").Sees("user.one@example.org")
		tab.Go("Correct the details").Fill("E-mail address", "one@example.org").Go("Save").Sees("The details are corrected (address)").SeesNot("one@example.org")

		tab.Go("Cancel…").Fill("Opted out", "yes").Fill("The patient said so on the telephone", "yes").Go("Cancel 1 patient").Sees("Cancelled in 1 study.").Sees("Would get none: opted out")
		tab.Go("Undo the cancellation…").Fill("The patient asked to be contacted again", "yes").Go("Undo the cancellation of 1 patient").Sees("Tick this box")
		tab.Fill("I am sure", "yes").Go("Undo the cancellation of 1 patient").Sees("The cancellation is undone.").Sees("Would get a letter")
		tab.Fill("Status", "Engaged").Go("Save the status").Sees("The patient is Engaged.").Sees("New → Engaged")
	})
}

// Filters put together, then an action on all that match: the number that was shown
// is the number that is done.
func TestACoordinatorSetsAllThatMatch(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t, Clinic)
		tab := p.Tab(t, look).SignIn(studymail.Coordinator).Open("/patients").Sees("Select all 61 that match")
		tab.Fill("In study", "Yes").Fill("Last letter", "Sent")
		if look.NoScript {
			tab.Go("Filter")
		}
		tab.Sees("Select all 20 that match")
		tab.Fill("Select all 20 that match", "yes").Go("Set status…").Sees("all 20 patients in study, whose last letter is “Sent”")
		tab.Fill("Engaged", "yes").Go("Continue").Go("Set 20 patients to Engaged").Sees("Done: Set 20 patients to Engaged.")
		engaged := studymail.Engaged
		err := p.App.Store.Read(t.Context(), func(tx *store.Tx) error {
			n, err := tx.CountPatients(t.Context(), store.PatientFilter{Status: &engaged})
			if n < 20 {
				t.Errorf("%d patients are Engaged", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if look.NoScript {
			return
		}
		tab.Open("/patients").Fill("Tick all 50 on this page", "yes").Sees("50 ticked")
	})
}
