package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail/internal/store"
)

// TestBenchPages asks for every list with many rows behind it, as 20 people would who
// look for a second between two clicks, and prints how long the answers took: from
// the request to the last byte, over the loopback. The goal is 100 ms for 95 of 100.
// BENCH_PAGES and BENCH_PAGES_MESSAGES say how many patients and messages there are,
// BENCH_PAGES_SECONDS how long it is asked for.
func TestBenchPages(t *testing.T) {
	wanted(t)
	patients := number(t, "BENCH_PAGES", 1_000_000)
	messages := number(t, "BENCH_PAGES_MESSAGES", 3*patients)
	seconds := number(t, "BENCH_PAGES_SECONDS", 60)
	binary := build(t)
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		if only := os.Getenv("BENCH_DATABASE"); only != "" && only != string(kind) {
			continue
		}
		w := newWorld(t, binary, kind)
		began := time.Now()
		w.run("dev", "seed", "--patients", fmt.Sprint(patients), "--messages", fmt.Sprint(messages), "--anyway")
		fmt.Printf("\n%s: %d patients and %d messages, made in %.0f s; 20 visitors, a second between two clicks\n\n", kind, patients, messages, time.Since(began).Seconds())
		v := w.visitors()
		v.measure(w.lists(), seconds)
	}
}

// visitors ask one server, signed in.
type visitors struct {
	t      *testing.T
	url    string
	client *http.Client
}

// visitors starts the pages, and signs an administrator in.
func (w *world) visitors() *visitors {
	w.t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		w.t.Fatal(err)
	}
	const password = "four words in a row"
	add := exec.CommandContext(w.t.Context(), w.binary, "user", "add", "--email", "bench@example.org", "--role", "administrator", "--password-stdin")
	add.Dir, add.Env, add.Stdin = w.dir, w.env, strings.NewReader(password+"\n")
	if out, err := add.CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(context.WithoutCancel(w.t.Context()), w.binary, "web") // ended in order, below
	cmd.Dir, cmd.Env, cmd.Stderr = w.dir, append(w.env, "HTTP_ADDR="+addr), os.Stderr
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { w.end(cmd) })
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	v := &visitors{t: w.t, url: "http://" + addr, client: &http.Client{
		Jar: jar, Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 50},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	deadline := time.After(time.Minute)
	for {
		if _, status, err := v.ask("/healthz"); err == nil && status == http.StatusOK {
			break
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			w.t.Fatal("the pages do not come up")
		}
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, v.url+"/login", strings.NewReader(url.Values{"email": {"bench@example.org"}, "password": {password}}.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := v.client.Do(req)
	if err != nil || res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("signing in: %v %v", res, err)
	}
	_ = res.Body.Close() // there is nothing in it
	return v
}

func (v *visitors) ask(path string) (body string, status int, err error) {
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.url+path, nil)
	if err != nil {
		return "", 0, err
	}
	res, err := v.client.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = res.Body.Close() }() // it is read to its end
	b, err := io.ReadAll(res.Body)
	return string(b), res.StatusCode, err
}

// lists are the paths that are asked for.
func (w *world) lists() []string {
	w.t.Helper()
	id := func(args ...string) string {
		var all []struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(w.run(append(args, "--json")...), &all); err != nil || len(all) < 2 {
			w.t.Fatalf("%v: %d, %v", args, len(all), err)
		}
		return all[1].ID // the first is the world's own
	}
	study, provider, campaign := id("study", "list"), id("provider", "list"), id("campaign", "list")
	return []string{
		"/", "/patients", "/patients?study=" + study, "/patients?study=" + study + "&status=0&in_study=yes", "/patients?outcome=failed", "/patients?outcome=uncertain",
		"/patients?provider=" + provider + "&sort=-updated", "/patients?status=30&cancelled=30&size=100", "/studies", "/studies/" + study, "/providers", "/providers/" + provider,
		"/templates", "/campaigns", "/campaigns?state=running", "/campaigns/" + campaign, "/messages", "/messages?state=failed", "/messages?state=uncertain", "/messages?study=" + study,
		"/messages?campaign=" + campaign, "/imports", "/schedules", "/monitor", "/monitor?span=month", "/monitor/jobs", "/monitor/jobs?state=waiting", "/events",
		"/events?action=details+shown", "/users", "/settings", "/health",
	}
}

// measure has 20 visitors go round the paths, and prints what each took.
func (v *visitors) measure(paths []string, seconds int) {
	v.t.Helper()
	paths = slices.DeleteFunc(paths, func(path string) bool {
		body, status, err := v.ask(path)
		if err != nil || status == http.StatusNotFound {
			fmt.Printf("%-60s not there yet\n", short(path))
			return true
		}
		if status != http.StatusOK && path != "/health" { // it says that sending is disarmed
			v.t.Errorf("%s: %d\n%s", path, status, body)
		}
		return false
	})
	var (
		mu    sync.Mutex
		took  = map[string][]time.Duration{}
		all   []time.Duration
		wg    sync.WaitGroup
		until = time.Now().Add(time.Duration(seconds) * time.Second)
	)
	for visitor := range 20 {
		wg.Go(func() {
			<-time.After(time.Duration(visitor) * 50 * time.Millisecond) // people do not click all at once
			for i := visitor * 7; time.Now().Before(until); i++ {
				path := paths[i%len(paths)]
				began := time.Now()
				if _, _, err := v.ask(path); err != nil {
					v.t.Errorf("%s: %v", path, err)
					return
				}
				d := time.Since(began)
				mu.Lock()
				took[path], all = append(took[path], d), append(all, d)
				mu.Unlock()
				select {
				case <-time.After(time.Second):
				case <-v.t.Context().Done():
					return
				}
			}
		})
	}
	wg.Wait()
	fmt.Printf("%-60s %6s %9s %9s %9s\n", "page", "asked", "median", "p95", "most")
	for _, path := range paths {
		printTook(short(path), took[path])
	}
	printTook("all", all)
}

func printTook(what string, d []time.Duration) {
	if len(d) == 0 {
		return
	}
	slices.Sort(d)
	p95, over := d[len(d)*95/100], ""
	if p95 > 100*time.Millisecond {
		over = "   over 100 ms"
	}
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
	fmt.Printf("%-60s %6d %9s %9s %9s%s\n", what, len(d), ms(d[len(d)/2]), ms(p95), ms(d[len(d)-1]), over)
}

// short writes a path with its UUIDs cut.
func short(path string) string {
	for from := 0; from+36 <= len(path); from++ {
		if part := path[from : from+36]; part[8] == '-' && part[13] == '-' && part[18] == '-' && part[23] == '-' {
			return short(path[:from] + "UUID" + path[from+36:])
		}
	}
	return path
}
