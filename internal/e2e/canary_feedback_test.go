package e2e

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// quotingBounce is a report that quotes a canary wherever a server can.
func quotingBounce(i int, message, code, words string) string {
	return strings.ReplaceAll(fmt.Sprintf(`From: MAILER-DAEMON@mx.example.net (Mail Delivery System of %[1]s)
To: <%[2]s>
Subject: Undelivered Mail: %[1]s
Message-ID: <%[2]s>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

<%[2]s>: host mx.example.net said: %[5]s

--b
Content-Type: message/delivery-status

Original-Envelope-Id: %[3]s
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; %[2]s
Action: failed
Status: %[4]s
Diagnostic-Code: smtp; %[5]s

--b
Content-Type: message/rfc822

To: %[1]s <%[2]s>
Subject: %[1]s
Message-ID: <%[3]s@example.org>

Dear %[1]s
--b--
`, canaryName, canaryAddress(i), message, code, words), "\n", "\r\n")
}

// comeBack has bounces, complaints and questions that quote canaries come back, by file
// and by SMTP.
func (a *aviary) comeBack() {
	a.tb.Helper()
	var of []message
	a.readSaid(&of, "outbox", "list", "--state", "sent", "--patient", a.patient(sentCanary))
	if len(of) == 0 {
		a.tb.Fatal("nothing was sent to the canary")
	}
	sent := of[0].ID
	dir, err := os.MkdirTemp("", "came-back-") // outside of where is searched
	if err != nil {
		a.tb.Fatal(err)
	}
	a.tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	for name, mail := range map[string]string{
		"soft":     quotingBounce(sentCanary, sent, "5.2.2", "552 5.2.2 mailbox full: "+quoting(sentCanary)),
		"policy":   quotingBounce(sentCanary, sent, "5.7.1", "550 5.7.1 blocked: "+quoting(sentCanary)),
		"unknown":  quotingBounce(sentCanary, "019a7c1e-5f6b-7c3d-8e9f-0123456789ab", "5.1.1", "550 5.1.1 "+quoting(sentCanary)),
		"question": "From: " + canaryName + " <" + canaryAddress(sentCanary) + ">\r\nTo: b@bounce.example.org\r\nSubject: " + canaryName + "\r\n\r\n" + quoting(sentCanary) + "\r\n",
		"base64":   "From: <" + canaryAddress(sentCanary) + ">\r\nSubject: x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(quoting(sentCanary))) + "\r\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(mail), 0o600); err != nil {
			a.tb.Fatal(err)
		}
	}
	a.say("feedback", "import", dir)
	a.say("feedback", "classify", filepath.Join(dir, "soft"), "--json")
	a.receiveQuotes(sent)
	if said := a.say("outbox", "show", sent); strings.Count(said, "[address]")+strings.Count(said, "[removed]") < 5 {
		a.tb.Errorf("what quoted the canary is not shown scrubbed:\n%s", said)
	}
	var list []struct{ ID string }
	a.readSaid(&list, "feedback", "list")
	if len(list) < 6 {
		a.tb.Errorf("%d came back", len(list))
	}
	for _, f := range list {
		a.say("feedback", "show", f.ID)
		a.say("feedback", "show", f.ID, "--json")
		a.try("feedback", "undo", f.ID, "--why", canaryName)
	}
	a.try("suppression", "add", canaryAddress(optedOutCanary)+" ", "--reason", canaryName)
	a.say("suppression", "add", canaryAddress(inDump+100), "--reason", "other", "--json")
	a.try("suppression", "add", canaryName, "--reason", "other")
	a.say("suppression", "list")
}

// receiveQuotes has the receiver take a bounce and refuse recipients that are canaries.
func (a *aviary) receiveQuotes(sent string) {
	a.tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		a.tb.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	a.set("FEEDBACK_SMTP_ADDR", addr)
	p := a.serve()
	var c *smtp.Client
	eventually(a.tb, 30*time.Second, "feedback is received", func() bool {
		c, err = smtp.Dial(addr)
		return err == nil
	})
	for _, to := range []string{canaryAddress(1), canaryUsername(1) + "@bounce.example.org"} {
		if c.Mail(canaryAddress(2)) == nil && c.Rcpt(to) == nil {
			a.tb.Errorf("a recipient that is not signed was taken")
		}
		_ = c.Reset()
	}
	err = errors.Join(c.Mail(canaryAddress(2)), c.Rcpt("postmaster@bounce.example.org"))
	if err != nil {
		a.tb.Fatal(err)
	}
	w, err := c.Data()
	if err == nil {
		_, err = io.WriteString(w, quotingBounce(sentCanary, sent, "4.4.1", "421 4.4.1 "+quoting(sentCanary)))
		err = errors.Join(err, w.Close(), c.Quit())
	}
	if err != nil {
		a.tb.Fatal(err)
	}
	a.usePages()
	a.walkPages()
	a.end(p)
	a.set("FEEDBACK_SMTP_ADDR", "")
}
