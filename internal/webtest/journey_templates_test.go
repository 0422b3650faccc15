package webtest

import (
	"testing"

	"studymail"
	"studymail/internal/store"
)

// A coordinator writes a letter, mends a placeholder, looks at it as mail, sends it to
// themselves; somebody else saves meanwhile, and the second is shown what changed.
func TestACoordinatorWritesALetter(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t)
		tab := p.Tab(t, look).SignIn(studymail.Coordinator)
		tab.Go("Templates").Sees("No templates yet").Go("Write a template")
		tab.Fill("Name", "Invitation").Fill("Subject", "About {{ study_name }}").Fill("Letter", "Dear {{ patient_full_nam }},\n\nplease come to **us**.")
		if look.NoScript {
			tab.Go("Check and preview")
		}
		tab.Sees("did you mean {{ patient_full_name }}?").Sees("To be mended before it can be saved")
		tab.Fill("Letter", "Dear {{ patient_full_name }},\n\nplease come to **us**.")
		if look.NoScript {
			tab.Go("Check and preview").Press("Show it as mail")
		}
		tab.Sees("About Study A").Sees("An invitation must say where patients opt out")
		tab.SeesInFrame("Dear Anna Example")
		tab.Go("Add the template").Sees("Template Invitation is added.").SeesInFrame("please come to us")
		tab.Go("Send a test to me").Sees("The test letter is on its way to your address (c•••@e•••.org).")

		other := p.Tab(t, look).SignIn(studymail.Sender).Open("/templates").Go("Invitation").Go("Edit")
		tab.Go("Edit").Fill("Subject", "Come to {{ study_name }}").Go("Save as a new version").Sees("Version 2 is saved.")
		other.Fill("Letter", "Dear {{ patient_full_name }},\n\nplease stay.").Go("Save as a new version")
		other.Sees("Version 2 was saved while you wrote").Sees("Come to {{ study_name }}").Sees("please stay.")
		other.Go("Save as a new version").Sees("Version 3 is saved.").Go("What changed in version 3").Sees("please come to **us**.")

		tab.Open("/templates").Go("Invitation").Go("Archive…").Sees("No campaign that is not over uses it").Go("Archive Invitation").Sees("Template Invitation is archived.")
		n := 0
		err := p.App.Store.Read(t.Context(), func(tx *store.Tx) error {
			all, err := tx.TemplateRows(t.Context())
			if len(all) == 1 && all[0].Archived {
				n = all[0].Versions
			}
			return err
		})
		if err != nil || n != 3 {
			t.Errorf("there are %d versions, %v", n, err)
		}
	})
}
