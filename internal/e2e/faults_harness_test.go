package e2e

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
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
