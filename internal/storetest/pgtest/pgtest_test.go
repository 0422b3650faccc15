package pgtest

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func TestDatabasesAreEmptyAndApart(t *testing.T) {
	t.Parallel()
	a, b := Start(t), Start(t)
	if a == b {
		t.Fatalf("two calls gave one database: %s", a)
	}
	if _, err := connect(t, a).Exec(t.Context(), "CREATE TABLE only_in_a (id int)"); err != nil {
		t.Fatal(err)
	}
	var tables int
	err := connect(t, b).QueryRow(t.Context(),
		"SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables)
	if err != nil || tables != 0 {
		t.Fatalf("got %d tables in the other database, error %v; want 0", tables, err)
	}
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("user", func(t *testing.T) { url = Start(t) })
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		conn.Close(t.Context())
		t.Fatal("the database is still there after its test")
	}
}

func TestPreparedOnceAndCopied(t *testing.T) {
	t.Parallel()
	calls := 0
	prepare := func(url string) error {
		calls++
		conn, err := pgx.Connect(context.Background(), url)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		_, err = conn.Exec(context.Background(), "CREATE TABLE seen (id int)")
		return err
	}
	var wg sync.WaitGroup
	urls := make([]string, 4)
	for i := range urls {
		wg.Go(func() { urls[i] = StartPrepared(t, "seen", prepare) })
	}
	wg.Wait()
	for _, url := range urls {
		if _, err := connect(t, url).Exec(t.Context(), "INSERT INTO seen VALUES (1)"); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 1 {
		t.Fatalf("prepared %d times, want once", calls)
	}
}

func TestRestartAndKillKeepWhatWasCommitted(t *testing.T) {
	t.Parallel()
	c := New(t, Options{})
	url := c.Database(t)
	if _, err := connect(t, url).Exec(t.Context(), "CREATE TABLE kept (id int)"); err != nil {
		t.Fatal(err)
	}
	c.Restart(t)
	if _, err := connect(t, url).Exec(t.Context(), "INSERT INTO kept VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	for _, kill := range []func(testing.TB){c.Kill, c.Crash} {
		kill(t)
		if _, err := pgx.Connect(t.Context(), url); err == nil {
			t.Fatal("a killed server takes connections")
		}
		c.Resume(t)
	}
	var n int
	if err := connect(t, url).QueryRow(t.Context(), "SELECT count(*) FROM kept").Scan(&n); err != nil || n != 1 {
		t.Fatalf("got %d rows, error %v; want 1", n, err)
	}
}

func TestDurableKeepsFsync(t *testing.T) {
	t.Parallel()
	for _, durable := range []bool{true, false} {
		c := New(t, Options{Durable: durable})
		var fsync string
		if err := connect(t, c.url("postgres")).QueryRow(t.Context(), "SHOW fsync").Scan(&fsync); err != nil {
			t.Fatal(err)
		}
		if (fsync == "on") != durable {
			t.Errorf("durable %v: fsync is %s", durable, fsync)
		}
	}
}

// TestServerEndsWithAKilledProcess runs this binary again, lets it start a
// server, kills it with SIGKILL and waits for the server's files to go.
func TestServerEndsWithAKilledProcess(t *testing.T) {
	t.Parallel()
	if os.Getenv("PGTEST_CHILD") != "" {
		c := New(t, Options{})
		os.Stdout.WriteString("dir " + c.dir + "\n")
		select {} // until killed
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestServerEndsWithAKilledProcess$")
	cmd.Env = append(os.Environ(), "PGTEST_CHILD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dir := ""
	for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
		dir, _ = strings.CutPrefix(lines.Text(), "dir ")
	}
	if dir == "" {
		t.Fatal("the child did not say where its server is")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	gone := time.NewTimer(20 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return
		}
		select {
		case <-gone.C:
			t.Fatalf("the server's files are still in %s", dir)
		case <-tick.C:
		}
	}
}

func TestWithoutPostgreSQLTheErrorSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	bin, err := findBin()
	if err != nil && !strings.Contains(err.Error(), "make test") {
		t.Fatalf("got %q, which does not say what to do", err)
	}
	if err == nil && !strings.HasPrefix(bin, "/usr/lib/postgresql/") {
		t.Fatalf("found %q outside PATH and Debian's folder", bin)
	}
}
