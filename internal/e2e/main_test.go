package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
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

var (
	buildOnce   = sync.OnceValues(func() (string, error) { return build("studymail") })
	steppedOnce = sync.OnceValues(func() (string, error) { return build("studymail-testclock", "-tags", "testclock") })
)

func build(name string, flags ...string) (string, error) {
	path := filepath.Join(scratch, name)
	args := append([]string{"build", "-trimpath", "-o", path}, flags...)
	cmd := exec.Command("go", append(args, "studymail/cmd/studymail")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build studymail: %w\n%s", err, out)
	}
	return path, nil
}

// binary builds studymail, once for all tests.
func binary(tb testing.TB) string {
	tb.Helper()
	return built(tb, buildOnce)
}

// stepped builds the studymail whose clock and lease a test sets.
func stepped(tb testing.TB) string {
	tb.Helper()
	return built(tb, steppedOnce)
}

func built(tb testing.TB, once func() (string, error)) string {
	tb.Helper()
	path, err := once()
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
	return rand.New(rand.NewPCG(seedOf(tb), 0))
}

func seedOf(tb testing.TB) uint64 {
	tb.Helper()
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("E2E_SEED"); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			tb.Fatalf("E2E_SEED: %v", err)
		}
	}
	tb.Logf("E2E_SEED=%d", seed)
	return seed
}
