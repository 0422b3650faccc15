package interop

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/smtptest"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// refusing are how a server behind this Postfix refuses kinds of recipients.
var refusing = []smtptest.Rule{
	{At: smtptest.AtRcpt, Match: "dead*", Code: 550, Text: "5.1.1 no such user here"},
	{At: smtptest.AtRcpt, Match: "full*", Code: 552, Text: "5.2.2 mailbox full"},
	{At: smtptest.AtDot, Match: "spam*", Code: 554, Text: "5.7.1 blocked by policy"},
	{At: smtptest.AtRcpt, Match: "slow*", Code: 451, Text: "4.7.1 greylisted, come back later"}, // nothing comes back before the test ends
}

// bounces are the lines of main.cf that hand those recipients on to that server, and
// what comes back to the receiver.
func bounces(behind, receiver string) string {
	by := func(addr string) string {
		_, port, _ := net.SplitHostPort(addr)
		return "smtp:[127.0.0.1]:" + port
	}
	var b strings.Builder
	b.WriteString("smtp_tls_security_level = may\ntransport_maps = inline:{ {bounces.example.org = " + by(receiver) + "}")
	for _, kind := range []string{"dead", "full", "spam", "slow"} {
		for i := range each {
			fmt.Fprintf(&b, "\n  {%s%d@example.org = %s}", kind, i, by(behind))
		}
	}
	b.WriteString(" }\n")
	return b.String()
}

// What a real Postfix bounces comes back to the receiver by its signed return path, over
// TLS, and each patient and message stands as what was injected says: who is refused at
// once, who is taken and bounced, who gets the letter.
func TestBouncesOfARealPostfixComeBack(t *testing.T) {
	t.Parallel()
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			addr := freeAddr(t)
			behind := smtptest.Start(t, smtptest.Config{})
			behind.SetRules(refusing...)
			p := postfix(t, bounces(behind.Addr(), addr))
			t.Cleanup(func() {
				if t.Failed() {
					said, err := os.ReadFile(filepath.Join(p.mails, "../../../mail.log"))
					t.Logf("Postfix: …%s %v", said[max(0, len(said)-6000):], err)
				}
			})
			a, _ := installation(t, p, storetest.URL(t, kind), "FEEDBACK_SMTP_ADDR="+addr)
			id := startWith(t, a, map[string]int{"user": each, "gone": each, "dead": each, "full": each, "spam": each, "slow": each})
			var came map[studymail.CameBack]int
			serve(t, a, func() {
				waitFor(t, func() bool {
					must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error {
						c, err := tx.CampaignByID(t.Context(), id)
						if err != nil {
							return err
						}
						came, err = tx.CampaignFeedback(t.Context(), c.Key)
						return err
					}))
					return came[studymail.CameHard] >= each && came[studymail.CameSoft] >= each && came[studymail.CamePolicy] >= each
				})
			})
			for what, n := range map[studymail.CameBack]int{studymail.CameHard: each, studymail.CameSoft: each, studymail.CamePolicy: each} {
				if came[what] != n {
					t.Errorf("%s: %d, not %d", what, came[what], n)
				}
			}
			must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error { return checkBounced(t, a, tx, id) }))
		})
	}
}

// checkBounced compares each patient and message with what was injected.
func checkBounced(t *testing.T, a *app.App, tx *store.Tx, id studymail.ID) error {
	t.Helper()
	want := map[string]struct {
		state     studymail.State
		came      studymail.CameBack
		cancelled studymail.Cancelled
	}{
		"user": {studymail.Sent, 0, studymail.NotCancelled},
		"gone": {studymail.Failed, 0, studymail.NotContactable},
		"dead": {studymail.Sent, studymail.CameHard, studymail.NotContactable},
		"full": {studymail.Sent, studymail.CameSoft, studymail.NotCancelled},
		"spam": {studymail.Sent, studymail.CamePolicy, studymail.NotCancelled},
		"slow": {studymail.Sent, 0, studymail.NotCancelled},
	}
	page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Campaign: id, Limit: 1000})
	if err != nil {
		return err
	}
	seen := 0
	for i := range page {
		m := &page[i]
		patient, err := tx.PatientByID(t.Context(), m.PatientID)
		if err != nil {
			return err
		}
		key, err := a.Keys.Opener().Key(patient.PersonID, patient.Wrapped)
		if err != nil {
			return err
		}
		d, err := studymail.OpenDetails(key, patient.PersonID, patient.Sealed)
		if err != nil {
			return err
		}
		kind := strings.TrimRight(d.Username.Reveal(), "0123456789")
		w := want[kind]
		if m.State != w.state || m.CameBack != w.came || patient.Cancelled != w.cancelled {
			t.Errorf("%s: %s, came back %q, patient %q; want %s, %q, %q", kind, m.State, m.CameBack, patient.Cancelled, w.state, w.came, w.cancelled)
		}
		seen++
	}
	if seen != 6*each {
		return errors.New("not all messages are there")
	}
	return nil
}
