package app

import (
	"context"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/logs"
	"studymail/internal/store"
)

// haltLookEvery is how many ticks lie between two looks: with a million letters waiting,
// to count a campaign takes a while.
const haltLookEvery = 3

// haltCampaigns gives what halts campaigns of which too much goes wrong, and lets the
// rest of those go whose canary is over.
func (a *App) haltCampaigns(ctx context.Context) func() error {
	tick := 0
	planner, unmade := a.Planner()
	looked := map[int64]studymail.HaltNumbers{} // what a campaign was last counted at
	return func() error {
		if tick++; tick%haltLookEvery != 1 {
			return nil
		}
		if unmade != nil {
			return unmade
		}
		if err := a.releaseCanaries(ctx, planner); err != nil || a.Config.Halts.Off() {
			return err
		}
		return a.haltNow(ctx, looked)
	}
}

func (a *App) haltNow(ctx context.Context, looked map[int64]studymail.HaltNumbers) error {
	type found struct {
		c      store.CampaignRow
		why    studymail.HaltReason
		detail string
	}
	var halts []found
	err := a.Store.Read(ctx, func(tx *store.Tx) error {
		halts = nil
		all, err := tx.Running(ctx)
		if err != nil {
			return err
		}
		for i := range all {
			c := &all[i]
			quick, err := tx.HaltNumbers(ctx, c)
			if err != nil {
				return err
			}
			if !a.Config.Halts.Suspicious(quick) || looked[c.Key] == quick {
				continue
			}
			n, err := tx.AllHaltNumbers(ctx, c)
			if err != nil {
				return err
			}
			if n.Tried >= a.Config.Halts.From { // more letters make no share larger
				looked[c.Key] = quick
			}
			if why, detail := a.Config.Halts.Halts(n); why != "" {
				halts = append(halts, found{*c, why, detail})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range halts {
		h := &halts[i]
		done := false
		err := a.Store.Write(ctx, func(tx *store.Tx) (err error) {
			done, err = tx.Halt(ctx, &h.c, h.why, h.detail, "worker")
			return err
		})
		if err != nil {
			return err
		}
		if done {
			logs.CampaignHalted(a.Logs.Worker, h.c.ID, h.why)
		}
		delete(looked, h.c.Key)
	}
	return nil
}

// releaseCanaries lets the rest of campaigns go whose canary is over.
func (a *App) releaseCanaries(ctx context.Context, planner *audience.Planner) error {
	done, err := planner.ReleaseCanaries(ctx, a.Config.Halts, "worker")
	for _, r := range done {
		if r.Halted != "" {
			logs.CampaignHalted(a.Logs.Worker, r.Campaign, r.Halted)
		} else {
			logs.RestReleased(a.Logs.Worker, r.Campaign)
		}
	}
	return err
}
