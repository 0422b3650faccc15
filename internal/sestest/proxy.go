package sestest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"studymail/internal/ses"
)

// Trick is what the proxy does with a mail's call.
type Trick int

// The tricks.
const (
	Passes     Trick = iota
	TooFast          // 429, not given to SES
	NotNow           // 503, not given to SES
	Faults           // given to SES, and 500 comes back
	CutBefore        // the connection ends, and SES never sees it
	CutAfter         // given to SES, and the connection ends
	CutsAnswer       // given to SES, and the answer ends in its middle
)

// Taken is a mail that SES took.
type Taken struct {
	To      string
	Message string // our UUID, of the tag
	ID      string // SES's name for it
	Text    []byte // the mail; in bulk its own header fields only
}

// Proxy stands before the emulator, fails as it is told, and keeps the book of what SES
// took. It also is the queue's endpoint.
type Proxy struct {
	*httptest.Server
	Queue *Queue

	// Tricks says what to do with the nth call about an address; of calls with many
	// mails, the nth of "bulk". Took is told of each mail that SES took. Both are set
	// before anything is sent.
	Tricks func(to string, n int) Trick
	Took   func(*Taken)

	emulator string
	client   *http.Client

	mu    sync.Mutex
	calls map[string]int    // by address
	book  map[string]int    // accepted, by message
	lost  map[string]string // to whom, by message
	most  int               // mails in a call
}

// NewProxy starts one before the emulator at an address.
func NewProxy(t testing.TB, emulator string) *Proxy {
	t.Helper()
	p := &Proxy{
		emulator: emulator, Queue: NewQueue(t), calls: map[string]int{}, book: map[string]int{}, lost: map[string]string{},
		// A connection that the emulator closes while it is used again would lose a mail.
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		Tricks: func(string, int) Trick { return Passes }, Took: func(*Taken) {},
	}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// Book is how often SES took each message.
func (p *Proxy) Book() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.book)
}

// Lost are the messages of calls that were cut before SES, with their addresses.
func (p *Proxy) Lost() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.lost)
}

// Most is how many mails the largest call had.
func (p *Proxy) Most() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.most
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.") {
		p.Queue.ServeHTTP(w, r)
		return
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	switch r.URL.Path {
	case "/v2/email/outbound-bulk-emails":
		p.many(w, r, text)
	case "/v2/email/outbound-emails":
		p.one(w, r, text)
	default:
		status, answer := p.ask(r, text)
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}
}

// trick counts a call about an address with these mails, and says what is done with it.
func (p *Proxy) trick(about string, mails []Taken) Trick {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[about]++
	p.most = max(p.most, len(mails))
	do := p.Tricks(about, p.calls[about])
	if do == CutBefore {
		for i := range mails {
			p.lost[mails[i].Message] = mails[i].To
		}
	}
	return do
}

func (p *Proxy) note(m *Taken) {
	p.mu.Lock()
	p.book[m.Message]++
	p.mu.Unlock()
	p.Took(m)
}

type outgoing struct {
	Destination struct{ ToAddresses []string }
	EmailTags   []struct{ Name, Value string }
	Content     struct{ Raw struct{ Data []byte } }
}

func (p *Proxy) one(w http.ResponseWriter, r *http.Request, text []byte) {
	var o outgoing
	_ = json.Unmarshal(text, &o)
	mail := Taken{To: o.Destination.ToAddresses[0], Message: o.EmailTags[0].Value, Text: o.Content.Raw.Data}
	do := p.trick(mail.To, []Taken{mail})
	if refusedBy(w, do) {
		return
	}
	status, answer := p.ask(r, text)
	if status == http.StatusOK {
		var said struct{ MessageId string } //nolint:revive // as SES writes it
		_ = json.Unmarshal(answer, &said)
		mail.ID = said.MessageId
		p.note(&mail)
	}
	switch do {
	case Faults:
		refuse(w, http.StatusInternalServerError, "InternalFailure", "")
	case CutAfter:
		hangUp(w, "")
	case CutsAnswer:
		hangUp(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "+fmt.Sprint(len(answer))+"\r\n\r\n"+string(answer[:len(answer)/2]))
	case Passes, TooFast, NotNow, CutBefore:
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}
}

// bulkCall is a call with many mails.
type bulkCall struct {
	BulkEmailEntries []struct {
		Destination        struct{ ToAddresses []string }
		ReplacementTags    []struct{ Name, Value string }
		ReplacementHeaders []struct{ Name, Value string }
	}
}

// many handles a call with many mails.
func (p *Proxy) many(w http.ResponseWriter, r *http.Request, text []byte) {
	var b bulkCall
	_ = json.Unmarshal(text, &b)
	mails := make([]Taken, len(b.BulkEmailEntries))
	for i, e := range b.BulkEmailEntries {
		mails[i] = Taken{To: e.Destination.ToAddresses[0], Message: e.ReplacementTags[0].Value}
		for _, h := range e.ReplacementHeaders {
			mails[i].Text = append(mails[i].Text, h.Name+": "+h.Value+"\r\n"...)
		}
	}
	do := p.trick("bulk", mails)
	if refusedBy(w, do) {
		return
	}
	status, answer := p.ask(r, text)
	var said struct {
		BulkEmailEntryResults []struct{ Status, MessageId string } //nolint:revive // as SES writes it
	}
	_ = json.Unmarshal(answer, &said)
	for i, res := range said.BulkEmailEntryResults {
		if res.Status == "SUCCESS" {
			mails[i].ID = res.MessageId
			p.note(&mails[i])
		}
	}
	if do != Passes {
		hangUp(w, "")
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func (p *Proxy) ask(r *http.Request, text []byte) (int, []byte) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, p.emulator+r.URL.RequestURI(), bytes.NewReader(text))
	if err != nil {
		return http.StatusBadGateway, nil
	}
	req.Header = r.Header.Clone()
	res, err := p.client.Do(req)
	if err != nil {
		return http.StatusBadGateway, nil
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	answer, _ := io.ReadAll(res.Body)
	return res.StatusCode, answer
}

// refusedBy does what ends a call before SES has seen it, and tells whether it did.
func refusedBy(w http.ResponseWriter, do Trick) bool {
	switch do {
	case TooFast:
		refuse(w, http.StatusTooManyRequests, "TooManyRequestsException", "Maximum sending rate exceeded.")
	case NotNow:
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailable", "later")
	case CutBefore:
		hangUp(w, "")
	case Passes, Faults, CutAfter, CutsAnswer:
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

// Event writes an event as event publishing does: kind is such as Bounce, part what it
// says, message our UUID, id SES's name for the mail.
func Event(kind, message, id, part string) string {
	return `{"eventType":"` + kind + `",` + part + `,"mail":{"timestamp":"2026-06-15T10:00:00.000Z","messageId":"` + id + `","tags":{"` + ses.MessageTag + `":["` + message + `"]}}}`
}

// Notification writes an event as notifications do, in which our message is named by the
// Message-ID that we wrote.
func Notification(kind, message, id, part string) string {
	return `{"notificationType":"` + kind + `",` + part + `,"mail":{"timestamp":"2026-06-15T10:00:00.000Z","messageId":"` + id +
		`","headersTruncated":false,"commonHeaders":{"messageId":"<` + message + `@example.org>"}}}`
}
