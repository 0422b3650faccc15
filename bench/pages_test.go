package bench

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail/internal/store"
)

// TestBenchPages asks for every page, list and filter, as 20 people would who look for a
// second between two clicks, and prints how long the answers took: from the request to
// the last byte, over the loopback. The goal is 100 ms for 95 of 100.
//
// BENCH_PAGES and BENCH_PAGES_MESSAGES say how many patients and messages there are,
// BENCH_PAGES_SECONDS how long it is asked for. BENCH_PAGES_DIR keeps what was made for
// the next time: the folder sqlite in it, and the folder postgres, whose database is the
// one of BENCH_PAGES_URL.
func TestBenchPages(t *testing.T) {
	wanted(t)
	patients := number(t, "BENCH_PAGES", 1_000_000)
	messages := number(t, "BENCH_PAGES_MESSAGES", 3*patients)
	seconds := number(t, "BENCH_PAGES_SECONDS", 300)
	binary := build(t, "cmd/studymail")
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		if only := os.Getenv("BENCH_DATABASE"); only != "" && only != string(kind) {
			continue
		}
		w := pagesWorld(t, binary, kind)
		began := time.Now()
		if w.patients() < patients {
			w.run("dev", "seed", "--patients", fmt.Sprint(patients), "--messages", fmt.Sprint(messages), "--anyway")
		}
		w.addJobs(20_000)
		fmt.Printf("\n%s: %d patients and %d messages, made in %.0f s; 20 visitors, a second between two clicks\n\n", kind, patients, messages, time.Since(began).Seconds())
		v := w.visitors()
		all := w.clicks()
		w.checkAllRoutesAreClicked(all)
		v.measure(all, seconds)
	}
}

// pagesWorld is a new world, or the one that was kept.
func pagesWorld(t *testing.T, binary string, kind store.Kind) *world {
	t.Helper()
	dir, url := os.Getenv("BENCH_PAGES_DIR"), os.Getenv("BENCH_PAGES_URL")
	if dir == "" || kind == store.Postgres && url == "" {
		return newWorld(t, binary, kind)
	}
	dir = filepath.Join(dir, string(kind))
	if kind == store.SQLite {
		url = "sqlite:" + filepath.Join(dir, "studymail.db")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w := worldIn(t, binary, dir, url)
	if _, err := os.Stat(filepath.Join(dir, ".env")); err != nil {
		w.begin()
	}
	w.run("migrate")
	w.open(url)
	return w
}

func (w *world) patients() (n int) {
	w.t.Helper()
	err := w.store.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.CountPatients(w.t.Context(), store.PatientFilter{})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// addJobs gives the job engine a past: as many jobs as it has of some busy days.
func (w *world) addJobs(n int) {
	w.t.Helper()
	query := `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $1)
		INSERT INTO river_job (state, attempt, kind, queue, args, created_at, scheduled_at, attempted_at, finalized_at)
		SELECT CASE WHEN n % 500 = 0 THEN 'discarded' ELSE 'completed' END, 1, CASE n % 3 WHEN 0 THEN 'retry_sweep' WHEN 1 THEN 'stuck_sweep' ELSE 'send_pass' END, CASE WHEN n % 3 < 2 THEN 'sweep' ELSE 'send' END, jsonb('{}'),
			t, t, t, t FROM (SELECT n, datetime('now', ((n - $1) * 10) || ' seconds') AS t FROM n) j`
	if w.store.Kind() == store.Postgres {
		query = `INSERT INTO river_job (state, attempt, kind, queue, args, created_at, scheduled_at, attempted_at, finalized_at)
			SELECT (CASE WHEN n % 500 = 0 THEN 'discarded' ELSE 'completed' END)::river_job_state, 1, CASE n % 3 WHEN 0 THEN 'retry_sweep' WHEN 1 THEN 'stuck_sweep' ELSE 'send_pass' END, CASE WHEN n % 3 < 2 THEN 'sweep' ELSE 'send' END, '{}',
				t, t, t, t FROM (SELECT n, now() + (n - $1::int) * interval '10 seconds' AS t FROM generate_series(1, $1::int) n) j`
	}
	err := w.store.Write(w.t.Context(), func(tx *store.Tx) error {
		var there int
		err := tx.SQL().QueryRowContext(w.t.Context(), `SELECT count(*) FROM river_job`).Scan(&there)
		if err == nil && there == 0 {
			_, err = tx.SQL().ExecContext(w.t.Context(), query, n)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// day is a day from now, as pages take it.
func (w *world) day(days int) string { return time.Now().AddDate(0, 0, days).Format(time.DateOnly) }

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
	if out, err := add.CombinedOutput(); err != nil && !strings.Contains(string(out), "already") { // a kept world has them
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
		if _, status, err := v.ask(click{path: "/healthz"}); err == nil && status == http.StatusOK {
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

func (v *visitors) ask(c click) (body string, status int, err error) {
	method, form := http.MethodGet, io.Reader(nil)
	if c.form != nil {
		method, form = http.MethodPost, strings.NewReader(c.form.Encode())
	}
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.url+c.path, form)
	if err != nil {
		return "", 0, err
	}
	if c.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := v.client.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = res.Body.Close() }() // it is read to its end
	b, err := io.ReadAll(res.Body)
	return string(b), res.StatusCode, err
}

// measure has 20 visitors go round the clicks, each by an order of their own, and prints
// what each took.
func (v *visitors) measure(clicks []click, seconds int) {
	v.t.Helper()
	for _, c := range clicks {
		body, status, err := v.ask(c)
		if (err != nil || status >= 400) && c.path != "/health" && !strings.HasPrefix(c.form.Get("search"), "nobody") { // /health says that sending is disarmed
			v.t.Errorf("%s: %d %v\n%s", c, status, err, body)
		}
	}
	var (
		mu    sync.Mutex
		took  = map[string][]time.Duration{}
		all   []time.Duration
		wg    sync.WaitGroup
		until = time.Now().Add(time.Duration(seconds) * time.Second)
	)
	for visitor := range 20 {
		wg.Go(func() {
			<-time.After(time.Duration(visitor) * 50 * time.Millisecond)         // people do not click all at once
			order := rand.New(rand.NewPCG(1, uint64(visitor))).Perm(len(clicks)) //nolint:gosec // the same each time
			for i := 0; time.Now().Before(until); i++ {
				c := clicks[order[i%len(order)]]
				began := time.Now()
				if _, _, err := v.ask(c); err != nil {
					v.t.Errorf("%s: %v", c, err)
					return
				}
				d := time.Since(began)
				mu.Lock()
				took[c.String()], all = append(took[c.String()], d), append(all, d)
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
	names := slices.SortedFunc(maps.Keys(took), func(a, b string) int { return cmp.Compare(p95(took[b]), p95(took[a])) })
	fmt.Printf("%-90s %6s %9s %9s %9s\n", "page, the slowest first", "asked", "median", "p95", "most")
	over := 0
	for _, name := range names {
		if p95(took[name]) > goal {
			over++
		}
		printTook(short(name), took[name])
	}
	printTook("all", all)
	fmt.Printf("%d pages, %d of them over %s\n", len(names), over, goal)
}

const goal = 100 * time.Millisecond

func p95(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)*95/100]
}

func printTook(what string, d []time.Duration) {
	if len(d) == 0 {
		return
	}
	p95, over := p95(d), ""
	if p95 > goal {
		over = "   over " + goal.String()
	}
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
	fmt.Printf("%-90s %6d %9s %9s %9s%s\n", what, len(d), ms(d[len(d)/2]), ms(p95), ms(d[len(d)-1]), over)
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
