package limiter_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/limiter"
	"studymail/internal/outbox"
	"studymail/internal/sealed"
	"studymail/internal/smtpout"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// taker is a transport that notes when each mail came.
type taker struct {
	mu     sync.Mutex
	came   []int64
	answer func(n int) smtpout.Outcome // nil: accepts
}

func (*taker) Name() string { return "fake" }

func (k *taker) Deliver(ctx context.Context, in <-chan *outbox.Mail, gate func(*outbox.Mail) bool, report func(*outbox.Mail, smtpout.Outcome)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m, ok := <-in:
			switch {
			case !ok:
				return nil
			case ctx.Err() != nil || !gate(m):
				report(m, smtpout.Outcome{Kind: smtpout.NotSent})
			default:
				report(m, k.take())
			}
		}
	}
}

func (k *taker) take() smtpout.Outcome {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.came = append(k.came, time.Now().UnixNano())
	if k.answer != nil {
		return k.answer(len(k.came))
	}
	return smtpout.Outcome{Kind: smtpout.Accepted, Code: 250}
}

func (k *taker) times() []int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]int64(nil), k.came...)
}

// site is a campaign and what sends it.
type site struct {
	*storetest.Clinic
	s   *store.Store
	url string
	c   studymail.Campaign
}

func newSite(t *testing.T, kind store.Kind, patients int) *site {
	t.Helper()
	x := &site{url: storetest.URL(t, kind)}
	x.s = storetest.OpenURL(t, x.url, time.Now)
	x.Clinic = storetest.NewClinic(t, x.s)
	x.AddPatients(t, x.s, 0, patients)
	version := studymail.TemplateVersion{Format: "markdown", Subject: "Hello", Body: "Dear {{ patient_full_name }}"}
	x.c = studymail.Campaign{Name: "first", Study: x.Study.Key, State: studymail.Draft}
	err := x.s.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddTemplate(t.Context(), &studymail.Template{Name: "Invitation"}, &version); err != nil {
			return err
		}
		_, err := tx.AddCampaign(t.Context(), store.NewCampaign{Campaign: &x.c, TemplateVersion: version.Key})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	planner := &audience.Planner{
		Store: x.s, Zone: time.UTC, AttemptLimit: 3, ExpiresAfter: 120 * time.Hour, Log: slog.New(slog.DiscardHandler),
		Wake: func(context.Context, *store.Tx, studymail.ID) error { return nil },
	}
	if _, err := planner.Start(t.Context(), x.c.ID, "test", nil); err != nil {
		t.Fatal(err)
	}
	return x
}

// work starts a worker with a store of its own.
func (x *site) work(t *testing.T, tr outbox.Transport, limits studymail.Limits) (stop func()) {
	t.Helper()
	s := storetest.OpenURL(t, x.url, time.Now)
	log := slog.New(slog.DiscardHandler)
	l := limiter.New(limiter.Options{Store: s, Transport: tr.Name(), Limits: limits, Now: time.Now, Log: log})
	o, err := outbox.New(t.Context(), outbox.Options{
		Store: s, Transport: tr, Limiter: l, Together: limits.Connections, Log: log, Now: time.Now, StateDir: t.TempDir(),
		Poll: 50 * time.Millisecond, Retries: outbox.Retries{Base: time.Second, Max: time.Second}, Lease: 6 * time.Second,
		Letterbox: &outbox.Letterbox{
			Sender: sealed.NewEmail("studies@example.org"), DisplayName: "Studies", Zone: time.UTC,
			Sealer: x.Keys.Sealer(), Opener: x.Keys.Opener(),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	running.Go(func() {
		if err := o.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// The measured rate of real workers, in real time. How close to the limit they
// come depends on how busy the machine is; never over it is a promise.
func TestRealWorkersKeepToTheRate(t *testing.T) {
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		for _, n := range []int{1, 3, 8} {
			t.Run(fmt.Sprintf("%s, %d workers", kind, n), func(t *testing.T) {
				const rate, over = 100, 6 * time.Second
				x := newSite(t, kind, 1000)
				tr := &taker{}
				for range n {
					x.work(t, tr, studymail.Limits{PerSecond: studymail.LimitOf(rate)})
				}
				begun := func() int { return len(tr.times()) }
				waitUntil(t, func() bool { return begun() > rate }) // all have begun
				from := time.Now()
				first := begun()
				waitUntil(t, func() bool { return time.Since(from) >= over })
				all := tr.times()
				got, took := len(all)-first, time.Duration(all[len(all)-1]-all[first])
				t.Logf("%.1f a second; the fullest second had %d", float64(got-1)/took.Seconds(), fullest(all, time.Second))
			})
		}
	}
}

func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it never came true")
		}
	}
}
