package interop

import (
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// unpacked gives a program of a package that scripts/test-deps.sh has unpacked
// beside the system, since it cannot be installed next to Postfix.
func unpacked(t *testing.T, name string) string {
	t.Helper()
	places := []string{"/var/cache"}
	if own, err := os.UserCacheDir(); err == nil {
		places = append(places, own)
	}
	for _, p := range places {
		path := filepath.Join(p, "studymail-tests", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatalf("%s is missing: `make test` unpacks it from Debian's package", name)
	return ""
}

// nobody is who servers run as when we are root; nil: as ourselves.
func nobody(t *testing.T) (uid, gid int, as *syscall.Credential) {
	t.Helper()
	if os.Getuid() != 0 {
		return os.Getuid(), os.Getgid(), nil
	}
	u, err := user.Lookup("nobody")
	must(t, err)
	uid, err = strconv.Atoi(u.Uid)
	must(t, err)
	gid, err = strconv.Atoi(u.Gid)
	must(t, err)
	return uid, gid, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // the system's own numbers
}

// home makes a folder for a server that runs as nobody, with a certificate, and
// gives it to them once fill has put in what it needs.
func home(t *testing.T, name string, folders []string, fill func(dir string)) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", name+"-interop-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // best effort: it is a temporary folder
	for _, f := range folders {
		must(t, os.MkdirAll(filepath.Join(dir, f), 0o700))
	}
	certificate(t, dir)
	fill(dir)
	uid, gid, as := nobody(t)
	if as != nil {
		must(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, uid, gid)
		}))
	}
	return dir
}

// run starts a server's program; the test ends it and its children.
func run(t *testing.T, dir string, env []string, path string, args ...string) {
	t.Helper()
	_, _, as := nobody(t)
	out, err := os.Create(filepath.Join(dir, "out"))
	must(t, err)
	cmd := exec.CommandContext(context.Background(), path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true}
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have gone by itself, which the test has seen
		_ = cmd.Wait()                                      // killed
		must(t, out.Close())
		if t.Failed() {
			for _, name := range []string{"out", "log/mainlog", "log/rejectlog", "log/paniclog"} {
				said, err := os.ReadFile(filepath.Join(dir, name))
				t.Logf("%s of %s: …%s %v", name, filepath.Base(path), said[max(0, len(said)-4000):], err)
			}
		}
	})
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), mode))
}
