package web

import (
	"context"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

// Seen to fail: without ForgetHalt in Resume (the banner stayed), and with the link to go
// on shown to who may not send.
func TestAHaltedCampaignSaysWhyAndGoesOnByAPerson(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{})
	w.becomes(id, studymail.Sent, studymail.Failed)
	w.write(func(tx *store.Tx) error {
		c, err := tx.CampaignByID(context.Background(), id)
		if err != nil {
			return err
		}
		_, err = tx.Halt(context.Background(), &c, studymail.HaltHard, "12 of 200, 6 %; the limit is 5 %", "worker")
		return err
	})
	path := "/campaigns/" + id.String()
	v := w.as(studymail.Sender)
	has(t, "halted", v.get(path), 200, `role="alert"`, "This campaign stopped by itself", "addresses that do not exist", "12 of 200, 6 %; the limit is 5 %", "HALT_HARD", "HALT_FROM",
		"2 letters of it wait", "What to do:", path+"/resume", "Let it go on…", "Look at the 1 letter that failed")
	has(t, "to a viewer", w.as(studymail.Viewer).get(path), 200, "This campaign stopped by itself", "!Let it go on", "!"+path+"/resume")
	has(t, "on the first page", v.get("/"), 200, "stopped by itself", "hard bounces, 12 of 200")
	page := v.get(path + "/resume")
	has(t, "the question", page, 200, "What went wrong until now counts no more", "Let the campaign go on", "12 of 200")
	if r := v.post(path+"/resume", "form", hiddenField(t, page.body, "form"), "expect", ""); r.status != 303 {
		t.Fatalf("going on: %d\n%s", r.status, r.body)
	}
	has(t, "goes on", v.get(path), 200, "The campaign goes on.", "!stopped by itself")
	if got := w.about(id); !strings.HasPrefix(got, "campaign resumed | campaign halted hard bounces") && !strings.HasPrefix(got, "campaign resumed") {
		t.Errorf("the events: %s", got)
	}
}

func TestMessagesAreFilteredByTheirStep(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{Reminders: []audience.Reminder{{AfterDays: 7, Template: w.reminder.Name}}})
	v := w.as(studymail.Viewer)
	has(t, "the campaign", v.get("/campaigns/"+id.String()), 200, "campaign="+id.String()+"&amp;state=queued&amp;step=1", "state=queued&amp;step=2")
	list := "/messages?campaign=" + id.String()
	has(t, "the first letter", v.get(list+"&step=1"), 200, "4 messages", "First letter", "Reminder 1")
	has(t, "the reminder", v.get(list+"&step=2"), 200, "No such messages")
	has(t, "no such letter", v.get(list+"&step=9"), 422, "no such letter")
	has(t, "of no campaign", v.get("/messages?step=1"), 422)
}
