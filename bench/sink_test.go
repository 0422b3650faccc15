package bench

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// sinkProcess is bench/sink in a process of its own.
type sinkProcess struct {
	cmd  *exec.Cmd
	out  *bufio.Reader
	addr string
}

func ownSink(t *testing.T, args ...string) *sinkProcess {
	t.Helper()
	s := &sinkProcess{cmd: exec.CommandContext(t.Context(), build(t, "bench/sink"), args...)}
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Wait() }) // the test's context has ended it, or end
	line, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s.addr = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	return s
}

// end ends it, and gives how many mails it took.
func (s *sinkProcess) end(t *testing.T) (mails int) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(line, "mails %d", &mails); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return mails
}
