package outbox_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/outbox"
	"studymail/internal/sealed"
	"studymail/internal/smtpout"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// fake is a transport with a script: what it answers for each mail.
type fake struct {
	answer func(nth int, m *outbox.Mail) smtpout.Outcome
	down   func() error // asked before each connection; nil: up

	mu    sync.Mutex
	seen  map[string]int // by message
	order []string
}

func (f *fake) Name() string { return "fake" }

func (f *fake) Deliver(ctx context.Context, in <-chan *outbox.Mail, gate func(*outbox.Mail) bool, report func(*outbox.Mail, smtpout.Outcome)) error {
	if f.down != nil {
		if err := f.down(); err != nil {
			return err
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case m, ok := <-in:
			if !ok {
				return nil
			}
			if !gate(m) {
				report(m, smtpout.Outcome{Kind: smtpout.NotSent})
				continue
			}
			f.mu.Lock()
			if f.seen == nil {
				f.seen = map[string]int{}
			}
			f.seen[m.EnvelopeID]++
			nth := f.seen[m.EnvelopeID]
			f.order = append(f.order, m.EnvelopeID)
			f.mu.Unlock()
			o := smtpout.Outcome{Kind: smtpout.Accepted, Code: 250}
			if f.answer != nil {
				o = f.answer(nth, m)
			}
			report(m, o)
		}
	}
}

// bench is a world to send in.
type bench struct {
	*storetest.Clinic
	store   *store.Store
	planner *audience.Planner
	version studymail.TemplateVersion
	log     *slog.Logger
}

func newBench(t testing.TB, s *store.Store) *bench {
	t.Helper()
	b := &bench{Clinic: storetest.NewClinic(t, s), store: s, log: slog.New(slog.NewTextHandler(testWriter{t}, nil))}
	template := studymail.Template{Name: "Invitation"}
	b.version = studymail.TemplateVersion{
		Format: "markdown", Subject: "About {{ study_name }}",
		Body: "Dear {{ patient_full_name }},\n\nplease call {{ care_provider_contact }}.\n",
	}
	write(t, s, func(tx *store.Tx) error { return tx.AddTemplate(t.Context(), &template, &b.version) })
	b.planner = &audience.Planner{
		Store: s, Zone: time.UTC, AttemptLimit: 3, ExpiresAfter: 120 * time.Hour, Log: b.log,
		Wake: func(context.Context, *store.Tx, studymail.ID) error { return nil },
	}
	return b
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func write(t testing.TB, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// campaign makes a campaign for the whole study.
func (b *bench) campaign(t testing.TB) studymail.Campaign {
	t.Helper()
	c := studymail.Campaign{Name: "first", Study: b.Study.Key, State: studymail.Draft}
	write(t, b.store, func(tx *store.Tx) error {
		_, err := tx.AddCampaign(t.Context(), store.NewCampaign{Campaign: &c, TemplateVersion: b.version.Key})
		return err
	})
	return c
}

func (b *bench) plan(t testing.TB, c studymail.Campaign) audience.Result {
	t.Helper()
	res, err := b.planner.Start(t.Context(), c.ID, "test", nil)
	if err != nil {
		t.Fatal(err)
	}
	return res.Result
}

func (b *bench) options(t testing.TB, tr outbox.Transport) outbox.Options {
	return outbox.Options{
		Store: b.store, Transport: tr, Log: b.log, Now: time.Now, StateDir: t.TempDir(), Poll: 20 * time.Millisecond,
		Retries: outbox.Retries{Base: 10 * time.Millisecond, Max: 40 * time.Millisecond}, Grace: 5 * time.Second,
		Letterbox: &outbox.Letterbox{
			Sender: sealed.NewEmail("studies@example.org"), DisplayName: "Studies", Zone: time.UTC,
			Sealer: b.Keys.Sealer(), Opener: b.Keys.Opener(),
		},
	}
}

// run starts an outbox; the returned function stops it and waits.
func (b *bench) run(t testing.TB, opts outbox.Options) (o *outbox.Outbox, stop func()) {
	t.Helper()
	o, err := outbox.New(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return o, stop
}

func (b *bench) counts(t testing.TB, c studymail.Campaign) studymail.Counts {
	t.Helper()
	var n studymail.Counts
	err := b.store.Read(t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.Counts(t.Context(), c.Key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if sum := n.Queued + n.Sending + n.Deferred + n.Sent + n.Failed + n.Skipped + n.Uncertain + n.Cancelled; sum != n.Planned {
		t.Fatalf("planned %d, but the states add up to %d: %+v", n.Planned, sum, n)
	}
	left := 0
	for _, k := range n.LeftOut {
		left += k
	}
	if n.Selected != n.Planned+left {
		t.Fatalf("selected %d, planned %d, left out %d", n.Selected, n.Planned, left)
	}
	return n
}

// settle waits until no message moves by itself, sweeping for retries.
func (b *bench) settle(t testing.TB, c studymail.Campaign) studymail.Counts {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(2 * time.Minute)
	for {
		n := b.counts(t, c)
		if n.Unfinished() == 0 {
			return n
		}
		write(t, b.store, func(tx *store.Tx) error {
			_, err := tx.RetryDue(t.Context())
			return err
		})
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("messages still move: %+v", n)
		}
	}
}

func TestEveryPlannedMessageIsSentOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		b.AddPatients(t, s, 0, 2500)
		c := b.campaign(t)
		if res := b.plan(t, c); res.Planned != 2500 {
			t.Fatalf("planned %d", res.Planned)
		}
		tr := &fake{}
		_, stop := b.run(t, b.options(t, tr))
		n := b.settle(t, c)
		stop()
		eachOnce(t, tr, n, 2500)
	})
}

// eachOnce checks that so many messages were sent, each of them once.
func eachOnce(t *testing.T, tr *fake, n studymail.Counts, want int) {
	t.Helper()
	if n.Sent != want || len(tr.seen) != want {
		t.Fatalf("sent %d, the transport saw %d, want %d", n.Sent, len(tr.seen), want)
	}
	for id, times := range tr.seen {
		if times != 1 {
			t.Fatalf("message %s was handed over %d times", id, times)
		}
	}
}

// A row that cannot be written is nobody else's trouble. Its window stays open though
// the rest of it is recorded later, so that the journal has the last word.
func TestAnOutcomeThatCannotBeRecordedHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	b := newBench(t, s)
	b.AddPatients(t, s, 0, 4)
	c := b.campaign(t)
	b.plan(t, c)
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(t.Context(), `CREATE TRIGGER broken BEFORE UPDATE OF state ON messages
			WHEN NEW.state = 40 AND NEW.id = (SELECT min(id) FROM messages) BEGIN SELECT RAISE(ABORT, 'broken'); END`)
		return err
	})
	tr := &fake{answer: func(int, *outbox.Mail) smtpout.Outcome {
		<-time.After(100 * time.Millisecond) // each outcome is recorded before the next comes
		return smtpout.Outcome{Kind: smtpout.Accepted, Code: 250}
	}}
	opts := b.options(t, tr)
	opts.Connections = 1
	_, stop := b.run(t, opts)
	waitFor(t, "the others are recorded", func() bool { return b.counts(t, c).Sent == 3 })
	if n := b.counts(t, c); n.Sending != 1 {
		t.Errorf("want 3 sent and 1 that is being sent: %+v", n)
	}
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(t.Context(), `DROP TRIGGER broken`)
		return err
	})
	stop()
	if n := b.counts(t, c); n.Sent != 4 {
		t.Errorf("want 4 sent: %+v", n)
	}
}

func TestOutcomesEndAsTheDesignSays(t *testing.T) {
	t.Parallel()
	reply := func(kind smtpout.Kind, code int, enhanced, stage, text string) smtpout.Outcome {
		return smtpout.Outcome{Kind: kind, Code: code, Enhanced: enhanced, Stage: stage, Reply: text}
	}
	for _, tc := range []struct {
		name   string
		answer func(nth int, m *outbox.Mail) smtpout.Outcome
		want   studymail.State
		reason studymail.Reason
		tries  int // rows in attempts
		counts int // attempts that count
		marked bool
	}{
		{"accepted", nil, studymail.Sent, "", 1, 1, false},
		{"4yz once, then accepted", func(n int, _ *outbox.Mail) smtpout.Outcome {
			if n == 1 {
				return reply(smtpout.Later, 450, "4.2.1", "rcpt", "450 4.2.1 greylisted")
			}
			return smtpout.Outcome{Kind: smtpout.Accepted, Code: 250}
		}, studymail.Sent, "", 2, 2, false},
		{"4yz for ever", func(int, *outbox.Mail) smtpout.Outcome {
			return reply(smtpout.Later, 450, "4.2.1", "rcpt", "450 4.2.1 later")
		}, studymail.Failed, studymail.ReasonAttemptsUsed, 3, 3, false},
		{"no such user", func(int, *outbox.Mail) smtpout.Outcome {
			return reply(smtpout.Refused, 550, "5.1.1", "rcpt", "550 5.1.1 user unknown")
		}, studymail.Failed, studymail.ReasonNoMailbox, 1, 1, true},
		{"refused by policy", func(int, *outbox.Mail) smtpout.Outcome {
			return reply(smtpout.Refused, 550, "5.7.1", "dot", "550 5.7.1 spam")
		}, studymail.Failed, studymail.ReasonRefused, 1, 1, false},
		{"5.1.1 for a rate", func(int, *outbox.Mail) smtpout.Outcome {
			return reply(smtpout.Refused, 550, "5.1.1", "rcpt", "550 5.1.1 sent to too many recipients")
		}, studymail.Failed, studymail.ReasonRefused, 1, 1, false},
		{"connection lost twice, then accepted", func(n int, _ *outbox.Mail) smtpout.Outcome {
			if n <= 2 {
				return smtpout.Outcome{Kind: smtpout.Lost, Stage: "data"}
			}
			return smtpout.Outcome{Kind: smtpout.Accepted, Code: 250}
		}, studymail.Sent, "", 3, 1, false},
		{"connection lost for ever", func(int, *outbox.Mail) smtpout.Outcome {
			return smtpout.Outcome{Kind: smtpout.Lost, Stage: "data"}
		}, studymail.Failed, studymail.ReasonAttemptsUsed, 9, 3, false},
		{"no reply to the dot", func(int, *outbox.Mail) smtpout.Outcome {
			return smtpout.Outcome{Kind: smtpout.InDoubt, Stage: "dot"}
		}, studymail.Uncertain, studymail.ReasonInDoubt, 1, 1, false},
		{"untouched twice", func(n int, _ *outbox.Mail) smtpout.Outcome {
			if n <= 2 {
				return smtpout.Outcome{Kind: smtpout.NotSent}
			}
			return smtpout.Outcome{Kind: smtpout.Accepted, Code: 250}
		}, studymail.Sent, "", 1, 1, false},
		{"cannot be sent by this server", func(int, *outbox.Mail) smtpout.Outcome {
			return smtpout.Outcome{Kind: smtpout.Unsendable, Reply: "needs SMTPUTF8"}
		}, studymail.Failed, studymail.ReasonUnsendable, 1, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t, store.SQLite)
			b := newBench(t, s)
			patient := b.AddPatients(t, s, 0, 1)[0]
			c := b.campaign(t)
			b.plan(t, c)
			_, stop := b.run(t, b.options(t, &fake{answer: tc.answer}))
			b.settle(t, c)
			stop()
			var (
				m        []store.MessageRow
				attempts []studymail.Attempt
				p        store.PatientRow
			)
			if err := s.Read(t.Context(), func(tx *store.Tx) (err error) {
				if m, _, err = tx.MessagePage(t.Context(), store.MessageFilter{Campaign: c.ID, Limit: 10}); err != nil {
					return err
				}
				if attempts, err = tx.Attempts(t.Context(), m[0].Key); err != nil {
					return err
				}
				p, err = tx.PatientByID(t.Context(), patient.ID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if m[0].State != tc.want || m[0].Reason != tc.reason {
				t.Errorf("stands at %s %q, want %s %q", m[0].State, m[0].Reason, tc.want, tc.reason)
			}
			counting := 0
			for _, a := range attempts {
				if a.Counts {
					counting++
				}
			}
			if len(attempts) != tc.tries || counting != tc.counts || m[0].Attempts != tc.counts {
				t.Errorf("%d attempts of which %d count (the message says %d), want %d of which %d", len(attempts), counting, m[0].Attempts, tc.tries, tc.counts)
			}
			if marked := p.Cancelled == studymail.NotContactable; marked != tc.marked {
				t.Errorf("patient marked: %v, want %v", marked, tc.marked)
			}
		})
	}
}

func TestAThrottledMessageCostsNoAttemptAndSlowsTheTransport(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	b := newBench(t, s)
	b.AddPatients(t, s, 0, 1)
	c := b.campaign(t)
	b.plan(t, c)
	var throttled time.Time
	var again time.Duration
	tr := &fake{answer: func(n int, _ *outbox.Mail) smtpout.Outcome {
		if n == 1 {
			throttled = time.Now()
			return smtpout.Outcome{Kind: smtpout.Throttled, Code: 450, Enhanced: "4.7.28", Reply: "too many"}
		}
		again = time.Since(throttled)
		return smtpout.Outcome{Kind: smtpout.Accepted, Code: 250}
	}}
	_, stop := b.run(t, b.options(t, tr))
	n := b.settle(t, c)
	stop()
	if n.Sent != 1 {
		t.Fatalf("%+v", n)
	}
	if again < 900*time.Millisecond {
		t.Errorf("tried again after %v; a throttled transport waits a second at least", again)
	}
}
