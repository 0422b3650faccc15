package audience

import (
	"context"
	"time"

	"studymail"
	"studymail/internal/store"
)

// Pause stops a campaign's mail within one hand-over window.
func (p *Planner) Pause(ctx context.Context, id studymail.ID, actor string) error {
	return p.move(ctx, id, actor, "campaign paused", studymail.Paused, studymail.Running, studymail.Scheduled)
}

// Cancel ends a campaign for good: what was not handed over is cancelled.
// It gives how many waiting messages it cancelled; those in a sender's hands
// follow at its guard.
func (p *Planner) Cancel(ctx context.Context, id studymail.ID, actor string) (int, error) {
	err := p.move(ctx, id, actor, "campaign cancelled", studymail.CampaignCanceled,
		studymail.Draft, studymail.Scheduled, studymail.Running, studymail.Paused)
	if err != nil {
		return 0, err
	}
	return p.CancelWaiting(ctx)
}

// CancelWaiting cancels what waits of cancelled campaigns.
func (p *Planner) CancelWaiting(ctx context.Context) (int, error) {
	total := 0
	for {
		var n int
		err := p.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.CancelWaiting(ctx)
			return err
		})
		if total += n; err != nil || n == 0 {
			return total, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return total, ctx.Err()
		}
	}
}

// Resume lets a paused campaign go on: its open runs, or its next time.
func (p *Planner) Resume(ctx context.Context, id studymail.ID, actor string) error {
	return p.Store.Write(ctx, func(tx *store.Tx) error {
		c, err := tx.CampaignByID(ctx, id)
		if err != nil {
			return err
		}
		if c.State != studymail.Paused {
			return studymail.Errorf(studymail.Conflict, "campaign %s is %s, not paused", id, c.State)
		}
		runs, err := tx.CampaignRuns(ctx, c.Key)
		if err != nil {
			return err
		}
		to := studymail.Running
		if c.Schedule != 0 {
			to = studymail.Scheduled
		}
		for _, r := range runs {
			if r.State != studymail.RunDone {
				to = studymail.Running
			}
		}
		if err := tx.MoveCampaign(ctx, &c.Campaign, to); err != nil {
			return err
		}
		for _, r := range runs {
			if r.State == studymail.Released {
				if err := p.Wake(ctx, tx, r.ID); err != nil {
					return err
				}
			}
		}
		return tx.AddEvent(ctx, actor, "campaign resumed", id, "")
	})
}

func (p *Planner) move(ctx context.Context, id studymail.ID, actor, action string, to studymail.CampaignState, from ...studymail.CampaignState) error {
	return p.Store.Write(ctx, func(tx *store.Tx) error {
		c, err := tx.CampaignByID(ctx, id)
		if err != nil {
			return err
		}
		for _, s := range from {
			if c.State == s {
				if err := tx.MoveCampaign(ctx, &c.Campaign, to); err != nil {
					return err
				}
				return tx.AddEvent(ctx, actor, action, id, "")
			}
		}
		return studymail.Errorf(studymail.Conflict, "campaign %s is %s; it cannot be made %s", id, c.State, to)
	})
}
