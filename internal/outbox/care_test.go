package outbox_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"studymail"
	"studymail/internal/outbox"
	"studymail/internal/smtpout"
	"studymail/internal/smtptest"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// A relay that offers what it does not bear gets its mail all the same, each
// once; the transport is up, and says what it does without and which setting
// would say so from the start.
//
// Seen to fail: without care.learn nothing leaves in chunks with no mail in them,
// 34 of 100 are uncertain where the window is too large (with it 16 at most and
// then half as many, until it is borne), and nobody is told.
func TestARelayThatDoesNotBearWhatItOffers(t *testing.T) {
	t.Parallel()
	chunking := append(smtptest.Usual(), "CHUNKING")
	for name, c := range map[string]struct {
		server    smtptest.Config
		note      string // in the transport's detail
		uncertain int    // at most
	}{
		"loses what stands behind a text":  {smtptest.Config{Forgetful: true}, "SMTP_PIPELINING=False", 0},
		"does not know BDAT":               {smtptest.Config{Offers: chunking, Unknown: []string{"BDAT"}}, "", 0},
		"takes chunks and no mail in them": {smtptest.Config{Offers: chunking, BadChunks: true}, "SMTP_CHUNKING=False", 0},
		"bears a window of some":           {smtptest.Config{Offers: chunking, Bears: 4000, Latency: 5 * time.Millisecond}, "SMTP_WINDOW=", 28}, // 16, 8, 4
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t, store.SQLite)
			b := newBench(t, s)
			const n = 100
			b.AddPatients(t, s, 0, n)
			camp := b.campaign(t)
			b.plan(t, camp)
			srv := smtptest.Start(t, c.server)
			tr := &outbox.SMTP{Config: smtpout.Config{Addr: srv.Addr(), Timeouts: smtpout.Timeouts{Behind: 300 * time.Millisecond}}, Now: time.Now}
			opts := b.options(t, tr)
			opts.Connections = 1
			_, stop := b.run(t, opts)
			got := b.settle(t, camp)
			var state []studymail.Transport
			if err := s.Read(t.Context(), func(tx *store.Tx) (err error) {
				state, err = tx.Transports(t.Context())
				return err
			}); err != nil {
				t.Fatal(err)
			}
			stop()
			if got.Sent+got.Uncertain != n || got.Uncertain > c.uncertain {
				t.Errorf("it ended as %+v", got)
			}
			if twice := srv.Book.Duplicates(); len(twice) > 0 || srv.Book.Distinct() < got.Sent {
				t.Errorf("the server has %d, twice %d", srv.Book.Distinct(), len(twice))
			}
			if len(state) != 1 || state[0].State != studymail.TransportUp || !strings.Contains(state[0].Detail, c.note) || (c.note == "") != (state[0].Code == "") {
				t.Errorf("the transport: %+v, want %q in it", state, c.note)
			}
		})
	}
}

// handOver gives some mails to a connection of their own.
func handOver(tr *outbox.SMTP, n int) error {
	in := make(chan *outbox.Mail, n)
	for i := range n {
		in <- &outbox.Mail{From: "s@example.org", To: "r@example.net", Data: fmt.Appendf(nil, "Message-ID: <%d>\r\n\r\nHello\r\n", i)}
	}
	close(in)
	return tr.Deliver(context.Background(), in, func(*outbox.Mail) bool { return true }, func(*outbox.Mail, smtpout.Outcome) {})
}

// What is done without is tried again after an hour; where that was not long
// enough, after two.
func TestCareEndsByItself(t *testing.T) {
	t.Parallel()
	srv := smtptest.Start(t, smtptest.Config{Forgetful: true})
	var gone atomic.Int64
	start := time.Now()
	tr := &outbox.SMTP{
		Config: smtpout.Config{Addr: srv.Addr(), Timeouts: smtpout.Timeouts{Behind: 100 * time.Millisecond}},
		Now:    func() time.Time { return start.Add(time.Duration(gone.Load())) },
	}
	lost := func() (n int) {
		for range 6 { // connections
			if err := handOver(tr, 3); err != nil {
				n++
			}
		}
		return n
	}
	for _, step := range []struct {
		after time.Duration
		lost  int
		note  bool
	}{{0, 2, true}, {59 * time.Minute, 0, true}, {2 * time.Minute, 2, true}, {119 * time.Minute, 0, true}} {
		gone.Add(int64(step.after))
		if n := lost(); n != step.lost {
			t.Errorf("after %v %d connections were lost, want %d", step.after, n, step.lost)
		}
		if note := tr.Note(); (note != "") != step.note || !strings.Contains(note, "SMTP_PIPELINING=False") {
			t.Errorf("after %v: %q", step.after, note)
		}
	}
	gone.Add(int64(2 * time.Minute))
	if note := tr.Note(); note != "" {
		t.Errorf("when it is over: %q", note)
	}
}

// A relay that was seen to know BDAT is not waited for on each connection: the
// wait is 100 ms, as long as a fast relay takes for a connection's whole mail.
//
// Seen to fail: without what care remembers, 20 connections take 2 s at least.
func TestWhatWasSeenIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	srv := smtptest.Start(t, smtptest.Config{Offers: append(smtptest.Usual(), "CHUNKING")})
	tr := &outbox.SMTP{Config: smtpout.Config{Addr: srv.Addr()}, Now: time.Now}
	began := time.Now()
	const n = 20
	for range n {
		if err := handOver(tr, 1); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("%d connections took %v", n, took)
	}
	if got := srv.Book.Total(); got != n {
		t.Errorf("the server took %d of %d", got, n)
	}
}
