package interop

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/smtptest"
	"studymail/internal/store"
)

// TestACampaignOfWhichMuchComesBack sends through a real Postfix whose recipients
// bounce, answer, complain and opt out while it runs; in the end each patient and each
// message stands as it should, and the numbers add up. With the limits on it halts on
// the way, and people let it go on. ACCEPTANCE=20000 for that many patients.
func TestACampaignOfWhichMuchComesBack(t *testing.T) {
	t.Parallel()
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		for _, halts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s halts=%v", kind, halts), func(t *testing.T) {
				throughPostfix(t).accept(t, kind, halts)
			})
		}
	}
}

// throughPostfix is a Postfix, and behind it a server of which some recipients are.
func throughPostfix(t *testing.T) *way {
	t.Helper()
	receiver, pages := freeAddr(t), freeAddr(t)
	behind := smtptest.Start(t, smtptest.Config{KeepData: true})
	behind.SetRules(refusing...)
	table := filepath.Join(t.TempDir(), "transport")
	by := func(addr string) string {
		_, port, err := net.SplitHostPort(addr)
		must(t, err)
		return "smtp:[127.0.0.1]:" + port
	}
	must(t, os.Chmod(filepath.Dir(table), 0o755))                                                                                                                                  //nolint:gosec // Postfix's users read it
	must(t, os.Chmod(filepath.Dir(filepath.Dir(table)), 0o755))                                                                                                                    //nolint:gosec // likewise
	must(t, os.WriteFile(table, fmt.Appendf(nil, "/@bounces\\.example\\.org$/ %s\n/^(dead|full|spam|auto|complain|optout)[0-9]+@/ %s\n", by(receiver), by(behind.Addr())), 0o644)) //nolint:gosec // likewise
	// What the receiver puts off comes again soon, not in five minutes.
	p := postfix(t, "smtp_tls_security_level = may\nminimal_backoff_time = 5s\nmaximal_backoff_time = 20s\nqueue_run_delay = 5s\ntransport_maps = regexp:"+table+"\n")
	keys, acted := t.TempDir(), 0
	signWith(t, keys)
	return &way{
		environ: append(append(p.environ(t), signing(keys)...), "FEEDBACK_SMTP_ADDR="+receiver, "FEEDBACK_SMTP_RATE=0", "HTTP_ADDR="+pages),
		// 3 % do not exist: half is refused at once, half taken and bounced.
		fates: map[string]fate{
			"user":     {0, ending{studymail.Sent, 0, studymail.NotCancelled}},
			"gone":     {15, ending{studymail.Failed, 0, studymail.NotContactable}},
			"dead":     {15, ending{studymail.Sent, studymail.CameHard, studymail.NotContactable}},
			"full":     {10, ending{studymail.Sent, studymail.CameSoft, studymail.NotCancelled}},
			"spam":     {20, ending{studymail.Sent, studymail.CamePolicy, studymail.NotCancelled}},
			"auto":     {10, ending{studymail.Sent, studymail.CameAutomatic, studymail.NotCancelled}},
			"complain": {5, ending{studymail.Sent, studymail.CameComplaint, studymail.OptedOut}},
			"optout":   {10, ending{studymail.Sent, studymail.CameOptOut, studymail.OptedOut}},
		},
		turn: func(t *testing.T) {
			for _, r := range behind.Book.Records()[acted:] {
				acted++
				act(t, p.addr, pages, &r)
			}
		},
	}
}

// act is what a recipient does with a letter that arrived.
func act(t *testing.T, relay, pages string, r *smtptest.Record) {
	t.Helper()
	switch kindOf(r.To[0]) {
	case "auto":
		answer(t, relay, r.From, "Auto-Submitted: auto-replied\r\nSubject: Out of office\r\nFrom: "+r.To[0]+"\r\nTo: "+r.From+"\r\n\r\nI am away until Monday.\r\n")
	case "complain":
		answer(t, relay, r.From, "MIME-Version: 1.0\r\nSubject: complaint\r\nFrom: feedback@isp.example\r\nTo: "+r.From+
			"\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\r\nThis is a report.\r\n"+
			"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: isp/1\r\nVersion: 1\r\n\r\n"+
			"--b\r\nContent-Type: message/rfc822\r\n\r\n"+string(r.Data)+"\r\n--b--\r\n")
	case "optout":
		press(t, pages, r.Data)
	}
}

// answer sends a mail without a sender through the relay, as servers do.
func answer(t *testing.T, relay, to, text string) {
	t.Helper()
	c, err := smtp.Dial(relay)
	must(t, err)
	defer c.Close() //nolint:errcheck // said Quit
	must(t, c.Mail(""))
	must(t, c.Rcpt(to))
	w, err := c.Data()
	must(t, err)
	_, err = io.WriteString(w, "Date: "+time.Now().Format(time.RFC1123Z)+"\r\n"+text)
	must(t, err)
	must(t, w.Close())
	must(t, c.Quit())
}

var button = regexp.MustCompile(`(?i)List-Unsubscribe: <https://studies\.example\.org(/u/[^>]+)>`)

// press is one click (RFC 8058).
func press(t *testing.T, pages string, mail []byte) {
	t.Helper()
	found := button.FindSubmatch(mail)
	if found == nil {
		t.Fatalf("no button:\n%s", mail)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+pages+string(found[1]),
		strings.NewReader(url.Values{"List-Unsubscribe": {"One-Click"}}.Encode()))
	must(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close() //nolint:errcheck // read no further
	if res.StatusCode != http.StatusOK {
		t.Errorf("opting out: %s", res.Status)
	}
}
