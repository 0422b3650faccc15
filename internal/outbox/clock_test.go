package outbox_test

import (
	"sync/atomic"
	"testing"
	"time"

	"studymail"
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

// The clock is set forth an hour in mid-campaign, so the lease is over by it. The
// worker finds that out with the first window, and not with its next heartbeat.
//
// Seen to fail: with the heartbeat's tick alone it took the 50 seconds to that.
func TestAClockSetForthAnHourHoldsNoMailUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var forth atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(forth.Load())) }
		s = storetest.OpenURL(t, s.URL(), now)
		b := newBench(t, s)
		b.AddPatients(t, s, 0, 100)
		c := b.campaign(t)
		b.plan(t, c)
		var asked atomic.Int64
		tr := &fake{answer: func(int, *outbox.Mail) smtpout.Outcome {
			if asked.Add(1) == 20 {
				forth.Store(int64(time.Hour))
			}
			return smtpout.Outcome{Kind: smtpout.Accepted, Code: 250}
		}}
		opts := b.options(t, tr)
		opts.Now, opts.Claim, opts.Window, opts.Lease = now, 8, 4, 5*time.Minute
		began := time.Now()
		_, stop := b.run(t, opts)
		n := b.settle(t, c)
		stop()
		if took := time.Since(began); n.Sent != 100 || took > 40*time.Second {
			t.Errorf("after %v it ended as %+v", took, n)
		}
	})
}

// A worker of another machine dies, and then the clocks are put back an hour: its
// lease runs for as long. Its mail comes back when it has been silent for a lease.
//
// Seen to fail: without watch it stood there.
func TestADeadWorkersMailComesBackThoughTheClockWasPutBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		b.AddPatients(t, s, 0, 1)
		c := b.campaign(t)
		b.plan(t, c)
		dead, err := outbox.New(t.Context(), b.options(t, &fake{})) // its STATE_DIR is another
		if err != nil {
			t.Fatal(err)
		}
		write(t, s, func(tx *store.Tx) error {
			_, err := tx.Claim(t.Context(), store.ClaimToken(outbox.WorkerKeyOf(dead), 1), store.UpTo(1), studymail.DateOf(time.Now(), time.UTC))
			return err
		})
		exec(t, s, `UPDATE workers SET heartbeat_at = heartbeat_at + 3600000, lease_until = lease_until + 3600000`)
		opts := b.options(t, &fake{})
		opts.Lease = time.Second
		o, stop := b.run(t, opts)
		waitFor(t, "its mail is sent", func() bool {
			if _, err := o.Recover(t.Context()); err != nil {
				t.Fatal(err)
			}
			return b.counts(t, c).Sent == 1
		})
		stop()
		if err := outbox.Die(dead); err != nil {
			t.Error(err)
		}
	})
}
