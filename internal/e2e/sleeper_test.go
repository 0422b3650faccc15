package e2e

import (
	"os"
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
// sleeper wakes, how far it had come, and what an operator says (the fault table's
// rows of a worker asleep, and of "send again" meanwhile).
//
// Seen to fail: without HandOverOver in resolve, the first mail is sent twice;
// without the lease in mayEnd, the sleeper that wakes after an operator's word
// writes its dot all the same, and the third is.
func TestASleepersMailIsSentOnceOrByAnOperatorsWord(t *testing.T) {
	t.Parallel()
	const lease = 3 * time.Second
	atDot := smtptest.Rule{At: smtptest.AtDot, First: 1, Delay: lease}
	beforeDot := smtptest.Rule{At: smtptest.AtData, First: 1, Delay: lease}
	for _, tc := range []struct {
		name  string
		stops smtptest.Rule // where the mail server lets the sleeper wait
		taken int           // by the mail server, while it sleeps
		ends  func(*sleep)
		total int // taken in the end
	}{
		{"the dot is written", atDot, 1, (*sleep).wakes, 1},
		{"the dot is not written", beforeDot, 0, (*sleep).wakes, 1},
		{"the dot is not written, and an operator waits long enough", beforeDot, 0, (*sleep).wakesTooLate, 1},
		{"the dot is written, it dies, and an operator sends it again", atDot, 1, (*sleep).diesAndIsSentAgain, 2},
		{"the dot is not written, and it dies", beforeDot, 0, (*sleep).dies, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := sleep{t: t, site: clinic(t, store.Postgres, 1), clock: newClock(t)}
			server := smtptest.Start(t, smtptest.Config{Rules: []smtptest.Rule{tc.stops}})
			s.sendTo(server.Addr())
			s.program = stepped
			s.set("TESTCLOCK_LEASE", lease.String(), "TESTCLOCK_FILE", s.clock.Name())
			other := s.another()
			campaign := s.start()
			s.p = s.begin("worker")
			s.p.waitUp()
			id := s.outbox("--campaign", campaign)[0].ID
			eventually(t, whileWorking, "the mail is at the mail server", func() bool {
				return s.show(campaign).Sending == 1 && server.Waiting() == 1
			})
			s.p.signal(syscall.SIGSTOP)
			awake := other.begin("worker")
			awake.waitUp()
			eventually(t, whileWorking, "the other worker finds it uncertain", func() bool { return other.show(campaign).Uncertain == 1 })
			eventually(t, whileWorking, "the mail server is done", func() bool { return server.Waiting() == 0 })
			if n := server.Book.Total(); n != tc.taken {
				t.Fatalf("the mail server took %d while the worker slept, want %d", n, tc.taken)
			}
			s.resend = func() result { return other.run("outbox", "resolve", id, "--as", "resend") }
			s.sent = func() bool { n := other.show(campaign); return n.Sent == 1 && n.State == "finished" }
			s.resend().fails(t, "send again, while the worker sleeps", "could still come through")
			tc.ends(&s)
			eventually(t, whileWorking, "it is sent", s.sent)
			if total := server.Book.Total(); total != tc.total {
				t.Errorf("the mail server took %d in the end, want %d", total, tc.total)
			}
			awake.stop(15 * time.Second)
			s.p.stop(15 * time.Second)
		})
	}
}

// sleep is a worker that was stopped past its lease.
type sleep struct {
	*site
	t      *testing.T
	p      *server
	clock  *os.File
	resend func() result // the operator's word
	sent   func() bool
}

func (s *sleep) wakes() { s.p.signal(syscall.SIGCONT) }

// wakesTooLate has the operator ask again when the patience with the sleeper is
// over, and the sleeper wake when another has sent its mail.
func (s *sleep) wakesTooLate() {
	setClock(s.t, s.clock, 12*60)
	if r := s.resend(); r.code != 0 {
		s.t.Fatalf("after eleven minutes: %s", r.err)
	}
	eventually(s.t, whileWorking, "the other worker has sent it", s.sent)
	s.wakes()
	s.p.says(whileWorking, "outcomes came too late")
}

// dies has it killed, and started again on its machine.
func (s *sleep) dies() {
	s.p.kill()
	s.p = s.begin("worker")
	s.p.waitUp()
}

func (s *sleep) diesAndIsSentAgain() {
	s.dies()
	eventually(s.t, whileWorking, "it may be sent again", func() bool { return s.resend().code == 0 })
}
