package bounce

import (
	"errors"
	"io"
	"strings"
)

// maxDiagnostic bounds what is given of a server's words.
const maxDiagnostic = 1000

// Read says what a mail is. Its error is the reader's.
func Read(r io.Reader) (Report, error) {
	b, err := take(r)
	switch {
	case errors.Is(err, errTooLarge):
		return Report{Kind: None, Class: NotABounce, Format: Unread}, nil
	case err != nil:
		return Report{}, err
	}
	c := read(b)
	report, s := c.understand()
	report.Kind = report.Class.Kind()
	report.Tokens = c.tokens(s)
	report.Diagnostic = bound(report.Diagnostic)
	return report, nil
}

// understand tries the formats, the surest first.
func (c *contents) understand() (Report, *status) {
	if c.mail.header.Len() == 0 || c.excess {
		return Report{Class: NotABounce, Format: Unread}, nil
	}
	switch {
	case c.feedback != "" && (c.report == "feedback-report" || c.report == "?" || c.report == ""):
		return c.readARF(), nil
	case c.receipt || c.report == "disposition-notification":
		return c.readMDN(), nil
	}
	words := c.explanation()
	if len(c.status) > 0 {
		// A forward may carry the parts of a report side by side: then a person
		// sent it, and it is none.
		if s := readStatus(c.status); s.found && (c.report != "" && !c.inside || c.fromDaemon() || c.nullSender()) && !c.handedOn() {
			return c.readDSN(s), s
		}
	}
	if c.report != "" && c.report != "?" && c.report != "delivery-status" {
		return Report{Class: NotABounce, Format: Reported}, nil
	}
	switch {
	case c.isOldComplaint(), c.isMailedComplaint(words):
		return Report{Class: Abuse, Format: FreeForm}, nil
	case c.isChallenge(words):
		return Report{Class: Challenge, Format: FreeForm, Diagnostic: words}, nil
	case c.isAutomatic() && !c.fromDaemon():
		return Report{Class: AutoReply, Format: Vacation}, nil
	case c.isFreeForm(words):
		return c.readFreeForm(words), nil
	case c.isAutomatic(), c.isQuietReply():
		return Report{Class: AutoReply, Format: Vacation}, nil
	}
	return Report{Class: NotABounce, Format: Ordinary}, nil
}

// bound keeps a text for staff short and valid.
func bound(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxDiagnostic {
		s = s[:maxDiagnostic]
	}
	return strings.ToValidUTF8(s, "")
}
