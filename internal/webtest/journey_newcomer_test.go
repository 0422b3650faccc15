package webtest

import (
	"testing"

	"studymail"
	"studymail/internal/store"
)

// Somebody who has never seen the program does the whole job, from the link on the console
// to a failed letter that is sent again, by what the pages say and nothing else.
func TestANewcomerDoesTheWholeJob(t *testing.T) {
	p := StartEmpty(t)
	wards(t, p)
	token, _, err := p.App.Accounts().FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tab := p.Tab(t, Look{}).Open("/setup/" + token.Reveal()).Sees("You are the first")
	tab.Fill("Your e-mail address", "anna@example.org").Fill("New password", Password).Fill("The same again", Password).Go("Set the password and sign in").At("/").Sees("First steps")

	// The study that is there, and a file of 1,000 with three errors, mended.
	tab.Go("Studies").Go("Sleep and heart").Sees("Patients")
	wrong := "user.0997,User,Nobody,nowhere,ABCD001\nuser.0998,User,Nobody,user.0998@example.org,NOWHERE\nuser.0001,User,Twice,user.0999@example.org,ABCD001\n"
	tab.Go("Imports").Go("Import a file").Upload("File", fileOf(t, 997, wrong)).Go("Upload and check").soon("Leave out 3 rows and import 997 rows").Sees("What has to be mended")
	tab.Go("Upload the mended file").Upload("File", fileOf(t, 1000, "")).Go("Upload and check").soon("Import 1,000 rows").Go("Import 1,000 rows").soon("What it did")

	// A letter, seen as it will arrive.
	tab.Go("Templates").Go("Write a template").Fill("Name", "Invitation").Fill("Subject", "About {{ study_name }}")
	tab.Fill("Letter", "Dear {{ patient_full_name }},\n\nwould you like to take part?\n\nNo more of these: {{ unsubscribe_url }}").SeesInFrame("Dear Anna Example").Go("Add the template").Sees("Template Invitation is added.")

	// To twelve who are ticked, then to the rest.
	tab.Go("Patients").Sees("1,000 patients")
	eval[bool](tab, `[...document.querySelectorAll("input[name=patient]")].slice(0, 12).map((e) => e.click()).length === 12`)
	tab.Sees("12 ticked").Go("Send e-mail…").Sees("12 patients").Fill("Letter", "Invitation").Go("Continue").Sees("Will get the letter").Go("Send 12 letters now").Sees("They leave now.")
	tab.Go("Patients").Fill("Select all", "yes").Go("Send e-mail…").Fill("Letter", "Invitation").Go("Continue").Sees("Already had this letter").Go("Send 988 letters now").Sees("They leave now.")
	tab.Sees("988 of 988 letters done").Go("Mailbox").Go("Read").Sees("would you like to take part?")

	// A schedule, and when it fires.
	tab.Go("Schedules").Go("Add a schedule").Fill("Name", "Tidy up on Tuesdays").Fill("What it does", "Housekeeping: removes what has been kept long enough").Fill("Tuesday", "yes")
	tab.Press("Show the next times").Sees("Every Tuesday at 09:00 (Europe/London).").Go("Add the schedule").Sees("is added.").Sees("Next times").Sees("By the clocks of Europe/London.")

	// A letter that failed is found on the first page, and sent again.
	p.failOne(t)
	tab.Go("Home").reloadUntil("1 letter failed")
	tab.Go("Look at them").Sees("1 message").Fill("Tick all on this page", "yes").Go("Send again…").Sees("1 message that failed").Go("Send 1 letter again").Sees("1 letter queued again")
	tab.Open("/messages?state=failed").Sees("No such messages")
}

// failOne has a letter fail, as a mail server that refuses it would.
func (p *Product) failOne(t *testing.T) {
	t.Helper()
	err := p.App.Store.Write(t.Context(), func(tx *store.Tx) error {
		page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Limit: 1})
		if err != nil {
			return err
		}
		_, err = tx.SQL().ExecContext(t.Context(), `UPDATE messages SET state = $1, reason = $2, sent_at = NULL WHERE id = $3`,
			int(studymail.Failed), string(studymail.ReasonRefused), page[0].Key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
