package pgtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// Cluster is one running PostgreSQL server with its files.
type Cluster struct {
	dir       string // holds data/ and server.log; removed when the process ends
	bin       string // where initdb and pg_ctl are
	port      int
	as        *syscall.Credential // nil: as ourselves
	alive     *os.File            // closing it, or dying, ends the server: see watch
	watcher   *exec.Cmd
	databases atomic.Int64
}

// settings are safe for tests: quick where durability is not asked for, and
// unlike the developer's machine where code should not depend on it.
var settings = []string{
	"listen_addresses=127.0.0.1",
	"unix_socket_directories=",
	"max_connections=300",
	"jit=off",
	"timezone=Pacific/Auckland",
	"log_timezone=UTC",
	"max_wal_size=2GB",
}

var quick = []string{"fsync=off", "full_page_writes=off", "shared_buffers=64MB"}

// durable is what docs/operations.md advises for a server with 4 GB or more.
var durable = []string{"shared_buffers=1GB"}

func newCluster(o Options) (_ *Cluster, err error) {
	c := &Cluster{}
	if c.bin, err = findBin(); err != nil {
		return nil, err
	}
	if c.as, err = serverUser(os.Geteuid()); err != nil {
		return nil, err
	}
	if c.dir, err = os.MkdirTemp("", "studymail-pgtest-"); err != nil {
		return nil, err
	}
	if err := c.watch(); err != nil {
		os.RemoveAll(c.dir)
		return nil, err
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.as != nil {
		if err := os.Chown(c.dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
			return nil, err
		}
	}
	if err := c.run("initdb", "--pgdata", c.data(), "--username=studymail", "--auth=trust",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"); err != nil {
		return nil, err
	}
	all := slices.Concat(settings, quick)
	if o.Durable {
		all = slices.Concat(settings, durable)
	}
	// A port may be taken between our look and the server's bind: try others.
	for range 5 {
		if c.port, err = freePort(); err != nil {
			return nil, err
		}
		if err = c.configure(all); err != nil {
			return nil, err
		}
		if err = c.pgCtl("start"); err == nil {
			return c, nil
		}
	}
	return nil, err
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) configure(settings []string) error {
	var b strings.Builder
	for _, s := range append([]string{"port=" + strconv.Itoa(c.port)}, settings...) {
		name, value, _ := strings.Cut(s, "=")
		fmt.Fprintf(&b, "%s = '%s'\n", name, value)
	}
	// The file belongs to the server's user already; writing keeps its owner.
	return os.WriteFile(filepath.Join(c.data(), "postgresql.conf"), []byte(b.String()), 0o600)
}

// pgCtl starts, stops or restarts the server and waits until that is done.
func (c *Cluster) pgCtl(args ...string) error {
	args = append(args, "-w", "-t", "60", "-s", "-D", c.data(), "-l", filepath.Join(c.dir, "server.log"))
	err := c.run("pg_ctl", args...)
	if err == nil {
		return nil
	}
	log, _ := os.ReadFile(filepath.Join(c.dir, "server.log"))
	return fmt.Errorf("%w\nserver log:\n%s", err, tail(log, 2000))
}

// run runs one of PostgreSQL's programs as the server's user. Its output goes to
// a file, not to a pipe: the server inherits it and would keep a pipe open.
func (c *Cluster) run(program string, args ...string) error {
	out, err := os.CreateTemp("", "studymail-pgtest-out-")
	if err != nil {
		return err
	}
	defer out.Close()
	defer os.Remove(out.Name())
	cmd := exec.Command(filepath.Join(c.bin, program), args...)
	cmd.Dir = c.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.Stdout, cmd.Stderr = out, out
	// A process group of its own: Ctrl-C in a terminal is for the tests.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Setpgid: true}
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w\n%s", program, err, tail(said, 2000))
	}
	return nil
}

// watch starts a small shell that waits until our end of its standard input is
// closed, by close or by the death of this process (kill -9 too), and then ends
// the server and removes its files. Pdeathsig would not do: it goes off when the
// thread that started the child ends, and leaves the files.
func (c *Cluster) watch() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	const script = `
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
	kill -QUIT "$pid" 2>/dev/null
	n=0
	# The server removes its pid file last. Its process may stay as a zombie
	# where nobody waits for it (a container's first process often does not).
	while [ -e "$1/data/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null && [ $n -lt 100 ]; do
		sleep 0.05; n=$((n+1))
	done
	kill -KILL "$pid" 2>/dev/null
fi
rm -rf -- "$1"`
	cmd := exec.Command("/bin/sh", "-c", script, "pgtest-watch", c.dir)
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return fmt.Errorf("start the watcher of the test server: %w", err)
	}
	c.alive, c.watcher = w, cmd
	return nil
}

func (c *Cluster) close() {
	c.alive.Close()
	_ = c.watcher.Wait()
}

// findBin finds the folder of initdb and pg_ctl: from PATH, else where Debian
// puts them, the newest first.
func findBin() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	newest, bin := -1, ""
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	for _, p := range found {
		dir := filepath.Dir(p)
		if v, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && v > newest {
			newest, bin = v, dir
		}
	}
	if bin == "" {
		return "", errors.New("PostgreSQL's initdb is neither in PATH nor in /usr/lib/postgresql. " +
			"Run `make test` as root, which installs it, or install Debian's package postgresql")
	}
	return bin, nil
}

// serverUser says as whom the server runs: PostgreSQL refuses root.
func serverUser(euid int) (*syscall.Credential, error) {
	if euid != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// freePort looks below the range from which the kernel gives ports to outgoing
// connections, so that a restarted server finds its port free again.
func freePort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(12000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port between 20000 and 31999")
}

func tail(b []byte, n int) []byte {
	if len(b) > n {
		b = b[len(b)-n:]
	}
	return b
}
