package outbox_test

import (
	"bytes"
	"context"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"studymail"
	"studymail/internal/outbox"
	"studymail/internal/smtpout"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// fallen is a worker that was killed with messages at every place of a
// hand-over, and what its journal had to say of each.
type fallen struct {
	b        *bench
	campaign studymail.Campaign
	opts     outbox.Options
	o        *outbox.Outbox
	message  map[string]store.Claimed
}

var cases = []struct {
	name   string
	window int // 0: merely claimed; 1: noted in the journal; 2: not noted
	trace  func(j outbox.Journal, c *store.Claimed, window int64)

	killed, power studymail.State // after kill -9 and a start here; after a loss of power
	reason        studymail.Reason
	attempts      int
}{
	{"claimed", 0, nil, studymail.Queued, studymail.Queued, "", 0},
	{"in a window, no dot", 1, nil, studymail.Queued, studymail.Uncertain, "", 0},
	{"given back, not recorded", 1, func(j outbox.Journal, c *store.Claimed, w int64) {
		j.Reply(c.Key, c.Token, w, &studymail.Outcome{Kind: studymail.NotSent}, tick)
	}, studymail.Queued, studymail.Uncertain, "", 0},
	{"dot, no reply", 1, func(j outbox.Journal, c *store.Claimed, w int64) {
		j.Dot(c.Key, c.Token, w)
	}, studymail.Uncertain, studymail.Uncertain, studymail.ReasonProcessDied, 0},
	{"dot, 250 not recorded", 1, func(j outbox.Journal, c *store.Claimed, w int64) {
		j.Dot(c.Key, c.Token, w)
		j.Reply(c.Key, c.Token, w, &studymail.Outcome{Kind: studymail.Accepted, Code: 250, Enhanced: "2.0.0", Stage: "dot"}, tick)
	}, studymail.Sent, studymail.Uncertain, "", 1},
	{"dot, 451 not recorded", 1, func(j outbox.Journal, c *store.Claimed, w int64) {
		j.Dot(c.Key, c.Token, w)
		j.Reply(c.Key, c.Token, w, &studymail.Outcome{Kind: studymail.Later, Code: 451, Enhanced: "4.7.1", Stage: "dot"}, tick)
	}, studymail.Deferred, studymail.Uncertain, "", 1},
	{"no such mailbox, not recorded", 1, func(j outbox.Journal, c *store.Claimed, w int64) {
		j.Reply(c.Key, c.Token, w, &studymail.Outcome{Kind: studymail.Refused, Code: 550, Enhanced: "5.1.1", Stage: "rcpt", Reply: "550 5.1.1 user unknown"}, tick)
	}, studymail.Failed, studymail.Uncertain, studymail.ReasonNoMailbox, 1},
	{"refused for a rate by the code of no such mailbox, not recorded", 1, func(j outbox.Journal, c *store.Claimed, w int64) {
		j.Reply(c.Key, c.Token, w, &studymail.Outcome{Kind: studymail.Refused, Code: 550, Enhanced: "5.1.1", Stage: "rcpt", Reply: "550 5.1.1 too many recipients"}, tick)
	}, studymail.Failed, studymail.Uncertain, studymail.ReasonRefused, 1},
	{"connection lost after the dot, not recorded", 1, func(j outbox.Journal, c *store.Claimed, w int64) {
		j.Dot(c.Key, c.Token, w)
		j.Reply(c.Key, c.Token, w, &studymail.Outcome{Kind: studymail.InDoubt, Stage: "dot"}, tick)
	}, studymail.Uncertain, studymail.Uncertain, studymail.ReasonInDoubt, 1},
	{"in a window of which the journal does not know", 2, nil, studymail.Uncertain, studymail.Uncertain, studymail.ReasonProcessDied, 0},
}

// tick is when a reply came: whole milliseconds, as times are kept.
var tick = time.UnixMilli(1790000000123).UTC()

func fall(t *testing.T, s *store.Store) *fallen {
	t.Helper()
	f := &fallen{b: newBench(t, s), message: map[string]store.Claimed{}}
	f.b.AddPatients(t, s, 0, len(cases))
	f.campaign = f.b.campaign(t)
	f.b.plan(t, f.campaign)
	f.opts = f.b.options(t, &fake{})
	var err error
	if f.o, err = outbox.New(t.Context(), f.opts); err != nil {
		t.Fatal(err)
	}
	worker := outbox.WorkerKeyOf(f.o)
	day := studymail.DateOf(time.Now(), time.UTC)
	write(t, s, func(tx *store.Tx) error {
		res, err := tx.Claim(t.Context(), store.ClaimToken(worker, 1), store.UpTo(len(cases)), day)
		for i, tc := range cases {
			f.message[tc.name] = res.Claimed[i]
		}
		return err
	})
	j := outbox.JournalOf(f.o)
	for n := int64(1); n <= 2; n++ {
		window := store.WindowKey(worker, n)
		var in []store.Standing
		for _, tc := range cases {
			if tc.window == int(n) {
				c := f.message[tc.name]
				in = append(in, c.Standing([]byte("sealed")))
			}
		}
		write(t, s, func(tx *store.Tx) error {
			asked := store.Opening{Window: window, Worker: worker, All: in}
			err := tx.OpenWindows(t.Context(), day, &asked)
			if len(asked.Refused) > 0 {
				t.Fatalf("refused: %+v", asked.Refused)
			}
			return err
		})
		if n == 1 {
			j.Opened(window)
		}
		for _, tc := range cases {
			if tc.window == int(n) && tc.trace != nil {
				c := f.message[tc.name]
				tc.trace(j, &c, window)
			}
		}
	}
	return f
}

func (f *fallen) next(t *testing.T) *outbox.Outbox {
	t.Helper()
	o, err := outbox.New(t.Context(), f.opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Abandon(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return o
}

func (f *fallen) recover(t *testing.T, o *outbox.Outbox) store.Recovered {
	t.Helper()
	got, err := o.Recover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (f *fallen) check(t *testing.T, name string, state studymail.State, reason studymail.Reason, attempts int) {
	t.Helper()
	c := f.message[name]
	var m store.MessageRow
	var tries []studymail.Attempt
	if err := f.b.store.Read(t.Context(), func(tx *store.Tx) (err error) {
		if m, err = tx.MessageByID(t.Context(), c.ID); err != nil {
			return err
		}
		tries, err = tx.Attempts(t.Context(), m.Key)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if m.State != state || m.Reason != reason || m.Attempts != attempts || len(tries) != attempts {
		t.Errorf("%s: stands at %s %q with %d attempts (%d listed), want %s %q with %d", name, m.State, m.Reason, m.Attempts, len(tries), state, reason, attempts)
	}
	if m.State == studymail.Sent && !m.SentAt.Equal(tick) {
		t.Errorf("%s: sent at %v, want when the reply came: %v", name, m.SentAt, tick)
	}
	if (m.State == studymail.Sent || m.State == studymail.Uncertain) && string(m.Merged) != "sealed" {
		t.Errorf("%s: what was merged is not kept", name)
	}
}

// The fault table's first row. Seen to fail: with consult looking into no
// journal all that stood in a window is uncertain.
func TestAfterAKillTheJournalTellsHowFarEachMessageCame(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := fall(t, s)
		if err := outbox.Die(f.o); err != nil {
			t.Fatal(err)
		}
		o := f.next(t)
		if got, want := f.recover(t, o), (store.Recovered{Requeued: 2, Settled: 6, Uncertain: 2}); got != want {
			t.Errorf("recovered %+v, want %+v", got, want)
		}
		for _, tc := range cases {
			f.check(t, tc.name, tc.killed, tc.reason, tc.attempts)
		}
		if _, err := os.Stat(outbox.JournalPathOf(f.o)); !os.IsNotExist(err) {
			t.Errorf("the dead worker's journal is still there: %v", err)
		}
		if got := f.recover(t, o); got != (store.Recovered{}) {
			t.Errorf("recovered once more: %+v", got)
		}
		marked := 0
		query(t, s, `SELECT count(*) FROM patients WHERE cancelled = 40`, &marked)
		if marked != 1 {
			t.Errorf("%d patients were marked, want the one without a mailbox", marked)
		}
	})
}

// The second row: a loss of power. The windows are as the database has them on
// the disk, and the journal is of another boot. Seen to fail: with the boot id
// not compared in gone, the worker was taken for one of today's at once (the
// journal's own header still kept it from being believed).
func TestAfterALossOfPowerOnlyTheWindowCounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := fall(t, s)
		if err := outbox.Die(f.o); err != nil {
			t.Fatal(err)
		}
		otherBoot(t, f)
		o := f.next(t)
		if got := f.recover(t, o); got != (store.Recovered{}) {
			t.Errorf("while the lease runs: %+v", got)
		}
		f.leaseOver(t)
		f.recover(t, o)
		for _, tc := range cases {
			reason := studymail.ReasonProcessDied
			if tc.power == studymail.Queued {
				reason = ""
			}
			f.check(t, tc.name, tc.power, reason, 0)
		}
		if n := f.b.counts(t, f.campaign).Uncertain; n > store.MaxWindow {
			t.Errorf("one connection left %d in doubt", n)
		}
	})
}

// otherBoot makes it look as if the machine had been started since.
func otherBoot(t *testing.T, f *fallen) {
	t.Helper()
	real, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	real = bytes.TrimSpace(real)
	other := bytes.Repeat([]byte("0"), len(real))
	path := outbox.JournalPathOf(f.o)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b[:200], real) {
		t.Fatal("the boot id is not in the journal's header")
	}
	if err := os.WriteFile(path, bytes.Replace(b, real, other, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	exec(t, f.b.store, `UPDATE workers SET boot_id = $1`, string(other))
}

func (f *fallen) leaseOver(t *testing.T) {
	t.Helper()
	exec(t, f.b.store, `UPDATE workers SET lease_until = 1 WHERE id = $1`, outbox.WorkerKeyOf(f.o))
}

// A worker of another machine finds only that the lease is over. When the right
// machine comes back, its journal takes back what was called uncertain: but not
// what an operator has decided meanwhile.
func TestTheRightMachineTakesBackWhatAnotherCalledUncertain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := fall(t, s)
		elsewhere := f.opts
		elsewhere.StateDir = t.TempDir()
		far, err := outbox.New(t.Context(), elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := far.Abandon(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		f.leaseOver(t)
		f.recover(t, far)
		for _, tc := range cases {
			if tc.window > 0 {
				f.check(t, tc.name, studymail.Uncertain, studymail.ReasonProcessDied, 0)
			}
		}
		const decided = "dot, 250 not recorded"
		write(t, s, func(tx *store.Tx) error {
			m, err := tx.MessageByID(t.Context(), f.message[decided].ID)
			if err != nil {
				return err
			}
			return tx.SendAgain(t.Context(), &m, 3, time.Hour)
		})
		near := f.next(t)
		if got := f.recover(t, near); got != (store.Recovered{}) {
			t.Errorf("while the sleeper lives: %+v", got)
		}
		if err := outbox.Die(f.o); err != nil {
			t.Fatal(err)
		}
		f.recover(t, near)
		for _, tc := range cases {
			if tc.name == decided {
				f.check(t, tc.name, studymail.Queued, "", 0)
				continue
			}
			f.check(t, tc.name, tc.killed, tc.reason, tc.attempts)
		}
	})
}

// sleeper is a transport that takes one mail and sleeps right before its point
// of no return.
type sleeper struct {
	fake
	inHand chan struct{}
	wake   chan struct{}
	slept  sync.Once
	let    atomic.Int32 // how often the sleeper's gate said yes
}

func (f *sleeper) Deliver(ctx context.Context, in <-chan *outbox.Mail, gate func(*outbox.Mail) bool, report func(*outbox.Mail, smtpout.Outcome)) error {
	return f.fake.Deliver(ctx, in, func(m *outbox.Mail) bool {
		asleep := false
		f.slept.Do(func() {
			asleep = true
			close(f.inHand)
			<-f.wake
		})
		ok := gate(m)
		if asleep && ok {
			f.let.Add(1)
		}
		return ok
	}, report)
}

// The fourth row: a worker asleep past its lease. What it had in its window is
// uncertain for others; on waking it writes no dot, by the clock that runs in
// sleep too, and says that it was not sent. Seen to fail: with mayEnd asking for
// the lease of what this process is now, a new worker, not for that of the
// worker who opened the window.
func TestASleeperPastItsLeaseWritesNoDotAndGivesItBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		b.AddPatients(t, s, 0, 1)
		c := b.campaign(t)
		b.plan(t, c)
		tr := &sleeper{inHand: make(chan struct{}), wake: make(chan struct{})}
		opts := b.options(t, tr)
		opts.Lease = 2 * time.Second
		o, stop := b.run(t, opts)
		asleep := o.WorkerID()
		<-tr.inHand
		far, err := outbox.New(t.Context(), b.options(t, &fake{}))
		if err != nil {
			t.Fatal(err)
		}
		waitFor(t, "the other worker finds that its lease is over", func() bool {
			exec(t, s, `UPDATE workers SET lease_until = 1`) // it may just have renewed it
			if _, err := far.Recover(t.Context()); err != nil {
				t.Fatal(err)
			}
			return b.counts(t, c).Uncertain == 1
		})
		found := time.Now()
		// It finds out, and is a new worker; then what it was itself is over.
		waitFor(t, "a new worker", func() bool { return o.WorkerID() != asleep })
		waitFor(t, "the old lease is over", func() bool { return time.Since(found) > opts.Lease })
		close(tr.wake)
		waitFor(t, "it was sent once, by the new worker", func() bool { return b.counts(t, c).Sent == 1 })
		stop()
		if err := far.Abandon(t.Context()); err != nil {
			t.Error(err)
		}
		if tr.let.Load() != 0 {
			t.Error("the sleeper was let past the point of no return")
		}
		if len(tr.order) != 1 {
			t.Errorf("handed over %d times", len(tr.order))
		}
	})
}

func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(time.Minute)
	for !holds() {
		select {
		case <-ticker.C:
		case <-limit:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

func exec(t *testing.T, s *store.Store, statement string, args ...any) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(t.Context(), statement, args...)
		return err
	})
}

func query(t *testing.T, s *store.Store, statement string, dest any) {
	t.Helper()
	if err := s.Read(t.Context(), func(tx *store.Tx) error {
		return tx.SQL().QueryRowContext(t.Context(), statement).Scan(dest)
	}); err != nil {
		t.Fatal(err)
	}
}
