package webtest

import (
	"strings"
	"testing"

	"studymail"
)

// A sender plans a campaign with a reminder, sees exactly who will get it, lets it go,
// watches it to its end, looks at who was left out, and cancels what is to come.
func TestASenderPlansACampaign(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t, Clinic)
		tab := p.Tab(t, look).SignIn(studymail.Sender).Go("Campaigns").Sees("Draft").Go("Plan a campaign")
		tab.Fill("To which study", "Sleep and heart").Go("Continue").Sees("in study now")
		tab.Fill("Also those who had this letter", "yes").Go("Continue")
		tab.Fill("Which letter", "Invitation, version 2").Go("Continue").Sees("It starts when you confirm it")

		tab.Fill("Again and again", "yes").Fill("How often", "Every Tuesday").Fill("Time of day", "09:00")
		if look.NoScript {
			tab.Go("Show the times")
		}
		tab.Sees("Every Tuesday at 09:00 (Europe/London).").Sees("The next times:")
		tab.Fill("Now", "yes").Go("Continue")
		tab.Fill("Reminder 1: days later", "7").Go("Save as a draft and review").Sees("Choose a letter, or empty both fields")
		tab.Fill("Reminder 1: letter", "Invitation, version 2").Fill("Name of the campaign", "The first wave").Go("Save as a draft and review")
		tab.Sees("Nothing was sent yet").Sees("7 days after the first letter").Sees("Left out: Opted out")

		tab.Go("Send 4").Sees("They leave now.").Sees("The first wave")
		path, _, _ := strings.Cut(strings.TrimPrefix(tab.Path(), "/campaigns/"), "?")
		id, err := studymail.ParseID(path)
		if err != nil {
			t.Fatal(err)
		}
		p.until(t, id, studymail.Scheduled)
		if look.NoScript {
			tab.Go("look again")
		}
		tab.Sees("Scheduled").Sees("Looks next:").Sees("patients so far")
		tab.Go("What it would do as things stand now").Sees("nothing is sent by looking").Go("‹ Campaign The first wave")
		tab.Go("Pause…").Sees("0 letters still to go").Go("Pause the campaign").Sees("The campaign is paused.")
		tab.Go("Resume…").Go("Resume the campaign").Sees("The campaign goes on.")
		tab.Go("Cancel…").Sees("cannot be taken back").Go("Back, change nothing").Go("Cancel…").Go("Cancel the campaign for good").Sees("The campaign is cancelled").Sees("it reminds nobody any more")
	})
}
