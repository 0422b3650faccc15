package ses_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"studymail/internal/ses"
)

// fake is SES as far as a test scripts it.
type fake struct {
	*httptest.Server
	mu    sync.Mutex
	calls []call
	next  func(n int, w http.ResponseWriter, r *http.Request) // nil: takes everything
}

type call struct {
	path string
	body map[string]any
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c := call{path: r.Method + " " + r.URL.Path}
	_ = json.Unmarshal(text, &c.body)
	f.mu.Lock()
	f.calls = append(f.calls, c)
	n, next := len(f.calls), f.next
	f.mu.Unlock()
	if next == nil {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"MessageId":"0102-test-000000"}`)
		return
	}
	next(n, w, r)
}

func (f *fake) made() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// says answers as SES's API words errors.
func says(status int, code, text string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-ErrorType", code)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": text})
	}
}

func client(t *testing.T, endpoint string) *ses.Client {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	c, err := ses.New(context.Background(), ses.Options{
		Region: "eu-west-2", Endpoint: endpoint, ConfigurationSet: "studymail", Sender: "studies@example.org", Timeout: 2 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mail() *ses.Mail {
	return &ses.Mail{To: "anna@example.net", Message: "0190b6a0-0000-7000-8000-000000000001", Data: []byte("Subject: hello\r\nList-Unsubscribe: <https://x.example/u/1>\r\n\r\nbody\r\n")}
}

func rawOf(t *testing.T, c call) string {
	t.Helper()
	text, _ := c.body["Content"].(map[string]any)["Raw"].(map[string]any)["Data"].(string)
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
