package ses_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"studymail/internal/bounce"
	"studymail/internal/ses"
)

const (
	ourMessage = "0190b6a0-0000-7000-8000-000000000001"
	ourMail    = `"mail":{"timestamp":"2026-06-15T10:00:00.000Z","source":"studies@example.org","sendingAccountId":"123456789012","messageId":"0102018f-aaaa-000000",` +
		`"destination":["anna@example.net"],"tags":{"ses:configuration-set":["studymail"],"studymail-message":["` + ourMessage + `"]}}`
	oldMail = `"mail":{"timestamp":"2026-06-15T10:00:00.000Z","source":"studies@example.org","messageId":"0102018f-aaaa-000000","destination":["anna@example.net"],` +
		`"headersTruncated":false,"headers":[],"commonHeaders":{"from":["studies@example.org"],"messageId":"<` + ourMessage + `@example.org>","subject":"x"}}`
)

func bounceEvent(kind, sub, diagnostic string) string {
	d := ""
	if diagnostic != "" {
		text, _ := json.Marshal(diagnostic)
		d = `,"action":"failed","status":"5.1.1","diagnosticCode":` + string(text)
	}
	return `{"eventType":"Bounce","bounce":{"feedbackId":"0102-f","bounceType":"` + kind + `","bounceSubType":"` + sub +
		`","bouncedRecipients":[{"emailAddress":"anna@example.net"` + d + `}],"timestamp":"2026-06-15T10:00:01.000Z","reportingMTA":"dsn; a.smtp-out.amazonses.com"},` + ourMail + `}`
}

// events is what SES tells, in both of its formats.
var events = []struct {
	name, json string
	want       ses.Event
}{
	{
		"a hard bounce", bounceEvent("Permanent", "General", "smtp; 550 5.1.1 <anna@example.net>: user unknown"),
		ses.Event{Name: "Bounce", Class: bounce.NoMailbox, Reply: 550, Code: "5.1.1"},
	},
	{"a hard bounce without words", bounceEvent("Permanent", "NoEmail", ""), ses.Event{Name: "Bounce", Class: bounce.NoMailbox}},
	{"a permanent bounce that says not why", bounceEvent("Permanent", "General", ""), ses.Event{Name: "Bounce", Class: bounce.Unknown}},
	{
		"a permanent bounce that is a block", bounceEvent("Permanent", "General", "smtp; 550 5.7.1 Message blocked due to policy"),
		ses.Event{Name: "Bounce", Class: bounce.PolicyBlock, Reply: 550, Code: "5.7.1"},
	},
	{
		"on a list of SES", bounceEvent("Permanent", "Suppressed", "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address. 5.1.1 user unknown"),
		ses.Event{Name: "Bounce", Class: bounce.PolicyBlock},
	},
	{
		"on the account's list", bounceEvent("Permanent", "OnAccountSuppressionList", "Amazon SES did not send the message to this address because it is on the suppression list for your account"),
		ses.Event{Name: "Bounce", Class: bounce.PolicyBlock},
	},
	{"a full mailbox", bounceEvent("Transient", "MailboxFull", ""), ses.Event{Name: "Bounce", Class: bounce.Full}},
	{"a full mailbox, in words", bounceEvent("Transient", "General", "smtp; 452 4.2.2 mailbox full"), ses.Event{Name: "Bounce", Class: bounce.Full, Reply: 452, Code: "4.2.2"}},
	{"too large", bounceEvent("Transient", "MessageTooLarge", ""), ses.Event{Name: "Bounce", Class: bounce.TooLarge}},
	{"content", bounceEvent("Transient", "ContentRejected", ""), ses.Event{Name: "Bounce", Class: bounce.ContentRefused}},
	{"an attachment", bounceEvent("Transient", "AttachmentRejected", ""), ses.Event{Name: "Bounce", Class: bounce.ContentRefused}},
	{"transient, in hard words", bounceEvent("Transient", "General", "smtp; 550 5.1.1 user unknown"), ses.Event{Name: "Bounce", Class: bounce.Unknown, Reply: 550, Code: "5.1.1"}},
	{"undetermined", bounceEvent("Undetermined", "Undetermined", ""), ses.Event{Name: "Bounce", Class: bounce.Unknown}},
	{
		"a bounce of several", strings.Replace(bounceEvent("Permanent", "NoEmail", ""), `[{"emailAddress":"anna@example.net"`, `[{"emailAddress":"ben@example.net"},{"emailAddress":"anna@example.net"`, 1),
		ses.Event{Name: "Bounce", Class: bounce.NotABounce},
	},
	{
		"a notification's bounce", `{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"NoEmail","bouncedRecipients":[{"emailAddress":"anna@example.net","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550-5.1.1 no such user"}],"feedbackId":"0102-f"},` + oldMail + `}`,
		ses.Event{Name: "Bounce", Class: bounce.NoMailbox, Reply: 550, Code: "5.1.1"},
	},
	{
		"a complaint", `{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"anna@example.net"}],"feedbackId":"0102-c","complaintFeedbackType":"abuse","userAgent":"x"},` + ourMail + `}`,
		ses.Event{Name: "Complaint", Class: bounce.Abuse},
	},
	{
		"a complaint without a type", `{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"anna@example.net"}],"feedbackId":"0102-c"},` + ourMail + `}`,
		ses.Event{Name: "Complaint", Class: bounce.Abuse},
	},
	{
		"a complaint that is taken back", `{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"anna@example.net"}],"feedbackId":"0102-c","complaintFeedbackType":"not-spam"},` + oldMail + `}`,
		ses.Event{Name: "Complaint", Class: bounce.NotABounce},
	},
	{
		"not about the mail but its signature", `{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"anna@example.net"}],"feedbackId":"0102-c","complaintFeedbackType":"auth-failure"},` + ourMail + `}`,
		ses.Event{Name: "Complaint", Class: bounce.NotABounce},
	},
	{
		"one who complained before", `{"eventType":"Complaint","complaint":{"complaintSubType":"OnAccountSuppressionList","complainedRecipients":[{"emailAddress":"anna@example.net"}],"feedbackId":"0102-c"},` + ourMail + `}`,
		ses.Event{Name: "Complaint", Class: bounce.PolicyBlock},
	},
	{
		"a delivery", `{"eventType":"Delivery","delivery":{"timestamp":"2026-06-15T10:00:02.000Z","processingTimeMillis":500,"recipients":["anna@example.net"],"smtpResponse":"250 2.6.0 Message received","reportingMTA":"x"},` + ourMail + `}`,
		ses.Event{Name: "Delivery", Class: bounce.NotABounce, Delivered: true, Reply: 250, Code: "2.6.0"},
	},
	{
		"a delay", `{"eventType":"DeliveryDelay","deliveryDelay":{"timestamp":"2026-06-15T10:00:02.000Z","delayType":"MailboxFull","expirationTime":"x","delayedRecipients":[{"emailAddress":"anna@example.net","status":"4.2.2","diagnosticCode":"smtp; 452 4.2.2 full"}]},` + ourMail + `}`,
		ses.Event{Name: "DeliveryDelay", Class: bounce.StillTrying, Reply: 452, Code: "4.2.2"},
	},
	{"a reject", `{"eventType":"Reject","reject":{"reason":"Bad content"},` + ourMail + `}`, ses.Event{Name: "Reject", Class: bounce.ContentRefused}},
	{
		"a rendering failure", `{"eventType":"Rendering Failure","failure":{"errorMessage":"Attribute 'x' is not present in the rendering data.","templateName":"t"},` + ourMail + `}`,
		ses.Event{Name: "RenderingFailure", Class: bounce.Configuration},
	},
	{
		"an opt-out of all", `{"eventType":"Subscription","subscription":{"contactList":"c","timestamp":"2026-06-15T10:00:02.000Z","source":"UnsubscribeHeader","newTopicPreferences":{"unsubscribeAll":true,"topicSubscriptionStatus":[]}},` + ourMail + `}`,
		ses.Event{Name: "Subscription", Class: bounce.NotABounce, OptOut: ses.OptOutOfAll},
	},
	{
		"an opt-out of a topic", `{"eventType":"Subscription","subscription":{"timestamp":"t","newTopicPreferences":{"unsubscribeAll":false,"topicSubscriptionStatus":[{"topicName":"a","subscriptionStatus":"OptOut"}]}},` + ourMail + `}`,
		ses.Event{Name: "Subscription", Class: bounce.NotABounce, OptOut: ses.OptOutOfTopic},
	},
	{
		"a subscription", `{"eventType":"Subscription","subscription":{"timestamp":"t","newTopicPreferences":{"unsubscribeAll":false}},` + ourMail + `}`,
		ses.Event{Name: "Subscription", Class: bounce.NotABounce, Ignored: true},
	},
	{"a send", `{"eventType":"Send","send":{},` + ourMail + `}`, ses.Event{Name: "Send", Class: bounce.Unknown, Ignored: true}},
	{"an open", `{"eventType":"Open","open":{"ipAddress":"192.0.2.1"},` + ourMail + `}`, ses.Event{Name: "Open", Class: bounce.Unknown, Ignored: true}},
	{"a click", `{"eventType":"Click","click":{"link":"x"},` + ourMail + `}`, ses.Event{Name: "Click", Class: bounce.Unknown, Ignored: true}},
	{"an event of tomorrow", `{"eventType":"Applause",` + ourMail + `}`, ses.Event{Class: bounce.Unknown}},
	{"a bounce without its part", `{"eventType":"Bounce",` + ourMail + `}`, ses.Event{Class: bounce.Unknown}},
	{"by EventBridge", `{"version":"0","detail-type":"Email Bounced","source":"aws.ses","detail":` + bounceEvent("Permanent", "NoEmail", "") + `}`, ses.Event{Name: "Bounce", Class: bounce.NoMailbox}},
}

// Seen to fail: with SES's own lists read by their words (user unknown), and with
// not-spam taken for a complaint.
func TestEventsHaveTheirMeaning(t *testing.T) {
	t.Parallel()
	for _, tc := range events {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e, err := ses.ReadEvent([]byte(tc.json))
			if err != nil {
				t.Fatal(err)
			}
			if e.Message != ourMessage || e.SESID != "0102018f-aaaa-000000" {
				t.Errorf("of message %q, %q", e.Message, e.SESID)
			}
			if (e.ID == "") != (e.Ignored && e.Name != "Subscription" || tc.want.Name == "") {
				t.Errorf("id %q", e.ID)
			}
			e.Message, e.SESID, e.ID, e.Diagnostic = "", "", "", ""
			if e != tc.want {
				t.Errorf("got %+v, want %+v", e, tc.want)
			}
		})
	}
}

func TestWhatSESSaysWhenATopicIsNewIsIgnored(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Successfully validated SNS topic for Amazon SES event publishing.", `{"notificationType":"AmazonSnsSubscriptionSucceeded","message":"x"}`} {
		if e, err := ses.ReadEvent([]byte(text)); err != nil || !e.Ignored {
			t.Errorf("%s: %+v, %v", text, e, err)
		}
	}
	for _, text := range []string{"", "x", "[]", `{"eventType":3}`, strings.Repeat(" ", ses.MaxEvent+1)} {
		if _, err := ses.ReadEvent([]byte(text)); !errors.Is(err, ses.ErrNoEvent) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// The same bounce has the same name in both formats.
func TestAnEventHasTheSameNameInBothFormats(t *testing.T) {
	t.Parallel()
	published, _ := ses.ReadEvent([]byte(bounceEvent("Permanent", "NoEmail", "")))
	notified, _ := ses.ReadEvent([]byte(events[14].json))
	if published.ID == "" || published.ID != notified.ID {
		t.Errorf("%q and %q", published.ID, notified.ID)
	}
}

func FuzzReadEvent(f *testing.F) {
	for _, e := range events {
		f.Add([]byte(e.json))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ses.ReadEvent(data)
		if err != nil && !errors.Is(err, ses.ErrNoEvent) {
			t.Fatal(err)
		}
		if !e.Ignored && !slices.Contains(bounce.Classes(), e.Class) {
			t.Fatalf("class %q", e.Class)
		}
		if len(e.Diagnostic) > 1000 || !utf8.ValidString(e.Diagnostic) || len(e.Message) > 40 || len(e.SESID) > 200 {
			t.Fatalf("unbounded: %+v", e)
		}
		if e.Class.Kind() == bounce.Hard && !strings.Contains(string(data), "ermanent") && !strings.Contains(string(data), "ndetermined") && !strings.Contains(string(data), `\u`) && e.Name != "Bounce" {
			t.Fatalf("hard, of %q", data)
		}
	})
}
