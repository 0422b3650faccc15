package sestest

import (
	"crypto/md5" //nolint:gosec // SQS says it of each body, and the SDK compares
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Queue is an SQS queue by the AWS JSON protocol 1.0: what is received is hidden for a
// while, and comes again unless it is deleted.
type Queue struct {
	server *httptest.Server

	mu      sync.Mutex
	letters []*letter
	n       int
	deleted int
	fails   int // requests that are answered by a fault from now on
	came    chan struct{}
}

type letter struct {
	id, body, receipt string
	hidden            time.Time
	given             int
}

// NewQueue starts one.
func NewQueue(t testing.TB) *Queue {
	t.Helper()
	q := &Queue{came: make(chan struct{}, 1)}
	q.server = httptest.NewServer(q)
	t.Cleanup(q.server.Close)
	return q
}

// Endpoint is where SQS is played.
func (q *Queue) Endpoint() string { return q.server.URL }

// URL is the queue's.
func (q *Queue) URL() string { return q.server.URL + "/123456789012/studymail" }

// Put puts a letter in.
func (q *Queue) Put(body string) {
	q.mu.Lock()
	q.n++
	q.letters = append(q.letters, &letter{id: strconv.Itoa(q.n), body: body})
	q.mu.Unlock()
	select {
	case q.came <- struct{}{}:
	default:
	}
}

// Fail has the next n requests answered by a fault.
func (q *Queue) Fail(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fails = n
}

// Left is how many letters there are, and Deleted how many were taken out for good.
func (q *Queue) Left() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.letters)
}

// Deleted is how many letters were taken out for good.
func (q *Queue) Deleted() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.deleted
}

// Show makes all that is hidden visible again.
func (q *Queue) Show() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range q.letters {
		l.hidden = time.Time{}
	}
}

type request struct {
	QueueURL          string `json:"QueueUrl"`
	Most              int    `json:"MaxNumberOfMessages"`
	Wait              int    `json:"WaitTimeSeconds"`
	VisibilityTimeout int    `json:"VisibilityTimeout"`
	ReceiptHandle     string `json:"ReceiptHandle"`
}

func (q *Queue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in request
	_ = json.NewDecoder(r.Body).Decode(&in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if r.Header.Get("Authorization") == "" || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json-1.0") {
		q.refuse(w, http.StatusForbidden, "com.amazon.coral.service#AccessDeniedException", "no signature")
		return
	}
	q.mu.Lock()
	failing := q.fails > 0
	if failing {
		q.fails--
	}
	q.mu.Unlock()
	if failing {
		q.refuse(w, http.StatusServiceUnavailable, "com.amazonaws.sqs#ServiceUnavailable", "a fault")
		return
	}
	if in.QueueURL != q.URL() {
		q.refuse(w, http.StatusBadRequest, "com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.")
		return
	}
	var out any
	switch strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.") {
	case "ReceiveMessage":
		out = map[string]any{"Messages": q.receive(r, &in)}
	case "DeleteMessage":
		q.remove(in.ReceiptHandle)
		out = map[string]any{}
	case "GetQueueAttributes":
		out = map[string]any{"Attributes": map[string]string{"ApproximateNumberOfMessages": strconv.Itoa(q.Left())}}
	default:
		q.refuse(w, http.StatusBadRequest, "com.amazonaws.sqs#InvalidAction", "not played here")
		return
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (q *Queue) refuse(w http.ResponseWriter, status int, code, text string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": text})
}

func (q *Queue) receive(r *http.Request, in *request) []map[string]string {
	for waited := false; ; waited = true {
		q.mu.Lock()
		all := []map[string]string{}
		for _, l := range q.letters {
			if len(all) == in.Most || time.Now().Before(l.hidden) {
				continue
			}
			l.given++
			l.receipt = l.id + "-" + strconv.Itoa(l.given)
			l.hidden = time.Now().Add(time.Duration(in.VisibilityTimeout) * time.Second)
			sum := md5.Sum([]byte(l.body)) //nolint:gosec // as SQS does
			all = append(all, map[string]string{"MessageId": l.id, "ReceiptHandle": l.receipt, "Body": l.body, "MD5OfBody": hex.EncodeToString(sum[:])})
		}
		q.mu.Unlock()
		if len(all) > 0 || waited || in.Wait == 0 {
			return all
		}
		select {
		case <-q.came:
		case <-r.Context().Done():
			return nil // whoever asked has gone, and must not take what comes now
		case <-time.After(time.Duration(in.Wait) * time.Second):
		}
	}
}

func (q *Queue) remove(receipt string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, l := range q.letters {
		if l.receipt == receipt {
			q.letters = append(q.letters[:i], q.letters[i+1:]...)
			q.deleted++
			return
		}
	}
}
