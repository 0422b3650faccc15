package outbox_test

import (
	"sync/atomic"
	"testing"
	"time"

	"studymail/internal/outbox"
	"studymail/internal/smtpout"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// The clock is put back an hour in mid-campaign. What is queued leaves all the
// same, once; what is refused after it is tried again in its time by the new clock.
//
// Seen to fail: with a claim that took only what was queued before now, what had
// been planned by the old clock stood for an hour.
func TestAClockPutBackAnHourHoldsNoMailUp(t *testing.T) {
	t.Parallel()
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var back atomic.Int64
			now := func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
			s := storetest.OpenURL(t, storetest.URL(t, kind), now)
			b := newBench(t, s)
			b.AddPatients(t, s, 0, 100)
			c := b.campaign(t)
			b.plan(t, c)
			var asked atomic.Int64
			tr := &fake{answer: func(nth int, _ *outbox.Mail) smtpout.Outcome {
				switch n := asked.Add(1); {
				case n == 20:
					back.Store(int64(time.Hour))
				case n > 60 && n <= 70 && nth == 1:
					return smtpout.Outcome{Kind: smtpout.Later, Code: 451}
				}
				return smtpout.Outcome{Kind: smtpout.Accepted, Code: 250}
			}}
			opts := b.options(t, tr)
			opts.Now, opts.Claim, opts.Window = now, 8, 4 // few are in hand when it happens
			_, stop := b.run(t, opts)
			n := b.settle(t, c)
			stop()
			if n.Sent != 100 {
				t.Errorf("it ended as %+v", n)
			}
			again := 0
			for _, k := range tr.seen {
				again += k - 1
			}
			if again != 10 {
				t.Errorf("%d mails went again, want the 10 that were to come later", again)
			}
		})
	}
}
