package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"studymail/internal/store"
)

const endsWithin = 15 * time.Second

// TestSIGTERMFinishesWhatIsOnTheWire, where the mail server answers within ten
// seconds: nothing is uncertain, and no new mail is begun.
//
// Seen to fail: with a connection that is closed when the end is asked for, what was
// on the wire is uncertain.
func TestSIGTERMFinishesWhatIsOnTheWire(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		after int
		delay string
		more  []string
	}{
		{"each mail's end takes nine seconds", 100, "9s", nil},
		{"with CHUNKING, where many are on their way", 100, "300ms", []string{"-chunking"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, kind store.Kind) {
				t.Parallel()
				s := clinic(t, kind, 1000)
				sink := startSink(t, append(tc.more, "-rule", fmt.Sprintf("at=dot,after=%d,delay=%s", tc.after, tc.delay))...)
				s.sendTo(sink.addr)
				campaign := s.start()
				p := s.serve()
				sink.in(tc.after)
				pass(500 * time.Millisecond) // the next ones are on the wire
				took := p.stop(endsWithin)
				n := s.show(campaign)
				book := sink.read()
				if compare(t, s.outbox("--campaign", campaign), book); n.Uncertain != 0 || n.Sending != 0 || n.Sent != len(book) {
					t.Errorf("after an orderly end it stands as %+v; the server has %d", n, len(book))
				}
				if strings.Contains(p.log.text(), "uncertain: the mail server") {
					t.Errorf("it says\n%s", p.log.text())
				}
				t.Logf("%s: ended %.1f s after SIGTERM, %d mails after the first %d", kind, took.Seconds(), len(book)-tc.after, tc.after)
			})
		})
	}
}

// TestSIGTERMWaitsForNoServerForEver has one that does not answer: the process ends in
// time, and says how many messages are uncertain for that.
//
// Seen to fail: with a grace of a minute it does not end in time.
func TestSIGTERMWaitsForNoServerForEver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind store.Kind) {
		t.Parallel()
		s := clinic(t, kind, 1000)
		sink := startSink(t, "-rule", "at=dot,after=100,delay=1h")
		s.sendTo(sink.addr)
		campaign := s.start()
		p := s.serve()
		sink.in(100)
		pass(500 * time.Millisecond)
		took := p.stop(endsWithin)
		n := s.show(campaign)
		compare(t, s.outbox("--campaign", campaign), sink.read())
		if n.Uncertain == 0 || n.Uncertain > connections*doubtPipelining || n.Sending != 0 {
			t.Errorf("it stands as %+v", n)
		}
		if want := fmt.Sprintf("%d messages are uncertain: the mail server had not answered in time", n.Uncertain); !strings.Contains(p.log.text(), want) {
			t.Errorf("it does not say %q:\n%s", want, p.log.text())
		}
		t.Logf("%s: ended %.1f s after SIGTERM with %d uncertain", kind, took.Seconds(), n.Uncertain)
	})
}

// TestASecondSIGINTEndsAtOnce and loses nothing: the next start goes on, and only what
// was past its end is uncertain.
//
// Seen to fail: with a second signal that is not listened to, it takes the server's
// ten seconds.
func TestASecondSIGINTEndsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind store.Kind) {
		t.Parallel()
		s := clinic(t, kind, 1000)
		sink := startSink(t, "-rule", "at=dot,after=100,times=4,delay=1h")
		s.sendTo(sink.addr)
		campaign := s.start()
		p := s.serve()
		sink.in(100)
		eventually(t, whileWorking, "all connections wait", func() bool {
			before := sink.taken()
			pass(300 * time.Millisecond)
			return sink.taken() == before
		})
		p.signal(os.Interrupt)
		pass(300 * time.Millisecond)
		began := time.Now()
		p.signal(os.Interrupt)
		select {
		case <-p.done:
		case <-time.After(5 * time.Second):
			t.Fatal("it did not end at once")
		}
		took := time.Since(began)
		if code := p.cmd.ProcessState.ExitCode(); code != 128+int(syscall.SIGINT) {
			t.Errorf("exit code %d", code)
		}
		p = s.serve()
		n := s.finished(campaign, whileWorking)
		p.stop(endsWithin)
		if compare(t, s.outbox("--campaign", campaign), sink.read()); n.Sent+n.Uncertain != n.Planned || n.Uncertain > connections*doubtPipelining {
			t.Errorf("it ended as %+v", n)
		}
		t.Logf("%s: ended %d ms after the second SIGINT; %d uncertain", kind, took.Milliseconds(), n.Uncertain)
	})
}

// TestAPauseTakesEffectWithinAWindow measures what leaves after the command has
// returned, on every worker: at most what stood in open windows, within a second. The
// same of cancel and disarm.
//
// Seen to fail: with the campaign's state and mayLeave taken out of the guard, hundreds
// leave.
func TestAPauseTakesEffectWithinAWindow(t *testing.T) {
	for _, how := range []string{"campaign pause ID", "campaign cancel ID --yes", "disarm"} {
		t.Run(how, func(t *testing.T) {
			each(t, func(t *testing.T, kind store.Kind) {
				s := clinic(t, kind, 5000)
				sink := slowSink(t)
				s.sendTo(sink.addr)
				campaign := s.start()
				processes := []*server{s.serve()}
				if kind == store.Postgres {
					second := s.another().begin("worker")
					second.waitUp()
					processes = append(processes, second)
				}
				sink.in(500)
				s.must(strings.Fields(strings.ReplaceAll(how, "ID", campaign))...)
				returned, at := time.Now(), sink.taken()
				last, lastAt := at, returned
				eventually(t, whileWorking, "it is quiet", func() bool {
					if n := sink.taken(); n != last {
						last, lastAt = n, time.Now()
					}
					return time.Since(lastAt) > 2*time.Second
				})
				late, took := last-at, lastAt.Sub(returned)
				if open := len(processes) * connections * 2 * doubtChunking; late > open || took > time.Second || at > 4000 {
					t.Errorf("after the command %d mails left, the last after %v; %d may stand in windows", late, took, open)
				}
				for _, p := range processes {
					p.stop(endsWithin)
				}
				compare(t, s.outbox("--campaign", campaign), sink.read())
				t.Logf("%s, %d workers: %d mails left after `studymail %s` had returned, the last %d ms after",
					kind, len(processes), late, how, took.Milliseconds())
			})
		})
	}
}
