package webtest

import (
	"strings"
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// Feedback is what came back in the world of the tests.
type Feedback struct {
	Hard, Out, Odd studymail.ID
	Bounced        studymail.ID // the message of Hard
	Suppressed     studymail.ID
	OptedOut       studymail.ID // a patient, by Out
	Halted         studymail.ID // a campaign
	Resend         studymail.ID // of many messages
}

// CameBack adds what came back for letters of the campaign that was sent, a campaign that
// stopped by itself, and suppressed addresses: Start(tb, Clinic, Campaigns, CameBack).
func CameBack(tb testing.TB, p *Product) {
	tb.Helper()
	ctx := tb.Context()
	w := &p.World.Feedback
	w.Halted = p.World.Post.Paused
	var sent []store.MessageRow
	if err := p.App.Store.Read(ctx, func(tx *store.Tx) (err error) {
		sent, _, err = tx.MessagePage(ctx, store.MessageFilter{Campaign: p.World.Post.Sent, Limit: 6})
		return err
	}); err != nil {
		tb.Fatal(err)
	}
	intake := p.App.Feedback()
	take := func(mail string) studymail.ID {
		tb.Helper()
		taken, err := intake.Take(ctx, studymail.FromSMTP, strings.NewReader(strings.ReplaceAll(mail, "\n", "\r\n")))
		if err != nil {
			tb.Fatal(err)
		}
		return taken.ID
	}
	w.Bounced = sent[1].ID
	w.Hard = take(Bounce(sent[1].ID, "5.1.1", "550 5.1.1 user unknown"))
	take(Bounce(sent[2].ID, "5.2.2", "552 5.2.2 mailbox is full"))
	take(Bounce(sent[3].ID, "5.7.1", "554 5.7.1 blocked by our policy, see https://example.net/why"))
	w.Odd = take("From: Zoe <zoe@example.net>\nTo: studies@example.org\nSubject: A question " + strings.Repeat("about-your-letter ", 8) + "\nMessage-ID: <odd@example.net>\n\nDear all,\n\nis this letter real?\n\nZoe\n")
	out, err := intake.OptOut(ctx, studymail.FromLink, sent[4].ID, studymail.OptOutAll)
	if err != nil {
		tb.Fatal(err)
	}
	w.Out, w.OptedOut = out.ID, sent[4].PatientID
	if err := p.App.Store.Write(ctx, func(tx *store.Tx) error {
		hash := p.App.Keys.Sealer().Hashes(sealed.EmailHash, studymail.NormalEmail(sealed.NewEmail("nobody.else@example.org")))
		added, err := tx.SuppressAddress(ctx, hash, "asked", "by hand")
		if err != nil {
			return err
		}
		w.Suppressed = added[0].ID
		r := store.Resend{Actor: p.World.Users[studymail.Sender].ID.String(), Total: 812, Filter: store.MessageFilter{States: []studymail.State{studymail.Failed}}}
		if err := tx.AddResend(ctx, &r); err != nil {
			return err
		}
		w.Resend, r.Looked, r.Queued, r.Left, r.Filter.After = r.ID, 400, 388, map[studymail.Reason]int{studymail.ReasonOptedOut: 12}, 9000
		if err := tx.AdvanceResend(ctx, &r, 0); err != nil {
			return err
		}
		c, err := tx.CampaignByID(ctx, w.Halted)
		if err != nil {
			return err
		}
		_, err = tx.Halt(ctx, &c, studymail.HaltHard, "14 of 240, 5.8 %; the limit is 5 %", "test")
		return err
	}); err != nil {
		tb.Fatal(err)
	}
}

// Bounce is a delivery status notification about a letter.
func Bounce(message studymail.ID, status, said string) string {
	return `From: MAILER-DAEMON@mx.example.net
To: studies@example.org
Subject: Undelivered Mail
Message-ID: <` + message.String() + status + `@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.

--b
Content-Type: message/delivery-status

Original-Envelope-Id: ` + message.String() + `
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; somebody@example.org
Action: failed
Status: ` + status + `
Diagnostic-Code: smtp; ` + said + `

--b--
`
}
