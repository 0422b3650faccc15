package limiter_test

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// rate is how fast all go, over some seconds.
func (w *world) rate(t *testing.T, d time.Duration) float64 {
	t.Helper()
	from := w.now
	w.run(t, d)
	return float64(w.begunSince(from)) / d.Seconds()
}

func about(t *testing.T, what string, got, want float64) {
	t.Helper()
	if got > want || got < 0.9*want {
		t.Errorf("%s: %.1f a second, want %.1f", what, got, want)
	}
}

// Seen to fail: when only the worker that was throttled went slower, and when each
// of many throttled answers halved the rate again.
func TestThrottlingHalvesTheRateForAllAndItGrowsBack(t *testing.T) {
	t.Parallel()
	each(t, 3, studymail.Limits{PerSecond: studymail.LimitOf(100)}, func(t *testing.T, w *world) {
		about(t, "before", w.rate(t, 10*time.Second), 100)
		w.workers[0].Heed(t.Context(), 0)
		w.workers[1].Heed(t.Context(), 0) // the same trouble: another answer to what was on the wire
		w.run(t, 2*time.Second)           // what was dealt out already
		about(t, "halved", w.rate(t, 6*time.Second), 50)
		w.run(t, 10*time.Second)
		w.workers[2].Heed(t.Context(), 0)
		w.run(t, 2*time.Second)
		about(t, "halved again", w.rate(t, 6*time.Second), 27.5) // it was 55 by then

		fresh := w.join(t) // as after a restart
		fresh.Look(t.Context())
		if got := fresh.L.Rate(); got < 27 || got > 28 {
			t.Errorf("a fresh worker goes by %g a second", got)
		}
		w.run(t, 52*time.Second)
		about(t, "grown", w.rate(t, 9*time.Second), 57.5)
		w.run(t, 90*time.Second)
		about(t, "grown back", w.rate(t, 10*time.Second), 100)
		if w.workers[0].L.Rate() != 100 {
			t.Errorf("it stands at %g", w.workers[0].L.Rate())
		}
	})
}

func TestWithoutALimitThrottlingHalvesWhatWasMeasured(t *testing.T) {
	t.Parallel()
	each(t, 2, studymail.Limits{}, func(t *testing.T, w *world) {
		one, other := w.workers[0], w.workers[1]
		if one.L.Limited() {
			t.Fatal("limited without a limit")
		}
		one.Heed(t.Context(), 160)
		other.Look(t.Context())
		for _, x := range w.workers {
			if !x.L.Limited() || x.L.Rate() != 80 {
				t.Errorf("limited: %v, to %g a second", x.L.Limited(), x.L.Rate())
			}
		}
		about(t, "halved", w.rate(t, 9*time.Second), 80)
		w.run(t, 5*time.Minute+10*time.Second) // 8 a second each ten seconds, to 320
		one.Look(t.Context())
		if one.L.Limited() {
			t.Errorf("still limited to %g", one.L.Rate())
		}
	})
}

// After an outage next to nothing was measured: half of that would take minutes
// to come back.
func TestWithoutALimitLittleThatWasMeasuredSaysLittle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, store.SQLite, 1, studymail.Limits{})
	for _, want := range []float64{50, 25, 12.5} {
		w.workers[0].Heed(t.Context(), 0.2)
		if got := w.workers[0].L.Rate(); got != want {
			t.Errorf("%g a second, want %g", got, want)
		}
		w.now = w.now.Add(6 * time.Second)
	}
}

// Early in a campaign little was measured. Seen to fail: without the floor it went on at
// a few mails a second, where the provider allows 200, and took minutes to come back.
func TestOfAProvidersQuotaThrottlingLeavesAQuarterAtFirst(t *testing.T) {
	t.Parallel()
	each(t, 1, studymail.Limits{}, func(t *testing.T, w *world) {
		one := w.workers[0]
		if err := one.L.SetQuota(t.Context(), studymail.Quota{PerSecond: 200}); err != nil {
			t.Fatal(err)
		}
		one.Heed(t.Context(), 2)
		if got := one.L.Rate(); got != 50 {
			t.Errorf("%g a second", got)
		}
	})
}

func TestAThrottledRateNeverReachesZero(t *testing.T) {
	t.Parallel()
	w := newWorld(t, store.SQLite, 1, studymail.Limits{PerSecond: studymail.LimitOf(10)})
	for range 30 {
		w.workers[0].Heed(t.Context(), 0)
		w.now = w.now.Add(6 * time.Second)
	}
	if got := w.workers[0].L.Rate(); got < 0.1 {
		t.Errorf("%g a second", got)
	}
}

func TestAProvidersQuotaCountsForAll(t *testing.T) {
	t.Parallel()
	each(t, 2, studymail.Limits{}, func(t *testing.T, w *world) {
		one, other := w.workers[0], w.workers[1]
		if err := one.L.SetQuota(t.Context(), studymail.Quota{PerSecond: 14, PerDay: 1000, Used: 600}); err != nil {
			t.Fatal(err)
		}
		other.Look(t.Context())
		about(t, "by the quota", w.rate(t, 10*time.Second), 14)
		w.run(t, time.Minute)
		if len(w.begun) != 400 {
			t.Errorf("%d of the 400 that were left", len(w.begun))
		}
		if n := len(one.holds); n == 0 || one.holds[n-1].Detail != "the provider's quota of 1000 in 24 hours is used up; it goes on by itself" {
			t.Errorf("told %+v", one.holds)
		}
		// What others used falls out of the 24 hours, and the quota grows.
		if err := other.L.SetQuota(t.Context(), studymail.Quota{PerSecond: 50, PerDay: 1000, Used: 500}); err != nil {
			t.Fatal(err)
		}
		one.Look(t.Context())
		from := w.now
		w.run(t, 24*time.Hour)
		if got := w.begunSince(from); got < 500 || got > 1000 {
			t.Errorf("%d in the next 24 hours, of the 500 that were left and what falls out", got)
		}
	})
}
