package e2e

import (
	"strings"
	"testing"
	"time"

	"studymail/internal/store"
)

// TestARelayThatDiesWithTheLastLetterIsFoundAgainWithoutMail: while it is away health says
// so, and when it is back health is well again, with no mail sent.
//
// Seen to fail: with nobody who tries while no mail waits, health went on saying what the
// last letter had met.
func TestARelayThatDiesWithTheLastLetterIsFoundAgainWithoutMail(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind store.Kind) {
		t.Parallel()
		s := clinic(t, kind, 1)
		sink := startSink(t, "-rule", "at=dot,book=true,close=true")
		s.sendTo(sink.addr)
		campaign := s.start()
		s.serve()
		sink.in(1) // and the answer does not come
		sink.kill()
		eventually(t, time.Minute, "a try finds that the relay is away, and health says so", func() bool {
			return strings.HasPrefix(s.health(), "503") && strings.Contains(s.health(), "backing off (connect:")
		})
		sink.start()
		eventually(t, 2*time.Minute, "health is well again", func() bool { return strings.HasPrefix(s.health(), "200") })
		if n := s.show(campaign); n.Uncertain != 1 || sink.taken() != 1 {
			t.Errorf("the campaign stands at %+v, the relay took %d", n, sink.taken())
		}
	})
}
