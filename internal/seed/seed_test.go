package seed_test

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/seed"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// What is made adds up, is sealed, and is the same on both databases; a database
// with data is left alone. Seen to fail: without the question whether there is any,
// and with planned left at 0.
func TestSeedingMakesDataThatAddUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		keys := storetest.Keys(t)
		far := 0
		o := seed.Options{
			Store: s, Sealer: keys.Sealer(), Now: time.Now, Actor: "test", Patients: 3000, Messages: 7500,
			Progress: func(done, all int) { far = done * 100 / all },
		}
		res, err := seed.Fill(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		if res.Patients != 3000 || res.Messages < 7300 || res.Messages > 7700 || res.Studies != 5 || res.Campaigns != 15 || far < 95 {
			t.Errorf("%+v, %d %%", res, far)
		}
		err = s.Read(ctx, func(tx *store.Tx) error {
			states, sum := map[string]int{}, 0
			all, err := tx.Campaigns(ctx, 100)
			if err != nil {
				return err
			}
			for i := range all {
				c, err := tx.Counts(ctx, all[i].Key)
				if err != nil {
					return err
				}
				for state, n := range map[string]int{
					"queued": c.Queued, "deferred": c.Deferred, "sent": c.Sent, "failed": c.Failed, "skipped": c.Skipped, "uncertain": c.Uncertain, "cancelled": c.Cancelled,
				} {
					if n < 0 {
						t.Errorf("%d %s in campaign %s", n, state, all[i].Name)
					}
					states[state] += n
					sum += n
				}
			}
			if int64(sum) != res.Messages || states["queued"] == 0 || states["failed"] == 0 || states["skipped"] == 0 || states["deferred"] == 0 {
				t.Errorf("%d messages: %v", sum, states)
			}
			held, err := tx.HeldRuns(ctx)
			if err != nil {
				return err
			}
			halted := 0
			for i := range all {
				if all[i].Halt != nil {
					halted++
				}
			}
			back, err := tx.CountFeedback(ctx)
			if err != nil {
				return err
			}
			suppressed, err := tx.CountSuppressions(ctx)
			if err != nil {
				return err
			}
			if len(held) != 1 || halted != 1 || back[studymail.FeedbackApplied] < 200 || back[studymail.FeedbackKept] != 10 || suppressed == 0 {
				t.Errorf("%d runs are held, %d campaigns halted, feedback %v, %d addresses suppressed", len(held), halted, back, suppressed)
			}
			facets, err := tx.PatientFacets(ctx, store.PatientFilter{})
			if err == nil && facets.Total != 3000 {
				t.Errorf("%d patients are counted", facets.Total)
			}
			arming, err2 := tx.Arming(ctx)
			if arming.Armed {
				t.Error("invented letters could be sent")
			}
			if err == nil {
				err = err2
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := seed.Fill(ctx, o); studymail.CodeOf(err) != studymail.Conflict {
			t.Errorf("a database with data: %v", err)
		}
		o.Anyway, o.Patients, o.Messages = true, 50, 0
		if res, err := seed.Fill(ctx, o); err != nil || res.Patients != 50 {
			t.Errorf("anyway: %+v, %v", res, err)
		}
	})
}
