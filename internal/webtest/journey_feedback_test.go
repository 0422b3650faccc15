package webtest

import (
	"testing"

	"studymail"
)

// A coordinator finds what nobody understood, reads it, undoes an opt-out on the patient's
// own word, and suppresses an address; a sender lets a halted campaign go on.
func TestACoordinatorDealsWithWhatCameBack(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t, Clinic, Campaigns, CameBack)
		tab := p.Tab(t, look).SignIn(studymail.Coordinator).Open("/")
		tab.Sees("came back that nobody understood").Go("Look at them").Sees("Not a bounce").Go("Not a bounce")
		tab.Go("Show the mail").Sees("is this letter real?")
		tab.Go("Feedback").Go("Opted out of all research mail").Go("Undo…").Sees("If it is undone")
		tab.Fill("The patient asked to be contacted again", "yes").Fill("I am sure", "yes").Go("Undo, and set 1 patient back").Sees("Undone: 1 patient set back")
		tab.Go("Suppression").Fill("Address to suppress", "someone@example.org").Fill("Something else", "yes").Go("Suppress the address").Sees("it is not mailed any more")
		tab.Open("/suppression").Fill("Address to look up", "someone@example.org").Go("Look up").Sees("This address is suppressed")
		tab.Fill("It was set by mistake", "yes").Go("Lift 1 suppression").Sees("The suppression is lifted")

		tab = p.Tab(t, look).SignIn(studymail.Sender).Open("/").Sees("stopped by itself").Open("/campaigns/" + p.World.Feedback.Halted.String())
		tab.Sees("What to do:").Go("Let it go on…").Go("Let the campaign go on").Sees("The campaign goes on.").SeesNot("stopped by itself")
	})
}
