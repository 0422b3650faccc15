package e2e

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"studymail/internal/smtptest"
)

// scratch is the folder of the test process: the binary, prepared databases.
var scratch string

// TestMain also is the recording SMTP server, when it is run again as that.
func TestMain(m *testing.M) {
	if os.Getenv("E2E_SINK") != "" {
		os.Exit(smtptest.Main(os.Args[1:]))
	}
	var err error
	if scratch, err = os.MkdirTemp("", "studymail-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

var buildOnce = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "studymail")
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, "studymail/cmd/studymail")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build studymail: %w\n%s", err, out)
	}
	return path, nil
})

// binary builds studymail, once for all tests.
func binary(tb testing.TB) string {
	tb.Helper()
	path, err := buildOnce()
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// starting are the children to start. They die with this process, however it
// ends; the kernel means the thread that started them by that, so one thread
// that never ends starts all.
var starting = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range work {
			start()
		}
	}()
	return work
})

func startChild(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	done := make(chan error)
	starting() <- func() { done <- cmd.Start() }
	return <-done
}

// sink is the recording SMTP server in a process of its own.
type sink struct {
	tb   testing.TB
	addr string
	book string
}

// lineLength is that of a line of the book: a UUID, a time in nanoseconds.
const lineLength = len("00000000-0000-0000-0000-000000000000 1790000000000000000\n")

func startSink(tb testing.TB, args ...string) *sink {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	s := &sink{tb: tb, book: filepath.Join(tb.TempDir(), "book")}
	cmd := exec.Command(self, append([]string{"-book", s.book}, args...)...)
	cmd.Env = append(os.Environ(), "E2E_SINK=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := startChild(cmd); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatalf("start the SMTP server: %v", err)
	}
	s.addr = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	return s
}

// taken is how many mails the server has taken so far.
func (s *sink) taken() int {
	s.tb.Helper()
	info, err := os.Stat(s.book)
	if err != nil {
		s.tb.Fatal(err)
	}
	return int(info.Size()) / lineLength
}

// read gives how often each message was taken.
func (s *sink) read() map[string]int {
	s.tb.Helper()
	times, err := smtptest.ReadBook(s.book)
	if err != nil {
		s.tb.Fatal(err)
	}
	return times
}

// eventually waits until cond holds.
func eventually(tb testing.TB, limit time.Duration, what string, cond func() bool) {
	tb.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(limit)
	defer end.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-end.C:
			if cond() {
				return
			}
			tb.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// pass lets time pass; only where the instant itself is what is tried.
func pass(d time.Duration) { <-time.After(d) }

// dice gives the random choices of a test and prints their seed.
func dice(tb testing.TB) *rand.Rand {
	tb.Helper()
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("E2E_SEED"); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			tb.Fatalf("E2E_SEED: %v", err)
		}
	}
	tb.Logf("E2E_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
