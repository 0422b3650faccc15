package feedback_test

import (
	"encoding/json"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/ses"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

func sesBounce(message studymail.ID, feedbackID, diagnostic string) string {
	text, _ := json.Marshal(diagnostic)
	return `{"eventType":"Bounce","bounce":{"feedbackId":"` + feedbackID + `","bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"x@example.org","diagnosticCode":` +
		string(text) + `}]},"mail":{"messageId":"ses-` + feedbackID + `","tags":{"studymail-message":["` + message.String() + `"]}}}`
}

func sesDelivery(sesID string) string {
	return `{"eventType":"Delivery","delivery":{"timestamp":"2026-06-15T10:00:02.000Z","smtpResponse":"250 ok"},"mail":{"messageId":"` + sesID + `"}}`
}

// What SES tells has the same effects as a mail, is scrubbed alike, and counts once: by
// SNS and by a queue, raw or in an envelope. Seen to fail: with the digest of an event's
// bytes, and with the diagnostic stored as it came.
func TestAnEventOfSESCountsOnceByWhicheverWayItComes(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 3)
	who := storetest.DetailsOf(0)
	event := sesBounce(d.Messages[0].ID, "f-1", "smtp; 550 5.1.1 <"+who.Email.Reveal()+">: user unknown, "+who.FirstName.Reveal())
	envelope, _ := json.Marshal(ses.Notice{Type: ses.Notification, MessageID: "n-1", TopicARN: "arn:aws:sns:eu-west-2:123456789012:studymail", Message: event})
	taken, ignored, err := d.TakeEvent(t.Context(), []byte(event))
	if err != nil || ignored || taken.State != studymail.FeedbackApplied || taken.Class != "no such mailbox" || taken.Source != studymail.FromSES || taken.Repeat {
		t.Fatalf("%+v, %v, %v", taken, ignored, err)
	}
	if strings.Contains(taken.Diagnostic, who.FirstName.Reveal()) || strings.Contains(taken.Diagnostic, "@") || !strings.Contains(taken.Diagnostic, "5.1.1") {
		t.Errorf("diagnostic %q", taken.Diagnostic)
	}
	for range 2 {
		if err := d.TakeLetter(t.Context(), envelope, ""); err != nil {
			t.Fatal(err)
		}
	}
	if taken, _, err = d.TakeEvent(t.Context(), []byte(event)); err != nil || !taken.Repeat || taken.Times != 3 {
		t.Errorf("%+v, %v", taken, err) // the notice counted once, by its name
	}
	if strings.Contains(d.log.String(), who.FirstName.Reveal()) || strings.Contains(d.log.String(), "@") {
		t.Errorf("the log: %s", d.log)
	}
}

// Of an event that has no tag SES's own name tells the message.
func TestAnEventIsFoundByWhatSESCallsTheMail(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	taken, _, err := d.TakeEvent(t.Context(), []byte(sesDelivery("unknown-to-us")))
	if err != nil || taken.State != studymail.FeedbackKept || !taken.Message.IsZero() {
		t.Fatalf("of no message of ours: %+v, %v", taken, err)
	}
	c := d.Messages[0]
	if err := d.store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Record(t.Context(), []store.Recorded{{Key: c.Key, Token: 1, State: studymail.Sent, Outcome: studymail.Outcome{Kind: studymail.Accepted, ID: "ses-1"}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	taken, _, err = d.TakeEvent(t.Context(), []byte(sesDelivery("ses-1")))
	if err != nil || taken.Message != c.ID || taken.Class != "delivered" || taken.State != studymail.FeedbackApplied {
		t.Errorf("%+v, %v", taken, err)
	}
}

// What is not understood is kept, sealed; what says nothing is not.
func TestEventsThatAreNotUnderstoodAreKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	for name, tc := range map[string]struct {
		event   string
		ignored bool
	}{
		"of tomorrow":        {`{"eventType":"Applause","mail":{"tags":{"studymail-message":["` + d.Messages[0].ID.String() + `"]}}}`, false},
		"no JSON":            {"hello", false},
		"nobody's":           {sesBounce(studymail.NewID(), "f-9", "smtp; 550 5.1.1 user unknown"), false},
		"that says not why":  {sesBounce(d.Messages[0].ID, "f-2", ""), false},
		"a send":             {`{"eventType":"Send","send":{},"mail":{}}`, true},
		"a topic's greeting": {"Successfully validated SNS topic for Amazon SES event publishing.", true},
	} {
		taken, ignored, err := d.TakeEvent(t.Context(), []byte(tc.event))
		if err != nil || ignored != tc.ignored || !ignored && taken.State != studymail.FeedbackKept {
			t.Errorf("%s: %+v, %v, %v", name, taken, ignored, err)
		}
	}
}

// An opt-out on SES's own page is an opt-out.
func TestAnOptOutBySESIsAnOptOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	event := `{"eventType":"Subscription","subscription":{"timestamp":"t","newTopicPreferences":{"unsubscribeAll":true}},"mail":{"messageId":"x","tags":{"studymail-message":["` + d.Messages[0].ID.String() + `"]}}}`
	taken, _, err := d.TakeEvent(t.Context(), []byte(event))
	if err != nil || taken.Class != "opted out of all research mail" || taken.State != studymail.FeedbackApplied {
		t.Errorf("%+v, %v", taken, err)
	}
}
