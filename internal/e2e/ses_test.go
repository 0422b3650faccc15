package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail/internal/ses"
	"studymail/internal/sestest"
	"studymail/internal/store"
)

// fate is what becomes of the mail to a patient, by the last two digits of its number.
type fate struct {
	kind, part string
	cancelled  string // of the patient, at the end
}

var fates = map[int]fate{
	3:  {"Bounce", `"bounce":{"feedbackId":"%s","bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"x@example.org","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 no such user"}]}`, "Not contactable"},
	13: {"Complaint", `"complaint":{"feedbackId":"%s","complaintFeedbackType":"abuse","complainedRecipients":[{"emailAddress":"x@example.org"}]}`, "Opted out"},
	23: {"Bounce", `"bounce":{"feedbackId":"%s","bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[{"emailAddress":"x@example.org","diagnosticCode":"smtp; 452 4.2.2 mailbox full"}]}`, ""},
	33: {"Bounce", `"bounce":{"feedbackId":"%s","bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"x@example.org","diagnosticCode":"smtp; 550 5.7.1 blocked by policy"}]}`, ""},
	43: {"Subscription", `"subscription":{"timestamp":"%s","newTopicPreferences":{"unsubscribeAll":true}}`, "Opted out"},
}

const delivery = `"delivery":{"timestamp":"%s","smtpResponse":"250 2.0.0 ok"}`

func fateOf(number int) fate {
	if f, ok := fates[number%100]; ok {
		return f
	}
	return fate{"Delivery", delivery, ""}
}

func numberOf(to string) int {
	n := 0
	_, _ = fmt.Sscanf(strings.TrimLeft(to, "pout"), "%d@", &n)
	return n
}

// TestACampaignThroughSES sends through the emulator, behind a proxy that throttles,
// fails and cuts connections, while what SES tells comes back by SNS, by a queue, and by
// both. At the end nobody has two mails, each message and patient stands as it should,
// and what was in doubt was settled by events, or waits for an operator and is sent then.
//
// Seen to fail: with the SDK's own retries (two mails for one message), and with a
// connection that is cut after the request taken for a mail that was not sent (likewise).
func TestACampaignThroughSES(t *testing.T) {
	each(t, func(t *testing.T, kind store.Kind) {
		t.Parallel()
		const n = 400
		sns, s := sestest.NewSNS(t), clinic(t, kind, n)
		p := sestest.NewProxy(t, sestest.StartEmulator(t, 200))
		p.Tricks = func(to string, call int) sestest.Trick {
			switch number := numberOf(to); {
			case call == 1 && number%100 == 61, call == 1 && number == 205:
				return sestest.TooFast
			case call == 1 && number%100 == 62:
				return sestest.NotNow
			case call == 1 && number%100 == 63:
				return sestest.Faults
			case call == 1 && number%100 == 64:
				return sestest.CutBefore
			case call == 1 && number%100 == 65:
				return sestest.CutAfter
			case call == 1 && number%100 == 66:
				return sestest.CutsAnswer
			}
			return sestest.Passes
		}
		var posting sync.WaitGroup
		p.Took = func(m *sestest.Taken) {
			number := numberOf(m.To)
			f := fateOf(number)
			event := sestest.Event(f.kind, m.Message, m.ID, fmt.Sprintf(f.part, "f-"+m.ID))
			if number%3 != 0 {
				p.Queue.Put(event)
			}
			if number%3 != 1 {
				version := fmt.Sprint(1 + number%2)
				posting.Go(func() {
					n := sns.Notice(t, "n-"+m.ID, event, version)
					s.post(t, n)
					s.post(t, n) // SNS may say it twice
				})
			}
		}
		ca := filepath.Join(s.dir, "ca.pem")
		if err := os.WriteFile(ca, sns.RootsPEM(), 0o600); err != nil {
			t.Fatal(err)
		}
		s.set("MAIL_TRANSPORT", "ses", "SES_REGION", "eu-west-2", "SES_ENDPOINT", p.URL, "SES_CONFIGURATION_SET", "studymail",
			"SES_TOPIC_ARN", sestest.Topic, "SES_SNS_HOST", sns.Host(), "EMAIL_TLS_CA_FILE", ca, "SES_SQS_QUEUE_URL", p.Queue.URL(),
			"AWS_ACCESS_KEY_ID", "test", "AWS_SECRET_ACCESS_KEY", "test", "AWS_EC2_METADATA_DISABLED", "true",
			"RETRY_BASE", "1s", "SWEEP_EVERY", "1s", "HALT_HARD", "0", "HALT_COMPLAINTS", "0", "HALT_FAILED", "0")
		campaign := s.start()
		first := s.serve()
		s.post(t, sns.Confirmation(t, "confirm-1", "token"))
		settled := func(uncertain int) func() bool {
			return func() bool {
				end := s.show(campaign)
				return end.Sent+end.Uncertain == n-optedOut(n) && end.Uncertain == uncertain && p.Queue.Left() == 0
			}
		}
		s.tellOnFailure(campaign, first)
		// What SES has taken is settled by its events; four were cut before it.
		eventually(t, time.Minute, "all but those that were cut off are sent", settled(4))
		posting.Wait()
		first.stop(30 * time.Second)
		lost, book := p.Lost(), p.Book()
		for _, m := range s.outbox("--campaign", campaign, "--state", "uncertain") {
			if lost[m.ID] == "" || book[m.ID] != 0 {
				t.Errorf("message %s is uncertain, and SES took it", m.ID)
			}
			s.must("outbox", "resolve", m.ID, "--as", "resend")
		}
		second := s.serve()
		eventually(t, 2*time.Minute, "those that were cut off are sent, too", settled(0))
		posting.Wait()
		eventually(t, time.Minute, "what waited is applied", func() bool { return p.Queue.Left() == 0 && len(s.waiting()) == 0 })

		standing := s.cancelled()
		book = p.Book()
		for _, m := range s.outbox("--campaign", campaign) {
			if m.State != "sent" || book[m.ID] != 1 {
				t.Errorf("message %s is %s, and SES took it %d times", m.ID, m.State, book[m.ID])
			}
		}
		want := map[string]int{"Opted out": optedOut(n)}
		for i := range n {
			if i%100 != 50 {
				if f := fateOf(i); f.cancelled != "" {
					want[f.cancelled]++
				}
			}
		}
		for word, k := range want {
			if standing[word] != k {
				t.Errorf("%d patients are %s, want %d", standing[word], word, k)
			}
		}
		if got := sns.Confirmed(); len(got) != 1 {
			t.Errorf("the subscription was confirmed %d times", len(got))
		}
		for came, k := range map[string]int{"hard": 4, "soft": 4, "policy": 4, "complaint": 4, "opt-out": 4} {
			if got := s.fed(came); got != k {
				t.Errorf("%d messages came back as %s, want %d", got, came, k)
			}
		}
		second.stop(30 * time.Second)
		if kept := s.number(`SELECT count(*) FROM feedback WHERE state = 30`); kept != 0 {
			t.Errorf("%d events were not understood", kept)
		}
		if ids := s.number(`SELECT count(*) FROM transport_ids`); ids < n-optedOut(n)-16 {
			t.Errorf("%d messages have SES's name", ids)
		}
		if strings.Contains(first.log.text()+second.log.text(), "@example.org") {
			t.Error("an address is in the log")
		}
	})
}

// post gives the installation a signed notice, until it is taken.
func (s *site) post(t testing.TB, n *ses.Notice) {
	text, err := json.Marshal(n)
	if err != nil {
		t.Error(err)
		return
	}
	for range 600 {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+s.addr+"/hooks/ses", bytes.NewReader(text))
		if err != nil {
			t.Error(err)
			return
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		pass(100 * time.Millisecond)
	}
	t.Errorf("notice %s is not taken", n.MessageID)
}

// tellOnFailure says how a campaign stands when the test has failed.
func (s *site) tellOnFailure(campaign string, p *server) {
	s.tb.Cleanup(func() {
		if s.tb.Failed() {
			log := p.log.text()
			s.tb.Logf("the campaign stands at %+v; the log ends with\n%s", s.show(campaign), log[max(0, len(log)-12000):])
		}
	})
}

type fedBack struct {
	Message string `json:"message"`
}

func (s *site) waiting() (all []fedBack) {
	s.read(&all, "feedback", "list", "--state", "waits")
	return all
}

// fed is how many messages feedback of a kind came for.
func (s *site) fed(kind string) int {
	var all []fedBack
	s.read(&all, "feedback", "list", "--kind", kind)
	of := map[string]bool{}
	for _, f := range all {
		of[f.Message] = true
	}
	return len(of)
}

// cancelled counts patients by why they are not mailed.
func (s *site) cancelled() map[string]int {
	var all []struct {
		Cancelled string `json:"cancelled"`
	}
	s.read(&all, "patient", "list")
	n := map[string]int{}
	for _, p := range all {
		n[p.Cancelled]++
	}
	return n
}

// TestACampaignThroughSESInBulk has SES put the letters together. What it makes of names
// is what we would have made of them.
//
// Seen to fail: with values that are not escaped for HTML, with a call of which only the
// beginning of the answer came taken for accepted, and with results in another order.
func TestACampaignThroughSESInBulk(t *testing.T) {
	each(t, func(t *testing.T, kind store.Kind) {
		t.Parallel()
		const n = 300
		s := clinic(t, kind, 0)
		s.write("patients.csv", strings.ReplaceAll(patients(n), ",Last7,", `,"O'Neil & <b>Zoë</b> {{{t_x}}}",`))
		s.must("import", "patients.csv", "--study", "A", "--yes")
		emulator := sestest.StartEmulator(t, 400)
		p := sestest.NewProxy(t, emulator)
		p.Tricks = func(_ string, call int) sestest.Trick {
			if tricks := []sestest.Trick{sestest.Passes, sestest.NotNow, sestest.Passes, sestest.CutAfter, sestest.Passes, sestest.CutBefore}; call < len(tricks) {
				return tricks[call]
			}
			return sestest.Passes
		}
		p.Took = func(m *sestest.Taken) {
			p.Queue.Put(sestest.Event("Delivery", m.Message, m.ID, fmt.Sprintf(delivery, "t-"+m.ID)))
		}
		s.set("MAIL_TRANSPORT", "ses", "SES_MODE", "bulk", "SES_REGION", "eu-west-2", "SES_ENDPOINT", p.URL, "SES_CONFIGURATION_SET", "studymail",
			"SES_SQS_QUEUE_URL", p.Queue.URL(), "AWS_ACCESS_KEY_ID", "test", "AWS_SECRET_ACCESS_KEY", "test", "RETRY_BASE", "1s", "SWEEP_EVERY", "1s",
			"PUBLIC_URL", "https://studymail.example.org", "SES_CONCURRENCY", "4")
		campaign := s.start()
		first := s.serve()
		s.tellOnFailure(campaign, first)
		eventually(t, time.Minute, "all but those of the call that was cut off are sent", func() bool {
			end := s.show(campaign)
			return end.Sent+end.Uncertain == n-optedOut(n) && end.Uncertain == len(p.Lost()) && p.Queue.Left() == 0
		})
		first.stop(30 * time.Second)
		for _, m := range s.outbox("--campaign", campaign, "--state", "uncertain") {
			s.must("outbox", "resolve", m.ID, "--as", "resend")
		}
		second := s.serve()
		s.tellOnFailure(campaign, second)
		eventually(t, time.Minute, "those that were cut off are sent, too", func() bool { return s.show(campaign).Sent == n-optedOut(n) })
		second.stop(30 * time.Second)
		book := p.Book()
		for _, m := range s.outbox("--campaign", campaign) {
			if m.State != "sent" || book[m.ID] != 1 {
				t.Errorf("message %s is %s, and SES took it %d times", m.ID, m.State, book[m.ID])
			}
		}
		if most := p.Most(); most <= 1 || most > 50 {
			t.Errorf("%d mails in a call at most", most)
		}
		s.compareLetters(t, emulator)
		if strings.Contains(first.log.text()+second.log.text(), "@example.org") {
			t.Error("an address is in the log")
		}
	})
}

// compareLetters looks at what the emulator made of two letters.
func (s *site) compareLetters(t *testing.T, emulator string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, emulator+"/store", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var book struct {
		Emails []struct {
			From, Subject string
			Destination   struct{ To []string }
			Body          struct{ HTML, Text string }
			Headers       []struct{ Name, Value string }
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&book); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, e := range book.Emails {
		text, html := "First8 Last8", "First8 Last8"
		switch e.Destination.To[0] {
		case "p7@example.org":
			text, html = "First7 O'Neil & <b>Zoë</b> {{{t_x}}}", "First7 O&#39;Neil &amp; &lt;b&gt;Zoë&lt;/b&gt; {{{t_x}}}"
		case "p8@example.org":
		default:
			continue
		}
		seen++
		if e.Subject != "About A" || !strings.Contains(e.Body.Text, text) || !strings.Contains(e.Body.HTML, html) || !strings.Contains(e.From, "studies@example.org") {
			t.Errorf("the letter is\n%s\n%s\n%s", e.Subject, e.Body.Text, e.Body.HTML)
		}
		fields := ""
		for _, h := range e.Headers {
			fields += h.Name + ": " + h.Value + "\n"
		}
		if !strings.Contains(fields, "List-Unsubscribe: <https://studymail.example.org/u/") || !strings.Contains(fields, "List-Unsubscribe-Post: List-Unsubscribe=One-Click") {
			t.Errorf("header %s", fields)
		}
	}
	if seen != 2 {
		t.Errorf("%d of the two letters were found", seen)
	}
}
