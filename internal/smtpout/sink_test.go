package smtpout_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"studymail/internal/smtpout"
)

const (
	smtpSink   = "/usr/sbin/smtp-sink"
	smtpSource = "/usr/sbin/smtp-source"
)

// startSink starts Postfix's smtp-sink and gives its address.
func startSink(tb testing.TB, args ...string) string {
	tb.Helper()
	if _, err := os.Stat(smtpSink); err != nil {
		tb.Skip("Postfix's smtp-sink is not installed (Debian: postfix)")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	cmd := exec.Command(smtpSink, append(args, "-u", "nobody", addr, "1024")...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if os.Getuid() != 0 {
		cmd = exec.Command(smtpSink, append(args, addr, "1024")...)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for range 1000 {
		nc, err := net.Dial("tcp", addr)
		if err == nil {
			_ = nc.Close()
			return addr
		}
		time.Sleep(5 * time.Millisecond) // another process: there is no signal to wait for
	}
	tb.Fatalf("smtp-sink does not answer: %s", &said)
	return ""
}

func twoKilobytes(id int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Message-ID: <%08d@studymail.example>\r\nFrom: <s@example.org>\r\nTo: <r@example.net>\r\nSubject: benchmark\r\n\r\n", id)
	for b.Len() < 2000 {
		b.WriteString("The quick brown fox jumps over the lazy dog, and does so again.\r\n")
	}
	return b.Bytes()
}

// pour sends n mails over connections and gives how many were accepted.
func pour(tb testing.TB, cfg smtpout.Config, connections, n int) int {
	tb.Helper()
	data := twoKilobytes(1)
	in := make(chan *smtpout.Mail, 256)
	var accepted atomic.Int64
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			c, err := smtpout.Dial(tb.Context(), &cfg)
			if err != nil {
				tb.Errorf("dial: %v", err)
				return
			}
			err = c.Deliver(tb.Context(), in, func(_ *smtpout.Mail, o smtpout.Outcome) {
				if o.Kind == smtpout.Accepted {
					accepted.Add(1)
				}
			})
			if err != nil {
				tb.Errorf("deliver: %v", err)
			}
		})
	}
	mails := make([]smtpout.Mail, n)
	for i := range mails {
		mails[i] = smtpout.Mail{From: "s@example.org", To: "r@example.net", Data: data}
		in <- &mails[i]
	}
	close(in)
	wg.Wait()
	return int(accepted.Load())
}

func TestPostfixSinkTakesAll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sink []string
		cfg  smtpout.Config
	}{
		"pipelining":    {nil, smtpout.Config{}},
		"lock-step":     {[]string{"-p"}, smtpout.Config{}},
		"HELO only":     {[]string{"-e"}, smtpout.Config{}},
		"not used":      {nil, smtpout.Config{NoPipelining: true}},
		"hundred each":  {nil, smtpout.Config{}},
		"slow to reply": {[]string{"-w", "1"}, smtpout.Config{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 1000
			if name == "slow to reply" {
				n = 2
			}
			c.cfg.Addr = startSink(t, c.sink...)
			if got := pour(t, c.cfg, 2, n); got != n {
				t.Errorf("%d of %d were accepted", got, n)
			}
		})
	}
}

// source runs smtp-source and gives its rate.
func source(tb testing.TB, addr string, connections, n int) float64 {
	tb.Helper()
	start := time.Now()
	cmd := exec.CommandContext(context.Background(), smtpSource, "-d", "-s", strconv.Itoa(connections),
		"-m", strconv.Itoa(n), "-l", "2000", "-f", "s@example.org", "-t", "r@example.net", addr)
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("smtp-source: %v %s", err, out)
	}
	return float64(n) / time.Since(start).Seconds()
}

// BenchmarkDeliver sends to smtp-sink, in turn with smtp-source in the same
// run; x/source is the ratio of the two.
func BenchmarkDeliver(b *testing.B) {
	for _, connections := range []int{1, 4} {
		for _, way := range []string{"pipelining", "lockstep"} {
			b.Run(fmt.Sprintf("%s-%d", way, connections), func(b *testing.B) {
				addr := startSink(b)
				const n = 20000
				var ours, theirs []string
				var ratio float64
				for b.Loop() {
					yard := source(b, addr, connections, n)
					start := time.Now()
					if got := pour(b, smtpout.Config{Addr: addr, NoPipelining: way == "lockstep"}, connections, n); got != n {
						b.Fatalf("%d of %d were accepted", got, n)
					}
					rate := n / time.Since(start).Seconds()
					ratio += rate / yard
					ours, theirs = append(ours, fmt.Sprintf("%.0f", rate)), append(theirs, fmt.Sprintf("%.0f", yard))
				}
				b.ReportMetric(ratio/float64(b.N), "x/source")
				b.Logf("mails/s ours %s, smtp-source %s", strings.Join(ours, " "), strings.Join(theirs, " "))
			})
		}
	}
}
