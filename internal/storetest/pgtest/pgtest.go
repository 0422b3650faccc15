package pgtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the server that the tests of this binary share. It is started once
// and ends with the process (see watch).
var shared struct {
	sync.Mutex
	cluster   *Cluster
	err       error
	templates map[string]error
}

// Start gives the URL of a fresh, empty database, which is dropped when the test
// ends. The server is shared by the test binary: use New to restart or kill one.
func Start(tb testing.TB) string {
	tb.Helper()
	return sharedCluster(tb).Database(tb)
}

// StartPrepared gives the URL of a fresh database that is a copy of one that
// prepare has filled. prepare is called once per name and test binary, so that
// migrations need not run again for every test.
func StartPrepared(tb testing.TB, name string, prepare func(url string) error) string {
	tb.Helper()
	c := sharedCluster(tb)
	template := "prepared_" + name

	shared.Lock()
	err, done := shared.templates[template]
	if !done {
		if err = c.exec("CREATE DATABASE " + quote(template) + " TEMPLATE template0"); err == nil {
			err = prepare(c.url(template))
		}
		shared.templates[template] = err
	}
	shared.Unlock()
	if err != nil {
		tb.Fatalf("pgtest: prepare the database %s: %v", template, err)
	}
	return c.copyOf(tb, template)
}

func sharedCluster(tb testing.TB) *Cluster {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.templates = map[string]error{}
		shared.cluster, shared.err = newCluster(Options{})
	}
	if shared.err != nil {
		tb.Fatalf("pgtest: %v", shared.err)
	}
	return shared.cluster
}

// Options of a server.
type Options struct {
	// Durable leaves fsync and full page writes on, and gives the memory that is
	// advised, as in production: for measurements. Off by default: a killed server
	// loses nothing either way, only a machine that loses power does.
	Durable bool
}

// New starts a server of the test's own and stops it when the test ends.
func New(tb testing.TB, o Options) *Cluster {
	tb.Helper()
	c, err := newCluster(o)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	tb.Cleanup(c.close)
	return c
}

// Database gives the URL of a fresh, empty database, which is dropped when the
// test ends.
func (c *Cluster) Database(tb testing.TB) string {
	tb.Helper()
	return c.copyOf(tb, "template0")
}

func (c *Cluster) copyOf(tb testing.TB, template string) string {
	tb.Helper()
	name := fmt.Sprintf("test_%d", c.databases.Add(1))
	if err := c.exec("CREATE DATABASE " + quote(name) + " TEMPLATE " + quote(template)); err != nil {
		tb.Fatalf("pgtest: make a database: %v", err)
	}
	tb.Cleanup(func() {
		// The server may be down on purpose; its files go with it then.
		_ = c.exec("DROP DATABASE IF EXISTS " + quote(name) + " WITH (FORCE)")
	})
	return c.url(name)
}

// Restart stops the server as an upgrade does (open transactions are rolled
// back, clients are told) and starts it again on the same port.
func (c *Cluster) Restart(tb testing.TB) {
	tb.Helper()
	c.control(tb, "restart", "-m", "fast")
}

// Kill ends the server as a crash does: clients see their connections cut. It is
// down until Resume.
func (c *Cluster) Kill(tb testing.TB) {
	tb.Helper()
	c.control(tb, "stop", "-m", "immediate")
}

// Crash is kill -9 of the server's first process, without a word to the others:
// they end by themselves when they see it. It is down until Resume.
func (c *Cluster) Crash(tb testing.TB) {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		tb.Fatalf("pgtest: kill the server: %v", err)
	}
}

// Resume starts a killed server again, on the same port. It recovers from its
// log first, and takes connections when Resume returns.
func (c *Cluster) Resume(tb testing.TB) {
	tb.Helper()
	// After a Crash it refuses while a process of its last life is still there.
	var err error
	for range 100 {
		if err = c.pgCtl("start"); err == nil {
			return
		}
		<-time.After(100 * time.Millisecond)
	}
	tb.Fatalf("pgtest: %v", err)
}

func (c *Cluster) control(tb testing.TB, args ...string) {
	tb.Helper()
	if err := c.pgCtl(args...); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
}

func (c *Cluster) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

func (c *Cluster) url(database string) string {
	return fmt.Sprintf("postgres://studymail@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
