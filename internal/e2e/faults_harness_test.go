package e2e

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
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

// fingerprint tells whether a folder's files changed: what is in them, their
// rights and their times of writing are in it. The shared memory beside a SQLite
// file holds locks and no data, and an empty log holds nothing: they are left out.
func fingerprint(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	of := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "-shm") {
			return err
		}
		info, err := d.Info()
		if err != nil || strings.HasSuffix(path, "-wal") && info.Size() == 0 {
			return err
		}
		b, err := os.ReadFile(path)
		sum := sha256.Sum256(b)
		of[path] = fmt.Sprintf("%v, %d bytes, %s, written %v", info.Mode(), len(b), hex.EncodeToString(sum[:8]), info.ModTime())
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return of
}

// unchanged compares two fingerprints.
func unchanged(tb testing.TB, before, after map[string]string) {
	tb.Helper()
	for path, was := range before {
		if is, there := after[path]; !there {
			tb.Errorf("%s is gone", path)
		} else if is != was {
			tb.Errorf("%s was changed:\n was %s\n is  %s", path, was, is)
		}
	}
	for path := range after {
		if _, was := before[path]; !was {
			tb.Errorf("%s was made", path)
		}
	}
}

// contents is a fingerprint of all tables of a PostgreSQL database.
func (s *site) contents() map[string]string {
	s.tb.Helper()
	var tables []string
	s.look("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		tables = append(tables, name)
		return err
	})
	of := map[string]string{}
	for _, name := range tables {
		s.look(`SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM "`+name+`" t`, func(rows *sql.Rows) error {
			var sum string
			err := rows.Scan(&sum)
			of[name] = sum
			return err
		})
	}
	return of
}

// nobody is a user whom rights of files bind, as they do not bind root.
func nobody(tb testing.TB) *syscall.Credential {
	tb.Helper()
	needsRoot(tb)
	u, err := user.Lookup("nobody")
	if err != nil {
		tb.Fatal(err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		tb.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func needsRoot(tb testing.TB) {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Fatal("this test mounts a small disk, or runs studymail as another user: run it as root, as CI does")
	}
}

// lend lets nobody come into the site's folder, read its .env, and run studymail.
func (s *site) lend() {
	s.tb.Helper()
	for path, mode := range map[string]os.FileMode{
		scratch: 0o711, filepath.Dir(s.dir): 0o755, s.dir: 0o755, filepath.Join(s.dir, ".env"): 0o644, binary(s.tb): 0o755,
	} {
		if err := os.Chmod(path, mode); err != nil {
			s.tb.Fatal(err)
		}
	}
}

// given makes a folder within the site's that belongs to nobody.
func (s *site) given(name string) string {
	s.tb.Helper()
	path := filepath.Join(s.dir, name)
	who := nobody(s.tb)
	if err := errors.Join(os.Mkdir(path, 0o700), os.Chown(path, int(who.Uid), int(who.Gid))); err != nil {
		s.tb.Fatal(err)
	}
	return path
}

// mounted gives a folder that is a disk of its own, in memory.
func mounted(tb testing.TB, megabytes int) string {
	tb.Helper()
	needsRoot(tb)
	dir := tb.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0755", megabytes)); err != nil {
		tb.Fatalf("mount a small disk: %v", err)
	}
	tb.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			tb.Errorf("unmount the small disk: %v", err)
		}
	})
	return dir
}

// runWith runs a command that was changed before its start.
func (s *site) runWith(change func(*exec.Cmd), args ...string) result {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	cmd := s.command(ctx, args...)
	var out, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &stderr
	change(cmd)
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		s.tb.Fatalf("studymail %s: %v", strings.Join(args, " "), err)
	}
	return result{code: cmd.ProcessState.ExitCode(), out: out.String(), err: stderr.String()}
}

// fails checks that a command failed, that its last word has what is wanted,
// and that nothing of it is a crash.
func (r result) fails(tb testing.TB, what string, words ...string) {
	tb.Helper()
	if r.code != 1 {
		tb.Errorf("%s: exit code %d, want 1\n%s%s", what, r.code, r.out, r.err)
	}
	for _, w := range words {
		if !strings.Contains(r.err, w) {
			tb.Errorf("%s does not say %q:\n%s", what, w, r.err)
		}
	}
	for _, w := range []string{"panic", "goroutine ", "runtime error"} {
		if strings.Contains(r.err, w) {
			tb.Errorf("%s crashes:\n%s", what, r.err)
		}
	}
}

// another gives a second process on the same database: with an HTTP_ADDR,
// STATE_DIR and logs of its own, as on another machine.
func (s *site) another() *site {
	s.tb.Helper()
	dir := s.tb.TempDir()
	o := &site{tb: s.tb, kind: s.kind, dir: dir, url: s.url, addr: freeAddr(s.tb), env: map[string]string{}, program: s.program}
	for k, v := range s.env {
		o.env[k] = v
	}
	o.env["HTTP_ADDR"], o.env["HOME"] = o.addr, dir
	o.copyFile(filepath.Join(s.dir, ".env"), ".env")
	return o
}

// ownServer gives a clinic on a PostgreSQL of the test's own, to be restarted
// and killed.
func ownServer(tb testing.TB, n int) (*site, *pgtest.Cluster) {
	tb.Helper()
	c := pgtest.New(tb, pgtest.Options{})
	url := c.Database(tb)
	if err := fill(tb, store.Postgres, url, n); err != nil {
		tb.Fatal(err)
	}
	s := bare(tb, store.Postgres, url)
	s.copyFile(filepath.Join(keysDir, ".env"), ".env")
	return s, c
}

// check is one line of doctor's and of /health.
type check struct {
	studymail.Check
	found bool
}

// doctor gives doctor's check whose name begins so, and its exit code.
func (s *site) doctor(name string) (check, int) {
	s.tb.Helper()
	r := s.run("doctor", "--json")
	var d studymail.Health
	if err := json.Unmarshal([]byte(r.out), &d); err != nil {
		s.tb.Fatalf("doctor --json: %v\n%s%s", err, r.out, r.err)
	}
	return checkOf(d, name), r.code
}

// unwell gives the check of /health whose name begins so, and whether the
// answer as a whole says that something is wrong.
func (s *site) unwell(name string) (check, bool) {
	s.tb.Helper()
	status, body, _ := strings.Cut(s.health(), "\n")
	var h studymail.Health
	if err := json.Unmarshal([]byte(body), &h); err != nil {
		s.tb.Fatalf("/health: %v\n%s", err, body)
	}
	return checkOf(h, name), strings.HasPrefix(status, strconv.Itoa(http.StatusServiceUnavailable))
}

func checkOf(h studymail.Health, name string) check {
	i := slices.IndexFunc(h.Checks, func(c studymail.Check) bool { return strings.HasPrefix(c.Name, name) })
	if i < 0 {
		return check{}
	}
	return check{h.Checks[i], true}
}

// transportStands waits until /health shows the transport in a state.
func (s *site) transportStands(limit time.Duration, words string) {
	s.tb.Helper()
	last := ""
	eventually(s.tb, limit, "the transport is shown as "+words, func() bool {
		c, _ := s.unwell("transport smtp")
		last = c.Value
		return strings.Contains(c.Value, words)
	})
	s.tb.Logf("transport: %s", last)
}

// reasons counts messages by state and reason.
func reasons(messages []message) map[string]int {
	n := map[string]int{}
	for i := range messages {
		m := &messages[i]
		n[strings.TrimSuffix(m.State+": "+m.Reason, ": ")]++
	}
	return n
}

// tried is what `outbox show --json` says of one message.
type tried struct {
	message
	AttemptLimit int    `json:"attempt_limit"`
	NextAttempt  string `json:"next_attempt_at"`
	Tried        []struct {
		Counts  bool      `json:"counts"`
		At      time.Time `json:"at"`
		Outcome string    `json:"outcome"`
		Code    int       `json:"code"`
		Stage   string    `json:"stage"`
		Reply   string    `json:"reply"`
	} `json:"tried"`
}

func (s *site) story(id string) tried {
	s.tb.Helper()
	var m tried
	s.read(&m, "outbox", "show", id)
	return m
}

// listening tells whether something takes connections at an address.
func listening(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
