package bounce

import "strings"

// readMDN makes a report of a receipt (RFC 8098 §3): the mail arrived. But a filter
// that refuses a mail after it was taken says so with a receipt, too (RFC 5429 §2.1.2:
// automatic, deleted), Dovecot's delivery agent also for a full mailbox. What such a
// filter says of the mailbox its owner may have written.
func (c *contents) readMDN() Report {
	if !c.refuses() {
		return Report{Class: NotABounce, Format: MDN, Delivered: true}
	}
	words := c.explanation()
	r := Report{Format: MDN, Class: judge(&evidence{stage: dataStage, words: beforeBlank(words)}), Diagnostic: words}
	if r.Class == Unknown {
		r.Class = PolicyBlock
	}
	return r
}

// refuses tells a receipt that a mail system sent because it threw the mail away. A
// mailbox's owner who deletes unread sends one that is marked alike, but no mail
// system says of it that it was rejected.
func (c *contents) refuses() bool {
	var disposition string
	for _, g := range groups(c.disposed) {
		disposition += strings.ToLower(g.first("disposition"))
	}
	submitted := strings.ToLower(c.mail.header.Get("Auto-Submitted"))
	return strings.HasPrefix(disposition, "automatic-action") && strings.Contains(disposition, "deleted") &&
		c.nullSender() && strings.Contains(submitted, "(rejected)")
}

// beforeBlank gives the first paragraph.
func beforeBlank(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n\n")
	return first
}
