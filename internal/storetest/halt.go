package storetest

import (
	"fmt"
	"testing"

	"studymail"
	"studymail/internal/store"
)

// AHaltedCampaignGoesOnOnlyByAPerson promises that what went wrong is counted since a
// person let it go on last, that two processes halt it once, and that whoever paused
// it was quicker. Without the numbers kept by ForgetHalt it would halt again at once.
func AHaltedCampaignGoesOnOnlyByAPerson(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 6)
	l.plan(t, l.rules())
	w := l.worker(t)
	c := l.claim(t, w, 4).Claimed
	l.open(t, w, c...)
	dead := sent(c[3])
	dead.State, dead.Reason, dead.Outcome = studymail.Failed, studymail.ReasonNoMailbox, studymail.Outcome{Kind: studymail.Refused, Code: 550, Stage: "rcpt"}
	l.record(t, sent(c[0]), sent(c[1]), sent(c[2]), dead)
	l.comesBack(t, c[0].ID, hardEffect, "one")

	row := func() (c store.CampaignRow) {
		read(t, s, func(tx *store.Tx) error {
			all, err := tx.Running(t.Context())
			if len(all) == 1 {
				c = all[0]
			}
			return err
		})
		return c
	}
	numbers := func(c *store.CampaignRow) (quick, all studymail.HaltNumbers) {
		read(t, s, func(tx *store.Tx) (err error) {
			if quick, err = tx.HaltNumbers(t.Context(), c); err != nil {
				return err
			}
			all, err = tx.AllHaltNumbers(t.Context(), c)
			return err
		})
		return quick, all
	}
	running := row()
	quick, all := numbers(&running)
	equal(t, "all numbers", all, studymail.HaltNumbers{Tried: 4, Hard: 2, Failed: 1})
	if quick.Hard < all.Hard || quick.Complaints < all.Complaints || quick.Failed < all.Failed {
		t.Fatalf("the quick look sees less: %+v, %+v", quick, all)
	}
	for i, want := range []bool{true, false} {
		it := running
		write(t, s, func(tx *store.Tx) error {
			done, err := tx.Halt(t.Context(), &it, studymail.HaltHard, "2 of 4", "worker")
			equal(t, fmt.Sprintf("halted by process %d", i+1), done, want)
			return err
		})
	}
	var halted store.CampaignRow
	read(t, s, func(tx *store.Tx) (err error) {
		halted, err = tx.CampaignByID(t.Context(), running.ID)
		events, err2 := tx.Events(t.Context(), store.EventFilter{Action: "campaign halted"})
		equal(t, "events", len(events), 1)
		return firstOf(err, err2)
	})
	equal(t, "state", halted.State, studymail.Paused)
	equal(t, "why", halted.Halt.Reason, studymail.HaltHard)
	equal(t, "in words", halted.Halt.Detail, "2 of 4")
	equal(t, "claimed while halted", len(l.claim(t, w, 10).Claimed), 0)

	write(t, s, func(tx *store.Tx) error {
		if err := tx.ForgetHalt(t.Context(), &halted); err != nil {
			return err
		}
		return tx.MoveCampaign(t.Context(), &halted.Campaign, studymail.Running)
	})
	running = row()
	equal(t, "halted", running.Halt == nil, true)
	quick, all = numbers(&running)
	equal(t, "numbers since", [2]studymail.HaltNumbers{quick, all}, [2]studymail.HaltNumbers{})
	l.comesBack(t, c[1].ID, hardEffect, "two")
	_, all = numbers(&running)
	equal(t, "numbers since, later", all, studymail.HaltNumbers{Hard: 1})
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
