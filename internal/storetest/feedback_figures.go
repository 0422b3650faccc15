package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// WhatComesBackIsCountedInFiguresOnce takes in two bounces of one letter and a
// complaint. Seen to fail: without the figures at the end of follow, and with what came
// counted instead of what came for the first time.
func WhatComesBackIsCountedInFiguresOnce(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	l.plan(t, l.rules())
	w := l.worker(t)
	c := l.claim(t, w, 10).Claimed[0]
	l.open(t, w, c)
	l.record(t, sent(c))
	letter := l.message(t, c.Key).ID
	hard := store.FeedbackEffect{Came: studymail.CameHard, Zone: time.UTC}
	l.comesBack(t, letter, hard, "the first")
	l.comesBack(t, letter, hard, "the first") // the same mail again
	l.comesBack(t, letter, hard, "the second")
	l.comesBack(t, letter, store.FeedbackEffect{Came: studymail.CameDelivered, Zone: time.UTC}, "delivered")
	l.comesBack(t, letter, store.FeedbackEffect{Came: studymail.CameComplaint, Zone: time.UTC}, "a complaint")
	read(t, s, func(tx *store.Tx) error {
		sums, err := tx.FigureSums(t.Context())
		equal(t, "bounced", sums[studymail.FigureBounced], 1)
		equal(t, "complained", sums[studymail.FigureComplained], 1)
		equal(t, "kinds of figures", len(sums), 2)
		return err
	})
}
