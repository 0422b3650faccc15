package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// TheFirstPageTellsWhatNeedsAPerson follows three messages: one fails, one becomes
// uncertain, one waits.
func TheFirstPageTellsWhatNeedsAPerson(t *testing.T, s *store.Store) {
	ctx := t.Context()
	steps := func() (f store.FirstSteps) {
		read(t, s, func(tx *store.Tx) (err error) {
			f, err = tx.FirstSteps(ctx)
			return err
		})
		return f
	}
	equal(t, "at first", steps(), store.FirstSteps{})
	l := newLetters(t, s)
	equal(t, "before patients", steps(), store.FirstSteps{Providers: true, Studies: true, Templates: true, Campaigns: true})
	l.AddPatients(t, s, 0, 3)
	equal(t, "with patients", steps().Patients, true)

	look := func() (uncertain int, oldest time.Time, open []store.CampaignRow, failed []store.FailedCampaign) {
		read(t, s, func(tx *store.Tx) (err error) {
			if uncertain, oldest, err = tx.Uncertain(ctx); err != nil {
				return err
			}
			if open, err = tx.OpenCampaigns(ctx, 10); err != nil {
				return err
			}
			failed, err = tx.FailedLately(ctx, time.Now().Add(-time.Hour))
			return err
		})
		return uncertain, oldest, open, failed
	}
	uncertain, oldest, open, failed := look()
	equal(t, "of a draft", uncertain+len(open)+len(failed), 0)
	equal(t, "the oldest of none", oldest.IsZero(), true)

	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 2).Claimed
	window, _, _ := l.open(t, w, claimed...)
	f := sent(claimed[0])
	f.State, f.Reason, f.Outcome = studymail.Failed, studymail.ReasonExpired, studymail.Outcome{Kind: studymail.Refused, Code: 550}
	u := sent(claimed[1])
	u.State, u.Outcome.Kind = studymail.Uncertain, studymail.InDoubt
	l.record(t, f, u)
	write(t, s, func(tx *store.Tx) error { return tx.CloseWindows(ctx, []int64{window}) })
	uncertain, oldest, open, failed = look()
	equal(t, "uncertain", uncertain, 1)
	equal(t, "since", oldest.IsZero(), false)
	if len(open) != 1 || open[0].ID != l.campaign.ID {
		t.Errorf("open: %+v", open)
	}
	if len(failed) != 1 || failed[0].ID != l.campaign.ID || failed[0].Failed != 1 {
		t.Errorf("failed: %+v", failed)
	}
	write(t, s, func(tx *store.Tx) error { return tx.MoveCampaign(ctx, &l.campaign, studymail.CampaignCanceled) })
	_, _, open, failed = look()
	equal(t, "open when cancelled", len(open), 0)
	equal(t, "failed when cancelled just now", len(failed), 1)
	read(t, s, func(tx *store.Tx) error {
		later, err := tx.FailedLately(ctx, time.Now().Add(time.Hour))
		equal(t, "failed of long ago", len(later), 0)
		return err
	})
}

// WorkersAreShownWithWhatTheyDo looks at what one holds and hands over, and that it stopped.
func WorkersAreShownWithWhatTheyDo(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 5)
	l.plan(t, l.rules())
	idle, busy := l.worker(t), l.worker(t)
	claimed := l.claim(t, busy, 3).Claimed
	l.open(t, busy, claimed[:2]...)
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddFlow(ctx, busy.Key, "test", map[studymail.ID]int{l.campaign.ID: 50}); err != nil {
			return err
		}
		return tx.SetConnections(ctx, "test", store.WorkerConnections{Worker: busy.Key, Open: 1, Taken: 2, Most: 4})
	})
	now := func(stoppedSince time.Time) (all []store.WorkerNow) {
		read(t, s, func(tx *store.Tx) (err error) {
			all, err = tx.WorkersNow(ctx, stoppedSince)
			return err
		})
		return all
	}
	all := now(time.Now().Add(-time.Hour))
	if len(all) != 2 || all[0].ID != busy.ID || all[1].ID != idle.ID {
		t.Fatalf("%+v", all)
	}
	b := all[0]
	if b.Claimed != 3 || b.HandingOver != 2 || b.PerSecond < 1 || b.Open != 1 || b.Most != 4 {
		t.Errorf("the busy one: %+v", b)
	}
	if i := all[1]; i.Claimed+i.HandingOver+i.Open != 0 || i.PerSecond != 0 {
		t.Errorf("the idle one: %+v", i)
	}
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.StopWorker(ctx, idle, true)
		return err
	})
	all = now(time.Now().Add(-time.Hour))
	if len(all) != 2 || all[1].ID != idle.ID || all[1].StoppedAt.IsZero() {
		t.Errorf("stopped just now: %+v", all)
	}
	equal(t, "without those that stopped", len(now(time.Now().Add(time.Hour))), 1)
}
