package smtpout_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"studymail/internal/smtpout"
	"studymail/internal/smtptest"
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
	again := time.NewTicker(5 * time.Millisecond) // another process gives no signal
	defer again.Stop()
	for range 1000 {
		nc, err := net.Dial("tcp", addr)
		if err == nil {
			_ = nc.Close()
			return addr
		}
		<-again.C
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

// cost is what some mails took.
type cost struct {
	rate float64       // mails a second
	cpu  time.Duration // of the sender, a mail
}

// source sends n mails with smtp-source.
func source(tb testing.TB, addr string, connections, n int) cost {
	tb.Helper()
	start := time.Now()
	cmd := exec.CommandContext(context.Background(), smtpSource, "-d", "-s", strconv.Itoa(connections),
		"-m", strconv.Itoa(n), "-l", "2000", "-f", "s@example.org", "-t", "r@example.net", addr)
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("smtp-source: %v %s", err, out)
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return cost{float64(n) / time.Since(start).Seconds(), cpu / time.Duration(n)}
}

// ourselves sends n mails with this package.
func ourselves(tb testing.TB, cfg smtpout.Config, connections, n int) cost {
	tb.Helper()
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			tb.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start, used := time.Now(), cpu()
	if got := pour(tb, cfg, connections, n); got != n {
		tb.Fatalf("%d of %d were accepted", got, n)
	}
	return cost{float64(n) / time.Since(start).Seconds(), (cpu() - used) / time.Duration(n)}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// BenchmarkDeliver sends to smtp-sink, in turn with smtp-source in the same
// run: the ratios are the figures, the rest depends on the machine.
func BenchmarkDeliver(b *testing.B) {
	for _, connections := range []int{1, 4} {
		for _, way := range []string{"pipelining", "lockstep"} {
			b.Run(fmt.Sprintf("%s-%d", way, connections), func(b *testing.B) {
				addr := startSink(b)
				const n = 20000
				cfg := smtpout.Config{Addr: addr, NoPipelining: way == "lockstep"}
				var rate, cpu []float64
				var before, after runtime.MemStats
				for b.Loop() {
					theirs := source(b, addr, connections, n)
					runtime.ReadMemStats(&before)
					ours := ourselves(b, cfg, connections, n)
					runtime.ReadMemStats(&after)
					rate, cpu = append(rate, ours.rate/theirs.rate), append(cpu, float64(ours.cpu)/float64(theirs.cpu))
					b.Logf("%.0f mails/s at %v of CPU; smtp-source %.0f at %v", ours.rate, ours.cpu, theirs.rate, theirs.cpu)
				}
				b.ReportMetric(median(rate), "rate/source")
				b.ReportMetric(median(cpu), "cpu/source")
				b.ReportMetric(float64(after.Mallocs-before.Mallocs)/n, "allocs/mail")
			})
		}
	}
}

// BenchmarkFar sends over one connection with a round trip of 20 ms.
func BenchmarkFar(b *testing.B) {
	s := smtptest.Start(b, smtptest.Config{CountOnly: true, Offers: append(smtptest.Usual(), "CHUNKING")})
	relay := smtptest.NewRelay(b, s.Addr(), 20*time.Millisecond)
	rate := map[string]float64{}
	for _, way := range []struct {
		name string
		cfg  smtpout.Config
		n    int
	}{
		{"lockstep", smtpout.Config{NoPipelining: true}, 50},
		{"pipelining", smtpout.Config{NoChunking: true}, 200},
		{"chunking", smtpout.Config{}, 3000},
	} {
		b.Run(way.name, func(b *testing.B) {
			way.cfg.Addr = relay.Addr()
			var rates []float64
			for b.Loop() {
				rates = append(rates, ourselves(b, way.cfg, 1, way.n).rate)
			}
			rate[way.name] = median(rates)
			b.ReportMetric(rate[way.name], "mails/s")
			b.ReportMetric(rate[way.name]/rate["lockstep"], "rate/lockstep")
		})
	}
}
