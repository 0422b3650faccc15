package cli

import (
	"errors"
	"fmt"
	"io"
	"net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"studymail/internal/store"
)

const (
	feedbackToken = "agnhyhs7nn6d3du7aarukz4jvpqeqzl6cqkbvmq4q6hyq3lq5t2w2ljn2abc"
	feedbackMail  = `Return-Path: <>
From: Mail Delivery System <mailer-daemon@mx.example.org>
To: b+` + feedbackToken + `@bounce.example.org
Subject: Undelivered Mail Returned to Sender

This is the mail system at host mx.example.org.

<ben@example.org>: host mx.example.org said: 550 5.1.1 user unknown (in reply
    to RCPT TO command)
`
	ordinaryMail = "From: Anna <anna@example.org>\nSubject: Hello\n\nI would like to take part.\n"
)

// Neither .env nor keys nor a database are there, and none are made.
func TestClassifySaysWhatMailsMeanAndNeedsNothing(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t, store.SQLite)
	d.write(t, "bounce.eml", feedbackMail)
	if err := os.MkdirAll(filepath.Join(d.sys.Dir, "in", "more"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.write(t, "in/one.eml", ordinaryMail)
	d.write(t, "in/more/two.eml", strings.Replace(feedbackMail, "user unknown", "mailbox full", 1))

	got := oneValue[[]map[string]string](t, d.must(t, "feedback", "classify", "bounce.eml", "in", "--json"))
	want := []map[string]string{
		{"file": "bounce.eml", "kind": "hard", "class": "no such mailbox", "code": "5.1.1", "token": feedbackToken},
		{"file": "in/more/two.eml", "kind": "soft", "class": "mailbox full", "code": "5.1.1", "token": feedbackToken},
		{"file": "in/one.eml", "kind": "none", "class": "not a bounce", "code": "", "token": ""},
	}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		for name, value := range want[i] {
			if got[i][name] != value || len(got[i]) != len(want[i]) {
				t.Errorf("%v, want %v", got[i], want[i])
				break
			}
		}
	}

	out := d.must(t, "feedback", "classify", "bounce.eml")
	if !strings.HasPrefix(out, "FILE") || !strings.Contains(out, "no such mailbox") || strings.Contains(out, "ben@") {
		t.Errorf("%s", out)
	}
	r := d.run(t, feedbackMail, "feedback", "classify", "-", "--json")
	if all := oneValue[[]map[string]string](t, r.out); r.code != exitFine || len(all) != 1 || all[0]["file"] != "-" || all[0]["kind"] != "hard" {
		t.Errorf("standard input: exit code %d, %s", r.code, r.out)
	}
	r = d.run(t, "", "feedback", "classify", "in/one.eml", "--json")
	if r.code != exitFine {
		t.Errorf("a mail that is none: exit code %d", r.code)
	}
}

func TestClassifyTellsAFileThatItCannotReadAndGoesOn(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t, store.SQLite)
	d.write(t, "bounce.eml", feedbackMail)
	r := d.run(t, "", "feedback", "classify", "none.eml", "bounce.eml", "--json")
	if all := oneValue[[]map[string]string](t, r.out); r.code != exitFailed || len(all) != 1 || all[0]["file"] != "bounce.eml" {
		t.Errorf("exit code %d, %s", r.code, r.out)
	}
	if !strings.Contains(r.err, "none.eml: no such file") || !strings.Contains(r.err, "1 file could not be read") {
		t.Errorf("said: %s", r.err)
	}
	r = d.run(t, "", "feedback", "classify", "--json")
	if f := oneValue[failure](t, r.out); r.code != exitUsage || f.Code != "wrong use" || !strings.Contains(r.err, "FILE is missing") {
		t.Errorf("without a file: exit code %d, %s%s", r.code, r.out, r.err)
	}
}

// A bounce that is imported twice, as a mail and in an mbox, changes its patient once
// and is listed once; another mail waits for a person, who reads it with --reveal.
// Seen to fail: with the whole file taken for the mail.
func TestImportedFeedbackIsAppliedAndListed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	if err := os.Mkdir(filepath.Join(d.sys.Dir, "in"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.write(t, "in/one.eml", feedbackMail)
	d.write(t, "in/box", "From a\n"+feedbackMail+"\n\nFrom b\n"+ordinaryMail)
	n := answer[tookIn](t, d, "feedback", "import", "in")
	if n.Mails != 3 || n.Kept != 2 || n.Again != 1 || n.Applied != 0 {
		t.Errorf("%+v", n)
	}
	all := answer[[]feedbackView](t, d, "feedback", "list", "--state", "kept")
	if len(all) != 2 || !all[0].Kept || all[0].Message.String() != "" {
		t.Fatalf("%+v", all)
	}
	for _, f := range all {
		shown := answer[feedbackView](t, d, "feedback", "show", f.ID.String(), "--reveal")
		if f.Kind == "none" && !strings.Contains(shown.Mail, "I would like to take part") || f.Times == 2 != (f.Kind == "hard") {
			t.Errorf("%+v", shown)
		}
	}
	if unseen := answer[[]feedbackView](t, d, "feedback", "list", "--unseen"); len(unseen) != 0 {
		t.Errorf("%d unseen", len(unseen))
	}
	for _, wrong := range [][]string{{"import"}, {"list", "--state", "lost"}, {"show", "x"}, {"undo", all[0].ID.String()}} {
		if r := d.run(t, "", append([]string{"feedback"}, wrong...)...); r.code != exitUsage {
			t.Errorf("%v: exit code %d", wrong, r.code)
		}
	}
	if r := d.run(t, "", "feedback", "undo", all[0].ID.String(), "--why", "mistake"); r.code != exitFailed || !strings.Contains(r.err, "not applied") {
		t.Errorf("undo of what was not applied: %d, %s", r.code, r.err)
	}
}

// A server receives mail for the bounce domain, and ends in order. Seen to fail:
// without receiveFeedback among what workers run.
func TestAServerReceivesFeedback(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	d.sys.Environ = append(d.sys.Environ, "FEEDBACK_SMTP_ADDR=127.0.0.1:0", "BOUNCE_DOMAIN=bounce.example.org")
	s := d.start(t, "feedback is received", "worker")
	addr := regexp.MustCompile(`feedback is received","addr":"([^"]+)"`).FindStringSubmatch(s.says.String())
	if addr == nil {
		t.Fatalf("where? %s", s.says.String())
	}
	c, err := smtp.Dial(addr[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Mail("anna@example.org"), c.Rcpt("postmaster@bounce.example.org")); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, ordinaryMail)
	if err := errors.Join(err, w.Close(), c.Quit()); err != nil {
		t.Fatal(err)
	}
	if all := answer[[]feedbackView](t, d, "feedback", "list", "--state", "kept"); len(all) != 1 || all[0].Source != "smtp" {
		t.Errorf("%+v", all)
	}
	if code := s.end(); code != exitFine {
		t.Errorf("exit code %d: %s", code, s.says.String())
	}
}

// A campaign of which too much bounces stops by itself, says why and what to do, and
// goes on when a person lets it; then what bounced before counts no more. Seen to fail:
// without haltCampaigns among what workers do.
func TestACampaignStopsByItselfAndAPersonLetsItGoOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	d.sys.Environ = append(d.sys.Environ, "HALT_FROM=10", "RATE_PER_SECOND=10", "BOUNCE_DOMAIN=bounce.example.org")
	d.letter(t)
	d.must(t, "study", "add", "--name", "A")
	d.must(t, "provider", "add", "--name", "Smith's Surgery", "--ods", "ABCD001", "--contact", "Dr Smith")
	var people strings.Builder
	people.WriteString("username,first_name,last_name,email,ods_code\n")
	for n := range 400 {
		fmt.Fprintf(&people, "user%d,User,Number%d,user%d@example.org,ABCD001\n", n, n, n)
	}
	d.write(t, "people.csv", people.String())
	d.must(t, "import", "people.csv", "--study", "A", "--yes")
	c := d.create(t, "--start", "--yes")
	d.start(t, "working", "worker")
	waitUntil(t, func() bool { return d.show(t, c.ID).Sent >= 12 })

	bounced := 0
	bounceSome := func() { // every third of what was sent by now
		for i, m := range answer[[]messageAnswer](t, d, "outbox", "list", "--campaign", c.ID.String(), "--state", "sent") {
			if i%3 == 0 && i/3 >= bounced {
				bounced++
				report := "From: MAILER-DAEMON@mx.example.net\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" +
					"Original-Envelope-Id: " + m.ID.String() + "\n\nFinal-Recipient: rfc822; user@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--b--\n"
				if r := d.run(t, report, "feedback", "import", "-"); r.code != exitFine {
					t.Fatal(r.err)
				}
			}
		}
	}
	bounceSome()
	waitUntil(t, func() bool { return d.show(t, c.ID).State == "paused" })
	shown := d.must(t, "campaign", "show", c.ID.String())
	for _, want := range []string{"hard bounces", "the limit is 5 %", "studymail campaign resume " + c.ID.String(), "Came back: bounced: hard"} {
		if !strings.Contains(shown, want) {
			t.Errorf("it does not say %q:\n%s", want, shown)
		}
	}
	v := d.show(t, c.ID)
	if v.Halted == nil || v.Halted.Reason != "hard bounces" || v.CameBack["bounced: hard"] != bounced {
		t.Errorf("%+v, %v; %d bounced", v.Halted, v.CameBack, bounced)
	}

	d.must(t, "campaign", "resume", c.ID.String())
	before := d.show(t, c.ID).Sent
	waitUntil(t, func() bool { return d.show(t, c.ID).Sent >= before+20 })
	if now := d.show(t, c.ID); now.State != "running" {
		t.Errorf("what bounced before halts it again: %s", now.State)
	}
	if out := d.must(t, "event", "list", "--about", c.ID.String()); strings.Count(out, "campaign halted") != 1 {
		t.Errorf("%s", out)
	}
}
