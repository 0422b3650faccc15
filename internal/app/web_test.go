package app

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"studymail/internal/config"
)

// Figures are on METRICS_ADDR for anybody who reaches it, nothing else is there, and
// on HTTP_ADDR they are nowhere without a token.
func TestFiguresHaveAnAddressOfTheirOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := config.WriteEnv(dir); err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), Options{Dir: dir, Environ: []string{"HTTP_ADDR=127.0.0.1:0", "METRICS_ADDR=127.0.0.1:0"}, Now: time.Now, Tables: Make})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }() // nothing of it is kept
	servers, addr, err := a.pages(t.Context(), true)
	if err != nil || len(servers) != 2 || addr == "" {
		t.Fatalf("%d servers, %v", len(servers), err)
	}
	for _, s := range servers {
		go func() { _ = s.server.Serve(s.listener) }()
		defer s.server.Stop(t.Context())
	}
	figures := servers[1].listener.Addr().String()
	for url, want := range map[string]int{
		"http://" + figures + "/metrics": http.StatusOK, "http://" + figures + "/login": http.StatusNotFound,
		"http://" + addr + "/metrics": http.StatusNotFound, "http://" + addr + "/healthz": http.StatusOK,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		if err != nil || res.StatusCode != want || want == http.StatusOK && strings.HasSuffix(url, "/metrics") != strings.Contains(string(body), "studymail_healthy 0") {
			t.Errorf("%s: %d, %v\n%s", url, res.StatusCode, err, body)
		}
	}
}
