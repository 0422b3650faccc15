package e2e

import (
	"syscall"
	"testing"
	"time"

	"studymail/internal/smtptest"
	"studymail/internal/store"
)

// TestASleepersMailIsSentOnceOrByAnOperatorsWord stops a worker with one mail in
// its open window, on this side of the final dot or beyond it, until its lease is
// over and another worker finds the mail uncertain. To send it again is refused:
// the sleeper may hold it, or its bytes. What then becomes of it tells whether the
// sleeper wakes, and how far it had come (the fault table's rows of a worker
// asleep, and of an operator's "send again" meanwhile).
//
// Seen to fail: without HandOverOver in resolve, the first mail is sent twice;
// without the lease in mayEnd, the sleeper writes the second one's dot though
// others called it theirs.
func TestASleepersMailIsSentOnceOrByAnOperatorsWord(t *testing.T) {
	t.Parallel()
	const lease = 3 * time.Second
	for _, tc := range []struct {
		name  string
		stops smtptest.Rule // where the mail server lets the sleeper wait
		died  bool          // it never wakes, and is started again on its machine
		taken int           // by the mail server, while it sleeps
		again bool          // an operator sends it again at the end, since nobody knows
		total int           // taken in the end
	}{
		{"the dot is written", smtptest.Rule{At: smtptest.AtDot, Delay: lease}, false, 1, false, 1},
		{"the dot is not written", smtptest.Rule{At: smtptest.AtData, First: 1, Delay: lease}, false, 0, false, 1},
		{"the dot is written, and it dies", smtptest.Rule{At: smtptest.AtDot, Delay: lease}, true, 1, true, 2},
		{"the dot is not written, and it dies", smtptest.Rule{At: smtptest.AtData, First: 1, Delay: lease}, true, 0, false, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := clinic(t, store.Postgres, 1)
			s.program = stepped
			server := smtptest.Start(t, smtptest.Config{Rules: []smtptest.Rule{tc.stops}})
			s.sendTo(server.Addr())
			s.set("TESTCLOCK_LEASE", lease.String())
			other := s.another()
			campaign := s.start()
			sleeper := s.begin("worker")
			sleeper.waitUp()
			id := s.outbox("--campaign", campaign)[0].ID
			eventually(t, whileWorking, "the mail is at the mail server", func() bool {
				return s.show(campaign).Sending == 1 && server.Waiting() == 1
			})
			sleeper.signal(syscall.SIGSTOP)
			awake := other.begin("worker")
			awake.waitUp()
			eventually(t, whileWorking, "the other worker finds it uncertain", func() bool { return other.show(campaign).Uncertain == 1 })
			eventually(t, whileWorking, "the mail server is done", func() bool { return server.Waiting() == 0 })
			if n := server.Book.Total(); n != tc.taken {
				t.Fatalf("the mail server took %d while the worker slept, want %d", n, tc.taken)
			}
			resend := []string{"outbox", "resolve", id, "--as", "resend"}
			other.run(resend...).fails(t, "send again, while the worker sleeps", "could still come through")
			server.SetRules()
			if tc.died {
				sleeper.kill()
				sleeper = s.begin("worker")
				sleeper.waitUp()
			} else {
				sleeper.signal(syscall.SIGCONT)
			}
			if tc.again {
				eventually(t, whileWorking, "it may be sent again", func() bool { return other.run(resend...).code == 0 })
			}
			n := s.finished(campaign, whileWorking)
			eventually(t, whileWorking, "it is sent", func() bool { n = s.show(campaign); return n.Sent == 1 })
			if total := server.Book.Total(); total != tc.total {
				t.Errorf("the mail server took %d in the end, want %d: %+v", total, tc.total, n)
			}
			awake.stop(15 * time.Second)
			sleeper.stop(15 * time.Second)
		})
	}
}
