package ses

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"studymail/internal/bounce"
)

// Event is what SES tells of a mail, by SNS or SQS, in the format of notifications or
// in that of event publishing.
type Event struct {
	Name      string // Bounce, Complaint, …; "" if it is none that we know
	ID        string // of this event, as far as SES names it: the same by whichever way it comes
	Class     bounce.Class
	Delivered bool // the other side took it
	Ignored   bool // nothing follows from it, ever: Send, Open, Click
	OptOut    OptOut
	Message   string // the message's UUID, as it stands in the tag or in the mail's own Message-ID
	SESID     string // what SES calls the mail
	Code      string // RFC 3463
	Reply     int    // SMTP

	// Diagnostic is what the other side said; it may hold an address.
	Diagnostic string
}

// OptOut is how far an opt-out by SES's own page goes.
type OptOut int

// The scopes.
const (
	NoOptOut OptOut = iota
	OptOutOfTopic
	OptOutOfAll
)

// MaxEvent is the largest event that is read: SNS and SQS take no larger message.
const MaxEvent = 256 << 10

const maxDiagnostic = 1000

// ErrNoEvent says that it is no event of SES.
var ErrNoEvent = errors.New("not an event of Amazon SES")

// eventText is what is read of an event.
type eventText struct {
	EventType        string          `json:"eventType"`
	NotificationType string          `json:"notificationType"`
	Mail             *mailText       `json:"mail"`
	Bounce           *bounceText     `json:"bounce"`
	Complaint        *complaintText  `json:"complaint"`
	Delivery         *deliveryText   `json:"delivery"`
	Delay            *delayText      `json:"deliveryDelay"`
	Reject           *reasonText     `json:"reject"`
	Failure          *failureText    `json:"failure"`
	Subscription     *subscribeText  `json:"subscription"`
	DetailType       string          `json:"detail-type"` // EventBridge has the event in detail
	Detail           json.RawMessage `json:"detail"`
}

type mailText struct {
	MessageID     string              `json:"messageId"`
	Tags          map[string][]string `json:"tags"`
	CommonHeaders struct {
		MessageID string `json:"messageId"`
	} `json:"commonHeaders"`
}

type bounceText struct {
	BounceType        string          `json:"bounceType"`
	BounceSubType     string          `json:"bounceSubType"`
	BouncedRecipients []recipientText `json:"bouncedRecipients"`
	FeedbackID        string          `json:"feedbackId"`
	Timestamp         string          `json:"timestamp"`
}

type recipientText struct {
	EmailAddress   string `json:"emailAddress"`
	Status         string `json:"status"`
	DiagnosticCode string `json:"diagnosticCode"`
}

type complaintText struct {
	SubType    string          `json:"complaintSubType"`
	Type       string          `json:"complaintFeedbackType"`
	FeedbackID string          `json:"feedbackId"`
	Timestamp  string          `json:"timestamp"`
	Recipients []recipientText `json:"complainedRecipients"`
}

type deliveryText struct {
	Timestamp    string   `json:"timestamp"`
	SMTPResponse string   `json:"smtpResponse"`
	Recipients   []string `json:"recipients"`
}

type delayText struct {
	Timestamp         string          `json:"timestamp"`
	DelayType         string          `json:"delayType"`
	DelayedRecipients []recipientText `json:"delayedRecipients"`
}

type reasonText struct {
	Reason string `json:"reason"`
}

type failureText struct {
	ErrorMessage string `json:"errorMessage"`
	TemplateName string `json:"templateName"`
}

type subscribeText struct {
	Timestamp string `json:"timestamp"`
	New       struct {
		All    bool `json:"unsubscribeAll"`
		Topics []struct {
			Status string `json:"subscriptionStatus"`
		} `json:"topicSubscriptionStatus"`
	} `json:"newTopicPreferences"`
}

// ReadEvent reads an event as SES writes it. What is JSON and none of its events, or one
// of a kind that we do not know, has an empty Name or the class unknown: a person looks
// at it. Only what cannot be read at all is an error.
func ReadEvent(data []byte) (Event, error) {
	if isGreeting(data) {
		return Event{Ignored: true}, nil
	}
	var t eventText
	if len(data) > MaxEvent || json.Unmarshal(data, &t) != nil {
		return Event{Class: bounce.Unknown}, ErrNoEvent
	}
	if t.DetailType != "" && t.Detail != nil {
		if json.Unmarshal(t.Detail, &t) != nil {
			return Event{Class: bounce.Unknown}, ErrNoEvent
		}
	}
	name := t.EventType
	if name == "" {
		name = t.NotificationType
	}
	if name == "AmazonSnsSubscriptionSucceeded" {
		return Event{Ignored: true}, nil
	}
	e := Event{Class: bounce.Unknown}
	if m := t.Mail; m != nil {
		e.SESID = bounded(m.MessageID, 200)
		e.Message = messageOf(m)
	}
	t.read(&e, name)
	if e.ID != "" {
		e.ID = strings.Join([]string{e.Name, e.SESID, e.ID}, " ")
	}
	e.Diagnostic = bounded(strings.Join(strings.Fields(e.Diagnostic), " "), maxDiagnostic)
	return e, nil
}

// isGreeting tells what SES sends to a topic when it is told to publish there.
func isGreeting(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(data), []byte("Successfully validated SNS topic for Amazon SES"))
}

// messageOf gives what names our message: the tag, or, where there are none, the
// Message-ID that we wrote.
func messageOf(m *mailText) string {
	if tags := m.Tags[MessageTag]; len(tags) == 1 {
		return bounded(tags[0], 40)
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(m.CommonHeaders.MessageID, "<"), "@")
	return bounded(id, 40)
}

// read reads the part that an event of this name has.
func (t *eventText) read(e *Event, name string) {
	switch {
	case name == "Bounce" && t.Bounce != nil:
		e.Name, e.ID = name, first(t.Bounce.FeedbackID, t.Bounce.Timestamp)
		t.Bounce.judge(e)
	case name == "Complaint" && t.Complaint != nil:
		e.Name, e.ID = name, first(t.Complaint.FeedbackID, t.Complaint.Timestamp)
		e.Class, e.Diagnostic = complaintClass(t.Complaint), t.Complaint.Type
	case name == "Delivery" && t.Delivery != nil:
		e.Name, e.ID, e.Delivered, e.Class = name, t.Delivery.Timestamp, true, bounce.NotABounce
		e.Reply, e.Code = codesIn(t.Delivery.SMTPResponse)
	case name == "DeliveryDelay" && t.Delay != nil:
		e.Name, e.ID, e.Class, e.Diagnostic = name, t.Delay.Timestamp, bounce.StillTrying, t.Delay.DelayType
		if all := t.Delay.DelayedRecipients; len(all) == 1 && all[0].DiagnosticCode != "" {
			e.Diagnostic += ": " + all[0].DiagnosticCode
			e.Reply, e.Code = codesIn(all[0].DiagnosticCode)
		}
	case name == "Reject" && t.Reject != nil:
		e.Name, e.ID, e.Class, e.Diagnostic = name, "reject", bounce.ContentRefused, "rejected by Amazon SES: "+t.Reject.Reason
	case (name == "Rendering Failure" || name == "RenderingFailure") && t.Failure != nil:
		e.Name, e.ID, e.Class, e.Diagnostic = "RenderingFailure", "failure", bounce.Configuration, "Amazon SES could not put the mail together: "+t.Failure.ErrorMessage
	case name == "Subscription" && t.Subscription != nil:
		e.Name, e.ID, e.Class = name, t.Subscription.Timestamp, bounce.NotABounce
		t.Subscription.read(e)
	case name == "Send", name == "Open", name == "Click":
		e.Name, e.Ignored = name, true
	}
}

func (s *subscribeText) read(e *Event) {
	switch {
	case s.New.All:
		e.OptOut = OptOutOfAll
	default:
		for _, topic := range s.New.Topics {
			if strings.EqualFold(topic.Status, "OptOut") {
				e.OptOut = OptOutOfTopic
			}
		}
	}
	e.Ignored = e.OptOut == NoOptOut
}

// subtypes is what a bounce means when the other side's words do not say it. What is not
// in here is unknown: a person looks at it, and it marks nobody. SES's own lists say
// that some mail bounced once, perhaps another customer's: a rule, not this answer.
var subtypes = map[string]bounce.Class{
	"Permanent NoEmail":                  bounce.NoMailbox,
	"Permanent Suppressed":               bounce.PolicyBlock,
	"Permanent OnAccountSuppressionList": bounce.PolicyBlock,
	"Permanent UnsubscribedRecipient":    bounce.PolicyBlock,
	"Transient MailboxFull":              bounce.Full,
	"Transient MessageTooLarge":          bounce.TooLarge,
	"Transient ContentRejected":          bounce.ContentRefused,
	"Transient AttachmentRejected":       bounce.ContentRefused,
	"Transient CustomTimeoutExceeded":    bounce.Routing,
}

// judge says what a bounce means: first by the other side's words.
func (b *bounceText) judge(e *Event) {
	if len(b.BouncedRecipients) > 1 {
		e.Class = bounce.NotABounce // we send each mail to one: it is not about ours
		return
	}
	kind := b.BounceType + " " + b.BounceSubType
	e.Class = bounce.Unknown
	e.Diagnostic = kind
	listed := strings.HasSuffix(b.BounceSubType, "Suppressed") || strings.HasSuffix(b.BounceSubType, "List")
	if len(b.BouncedRecipients) == 1 && !listed {
		r := &b.BouncedRecipients[0]
		e.Reply, e.Code = codesIn(r.DiagnosticCode)
		if e.Code == "" && isCode(r.Status) {
			e.Code = r.Status
		}
		if r.DiagnosticCode != "" {
			e.Diagnostic += ": " + r.DiagnosticCode
		}
		if words := wordsOf(r.DiagnosticCode); words != "" || e.Reply != 0 {
			e.Class = bounce.Reply(e.Reply, e.Code, "", words)
		}
	}
	// Of a transient bounce nothing is final, whatever its words.
	if e.Class == bounce.Unknown || e.Class == bounce.NotABounce || b.BounceType == "Transient" && e.Class.Kind() == bounce.Hard {
		e.Class = bounce.Unknown
		if c, ok := subtypes[kind]; ok {
			e.Class = c
		}
	}
}

// complaintClass: what is about signatures, or takes a complaint back, is none.
func complaintClass(c *complaintText) bounce.Class {
	switch {
	case len(c.Recipients) > 1:
		return bounce.NotABounce
	case c.SubType == "OnAccountSuppressionList":
		return bounce.PolicyBlock // the mail was not sent
	case c.Type == "not-spam", c.Type == "auth-failure":
		return bounce.NotABounce
	}
	return bounce.Abuse
}

// wordsOf is a diagnostic code (RFC 3464 §2.3.6) without its type.
func wordsOf(diagnostic string) string {
	if kind, words, ok := strings.Cut(diagnostic, ";"); ok && len(kind) < 20 && !strings.Contains(kind, " ") {
		return strings.TrimSpace(words)
	}
	return strings.TrimSpace(diagnostic)
}

// codesIn finds the reply code and the enhanced code with which a reply begins.
func codesIn(diagnostic string) (reply int, enhanced string) {
	words := strings.Fields(wordsOf(diagnostic))
	if len(words) == 0 {
		return 0, ""
	}
	code, rest, _ := strings.Cut(words[0], "-")
	if n, err := strconv.Atoi(code); err == nil && n >= 200 && n <= 599 {
		reply = n
		if rest == "" && len(words) > 1 {
			rest = words[1]
		}
		if isCode(rest) {
			return reply, rest
		}
		return reply, ""
	}
	if isCode(words[0]) {
		return 0, words[0]
	}
	return 0, ""
}

// isCode tells an RFC 3463 code.
func isCode(s string) bool {
	parts := strings.Split(s, ".")
	if len(parts) != 3 || len(s) > 9 || len(parts[0]) != 1 || !strings.Contains("245", parts[0]) {
		return false
	}
	for _, p := range parts {
		if _, err := strconv.ParseUint(p, 10, 16); err != nil {
			return false
		}
	}
	return true
}

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return bounded(s, 200)
		}
	}
	return ""
}

// bounded cuts a text, and what is no UTF-8 out of it.
func bounded(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "")
}
