package bounce

import "strings"

// readARF makes a report of an abuse report (RFC 5965 §3).
func (c *contents) readARF() Report {
	r := Report{Format: ARF, Class: NotABounce}
	recipients := map[string]bool{}
	for _, g := range groups(c.feedback) {
		for _, v := range g["original-rcpt-to"] {
			if a := addressOf(v); a != "" {
				recipients[a] = true
			}
		}
		if kind := strings.ToLower(g.first("feedback-type")); kind != "" && r.Diagnostic == "" {
			r.Diagnostic = kind
			kind, _, _ = strings.Cut(kind, ";")
			kind, _, _ = strings.Cut(kind, " ")
			switch strings.TrimSpace(kind) {
			case "abuse", "fraud", "virus", "opt-out", "opt-out-list", "other", "miscategorized":
				r.Class = Abuse
			}
			// auth-failure (RFC 6591) is about signatures, not-spam (RFC 6430)
			// takes a complaint back, dmarc is a statistic.
		}
	}
	if len(recipients) > 1 {
		r.Class = NotABounce
	}
	return r
}

// isMailedComplaint tells what Amazon SNS mails of an event of Amazon SES to whoever
// subscribed with an address instead of a page or a queue: JSON, at times broken
// into lines and with the quotes escaped.
func (c *contents) isMailedComplaint(words string) bool {
	if c.mail.header.Get("X-Amz-Sns-Message-Id") == "" {
		return false
	}
	text := strings.NewReplacer("\\", "", " ", "", "\n", "", "\r", "").Replace(words)
	return (strings.Contains(text, `"notificationType":"Complaint"`) || strings.Contains(text, `"eventType":"Complaint"`)) &&
		!containsAny(text, []string{`"complaintFeedbackType":"auth-failure"`, `"complaintFeedbackType":"not-spam"`})
}

// isOldComplaint tells Microsoft's junk mail reports from before RFC 5965: a
// plain mail from staff@hotmail.com with the mail attached.
func (c *contents) isOldComplaint() bool {
	return strings.HasPrefix(c.subject(), "complaint about message from") && strings.Contains(c.from(), "staff@") && len(c.returned) > 0
}
