package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

func (l *letters) pulse(t *testing.T) studymail.Pulse {
	t.Helper()
	var p studymail.Pulse
	read(t, l.s, func(tx *store.Tx) (err error) {
		p, err = tx.Pulse(t.Context())
		return err
	})
	return p
}

// ThePulseTellsWhatWaitsAndWhetherMailGoesOut follows one message. Without the
// half of the statement that looks at claimed ones it was lost from sight as
// soon as a worker held it.
func ThePulseTellsWhatWaitsAndWhetherMailGoesOut(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	equal(t, "waiting before a plan", l.pulse(t).OldestUnsent.IsZero(), true)
	l.plan(t, l.rules())
	planned := l.pulse(t).OldestUnsent
	equal(t, "waiting after the plan", planned.IsZero(), false)
	equal(t, "workers", l.pulse(t).Workers, 0)

	w := l.worker(t)
	c := l.claim(t, w, 10).Claimed[0]
	p := l.pulse(t)
	equal(t, "the oldest unsent one, claimed", p.OldestUnsent, planned)
	equal(t, "hand-over before a window", p.LastHandOver.IsZero(), true)
	equal(t, "workers", p.Workers, 1)

	window, _, _ := l.open(t, w, c)
	p = l.pulse(t)
	equal(t, "the oldest unsent one, in a window", p.OldestUnsent, planned)
	equal(t, "hand-over with a window open", !p.LastHandOver.Before(planned), true)

	l.record(t, sent(c))
	write(t, s, func(tx *store.Tx) error { return tx.CloseWindows(t.Context(), []int64{window}) })
	p = l.pulse(t)
	equal(t, "waiting when all are sent", p.OldestUnsent.IsZero(), true)
	equal(t, "hand-over when all are sent", p.LastHandOver.IsZero(), true)
}

// ThePulseTellsOfClaimsWhoseWorkerIsDead lets a worker's lease end; and a paused
// campaign's messages wait on purpose.
func ThePulseTellsOfClaimsWhoseWorkerIsDead(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 3)
	l.plan(t, l.rules())
	w := l.worker(t)
	equal(t, "claimed", len(l.claim(t, w, 2).Claimed), 2)
	equal(t, "stuck claims of a living worker", l.pulse(t).StuckClaims, 0)
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.Heartbeat(t.Context(), w, -time.Second)
		return err
	})
	p := l.pulse(t)
	equal(t, "stuck claims of a dead worker", p.StuckClaims, 2)
	equal(t, "workers", p.Workers, 0)
	write(t, s, func(tx *store.Tx) error { return tx.MoveCampaign(t.Context(), &l.campaign, studymail.Paused) })
	equal(t, "waiting when paused", l.pulse(t).OldestUnsent.IsZero(), true)
}
