package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// claimWant claims for a worker what is wanted.
func (l *letters) claimWant(t *testing.T, w *studymail.Worker, want store.Want) store.ClaimResult {
	t.Helper()
	l.claims++
	var res store.ClaimResult
	write(t, l.s, func(tx *store.Tx) (err error) {
		res, err = tx.Claim(t.Context(), store.ClaimToken(w.Key, l.claims), want, today)
		return err
	})
	return res
}

// again plans another campaign to the same patients, as its first or a later step.
func (l *letters) again(t *testing.T, step int, patients ...int64) studymail.Campaign {
	t.Helper()
	l.campaign, l.step = l.add(t, store.NewCampaign{Patients: patients})
	if step > 1 {
		write(t, l.s, func(tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(t.Context(), `UPDATE steps SET number = $1 WHERE id = $2`, step, l.step.Key)
			return err
		})
	}
	rules := l.rules()
	rules.Again = true
	l.plan(t, rules)
	return l.campaign
}

// retry makes retries of claimed messages: tried once, and due.
func (l *letters) retry(t *testing.T, w *studymail.Worker, claimed ...store.Claimed) {
	t.Helper()
	for len(claimed) > 0 {
		some := claimed[:min(len(claimed), store.MaxWindow)]
		claimed = claimed[len(some):]
		window, _, _ := l.open(t, w, some...)
		for _, c := range some {
			r := sent(c)
			r.State, r.NextAttemptAt = studymail.Deferred, time.Now().Add(-time.Second)
			r.Outcome = studymail.Outcome{Kind: studymail.Later, Code: 450}
			l.record(t, r)
		}
		write(t, l.s, func(tx *store.Tx) error { return tx.CloseWindows(t.Context(), []int64{window}) })
	}
	write(t, l.s, func(tx *store.Tx) error {
		_, err := tx.RetryDue(t.Context())
		return err
	})
}

// turns counts what was claimed by whose turn it was.
func turns(res store.ClaimResult) (n [studymail.Turns]int) {
	for i := range res.Claimed {
		n[res.Claimed[i].Turn]++
	}
	return n
}

// AClaimGoesByTurns claims with all kinds waiting: ad hoc mail goes first and
// takes nobody's place among the others, retries are a third of these, reminders
// two thirds of the rest; who does not wait leaves the place to others.
func AClaimGoesByTurns(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 90)
	l.plan(t, l.rules())
	w := l.worker(t)
	l.retry(t, w, l.claim(t, w, 30).Claimed...)
	l.again(t, 2)
	l.again(t, 1, patients[0].Key, patients[1].Key)

	got := l.claimWant(t, w, store.Want{Total: 20, Others: 9})
	equal(t, "of the first claim", turns(got), [studymail.Turns]int{2, 3, 4, 2})
	equal(t, "attempts of a retry", got.Claimed[2].Attempts, 1)
	equal(t, "of the second", turns(l.claim(t, w, 81)), [studymail.Turns]int{0, 27, 36, 18})
	equal(t, "without retries", turns(l.claim(t, w, 30)), [studymail.Turns]int{0, 0, 23, 7})
	equal(t, "of what is left", turns(l.claim(t, w, 100)), [studymail.Turns]int{0, 0, 27, 33})
}

// ASmallClaimLeavesNobodyOut takes one message at a time.
func ASmallClaimLeavesNobodyOut(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 20)
	l.plan(t, l.rules())
	first := l.campaign.ID
	w := l.worker(t)
	l.retry(t, w, l.claim(t, w, 10).Claimed...)
	second := l.again(t, 1).ID
	of := map[studymail.ID]int{}
	var all [studymail.Turns]int
	for place := range 18 {
		for _, c := range l.claimWant(t, w, store.Want{Total: 1, Others: 1, Place: place}).Claimed {
			all[c.Turn]++
			if c.Turn == studymail.BulkTurn {
				of[c.Campaign]++
			}
		}
	}
	equal(t, "turns", all, [studymail.Turns]int{0, 6, 0, 12})
	equal(t, "each campaign has its share", of[first] >= 4 && of[second] >= 4, true)
}

// AdHocMailIsSeenOnlyWhileItWaits looks before, between and after.
func AdHocMailIsSeenOnlyWhileItWaits(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 10)
	l.plan(t, l.rules())
	w := l.worker(t)
	waits := func() (yes bool) {
		read(t, s, func(tx *store.Tx) (err error) {
			yes, err = tx.AdHocWaits(t.Context())
			return err
		})
		return yes
	}
	equal(t, "with bulk alone", waits(), false)
	l.again(t, 1, patients[0].Key)
	equal(t, "with an ad hoc mail", waits(), true)
	got := l.claimWant(t, w, store.Want{Total: 5})
	equal(t, "claimed when no others are wanted", turns(got), [studymail.Turns]int{1, 0, 0, 0})
	equal(t, "when it is claimed", waits(), false)
	l.retry(t, w, got.Claimed...)
	equal(t, "when it is a retry: that waited for minutes anyhow", waits(), false)
}
