package interop

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/smtptest"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// shares are how many of 1,000 patients are of a kind; the rest just gets the letter.
var shares = map[string]int{
	"gone":     15, // refused at once: no such mailbox
	"dead":     15, // taken, and bounced: no such mailbox
	"full":     10,
	"spam":     20, // blocked by policy
	"auto":     10, // answers by itself
	"complain": 5,
	"optout":   10, // presses the mail program's button
}

// ends are how the messages and patients of each kind stand in the end.
var ends = map[string]ending{
	"user":     {studymail.Sent, 0, studymail.NotCancelled},
	"gone":     {studymail.Failed, 0, studymail.NotContactable},
	"dead":     {studymail.Sent, studymail.CameHard, studymail.NotContactable},
	"full":     {studymail.Sent, studymail.CameSoft, studymail.NotCancelled},
	"spam":     {studymail.Sent, studymail.CamePolicy, studymail.NotCancelled},
	"auto":     {studymail.Sent, studymail.CameAutomatic, studymail.NotCancelled},
	"complain": {studymail.Sent, studymail.CameComplaint, studymail.OptedOut},
	"optout":   {studymail.Sent, studymail.CameOptOut, studymail.OptedOut},
}

type ending struct {
	state     studymail.State
	came      studymail.CameBack
	cancelled studymail.Cancelled
}

// TestACampaignOfWhichMuchComesBack sends through a real Postfix whose recipients
// bounce, answer, complain and opt out while it runs; in the end each patient and each
// message stands as it should, and the numbers add up. With the limits on it halts on
// the way, and people let it go on. ACCEPTANCE=20000 for that many patients.
func TestACampaignOfWhichMuchComesBack(t *testing.T) {
	t.Parallel()
	n := 400
	if text := os.Getenv("ACCEPTANCE"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		must(t, err)
	}
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		for _, halts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s halts=%v", kind, halts), func(t *testing.T) {
				acceptance(t, kind, n, halts)
			})
		}
	}
}

func acceptance(t *testing.T, kind store.Kind, n int, halts bool) {
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
	environ := []string{"FEEDBACK_SMTP_ADDR=" + receiver, "FEEDBACK_SMTP_RATE=0", "HTTP_ADDR=" + pages, "HALT_HARD=0", "HALT_COMPLAINTS=0", "HALT_FAILED=0"}
	if halts {
		environ = environ[:3]
		if n < 10_000 { // it must not be over before anybody looks
			environ = append(environ, "HALT_FROM=50", "RATE_PER_SECOND=50")
		}
	}
	a, _ := installation(t, p, storetest.URL(t, kind), environ...)
	patients := map[string]int{"user": n}
	for k, share := range shares {
		patients[k] = max(1, n*share/1000)
		patients["user"] -= patients[k]
	}
	if halts && n < 10_000 {
		patients["complain"] += 5 // else a small campaign has too few for the limit
	}
	began := time.Now()
	id := startWith(t, a, patients)

	acted, halted := map[string]int{}, 0
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = a.Serve(ctx, app.Parts{Mode: "serve", Workers: true, Web: true}, nil) }()
	long(t, func() bool {
		for _, r := range behind.Book.Records()[sumOf(acted):] {
			acted[kindOf(r.To[0])]++
			act(t, p.addr, pages, &r)
		}
		if halts {
			halted += goOn(t, a, id)
		}
		return settled(t, a, id, patients)
	})
	took := time.Since(began)
	stop()

	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error { return checkEnds(t, a, tx, id, patients) }))
	if halts != (halted > 0) {
		t.Errorf("halts are %v, and it halted %d times", halts, halted)
	}
	t.Logf("%d patients on %s in %.0f s, halted %d times: %v", sumOf(patients), kind, took.Seconds(), halted, patients)
}

// long waits for what may take minutes, as long as it is asked for.
func long(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Minute)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("it never came true")
		}
	}
}

func sumOf(counts map[string]int) (n int) {
	for _, k := range counts {
		n += k
	}
	return n
}

func kindOf(address string) string {
	return strings.TrimRight(address[:strings.IndexByte(address, '@')], "0123456789")
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

// goOn lets a campaign go on that has halted, as a person does, and gives how often.
func goOn(t *testing.T, a *app.App, id studymail.ID) int {
	t.Helper()
	var c store.CampaignRow
	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		c, err = tx.CampaignByID(t.Context(), id)
		return err
	}))
	if c.State != studymail.Paused {
		return 0
	}
	if c.Halt == nil {
		t.Fatal("paused, and nobody did it")
	}
	planner, err := a.Planner()
	must(t, err)
	_, err = planner.Resume(t.Context(), id, "test", nil)
	must(t, err)
	return 1
}

// settled tells whether all that is to come has come.
func settled(t *testing.T, a *app.App, id studymail.ID, patients map[string]int) bool {
	t.Helper()
	came := cameBack(t, a, id)
	for k, e := range ends {
		if e.came != 0 && came[e.came] < patients[k] {
			return false
		}
	}
	n := counts(t, a, id)
	return n.Planned > 0 && n.Unfinished() == 0
}

// cameBack counts what came back for a campaign.
func cameBack(t *testing.T, a *app.App, id studymail.ID) (came map[studymail.CameBack]int) {
	t.Helper()
	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error {
		c, err := tx.CampaignByID(t.Context(), id)
		if err != nil {
			return err
		}
		came, err = tx.CampaignFeedback(t.Context(), c.Key)
		return err
	}))
	return came
}

// eachEnding gives how each message of a campaign stands, with its patient and of what
// kind that is.
func eachEnding(t *testing.T, a *app.App, tx *store.Tx, id studymail.ID, fn func(kind string, got ending)) error {
	t.Helper()
	for after, more := int64(0), true; more; {
		page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Campaign: id, After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for i := range page {
			m := &page[i]
			after = m.Key
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
			fn(strings.TrimRight(d.Username.Reveal(), "0123456789"), ending{m.State, m.CameBack, patient.Cancelled})
		}
		more = len(page) == 1000
	}
	return nil
}

// checkEnds compares each patient and message with what was injected.
func checkEnds(t *testing.T, a *app.App, tx *store.Tx, id studymail.ID, patients map[string]int) error {
	t.Helper()
	seen, wrong := map[string]int{}, 0
	if err := eachEnding(t, a, tx, id, func(kind string, got ending) {
		seen[kind]++
		if got != ends[kind] && wrong < 10 {
			wrong++
			t.Errorf("%s: %+v, want %+v", kind, got, ends[kind])
		}
	}); err != nil {
		return err
	}
	if !maps.Equal(seen, patients) {
		t.Errorf("messages of %v, want %v", seen, patients)
	}
	c, err := tx.CampaignByID(t.Context(), id)
	if err != nil {
		return err
	}
	n, err := tx.Counts(t.Context(), c.Key)
	if err != nil {
		return err
	}
	if all := sumOf(patients); n.Selected != all || n.Planned != all || n.Sent != all-patients["gone"] || n.Failed != patients["gone"] {
		t.Errorf("the numbers: %+v", n)
	}
	came, err := tx.CampaignFeedback(t.Context(), c.Key)
	if err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(ends)) {
		if e := ends[k]; e.came != 0 && came[e.came] != patients[k] {
			t.Errorf("%s came back for %d messages, not %d", k, came[e.came], patients[k])
		}
	}
	listed, err := tx.CountSuppressions(t.Context())
	if want := patients["dead"] + patients["gone"] + patients["complain"]; listed != want {
		t.Errorf("%d addresses are suppressed, want %d", listed, want)
	}
	return err
}
