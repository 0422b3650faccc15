package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"studymail/internal/store"
	"studymail/internal/storetest/pgtest"
)

// each runs a test on both databases.
func each(t *testing.T, fn func(t *testing.T, kind store.Kind)) {
	t.Helper()
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) { fn(t, kind) })
	}
}

// site is an installation in a folder of its own.
type site struct {
	tb   testing.TB
	kind store.Kind
	dir  string
	url  string // DATABASE_URL
	addr string // HTTP_ADDR
	env  map[string]string

	program func(testing.TB) string // binary, or stepped
	through []string                // a command that starts the program
}

const letter = `Dear {{ patient_full_name }},

{{ care_provider_name }} invites you to take part in **{{ study_name }}**.

Please call {{ care_provider_contact }}.
`

// bare gives a folder with nothing in it.
func bare(tb testing.TB, kind store.Kind, url string) *site {
	tb.Helper()
	s := &site{tb: tb, kind: kind, dir: tb.TempDir(), url: url, addr: freeAddr(tb), program: binary}
	if url == "" {
		s.url = "sqlite:" + filepath.Join(s.dir, "studymail.db")
	}
	s.env = map[string]string{
		"DATABASE_URL": s.url, "HTTP_ADDR": s.addr, "PATH": os.Getenv("PATH"), "HOME": s.dir,
		"EMAIL": "studies@example.org", "MAIL_TRANSPORT": "maildir",
	}
	return s
}

// prepared are databases that were filled once, by kind and number of patients.
var prepared sync.Map

// clinic gives an installation with three care providers, study A with n
// patients (p1@example.org …) and the letter "invitation".
func clinic(tb testing.TB, kind store.Kind, n int) *site {
	tb.Helper()
	if kind == store.Postgres {
		url := pgtest.StartPrepared(tb, fmt.Sprintf("clinic_%d", n), func(url string) error { return fill(tb, kind, url, n) })
		s := bare(tb, kind, url)
		s.copyFile(filepath.Join(keysDir, ".env"), ".env")
		return s
	}
	file := filepath.Join(scratch, fmt.Sprintf("clinic-%d.db", n))
	once, _ := prepared.LoadOrStore(n, sync.OnceValue(func() error { return fill(tb, kind, "sqlite:"+file, n) }))
	if err := once.(func() error)(); err != nil {
		tb.Fatal(err)
	}
	s := bare(tb, kind, "")
	s.copyFile(filepath.Join(keysDir, ".env"), ".env")
	s.copyFile(file, "studymail.db")
	return s
}

func (s *site) copyFile(from, name string) {
	s.tb.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		s.tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, name), b, 0o600); err != nil {
		s.tb.Fatal(err)
	}
}

// keysDir holds the .env with the keys of all prepared databases.
var keysDir string

var makeKeys = sync.OnceValue(func() error {
	keysDir = filepath.Join(scratch, "keys")
	if err := os.Mkdir(keysDir, 0o700); err != nil {
		return err
	}
	path, err := buildOnce()
	if err != nil {
		return err
	}
	cmd := exec.Command(path, "init")
	cmd.Dir, cmd.Env = keysDir, []string{"DATABASE_URL=sqlite:any.db"}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("init: %w\n%s", err, out)
	}
	return nil
})

// fill makes a clinic in the database of a URL.
func fill(tb testing.TB, kind store.Kind, url string, n int) error {
	if err := makeKeys(); err != nil {
		return err
	}
	s := bare(tb, kind, url)
	s.copyFile(filepath.Join(keysDir, ".env"), ".env")
	s.must("init")
	for _, p := range [][3]string{
		{"Smith's Surgery", "ABCD001", "Dr Smith"}, {"Patel's Surgery", "ERF00003", "Dr Patel"}, {"Jones's Surgery", "EFJ0002", "Dr Jones"},
	} {
		s.must("provider", "add", "--name", p[0], "--ods", p[1], "--contact", p[2])
	}
	s.must("study", "add", "--name", "A")
	s.write("letter.md", letter)
	s.must("template", "add", "--name", "invitation", "--subject", "About {{ study_name }}", "--file", "letter.md")
	if n > 0 {
		s.write("patients.csv", patients(n))
		s.must("import", "patients.csv", "--study", "A", "--yes")
	}
	return nil
}

// patients is a file of n of them. Every hundredth has opted out; their
// addresses begin with out.
func patients(n int) string {
	var b strings.Builder
	b.WriteString("username,first_name,last_name,email,ods_code,cancelled\n")
	ods := []string{"ABCD001", "ERF00003", "EFJ0002"}
	for i := range n {
		name, cancelled := "p", ""
		if i%100 == 50 {
			name, cancelled = "out", "Opted out"
		}
		fmt.Fprintf(&b, "user%d,First%d,Last%d,%s%d@example.org,%s,%s\n", i, i, i, name, i, ods[i%3], cancelled)
	}
	return b.String()
}

// optedOut is how many of n patients have opted out.
func optedOut(n int) int { return (n + 49) / 100 }

func (s *site) write(name, text string) {
	s.tb.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.tb.Fatal(err)
	}
}

// sendTo makes an SMTP server the relay.
func (s *site) sendTo(addr string) {
	s.tb.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.set("MAIL_TRANSPORT", "smtp", "EMAIL_HOST", host, "EMAIL_PORT", port, "EMAIL_TLS", "none")
}

func (s *site) set(pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		s.env[pairs[i]] = pairs[i+1]
	}
}

func (s *site) environ() []string {
	all := make([]string, 0, len(s.env))
	for k, v := range s.env {
		all = append(all, k+"="+v)
	}
	return all
}

// result is what a command left.
type result struct {
	code     int
	out, err string
}

func (s *site) command(ctx context.Context, args ...string) *exec.Cmd {
	all := append(append(slices.Clone(s.through), s.program(s.tb)), args...)
	cmd := exec.CommandContext(ctx, all[0], all[1:]...)
	cmd.Dir, cmd.Env = s.dir, s.environ()
	return cmd
}

// run runs a command to its end.
func (s *site) run(args ...string) result {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	cmd := s.command(ctx, args...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		s.tb.Fatalf("studymail %s: %v", strings.Join(args, " "), err)
	}
	return result{code: cmd.ProcessState.ExitCode(), out: out.String(), err: stderr.String()}
}

// must runs a command that has to work, and gives its standard output.
func (s *site) must(args ...string) string {
	s.tb.Helper()
	r := s.run(args...)
	if r.code != 0 {
		s.tb.Fatalf("studymail %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

func (s *site) read(v any, args ...string) {
	s.tb.Helper()
	out := s.must(append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		s.tb.Fatalf("studymail %s --json: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// server is a running process.
type server struct {
	s    *site
	cmd  *exec.Cmd
	up   chan struct{} // closed when it says that it works
	done chan struct{} // closed when it has ended
	log  lockedBuffer
}

// begin starts a long-running command and does not wait until it is up.
func (s *site) begin(args ...string) *server {
	s.tb.Helper()
	p := &server{s: s, up: make(chan struct{}), done: make(chan struct{})}
	p.cmd = s.command(context.Background(), args...)
	r, w := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := startChild(p.cmd); err != nil {
		s.tb.Fatal(err)
	}
	go p.follow(r)
	go func() {
		_ = p.cmd.Wait() // the exit code is looked at where it matters
		_ = w.Close()
		close(p.done)
	}()
	s.tb.Cleanup(p.kill)
	return p
}

func (p *server) follow(r io.Reader) {
	buf := make([]byte, 8192)
	said := false
	for {
		n, err := r.Read(buf)
		p.log.add(buf[:n])
		if !said && strings.Contains(p.log.text(), "studymail: working") {
			said = true
			close(p.up)
		}
		if err != nil {
			return
		}
	}
}

// serve starts a server and waits until it is up.
func (s *site) serve() *server {
	s.tb.Helper()
	p := s.begin("serve")
	p.waitUp()
	return p
}

func (p *server) waitUp() {
	p.s.tb.Helper()
	select {
	case <-p.up:
	case <-p.done:
		p.s.tb.Fatalf("the server ended with %v:\n%s", p.cmd.ProcessState, p.log.text())
	case <-time.After(60 * time.Second):
		p.s.tb.Fatalf("the server is not up after a minute:\n%s", p.log.text())
	}
}

// kill is kill -9.
func (p *server) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop is SIGTERM; it fails the test when the server does not end in order
// within limit, and gives how long that took.
func (p *server) stop(limit time.Duration) time.Duration {
	p.s.tb.Helper()
	began := time.Now()
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(limit):
		p.s.tb.Fatalf("the server did not end within %v of SIGTERM:\n%s", limit, p.log.text())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.s.tb.Errorf("the server ended with %d:\n%s", code, p.log.text())
	}
	return time.Since(began)
}

func (p *server) signal(sig os.Signal) {
	p.s.tb.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.s.tb.Fatal(err)
	}
}

// health asks /health.
func (s *site) health() string {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+"/health", nil)
	if err != nil {
		s.tb.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.tb.Fatal(err)
	}
	return res.Status + "\n" + string(b)
}

// freeAddr gives a free port below those that the kernel gives to outgoing
// connections, so that a restarted server finds it free again.
func freeAddr(tb testing.TB) string {
	tb.Helper()
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(10000+rand.IntN(10000)))
		l, err := net.Listen("tcp", addr)
		if err == nil {
			_ = l.Close()
			return addr
		}
	}
	tb.Fatal("no free port between 10000 and 19999")
	return ""
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) add(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Write(p)
}

func (l *lockedBuffer) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// says waits until the server's console has the words.
func (p *server) says(limit time.Duration, words string) {
	p.s.tb.Helper()
	eventually(p.s.tb, limit, "the server says "+words, func() bool { return strings.Contains(p.log.text(), words) })
}
