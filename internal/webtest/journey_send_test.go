package webtest

import (
	"testing"

	"studymail"
)

// A sender ticks patients, chooses a letter, sees exactly who will get it and how it
// reads, sends it, and finds its messages, and reads a mail in the mailbox.
func TestASenderSendsALetterToChosenPatients(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t, Clinic)
		tab := p.Tab(t, look).SignIn(studymail.Sender).Open("/patients?in_study=yes").Fill("Select all", "yes").Go("Send e-mail…")
		tab.Sees("patients in study")
		tab.Fill("Letter", "Invitation").Fill("Also to those who had this letter before", "yes").Go("Continue")
		tab.Sees("Will get the letter").Sees("What they will read").Sees("Estimated time")
		tab.Go("Send ").Sees("They leave now.")
		tab.Open("/messages").Sees("Every letter to a patient").Sees("Invitation")
		tab.Go("Mailbox").Sees("To read one is noted in the events")
		tab.Go("Read").Sees("Subject").Sees("As HTML")
	})
}
