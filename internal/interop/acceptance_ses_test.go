package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/ses"
	"studymail/internal/sestest"
	"studymail/internal/store"
)

// TestACampaignThroughSESOfWhichMuchComesBack does as the test of its name through Postfix
// does, through an emulator of Amazon SES behind a proxy that throttles, fails and cuts
// connections; what becomes of the mails comes as events that are made here, by SNS and
// by a queue.
func TestACampaignThroughSESOfWhichMuchComesBack(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, c := range []struct {
		db    store.Kind
		mode  string
		halts bool
	}{
		{store.SQLite, "raw", false},
		{store.SQLite, "raw", true},
		{store.SQLite, "bulk", false},
		{store.Postgres, "raw", false},
		{store.Postgres, "raw", true},
		{store.Postgres, "bulk", false},
	} {
		t.Run(fmt.Sprintf("%s %s halts=%v", c.db, c.mode, c.halts), func(t *testing.T) {
			throughSES(t, c.mode == "bulk").accept(t, c.db, c.halts)
		})
	}
}

// told is what SES tells of mails to a kind of patients, event by event.
var told = map[string][]struct{ kind, part string }{
	"user":  {delivered},
	"gone":  {{"Bounce", `"bounce":{"feedbackId":"%s","bounceType":"Permanent","bounceSubType":"NoEmail","bouncedRecipients":[{"emailAddress":"x@example.org"}]}`}},
	"dead":  {{"Bounce", `"bounce":{"feedbackId":"%s","bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"x@example.org","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 no such user"}]}`}},
	"full":  {{"Bounce", `"bounce":{"feedbackId":"%s","bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[{"emailAddress":"x@example.org","diagnosticCode":"smtp; 452 4.2.2 mailbox full"}]}`}},
	"spam":  {{"Bounce", `"bounce":{"feedbackId":"%s","bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"x@example.org","diagnosticCode":"smtp; 550 5.7.1 blocked by policy"}]}`}},
	"virus": {{"Reject", `"reject":{"reason":"Bad content %.0s"}`}},
	"late": {
		{"DeliveryDelay", `"deliveryDelay":{"timestamp":"%s","delayType":"MailboxFull","delayedRecipients":[{"emailAddress":"x@example.org","status":"4.2.2","diagnosticCode":"smtp; 452 4.2.2 mailbox full"}]}`},
		delivered,
	},
	"complain": {delivered, {"Complaint", `"complaint":{"feedbackId":"%s","complaintFeedbackType":"abuse","complainedRecipients":[{"emailAddress":"x@example.org"}]}`}},
	"optout":   {delivered},
}

var delivered = struct{ kind, part string }{"Delivery", `"delivery":{"timestamp":"%s","smtpResponse":"250 2.0.0 ok"}`}

// throughSES is an account of SES, with a topic and a queue.
func throughSES(t *testing.T, bulk bool) *way {
	t.Helper()
	w := &world{t: t, sns: sestest.NewSNS(t), proxy: sestest.NewProxy(t, sestest.StartEmulator(t, 2000)), pages: freeAddr(t), bulk: bulk, notices: make(chan *ses.Notice, 1000)}
	w.proxy.Took, w.proxy.Tricks = w.took, w.trick
	ca := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(ca, w.sns.RootsPEM(), 0o600))
	var posting sync.WaitGroup
	for range 4 {
		posting.Go(func() {
			for n := range w.notices {
				w.post(n)
			}
		})
	}
	t.Cleanup(func() {
		w.proxy.Close() // nothing tells any more
		close(w.notices)
		posting.Wait()
	})
	mode := "raw"
	if bulk {
		mode = "bulk"
	}
	return &way{
		environ: []string{
			"MAIL_TRANSPORT=ses", "SES_MODE=" + mode, "SES_REGION=eu-west-2", "SES_ENDPOINT=" + w.proxy.URL, "SES_CONFIGURATION_SET=studymail",
			"SES_TOPIC_ARN=" + sestest.Topic, "SES_SNS_HOST=" + w.sns.Host(), "EMAIL_TLS_CA_FILE=" + ca, "SES_SQS_QUEUE_URL=" + w.proxy.Queue.URL(),
			"HTTP_ADDR=" + w.pages, "RETRY_BASE=1s", "SWEEP_EVERY=1s",
		},
		// SES tells of dead addresses by events alone, and of automatic replies it tells
		// nothing: as many are late instead.
		fates: map[string]fate{
			"user":     {0, ending{studymail.Sent, studymail.CameDelivered, studymail.NotCancelled}},
			"gone":     {15, ending{studymail.Sent, studymail.CameHard, studymail.NotContactable}},
			"dead":     {15, ending{studymail.Sent, studymail.CameHard, studymail.NotContactable}},
			"full":     {10, ending{studymail.Sent, studymail.CameSoft, studymail.NotCancelled}},
			"spam":     {17, ending{studymail.Sent, studymail.CamePolicy, studymail.NotCancelled}},
			"virus":    {3, ending{studymail.Sent, studymail.CamePolicy, studymail.NotCancelled}},
			"late":     {10, ending{studymail.Sent, studymail.CameDelayed | studymail.CameDelivered, studymail.NotCancelled}},
			"complain": {5, ending{studymail.Sent, studymail.CameDelivered | studymail.CameComplaint, studymail.OptedOut}},
			"optout":   {10, ending{studymail.Sent, studymail.CameDelivered | studymail.CameOptOut, studymail.OptedOut}},
		},
		turn: func(t *testing.T) {
			for _, m := range w.pressing() {
				press(t, w.pages, m.Text)
			}
		},
		lost: func() map[string]int {
			of := map[string]int{}
			for _, to := range w.proxy.Lost() {
				of[kindOf(to)]++
			}
			return of
		},
		taken: func() bool { return w.proxy.Queue.Left() == 0 && w.posting.Load() == 0 },
		check: w.check,
	}
}

// world is Amazon, and the recipients.
type world struct {
	t       *testing.T
	sns     *sestest.SNS
	proxy   *sestest.Proxy
	pages   string
	bulk    bool
	notices chan *ses.Notice
	posting atomic.Int64 // notices that are not taken yet

	mu     sync.Mutex
	mails  int              // that SES took
	events int              // that say something new
	press  []*sestest.Taken // whose recipients press the button
}

// trick fails some calls, the first time.
func (w *world) trick(to string, call int) sestest.Trick {
	if w.bulk {
		return map[int]sestest.Trick{2: sestest.NotNow, 4: sestest.CutAfter, 6: sestest.CutBefore, 7: sestest.TooFast}[call]
	}
	if call > 1 || kindOf(to) != "user" {
		return sestest.Passes
	}
	switch numberOf(to) % 4000 {
	case 4:
		return sestest.TooFast
	case 101:
		return sestest.NotNow
	case 102:
		return sestest.Faults
	case 103:
		return sestest.CutAfter
	case 104:
		return sestest.CutsAnswer
	case 105:
		return sestest.CutBefore
	}
	return sestest.Passes
}

func numberOf(to string) (n int) {
	_, _ = fmt.Sscanf(strings.TrimLeft(to, "abcdefghijklmnopqrstuvwxyz"), "%d@", &n)
	return n
}

// took has SES tell of a mail: of most by the queue, of some by SNS, of some by both.
// Every other kind of patients is told of in the format of notifications. Where SES puts
// the letters together a notification names no message of ours, and finds it only once
// our record has SES's name for it, which is no matter of a test that tells at once.
func (w *world) took(m *sestest.Taken) {
	kind := kindOf(m.To)
	w.mu.Lock()
	w.mails++
	n := w.mails
	w.events += len(told[kind])
	if kind == "optout" {
		w.press = append(w.press, m)
	}
	w.mu.Unlock()
	for i, e := range told[kind] {
		write := sestest.Event
		if !w.bulk && (kind == "dead" || kind == "virus" || kind == "late" || kind == "user" && n%2 == 0) {
			write = sestest.Notification
		}
		event := write(e.kind, m.Message, m.ID, fmt.Sprintf(e.part, fmt.Sprint("f-", i, "-", m.ID)))
		if n%4 != 0 || n%5 == 0 {
			w.proxy.Queue.Put(event)
		}
		if n%4 == 0 {
			w.posting.Add(1)
			w.notices <- w.sns.Notice(w.t, fmt.Sprint("n-", i, "-", m.ID), event, fmt.Sprint(1+n%8/4))
		}
	}
}

// pressing are the mails whose recipients press the button now.
func (w *world) pressing() (all []*sestest.Taken) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all, w.press = w.press, nil
	return all
}

// post gives the installation a signed notice, until it is taken.
func (w *world) post(n *ses.Notice) {
	defer w.posting.Add(-1)
	text, err := json.Marshal(n)
	if err != nil {
		w.t.Error(err)
		return
	}
	for range 1200 {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+w.pages+"/hooks/ses", bytes.NewReader(text))
		if err != nil {
			w.t.Error(err)
			return
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		<-time.After(100 * time.Millisecond)
	}
	w.t.Errorf("notice %s is not taken", n.MessageID)
}

// check compares what SES took, and what was told of it, with our own book.
func (w *world) check(t *testing.T, a *app.App, patients map[string]int) {
	t.Helper()
	book := w.proxy.Book()
	for message, n := range book {
		if n != 1 {
			t.Errorf("SES took message %s %d times", message, n)
		}
	}
	if len(book) != sumOf(patients) {
		t.Errorf("SES took %d messages, want %d", len(book), sumOf(patients))
	}
	if most := w.proxy.Most(); w.bulk != (most > 1) || most > ses.MostTogether {
		t.Errorf("%d mails in a call at most", most)
	}
	var states map[studymail.FeedbackState]int
	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		states, err = tx.CountFeedback(t.Context())
		return err
	}))
	// Each event counts once, by however many ways it came; nothing waits, nothing was
	// not understood.
	if want := map[studymail.FeedbackState]int{studymail.FeedbackApplied: w.events + patients["optout"]}; !maps.Equal(states, want) {
		t.Errorf("feedback: %v, want %v", states, want)
	}
}
