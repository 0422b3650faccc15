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

// bouncing is a Postfix that hands so many of each of those recipients on to a server which
// refuses them, and what comes back to the receiver, which is not there yet. More are lines
// of its main.cf.
func bouncing(t *testing.T, each int, more string) (p *server, receiver string) {
	t.Helper()
	receiver = freeAddr(t)
	behind := smtptest.Start(t, smtptest.Config{})
	behind.SetRules(refusing...)
	by := func(addr string) string {
		_, port, _ := net.SplitHostPort(addr)
		return "smtp:[127.0.0.1]:" + port
	}
	var b strings.Builder
	b.WriteString("smtp_tls_security_level = may\ntransport_maps = inline:{ {bounces.example.org = " + by(receiver) + "}")
	for _, kind := range []string{"dead", "full", "spam", "slow"} {
		for i := range each {
			fmt.Fprintf(&b, "\n  {%s%d@example.org = %s}", kind, i, by(behind.Addr()))
		}
	}
	b.WriteString(" }\n" + more)
	return postfix(t, b.String()), receiver
}

// What a real Postfix bounces comes back to the receiver by its signed return path, over
// TLS, and each patient and message stands as what was injected says: who is refused at
// once, who is taken and bounced, who gets the letter.
func TestBouncesOfARealPostfixComeBack(t *testing.T) {
	t.Parallel()
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p, addr := bouncing(t, each, "")
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
					came = cameBack(t, a, id)
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
	want := map[string]ending{
		"user": {studymail.Sent, 0, studymail.NotCancelled},
		"gone": {studymail.Failed, 0, studymail.NotContactable},
		"dead": {studymail.Sent, studymail.CameHard, studymail.NotContactable},
		"full": {studymail.Sent, studymail.CameSoft, studymail.NotCancelled},
		"spam": {studymail.Sent, studymail.CamePolicy, studymail.NotCancelled},
		"slow": {studymail.Sent, 0, studymail.NotCancelled},
	}
	seen := 0
	err := eachEnding(t, a, tx, id, func(kind string, got ending) {
		if w := want[kind]; got != w {
			t.Errorf("%s: %s, came back %q, patient %q; want %s, %q, %q", kind, got.state, got.came, got.cancelled, w.state, w.came, w.cancelled)
		}
		seen++
	})
	if err == nil && seen != 6*each {
		err = errors.New("not all messages are there")
	}
	return err
}
