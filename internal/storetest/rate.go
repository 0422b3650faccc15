package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

const transport = "smtp"

func rateOf(t *testing.T, s *store.Store) store.Rate {
	t.Helper()
	var r store.Rate
	read(t, s, func(tx *store.Tx) (err error) {
		r, err = tx.Rate(t.Context(), transport)
		return err
	})
	return r
}

// ARateIsStoredAsItWasSaved to the nanosecond; one that nobody asked for stands at zero.
func ARateIsStoredAsItWasSaved(t *testing.T, s *store.Store) {
	equal(t, "before", rateOf(t, s), store.Rate{Transport: transport})
	at := time.Date(2026, 6, 15, 9, 0, 0, 123456789, time.UTC)
	want := store.Rate{
		Transport: transport, Block: 3, BlockStart: at.UnixNano(), Spacing: 1010001, Slots: 512, Dealt: 171, Askers: 2, AskersBefore: 3,
		Throttle: studymail.Throttle{At: at, To: 2.5, From: 10},
		Quota:    studymail.Quota{At: at.Add(time.Nanosecond), PerSecond: 14, PerDay: 50000, Used: 12}, QuotaGiven: 7,
	}
	write(t, s, func(tx *store.Tx) error {
		before, err := tx.LockRate(t.Context(), transport)
		if err != nil {
			return err
		}
		return tx.SaveRate(t.Context(), &before, &want)
	})
	equal(t, "after", rateOf(t, s), want)
}

// ARateIsNotSavedOverAnothersChange changes one between reading and saving: times
// that were dealt out since are not dealt again. Seen to fail without "AND dealt = …".
func ARateIsNotSavedOverAnothersChange(t *testing.T, s *store.Store) {
	var old store.Rate
	write(t, s, func(tx *store.Tx) (err error) {
		if old, err = tx.LockRate(t.Context(), transport); err != nil {
			return err
		}
		r := old
		r.Slots, r.Dealt = 8, 4
		return tx.SaveRate(t.Context(), &old, &r)
	})
	refuse(t, s, studymail.Internal, func(tx *store.Tx) error {
		r := old
		r.Slots, r.Dealt = 8, 2
		return tx.SaveRate(t.Context(), &old, &r)
	})
	equal(t, "dealt", rateOf(t, s).Dealt, 4)
}

// ARateIsLockedByOneAtATime has eight at it: they count it up, and nobody's count
// is lost.
func ARateIsLockedByOneAtATime(t *testing.T, s *store.Store) {
	done := make(chan error, 8)
	for range 8 {
		go func() {
			var err error
			for n := 0; n < 10 && err == nil; n++ {
				err = s.Write(t.Context(), func(tx *store.Tx) error {
					before, err := tx.LockRate(t.Context(), transport)
					if err != nil {
						return err
					}
					r := before
					r.Dealt++
					return tx.SaveRate(t.Context(), &before, &r)
				})
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	equal(t, "dealt", rateOf(t, s).Dealt, 80)
}

// RateCountsAreSummedByTheirParts sums them from the oldest that counts; what was not used
// is taken off, and what does not count any more is forgotten.
func RateCountsAreSummedByTheirParts(t *testing.T, s *store.Store) {
	sum := func(since, future int64) (r store.RateSum) {
		t.Helper()
		read(t, s, func(tx *store.Tx) (err error) {
			r, err = tx.RateCount(t.Context(), transport, time.Minute, since, future)
			return err
		})
		return r
	}
	equal(t, "nothing", sum(0, 100), store.RateSum{})
	write(t, s, func(tx *store.Tx) error {
		for _, c := range []struct {
			span time.Duration
			at   int64
			n    int
		}{{time.Minute, 10, 5}, {time.Minute, 20, 7}, {time.Minute, 20, -3}, {time.Minute, 30, 2}, {time.Hour, 20, 100}} {
			if err := tx.AddRateCount(t.Context(), transport, c.span, c.at, c.n); err != nil {
				return err
			}
		}
		return nil
	})
	equal(t, "all", sum(10, 30), store.RateSum{N: 11, Oldest: 10})
	equal(t, "from the second part", sum(11, 30), store.RateSum{N: 6, Oldest: 20})
	equal(t, "the third is of the future", sum(11, 25), store.RateSum{N: 6, Oldest: 20, Future: 2})
	write(t, s, func(tx *store.Tx) error { return tx.CutRateCounts(t.Context(), transport, time.Minute, 11, 25, 20, 2) })
	equal(t, "the first is forgotten, the third dated anew", sum(0, 25), store.RateSum{N: 6, Oldest: 20})
}

// AFlowTellsHowFastACampaignGoes of the last minute, or since it began.
func AFlowTellsHowFastACampaignGoes(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	w := l.worker(t)
	flow := func(campaign int64) (perSecond float64) {
		t.Helper()
		read(t, s, func(tx *store.Tx) (err error) {
			perSecond, err = tx.Flow(t.Context(), campaign, 5*time.Second)
			return err
		})
		return perSecond
	}
	equal(t, "before", flow(l.campaign.Key), 0)
	write(t, s, func(tx *store.Tx) error {
		return tx.AddFlow(t.Context(), w.Key, transport, map[studymail.ID]int{l.campaign.ID: 100, studymail.NewID(): 7})
	})
	if got := flow(l.campaign.Key); got < 10 || got > 20 { // 100 in five seconds and how long this takes
		t.Errorf("%g a second", got)
	}
	equal(t, "of another campaign", flow(l.campaign.Key+1), 0)
	equal(t, "of all", flow(0) > 0, true)
	equal(t, "mail was sent", l.pulse(t).MailSent, true)
}

// TheConnectionsOfLivingWorkersCount counts those of the living, and those of dead ones do until their lease
// is over.
func TheConnectionsOfLivingWorkersCount(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	a, b, c := l.worker(t), l.worker(t), l.worker(t)
	others := func(w *studymail.Worker) (all []store.WorkerConnections) {
		t.Helper()
		write(t, s, func(tx *store.Tx) (err error) {
			all, err = tx.OtherConnections(t.Context(), transport, w.Key)
			return err
		})
		return all
	}
	write(t, s, func(tx *store.Tx) error {
		if err := tx.BeginTransport(t.Context(), transport); err != nil {
			return err
		}
		for i, w := range []*studymail.Worker{a, b, c} {
			if err := tx.SetConnections(t.Context(), transport, store.WorkerConnections{Worker: w.Key, Open: i, Taken: 2, Most: 4}); err != nil {
				return err
			}
		}
		return tx.SetConnections(t.Context(), transport, store.WorkerConnections{Worker: c.Key, Open: 3, Taken: 3, Most: 4})
	})
	ofB, ofC := store.WorkerConnections{Worker: b.Key, Open: 1, Taken: 2, Most: 4}, store.WorkerConnections{Worker: c.Key, Open: 3, Taken: 3, Most: 4}
	equal(t, "of the others", others(a), []store.WorkerConnections{ofB, ofC})
	state := l.pulse(t).Transports[0]
	equal(t, "shown", [2]int{state.Connections, state.MaxConnections}, [2]int{4, 12})

	write(t, s, func(tx *store.Tx) error {
		_, err := tx.StopWorker(t.Context(), b, true)
		return err
	})
	equal(t, "when one has stopped", others(a), []store.WorkerConnections{ofC})
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.Heartbeat(t.Context(), c, -time.Second)
		return err
	})
	equal(t, "when a lease is over", others(a), nil)
	state = l.pulse(t).Transports[0]
	equal(t, "shown", [2]int{state.Connections, state.MaxConnections}, [2]int{0, 4})
}

// TheServersClockIsPostgresOnly and near ours: the tests' server is on this machine.
func TheServersClockIsPostgresOnly(t *testing.T, s *store.Store) {
	read(t, s, func(tx *store.Tx) error {
		at, ok, err := tx.ServerClock(t.Context())
		equal(t, "has one", ok, s.Kind() == store.Postgres)
		if away := time.Since(at).Abs(); ok && away > time.Minute {
			t.Errorf("it is %v away", away)
		}
		return err
	})
}
