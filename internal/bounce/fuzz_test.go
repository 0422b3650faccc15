package bounce_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"studymail/internal/bounce"
)

// sound checks what holds for every mail.
func sound(t *testing.T, r *bounce.Report) {
	t.Helper()
	if !slices.Contains(bounce.Classes(), r.Class) || r.Kind != r.Class.Kind() || r.Format == "" {
		t.Fatalf("%s/%s, %q", r.Kind, r.Class, r.Format)
	}
	if len(r.Diagnostic) > 1000 || !utf8.ValidString(r.Diagnostic) || len(r.Tokens) > 8 {
		t.Fatalf("%d octets of diagnostic, %d tokens", len(r.Diagnostic), len(r.Tokens))
	}
	for _, k := range r.Tokens {
		if want := map[bounce.Place]int{bounce.ReturnPath: 60, bounce.EnvelopeID: 36, bounce.MessageID: 36}[k.Place]; len(k.Value) != want {
			t.Fatalf("token %v", k)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, m := range mails {
		f.Add([]byte(m.mail))
	}
	f.Add([]byte(report("5.1.1", "smtp; 550 user unknown")))
	f.Fuzz(func(t *testing.T, mail []byte) {
		r, err := bounce.Read(bytes.NewReader(mail))
		if err != nil {
			t.Fatal(err)
		}
		sound(t, &r)
		again, _ := bounce.Read(bytes.NewReader(mail))
		if again.Class != r.Class || again.Diagnostic != r.Diagnostic {
			t.Fatalf("%s, then %s", r.Class, again.Class)
		}
	})
}

// A report is hard only if one recipient's delivery failed.
func FuzzDeliveryStatus(f *testing.F) {
	f.Add(failed)
	f.Add("Final-Recipient: rfc822; ben@example.org\nAction: delayed\nStatus: 4.4.1\n")
	f.Add("Final-Recipient: rfc822; ben@example.org\nDiagnostic-Code: smtp; 550 no such user\n")
	f.Add("Final-Recipient: rfc822; ben@example.org\nAction: failed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 no such user\n")
	f.Add("Original-Recipient: utf-8; x\nAction: failed (x)\nStatus: 5.1.1 (x)\nDiagnostic-Code: X400; y\n\tz\n")
	f.Fuzz(func(t *testing.T, fields string) {
		r := mustRead(t, multipart(daemon, isReport, "\nIt did not arrive.\n", status(fields)))
		sound(t, &r)
		lower := strings.ToLower(fields)
		if r.Kind == bounce.Hard && r.Format == bounce.DSN && !strings.Contains(lower, "fail") && !strings.Contains(lower, "expired") && !strings.Contains(lower, "5") {
			t.Fatalf("hard, and nothing failed: %q", fields)
		}
	})
}

// Nothing but a complaint, or nothing, comes of an abuse report.
func FuzzAbuseReport(f *testing.F) {
	f.Add("Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: ben@example.org\n")
	f.Add("Feedback-Type: auth-failure\n\nReported-Domain: example.org\n")
	f.Fuzz(func(t *testing.T, fields string) {
		r := mustRead(t, multipart("From: feedback@isp.example\nSubject: x", "multipart/report; report-type=feedback-report", "\nx\n", "Content-Type: message/feedback-report\n\n"+fields, returned))
		sound(t, &r)
		if r.Kind != bounce.Complaint && r.Kind != bounce.None && !strings.Contains(fields, "--=_part") {
			t.Fatalf("%s/%s of %q", r.Kind, r.Class, fields)
		}
	})
}

// Whatever is said beside it: spam is not a dead address, and after the text
// no reply makes one.
func FuzzReply(f *testing.F) {
	for _, r := range replies {
		f.Add(r.code, r.enhanced, r.text)
	}
	f.Fuzz(func(t *testing.T, code int, enhanced, text string) {
		if c := bounce.Reply(code, enhanced, "mail", text); c.Kind() == bounce.Hard && !certain(text) {
			t.Fatalf("%s in answer to MAIL", c)
		}
		if c := bounce.Reply(code, enhanced, "rcpt", text+" : this is considered spam"); c.Kind() == bounce.Hard && !certain(text) {
			t.Fatalf("%s, though it is spam", c)
		}
	})
}

// certain tells texts with a row of the table that counts whatever else is said.
func certain(text string) bool {
	lower := strings.ToLower(text)
	for _, row := range []string{"resolver.adr.", "smtp address lookup", "lpn007_416", "delivery error", "access denied", "recipient not found", "invalid domain", "domain", "mailbox not found", "invalid mailbox"} {
		if strings.Contains(lower, row) {
			return true
		}
	}
	return false
}
