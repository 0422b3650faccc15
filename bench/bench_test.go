package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/storetest/pgtest"
)

// TestBench prints the table: for each database what is sent to a server that
// offers CHUNKING, as mail servers do, and to smtp-sink, which offers PIPELINING
// alone. BENCH=1 runs it; BENCH_PATIENTS and BENCH_PAIRS make it larger or smaller,
// BENCH_DATABASE keeps it to one database.
func TestBench(t *testing.T) {
	wanted(t)
	patients, pairs := number(t, "BENCH_PATIENTS", 50_000), number(t, "BENCH_PAIRS", 3)
	binary := build(t, "cmd/studymail")
	letter := letterOf(2048)
	fmt.Printf("\n%s, %d processors, Go %s; %d patients, %d pairs, 4 connections, mails of 2 kB\n",
		runtime.GOARCH, runtime.NumCPU(), runtime.Version(), patients, pairs)
	fmt.Printf("yardstick: Postfix's smtp-source, 4 connections reused, ready-made mails of 2 kB, to the same server\n\n")
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		if only := os.Getenv("BENCH_DATABASE"); only != "" && only != string(kind) {
			continue
		}
		w := newWorld(t, binary, kind)
		w.letter(letter)
		imported := w.importPatients(patients)
		fmt.Printf("%-9s import      %8.0f rows/s\n", kind, float64(patients)/imported.Seconds())
		chunking := ownSink(t)
		w.relay(chunking.addr)
		planned := w.pairs(string(kind)+" CHUNKING", patients, pairs)
		fmt.Printf("%-9s plan        %8.0f rows/s\n", kind, float64(patients)/planned.Seconds())
		if got, want := chunking.end(t), 2*patients*pairs; got != want {
			t.Errorf("the server took %d mails of %d", got, want)
		}
		w.relay(startSink(t))
		w.pairs(string(kind)+" PIPELINING", patients, pairs)
	}
}

// pairs sends by turns with smtp-source, and gives how long the first planning took.
func (w *world) pairs(name string, patients, pairs int) (planned time.Duration) {
	w.t.Helper()
	var ratios, cpus []float64
	for pair := range pairs {
		if took := w.plan(); pair == 0 {
			planned = took
		}
		source := w.source(patients)
		ours := w.send(patients)
		ratio := source.took.Seconds() / ours.took.Seconds()
		cpu := ours.cpu.Seconds() / max(source.cpu.Seconds(), 0.001)
		ratios, cpus = append(ratios, ratio), append(cpus, cpu)
		fmt.Printf("%-19s send   %8.0f mails/s   smtp-source %8.0f mails/s   ratio %.2f   CPU/mail %3.0f µs (smtp-source %3.0f µs)   memory %d MB\n",
			name, rate(patients, ours.took), rate(patients, source.took), ratio,
			micros(ours.cpu, patients), micros(source.cpu, patients), ours.memory>>20)
	}
	fmt.Printf("%-19s median ratio %.2f, CPU %.1f × smtp-source's\n\n", name, median(ratios), median(cpus))
	return planned
}

// wanted lets a benchmark run only where it is asked for.
func wanted(t *testing.T) {
	t.Helper()
	if os.Getenv("BENCH") == "" {
		t.Skip("a benchmark, not a test: `make bench` runs it")
	}
}

func rate(n int, d time.Duration) float64   { return float64(n) / d.Seconds() }
func micros(d time.Duration, n int) float64 { return float64(d.Microseconds()) / float64(n) }
func median(v []float64) float64            { slices.Sort(v); return v[len(v)/2] }
func number(t *testing.T, name string, d int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return d
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("%s: write a number", name)
	}
	return n
}

// build makes one of our commands as a release has it.
func build(t *testing.T, command string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(command))
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "studymail/"+command)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// letterOf is a template whose mail has about so many bytes.
func letterOf(size int) string {
	var b strings.Builder
	b.WriteString("Dear {{ patient_full_name }},\n\n{{ care_provider_name }} invites you to take part in **{{ study_name }}**.\n\n")
	for b.Len() < size*2/5 { // it stands in the mail twice, as text and as HTML
		b.WriteString("The study looks at how people of your age sleep, and what helps them to sleep well.\n")
	}
	b.WriteString("\nPlease call {{ care_provider_contact }}.\n")
	return b.String()
}

// world is an installation in a folder of its own, and a sink to send to.
type world struct {
	t      *testing.T
	binary string
	dir    string
	env    []string
	sink   string
	store  *store.Store
}

func newWorld(t *testing.T, binary string, kind store.Kind) *world {
	t.Helper()
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "studymail.db")
	if kind == store.Postgres {
		url = pgtest.New(t, pgtest.Options{Durable: true}).Database(t)
	}
	w := worldIn(t, binary, dir, url)
	w.begin()
	w.open(url)
	return w
}

// worldIn is a world of a folder and a database, whatever is in them.
func worldIn(t *testing.T, binary, dir, url string) *world {
	t.Helper()
	w := &world{t: t, binary: binary, dir: dir}
	w.env = append(os.Environ(), "DATABASE_URL="+url, "MAIL_TRANSPORT=smtp", "EMAIL=studies@example.org", "EMAIL_TLS=none",
		"EMAIL_HOST=127.0.0.1", "HTTP_ADDR=127.0.0.1:0", "LOG_LEVEL=warning", "SMTP_CONNECTIONS=4")
	return w
}

// begin sets it up.
func (w *world) begin() {
	w.t.Helper()
	w.run("init")
	w.run("migrate")
	w.run("provider", "add", "--name", "Smith's Surgery", "--ods", "ABCD001", "--contact", "Dr Smith")
	w.run("study", "add", "--name", "A")
}

// open opens its database, to look.
func (w *world) open(url string) {
	w.t.Helper()
	var err error
	if w.store, err = store.Open(w.t.Context(), url, time.Now); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = w.store.Close() }) // read only here
}

// relay sends to a server from now on.
func (w *world) relay(addr string) {
	w.t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.sink = addr
	w.env = append(w.env, "EMAIL_HOST="+host, "EMAIL_PORT="+port) // the last of a name counts
}

func (w *world) run(args ...string) []byte {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), w.binary, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("studymail %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return out
}

func (w *world) letter(body string) {
	w.t.Helper()
	file := filepath.Join(w.dir, "letter.md")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.run("template", "add", "--name", "letter", "--subject", "About {{ study_name }}", "--file", file)
}

func (w *world) importPatients(n int) time.Duration {
	w.t.Helper()
	var b strings.Builder
	b.WriteString("username,first_name,last_name,email,ods_code\n")
	for i := range n {
		fmt.Fprintf(&b, "user%07d,First%d,Last%d,user%07d@example.org,ABCD001\n", i, i, i, i)
	}
	file := filepath.Join(w.dir, "patients.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	began := time.Now()
	w.run("import", file, "--study", "A", "--yes")
	return time.Since(began)
}

// draft makes a campaign to all of study A.
func (w *world) draft() (id string) {
	w.t.Helper()
	var c struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(w.run("campaign", "create", "--study", "A", "--template", "letter", "--again", "--json"), &c); err != nil {
		w.t.Fatal(err)
	}
	return c.ID
}

// plan makes and plans a campaign to all, with nobody there to send it.
func (w *world) plan() time.Duration {
	w.t.Helper()
	id := w.draft()
	began := time.Now()
	w.run("campaign", "start", id, "--yes")
	return time.Since(began)
}

// cost is what a program took for its mails.
type cost struct {
	took   time.Duration
	cpu    time.Duration
	memory int64 // peak, in bytes
}

// send runs the server until all planned mail is sent.
func (w *world) send(n int) cost {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), w.binary, "serve")
	cmd.Dir, cmd.Env = w.dir, w.env
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.untilFinished()
	_, last := w.firstAndLastSent(w.t.Context())
	w.end(cmd)
	return costOf(cmd.ProcessState, last.Sub(began))
}

// untilFinished waits for the newest campaign's end.
func (w *world) untilFinished() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Minute)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !w.finished(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.t.Fatal("the campaign does not end")
		}
	}
}

// end ends a process in order.
func (w *world) end(cmd *exec.Cmd) {
	w.t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		w.t.Fatal(err)
	}
}

func costOf(p *os.ProcessState, took time.Duration) cost {
	c := cost{took: took, cpu: p.UserTime() + p.SystemTime()}
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		c.memory = u.Maxrss << 10 // kilobytes on Linux
	}
	return c
}

func (w *world) finished(ctx context.Context) bool {
	w.t.Helper()
	done := false
	err := w.store.Read(ctx, func(tx *store.Tx) error {
		all, err := tx.Campaigns(ctx, 1)
		done = err == nil && all[0].State == studymail.Finished
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return done
}

// firstAndLastSent are when mails were taken; it checks that all were.
func (w *world) firstAndLastSent(ctx context.Context) (first, last time.Time) {
	w.t.Helper()
	err := w.store.Read(ctx, func(tx *store.Tx) error {
		all, err := tx.Campaigns(ctx, 1)
		if err != nil {
			return err
		}
		counts, err := tx.Counts(ctx, all[0].Key)
		if err != nil {
			return err
		}
		if counts.Sent != counts.Planned {
			w.t.Errorf("of %d planned %d were sent", counts.Planned, counts.Sent)
		}
		first, last, err = tx.SentBetween(ctx, all[0].Key)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return first, last
}

// source runs the yardstick.
func (w *world) source(n int) cost {
	w.t.Helper()
	path := find(w.t, "smtp-source")
	cmd := exec.CommandContext(w.t.Context(), path, "-s", "4", "-d", "-m", strconv.Itoa(n), "-l", "2048",
		"-f", "studies@example.org", "-t", "user@example.org", w.sink)
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("smtp-source: %v\n%s", err, out)
	}
	return costOf(cmd.ProcessState, time.Since(began))
}

func find(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/lib/postfix/sbin") {
		if path := filepath.Join(dir, name); isFile(path) {
			return path
		}
	}
	t.Fatalf("%s is missing: `make bench` installs it (Debian's package postfix)", name)
	return ""
}

func isFile(path string) bool {
	i, err := os.Stat(path)
	return err == nil && i.Mode().IsRegular()
}

func startSink(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	args := []string{addr, "1024"}
	if os.Getuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...) // it refuses to run as root
	}
	cmd := exec.CommandContext(t.Context(), find(t, "smtp-sink"), args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has ended it
	for {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", addr)
		if err == nil {
			_ = c.Close() // was only to see that it is there
			return addr
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
}
