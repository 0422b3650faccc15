package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// forget forgets all that was merged before a time, chunk by chunk, and gives how many
// windows that were, and in how many chunks.
func (l *letters) forget(t *testing.T, before time.Time) (windows, chunks int) {
	t.Helper()
	for from := int64(0); ; {
		var next int64
		write(t, l.s, func(tx *store.Tx) error {
			n, to, err := tx.ForgetMerged(t.Context(), before, from)
			windows, next = windows+n, to
			return err
		})
		chunks++
		if from = next; from == 0 {
			return windows, chunks
		}
	}
}

// WhatWasMergedIsForgottenByItsAge puts windows of three workers side by side, the older
// ones first of each: only those are forgotten, whoever's they are, and the messages stay.
//
// Seen to fail: without the jump to the next worker the second one's stayed.
func WhatWasMergedIsForgottenByItsAge(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	c := l.send(t, s.Now())[0]
	cut := s.Now().Add(-30 * 24 * time.Hour)
	write(t, s, func(tx *store.Tx) error {
		for worker := int64(100); worker < 103; worker++ {
			for n := range int64(5) {
				opened := cut.Add(time.Hour)
				if n < 3 {
					opened = cut.Add(-time.Hour)
				}
				if _, err := tx.SQL().ExecContext(t.Context(), `INSERT INTO merged (id, at, packed) VALUES ($1, $2, $3)`,
					store.WindowKey(worker, n), opened.UnixMilli(), []byte("x")); err != nil {
					return err
				}
			}
		}
		return nil
	})
	left := func() (n int) {
		read(t, s, func(tx *store.Tx) error {
			return tx.SQL().QueryRowContext(t.Context(), `SELECT count(*) FROM merged`).Scan(&n)
		})
		return n
	}
	n, chunks := l.forget(t, cut)
	equal(t, "forgotten", n, 9)
	equal(t, "left", left(), 7)
	if chunks > 6 {
		t.Errorf("it took %d chunks", chunks)
	}
	n, _ = l.forget(t, cut)
	equal(t, "forgotten again", n, 0)
	m := l.message(t, c.Key)
	equal(t, "kept yet", m.MergedForgotten(), false)
	n, _ = l.forget(t, s.Now().Add(time.Hour))
	equal(t, "the rest", n, 7)
	m = l.message(t, c.Key)
	equal(t, "forgotten", m.MergedForgotten(), true)
	equal(t, "state", m.State, studymail.Sent)
	read(t, s, func(tx *store.Tx) error {
		tried, err := tx.Attempts(t.Context(), c.Key)
		equal(t, "attempts", len(tried), 1)
		return err
	})
}

// WhatServersAnsweredIsForgottenByItsAge promises that codes and outcomes stay.
func WhatServersAnsweredIsForgottenByItsAge(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 2)
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 10).Claimed
	window, _, _ := l.open(t, w, claimed...)
	old, young := deferred(claimed[0], window), deferred(claimed[1], window)
	old.At = s.Now().Add(-time.Hour)
	young.At = s.Now()
	l.record(t, old, young)
	var n int
	write(t, s, func(tx *store.Tx) (err error) {
		n, err = tx.ForgetReplies(t.Context(), s.Now().Add(-time.Minute))
		return err
	})
	equal(t, "forgotten", n, 1)
	for i, c := range claimed {
		read(t, s, func(tx *store.Tx) error {
			tried, err := tx.Attempts(t.Context(), c.Key)
			equal(t, "reply is gone", tried[0].Reply == "", i == 0)
			equal(t, "code", tried[0].Code, 450)
			return err
		})
	}
}
