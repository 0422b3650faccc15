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
	n, err := p.CancelWaiting(ctx)
	if err != nil {
		return n, err
	}
	_, err = p.Settle(ctx, actor)
	return n, err
}

// Settle ends runs and campaigns of which no message moves by itself any more.
// Workers do it every second; a command that waits for the end, too.
func (p *Planner) Settle(ctx context.Context, actor string) ([]store.FinishedCampaign, error) {
	var done []store.FinishedCampaign
	err := p.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if done, err = tx.FinishRuns(ctx, func(campaigns []int64) error { return p.aimAll(ctx, tx, campaigns) }); err != nil {
			return err
		}
		for _, f := range done {
			if err := tx.AddEvent(ctx, actor, "campaign "+f.State.String(), f.ID, ""); err != nil {
				return err
			}
		}
		return nil
	})
	return done, err
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

// Resume lets a paused campaign go on: its open runs, or its next time. One
// whose only time passed while it was paused starts now, as Start does; Overdue
// tells that before.
func (p *Planner) Resume(ctx context.Context, id studymail.ID, actor string, progress Progress) (Started, error) {
	var (
		res  Started
		run  studymail.Run
		late bool
	)
	err := p.Store.Write(ctx, func(tx *store.Tx) error {
		res = Started{}
		pl, err := planOf(ctx, tx, id, 0)
		if err != nil {
			return err
		}
		c := &pl.campaign
		if c.State != studymail.Paused {
			return studymail.Errorf(studymail.Conflict, "campaign %s is %s, not paused", id, c.State)
		}
		if late, err = overdue(ctx, tx, c); err != nil {
			return err
		}
		if err := tx.ForgetHalt(ctx, c); err != nil {
			return err
		}
		if err := tx.AddEvent(ctx, actor, "campaign resumed", id, ""); err != nil {
			return err
		}
		if late {
			res.State = studymail.Running
			run, err = p.begin(ctx, tx, pl, actor)
			return err
		}
		res.State, err = p.goOn(ctx, tx, pl)
		return err
	})
	if err != nil || !late {
		return res, err
	}
	res.Result, err = p.finish(ctx, id, &run, actor, progress)
	return res, err
}

// goOn lets a paused campaign's open runs go on, or it waits for its next time.
func (p *Planner) goOn(ctx context.Context, tx *store.Tx, pl *plan) (studymail.CampaignState, error) {
	c := &pl.campaign
	runs, err := tx.CampaignRuns(ctx, c.Key)
	if err != nil {
		return 0, err
	}
	// A reminder whose time came while the campaign was paused looks now.
	reminders, err := p.aim(ctx, tx, pl)
	if err != nil {
		return 0, err
	}
	to := studymail.Running
	if c.Schedule != 0 || reminders {
		to = studymail.Scheduled
	}
	for _, r := range runs {
		if r.State != studymail.RunDone {
			to = studymail.Running
		}
	}
	if err := tx.MoveCampaign(ctx, &c.Campaign, to); err != nil {
		return 0, err
	}
	for _, r := range runs {
		if r.State == studymail.Released {
			if err := p.Wake(ctx, tx, r.ID); err != nil {
				return 0, err
			}
		}
	}
	return to, nil
}

// Overdue tells whether the only time at which a paused campaign was to start
// has passed: to resume it is to start it.
func (p *Planner) Overdue(ctx context.Context, id studymail.ID) (late bool, err error) {
	err = p.Store.Read(ctx, func(tx *store.Tx) error {
		c, err := tx.CampaignByID(ctx, id)
		if err != nil || c.State != studymail.Paused {
			return err
		}
		late, err = overdue(ctx, tx, &c)
		return err
	})
	return late, err
}

func overdue(ctx context.Context, tx *store.Tx, c *store.CampaignRow) (bool, error) {
	if c.Schedule == 0 {
		return false, nil
	}
	s, err := tx.ScheduleByID(ctx, c.ScheduleID)
	if err != nil {
		return false, err
	}
	if s.Kind != studymail.Once || !s.Enabled || !s.NextRunAt.IsZero() {
		return false, nil
	}
	runs, err := tx.CampaignRuns(ctx, c.Key)
	return len(runs) == 0, err
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
