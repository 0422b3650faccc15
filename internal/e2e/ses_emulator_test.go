package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail/internal/ses"
	"studymail/internal/sestest"
)

// account is what the emulator says of the account.
const account = `{"DedicatedIpAutoWarmupEnabled":true,"Details":{"AdditionalContactEmailAddresses":[],"ContactLanguage":"EN","MailType":"TRANSACTIONAL",
	"ReviewDetails":{"CaseId":"1","Status":"GRANTED"},"UseCaseDescription":"x","WebsiteURL":"https://example.org"},"EnforcementStatus":"HEALTHY",
	"ProductionAccessEnabled":true,"SendingEnabled":true,"SendQuota":{"Max24HourSend":50000,"MaxSendRate":%d,"SentLast24Hours":0},"SuppressionAttributes":{"SuppressedReasons":[]}}`

// startEmulator starts aws-ses-v2-local, which plays SES, and gives its address.
func startEmulator(t *testing.T, rate int) string {
	t.Helper()
	script, err := filepath.Abs("emulator/node_modules/aws-ses-v2-local/dist/cli.js")
	if err != nil {
		t.Fatal(err)
	}
	addr := freeAddr(t)
	host, port, _ := net.SplitHostPort(addr)
	cmd := exec.CommandContext(context.Background(), "node", script, "--host", host, "--port", port)
	cmd.Env = append(cmd.Environ(), "AWS_SES_ACCOUNT="+fmt.Sprintf(account, rate))
	if err := startChild(cmd); err != nil {
		t.Fatalf("the emulator of SES does not start (%v): run scripts/test-deps.sh", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	eventually(t, time.Minute, "the emulator of SES answers: without it, run scripts/test-deps.sh", func() bool {
		select {
		case <-ended:
			t.Fatal("the emulator of SES ended: run scripts/test-deps.sh")
		default:
		}
		return listening(addr)
	})
	return "http://" + addr
}

// trick is what the proxy does with a mail's call.
type trick int

const (
	passes     trick = iota
	tooFast          // 429, not given to SES
	notNow           // 503, not given to SES
	faults           // given to SES, and 500 comes back
	cutBefore        // the connection ends, and SES never sees it
	cutAfter         // given to SES, and the connection ends
	cutsAnswer       // given to SES, and the answer ends in its middle
)

// proxy stands before the emulator, fails as it is told, and keeps the book of what SES
// took. It also is the queue's endpoint.
type proxy struct {
	*httptest.Server
	emulator string
	queue    *sestest.Queue
	tricks   func(to string, n int) trick // for the nth call about an address
	took     func(to, message, id string) // told of each mail that SES took

	mu    sync.Mutex
	calls map[string]int // by address
	book  map[string]int // accepted, by message
	lost  map[string]bool
	most  int // mails in a call
}

func newProxy(t *testing.T, emulator string) *proxy {
	t.Helper()
	p := &proxy{emulator: emulator, queue: sestest.NewQueue(t), calls: map[string]int{}, book: map[string]int{}, lost: map[string]bool{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

type outgoing struct {
	Destination struct{ ToAddresses []string }
	EmailTags   []struct{ Name, Value string }
}

// bulkCall is a call with many mails.
type bulkCall struct {
	BulkEmailEntries []struct {
		Destination     struct{ ToAddresses []string }
		ReplacementTags []struct{ Name, Value string }
	}
}

// many handles a call with many mails; tricks are asked for calls by their number.
func (p *proxy) many(w http.ResponseWriter, r *http.Request, text []byte) {
	var b bulkCall
	_ = json.Unmarshal(text, &b)
	p.mu.Lock()
	p.calls["bulk"]++
	do := p.tricks("bulk", p.calls["bulk"])
	p.most = max(p.most, len(b.BulkEmailEntries))
	if do == cutBefore {
		for _, e := range b.BulkEmailEntries {
			p.lost[e.ReplacementTags[0].Value] = true
		}
	}
	p.mu.Unlock()
	if refusedBy(w, do) {
		return
	}
	status, answer := p.ask(r, text)
	var said struct {
		BulkEmailEntryResults []struct{ Status, MessageId string } //nolint:revive // as SES writes it
	}
	_ = json.Unmarshal(answer, &said)
	for i, res := range said.BulkEmailEntryResults {
		if e := &b.BulkEmailEntries[i]; res.Status == "SUCCESS" {
			p.mu.Lock()
			p.book[e.ReplacementTags[0].Value]++
			p.mu.Unlock()
			p.took(e.Destination.ToAddresses[0], e.ReplacementTags[0].Value, res.MessageId)
		}
	}
	if do != passes {
		hangUp(w, "")
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.") {
		p.queue.ServeHTTP(w, r)
		return
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if r.URL.Path == "/v2/email/outbound-bulk-emails" {
		p.many(w, r, text)
		return
	}
	if r.URL.Path != "/v2/email/outbound-emails" {
		status, answer := p.ask(r, text)
		w.WriteHeader(status)
		_, _ = w.Write(answer)
		return
	}
	var o outgoing
	_ = json.Unmarshal(text, &o)
	to, message := o.Destination.ToAddresses[0], o.EmailTags[0].Value
	p.mu.Lock()
	p.calls[to]++
	do := passes
	if p.tricks != nil {
		do = p.tricks(to, p.calls[to])
	}
	if do == cutBefore {
		p.lost[message] = true
	}
	p.mu.Unlock()
	if refusedBy(w, do) {
		return
	}
	status, answer := p.ask(r, text)
	if status == http.StatusOK {
		var said struct{ MessageId string } //nolint:revive // as SES writes it
		_ = json.Unmarshal(answer, &said)
		p.mu.Lock()
		p.book[message]++
		p.mu.Unlock()
		p.took(to, message, said.MessageId)
	}
	switch do {
	case faults:
		refuse(w, http.StatusInternalServerError, "InternalFailure", "")
	case cutAfter:
		hangUp(w, "")
	case cutsAnswer:
		hangUp(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "+fmt.Sprint(len(answer))+"\r\n\r\n"+string(answer[:len(answer)/2]))
	case passes, tooFast, notNow, cutBefore:
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}
}

func (p *proxy) ask(r *http.Request, text []byte) (int, []byte) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, p.emulator+r.URL.RequestURI(), bytes.NewReader(text))
	if err != nil {
		return http.StatusBadGateway, nil
	}
	req.Header = r.Header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return http.StatusBadGateway, nil
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	return res.StatusCode, answer
}

// refusedBy does what ends a call before SES has seen it, and tells whether it did.
func refusedBy(w http.ResponseWriter, do trick) bool {
	switch do {
	case tooFast:
		refuse(w, http.StatusTooManyRequests, "TooManyRequestsException", "Maximum sending rate exceeded.")
	case notNow:
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailable", "later")
	case cutBefore:
		hangUp(w, "")
	case passes, faults, cutAfter, cutsAnswer:
		return false
	}
	return true
}

func refuse(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": text})
}

func hangUp(w http.ResponseWriter, after string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, after)
	_ = conn.Close()
}

// sesEvent writes an event as SES publishes it.
func sesEvent(kind, message, id, part string) string {
	return `{"eventType":"` + kind + `",` + part + `,"mail":{"timestamp":"2026-06-15T10:00:00.000Z","messageId":"` + id + `","tags":{"` + ses.MessageTag + `":["` + message + `"]}}}`
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
