package feedback_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/feedback"
	"studymail/internal/logs"
	"studymail/internal/sealed"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

const domain = "bounce.example.org"

// desk is an intake with some messages that were sent.
type desk struct {
	*storetest.Mailed
	*feedback.Intake
	store *store.Store
	log   *bytes.Buffer
}

func newDesk(t *testing.T, patients int) *desk {
	t.Helper()
	s := storetest.Open(t, store.SQLite)
	d := &desk{Mailed: storetest.NewMailed(t, s, patients), store: s, log: &bytes.Buffer{}}
	d.Intake = feedback.New(feedback.Options{
		Store: s, Sealer: d.Keys.Sealer(), Opener: d.Keys.Opener(), Domain: domain,
		Log: logs.New(slog.NewJSONHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return d
}

func (d *desk) token(t *testing.T, use sealed.TokenFor, n int) string {
	t.Helper()
	token, err := d.Keys.Sealer().Token(use, d.Messages[n].ID)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// bounce is a delivery status notification about a message, as Postfix writes it. It
// says the address and the name of whom it is about.
func bounceMail(to, envid string, n int) string {
	who := storetest.DetailsOf(n)
	if envid != "" {
		envid = "Original-Envelope-Id: " + envid + "\n"
	}
	return strings.ReplaceAll(fmt.Sprintf(`From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: %s
Subject: Undelivered Mail Returned to Sender
Date: Mon, 15 Jun 2026 10:00:%02d +0000
Message-ID: <bounce-%d@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

<%s>: host mx.example.net said: 550 5.1.1 no such user

--b
Content-Type: message/delivery-status

%sReporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; %s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <%s>: %s %s is no such user here

--b--
`, to, n%60, n, who.Email.Reveal(), envid, who.Email.Reveal(), who.Email.Reveal(), who.FirstName.Reveal(), who.LastName.Reveal()), "\n", "\r\n")
}

func (d *desk) take(t *testing.T, mail string, envelope ...string) feedback.Taken {
	t.Helper()
	taken, err := d.Take(t.Context(), studymail.FromImport, strings.NewReader(mail), envelope...)
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

func (d *desk) cancelled(t *testing.T, n int) (c studymail.Cancelled) {
	t.Helper()
	err := d.store.Read(t.Context(), func(tx *store.Tx) error {
		p, err := tx.PatientByID(t.Context(), d.Patients[n].ID)
		c = p.Cancelled
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Seen to fail: with tokens that are read without checking the signature, and without
// the envelope's address.
func TestABounceFindsItsMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 5)
	forged := "a" + strings.Repeat("b", 58) + "a"
	for n, tc := range []struct {
		name         string
		to, envid    string
		envelope     string
		finds, marks bool
	}{
		{"by the address in To", compose.ReturnPath(d.token(t, sealed.BounceToken, 0), domain), "", "", true, true},
		{"by the address that it was sent to", "postmaster@example.net", "", compose.ReturnPath(d.token(t, sealed.BounceToken, 1), domain), true, true},
		{"by the envelope id", "studies@example.org", d.Messages[2].ID.String(), "", true, true},
		{"a forged token", compose.ReturnPath(forged, domain), "", "", false, false},
		{"a token for something else", compose.ReturnPath(d.token(t, sealed.UnsubscribeToken, 4), domain), "", "", false, false},
	} {
		taken := d.take(t, bounceMail(tc.to, tc.envid, n), tc.envelope)
		if taken.Message.IsZero() == tc.finds || (d.cancelled(t, n) == studymail.NotContactable) != tc.marks {
			t.Errorf("%s: message %q, patient %s", tc.name, taken.Message, d.cancelled(t, n))
		}
		if !tc.finds && taken.State != studymail.FeedbackKept {
			t.Errorf("%s: %s", tc.name, taken.State)
		}
	}
}

// Seen to fail: with a digest of all octets.
func TestAMailIsTheSameByWhicheverWayItComes(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	mail := bounceMail(compose.ReturnPath(d.token(t, sealed.BounceToken, 0), domain), "", 0)
	first := d.take(t, mail)
	for name, again := range map[string]string{
		"as it was":                    mail,
		"with lines of a server":       "Return-Path: <>\r\nReceived: by mx.example.org; Mon, 15 Jun 2026 10:00:01 +0000\r\nDelivered-To: bounces@example.org\r\n" + mail,
		"out of an mbox":               "From MAILER-DAEMON Mon Jun 15 10:00:00 2026\n" + strings.ReplaceAll(mail, "\r\n", "\n") + "\n\n",
		"with its header folded anew":  strings.Replace(mail, "Subject: Undelivered Mail", "Subject: Undelivered\r\n Mail", 1),
		"with blanks at ends of lines": strings.Replace(mail, "said: 550", "said: 550", 1) + "\r\n",
	} {
		if got := d.take(t, again); !got.Repeat || got.ID != first.ID {
			t.Errorf("%s: came before %v", name, got.Repeat)
		}
	}
	if got := d.take(t, strings.Replace(mail, "bounce-0@", "bounce-9@", 1)); got.Repeat {
		t.Error("another mail was taken for the same")
	}
}

// Mail to the address in List-Unsubscribe opts out, a report about such a mail does
// not. Seen to fail: without the look at the format.
func TestMailToTheOptOutAddressOptsOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 3)
	write := func(n int) string {
		return "From: someone@example.org\r\nTo: " + compose.OptOutAddress(d.token(t, sealed.UnsubscribeToken, n), domain) + "\r\nSubject: opt out\r\n\r\nopt out\r\n"
	}
	if got := d.take(t, write(0)); got.Class != "opted out of the study" || d.cancelled(t, 0) != studymail.OptedOut {
		t.Errorf("%s: patient %s", got.Class, d.cancelled(t, 0))
	}
	hidden := "From: someone@example.org\r\nTo: undisclosed-recipients:;\r\nSubject: opt out\r\n\r\n"
	d.take(t, hidden, compose.OptOutAddress(strings.ToUpper(d.token(t, sealed.UnsubscribeToken, 1)), strings.ToUpper(domain)))
	if d.cancelled(t, 1) != studymail.OptedOut {
		t.Error("the address that it was sent to counts for nothing")
	}
	d.take(t, bounceMail(compose.OptOutAddress(d.token(t, sealed.UnsubscribeToken, 2), domain), "", 2))
	if d.cancelled(t, 2) != studymail.NotCancelled {
		t.Errorf("a bounce opted somebody out: %s", d.cancelled(t, 2))
	}
}

// What a server said is stored without what is known of the person, logs have neither,
// and what nobody understood is there for who may open it. Seen to fail: without the
// person's names for the scrubber.
func TestNothingPersonalLeavesTheIntake(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	mail := bounceMail(compose.ReturnPath(d.token(t, sealed.BounceToken, 0), domain), "", 0)
	taken := d.take(t, mail)
	if !strings.Contains(taken.Diagnostic, "550 5.1.1") {
		t.Errorf("what was said is gone: %q", taken.Diagnostic)
	}
	lost := d.take(t, "From: someone@example.org\r\nTo: studies@example.org\r\nSubject: a question\r\n\r\nAre you user000000@example.org?\r\n")
	who := storetest.DetailsOf(0)
	for _, secret := range []string{who.Email.Reveal(), "user000000", who.LastName.Reveal(), "someone@"} {
		if strings.Contains(fmt.Sprintf("%+v %+v", taken.Feedback, lost.Feedback), secret) || strings.Contains(d.log.String(), secret) {
			t.Errorf("%q got out: %+v\n%s", secret, taken.Feedback, d.log)
		}
	}
	err := d.store.Read(t.Context(), func(tx *store.Tx) error {
		b, err := tx.KeptMail(t.Context(), &lost.Feedback)
		if err != nil {
			return err
		}
		if bytes.Contains(b, []byte("question")) {
			t.Error("a mail is kept in clear")
		}
		values, err := d.Keys.Opener().OpenMaster(sealed.FeedbackMail, lost.ID, b)
		if err == nil && !strings.Contains(values[0], "a question") {
			t.Errorf("kept: %q", values)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An automatic reply notes that the mail arrived; ordinary mail to a return path is for
// a person. Seen to fail: with ordinary mail that is not kept.
func TestWhatIsNoBounceMarksNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 2)
	to := func(n int) string { return compose.ReturnPath(d.token(t, sealed.BounceToken, n), domain) }
	away := d.take(t, "From: a@example.org\r\nTo: "+to(0)+"\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nI am away.\r\n")
	question := d.take(t, "From: a@example.org\r\nTo: "+to(1)+"\r\nSubject: Re: About study A\r\n\r\nWhen does it begin?\r\n")
	if away.Class != "automatic reply" || away.State != studymail.FeedbackApplied || question.State != studymail.FeedbackKept || question.Message != d.Messages[1].ID {
		t.Errorf("away: %s, %s; question: %s, %s", away.Class, away.State, question.State, question.Message)
	}
	for n := range 2 {
		if d.cancelled(t, n) != studymail.NotCancelled {
			t.Errorf("patient %d: %s", n, d.cancelled(t, n))
		}
	}
}
