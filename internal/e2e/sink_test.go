package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studymail/internal/smtptest"
)

// sink is the recording SMTP server in a process of its own. It can be killed
// and started again, with its address and its book.
type sink struct {
	tb   testing.TB
	addr string
	book string
	args []string

	cmd   *exec.Cmd
	order io.Writer
	said  *bufio.Reader
}

// lineLength is that of a line of the book: a UUID, a time in nanoseconds.
const lineLength = len("00000000-0000-0000-0000-000000000000 1790000000000000000\n")

func startSink(tb testing.TB, args ...string) *sink {
	tb.Helper()
	k := &sink{tb: tb, book: filepath.Join(tb.TempDir(), "book"), args: args}
	k.start()
	tb.Cleanup(k.kill)
	return k
}

func (k *sink) start(more ...string) {
	k.tb.Helper()
	self, err := os.Executable()
	if err != nil {
		k.tb.Fatal(err)
	}
	args := append([]string{"-obey", "-book", k.book}, k.args...)
	if k.addr != "" {
		args = append(args, "-addr", k.addr)
	}
	k.cmd = exec.Command(self, append(args, more...)...)
	k.cmd.Env = append(os.Environ(), "E2E_SINK=1")
	k.cmd.Stderr = os.Stderr
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		k.tb.Fatal(err)
	}
	if k.order, err = k.cmd.StdinPipe(); err != nil {
		k.tb.Fatal(err)
	}
	if err := startChild(k.cmd); err != nil {
		k.tb.Fatal(err)
	}
	k.said = bufio.NewReader(out)
	line, err := k.said.ReadString('\n')
	if err != nil {
		k.tb.Fatalf("start the SMTP server: %v", err)
	}
	k.addr = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}

// kill is kill -9.
func (k *sink) kill() {
	_ = k.cmd.Process.Kill()
	_ = k.cmd.Wait()
}

// tell gives the server an order (see smtptest.Main).
func (k *sink) tell(format string, args ...any) {
	k.tb.Helper()
	fmt.Fprintf(k.order, format+"\n", args...)
	if line, err := k.said.ReadString('\n'); line != "done\n" {
		k.tb.Fatalf("the SMTP server, told to "+format+": %q, %v", append(args, line, err)...)
	}
}

// taken is how many mails the server has taken so far.
func (k *sink) taken() int {
	k.tb.Helper()
	info, err := os.Stat(k.book)
	if err != nil {
		k.tb.Fatal(err)
	}
	return int(info.Size()) / lineLength
}

// read gives how often each message was taken.
func (k *sink) read() map[string]int {
	k.tb.Helper()
	times, err := smtptest.ReadBook(k.book)
	if err != nil {
		k.tb.Fatal(err)
	}
	return times
}

// times gives when mails were taken.
func (k *sink) times() []time.Time {
	k.tb.Helper()
	all, err := smtptest.ReadTimes(k.book)
	if err != nil {
		k.tb.Fatal(err)
	}
	return all
}
