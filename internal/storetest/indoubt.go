package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

func (l *letters) inDoubt(t *testing.T, w *studymail.Worker) map[int64]store.InDoubt {
	t.Helper()
	byKey := map[int64]store.InDoubt{}
	write(t, l.s, func(tx *store.Tx) error {
		all, err := tx.InDoubtOf(t.Context(), w)
		for _, d := range all {
			byKey[d.Key] = d
		}
		return err
	})
	return byKey
}

func (l *letters) stop(t *testing.T, w *studymail.Worker, proven bool) {
	t.Helper()
	write(t, l.s, func(tx *store.Tx) error {
		_, err := tx.StopWorker(t.Context(), w, proven)
		return err
	})
}

func (l *letters) finishRuns(t *testing.T) {
	t.Helper()
	write(t, l.s, func(tx *store.Tx) error {
		_, err := tx.FinishRuns(t.Context(), nil)
		return err
	})
}

// WhatAWorkerLeftInDoubtIsListedWithItsWindows has one in a window, one in two
// (the first was committed though its maker was told that it was not), one
// merely claimed, one recorded, and another worker's.
func WhatAWorkerLeftInDoubtIsListedWithItsWindows(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 5)
	l.plan(t, l.rules())
	w, other := l.worker(t), l.worker(t)
	c := l.claim(t, w, 4).Claimed
	first, _, _ := l.open(t, w, c[0], c[1], c[2])
	second, _, _ := l.open(t, w, c[1])
	l.record(t, sent(c[2]))
	theirs := l.claim(t, other, 1).Claimed[0]
	l.open(t, other, theirs)
	got := l.inDoubt(t, w)
	equal(t, "in doubt", len(got), 2)
	equal(t, "windows of the first", got[c[0].Key].Windows, []int64{first})
	equal(t, "windows of the second", got[c[1].Key].Windows, []int64{first, second})
	equal(t, "patient", got[c[0].Key].Patient, c[0].Patient)
	equal(t, "limit", got[c[0].Key].Limit, c[0].Limit)
	l.stop(t, w, false)
	got = l.inDoubt(t, w)
	equal(t, "in doubt when others called them uncertain", len(got), 2)
	equal(t, "state", got[c[1].Key].State, studymail.Uncertain)
	equal(t, "the window that counts", got[c[1].Key].Windows, []int64{second})
}

// WhatWasNeverSentIsQueuedAgainAndItsCampaignGoesOn gives back what a sweep had
// called uncertain, after the campaign was thought to be finished; but not what
// an operator has settled meanwhile. Without reopen the message was queued for
// ever in a run that had ended.
func WhatWasNeverSentIsQueuedAgainAndItsCampaignGoesOn(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 2)
	l.plan(t, l.rules())
	w := l.worker(t)
	c := l.claim(t, w, 2).Claimed
	l.open(t, w, c...)
	l.stop(t, w, false)
	l.finishRuns(t)
	equal(t, "uncertain", l.counts(t).Uncertain, 2)
	doubt := l.inDoubt(t, w)
	resolved := l.message(t, c[0].Key)
	write(t, s, func(tx *store.Tx) error { return tx.SettleAsSent(t.Context(), &resolved) })
	write(t, s, func(tx *store.Tx) error {
		n, err := tx.GiveBackUnsent(t.Context(), []store.InDoubt{doubt[c[0].Key], doubt[c[1].Key]})
		equal(t, "given back", n, 1)
		return err
	})
	equal(t, "settled by an operator", l.message(t, c[0].Key).State, studymail.Sent)
	back := l.message(t, c[1].Key)
	equal(t, "state", back.State, studymail.Queued)
	equal(t, "reason", back.Reason, "")
	equal(t, "attempts", back.Attempts, 0)
	equal(t, "what was merged into a mail that never left", len(back.Merged), 0)
	equal(t, "claimed again", len(l.claim(t, l.worker(t), 2).Claimed), 1)
}

// ALateOutcomeThatTriesAgainIsClaimedAgain has a sleeper say, when its campaign
// is over for all others, that a message was not sent.
func ALateOutcomeThatTriesAgainIsClaimedAgain(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	l.plan(t, l.rules())
	w := l.worker(t)
	c := l.claim(t, w, 1).Claimed[0]
	l.open(t, w, c)
	l.stop(t, w, false)
	l.finishRuns(t)
	late := l.record(t, store.Recorded{
		Key: c.Key, Token: c.Token, State: studymail.Queued, Transport: "test", At: time.Now(),
		Outcome: studymail.Outcome{Kind: studymail.NotSent},
	})
	equal(t, "late", late, 0)
	equal(t, "claimed again", len(l.claim(t, l.worker(t), 1).Claimed), 1)
}

// AWindowOfWhichNobodyKnowsTouchesNoOtherClaim has a commit open a window whose
// answer got lost: its worker hands nothing over, opens another for one message
// and gives the other back, which a second worker claims. Seen to fail: without
// the claim's token in StopWorker, what the second had claimed became uncertain,
// and nobody sent it; counted by windows, one message was being sent twice.
func AWindowOfWhichNobodyKnowsTouchesNoOtherClaim(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 2)
	l.plan(t, l.rules())
	first, second := l.worker(t), l.worker(t)
	c := l.claim(t, first, 2).Claimed
	l.open(t, first, c...)
	l.open(t, first, c[0])
	write(t, s, func(tx *store.Tx) error { return tx.Unclaim(t.Context(), c[1:]) })
	theirs := l.claim(t, second, 2).Claimed
	equal(t, "claimed by the second", len(theirs), 1)
	n := l.counts(t)
	equal(t, "sending", n.Sending, 1)
	equal(t, "queued", n.Queued, 1)
	l.stop(t, first, true)
	equal(t, "in the first one's window", l.message(t, c[0].Key).State, studymail.Uncertain)
	equal(t, "claimed by the second one", l.message(t, c[1].Key).State, studymail.Claimed)
	_, members, _ := l.open(t, second, theirs...)
	equal(t, "may be handed over by the second", members, []int64{c[1].Key})
}

// ALateOutcomeAndTheEndOfItsRunSeeEachOther has a sleeper say that a message was
// not sent in the very moment in which others end its run, one transaction within
// the other. Seen to fail: without the campaigns' locks, the message was queued in
// a run that had ended: nobody would claim it, and it was counted as sent.
func ALateOutcomeAndTheEndOfItsRunSeeEachOther(t *testing.T, s *store.Store) {
	for _, endsFirst := range []bool{true, false} {
		s := Open(t, s.Kind())
		l := newLetters(t, s)
		l.AddPatients(t, s, 0, 1)
		l.plan(t, l.rules())
		w := l.worker(t)
		c := l.claim(t, w, 1).Claimed[0]
		l.open(t, w, c)
		l.stop(t, w, false)
		late := func(tx *store.Tx) error {
			_, err := tx.Record(t.Context(), []store.Recorded{{
				Key: c.Key, Token: c.Token, State: studymail.Queued, Transport: "test", At: time.Now(),
				Outcome: studymail.Outcome{Kind: studymail.NotSent},
			}})
			return err
		}
		end := func(tx *store.Tx) error {
			_, err := tx.FinishRuns(t.Context(), nil)
			return err
		}
		first, second := late, end
		if endsFirst {
			first, second = end, late
		}
		ended := make(chan error, 1)
		write(t, s, func(tx *store.Tx) error {
			if err := first(tx); err != nil {
				return err
			}
			go func() { ended <- s.Write(t.Context(), second) }()
			select {
			case err := <-ended: // it did not wait
				ended <- err
			case <-time.After(300 * time.Millisecond):
			}
			return nil
		})
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		equal(t, "queued", l.counts(t).Queued, 1)
		equal(t, "claimed again", len(l.claim(t, l.worker(t), 1).Claimed), 1)
	}
}
