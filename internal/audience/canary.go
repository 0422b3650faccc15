package audience

import (
	"context"
	"fmt"

	"studymail"
	"studymail/internal/store"
)

// A campaign with a canary is planned whole when it is started: the first letters as
// a run of their own, which leaves at once, the rest as a second one, which is held.
// When the first have been handed over and the wait for what comes back is over,
// ReleaseCanaries lets the rest go, unless too much went wrong. Only the first pass of
// the first step has a canary: reminders and newcomers do not.

// partOf tells which part of a step a new run plans first.
func partOf(ctx context.Context, tx *store.Tx, pl *plan) (studymail.RunPart, error) {
	if pl.campaign.Canary.First == 0 || pl.step.Reminder() {
		return studymail.WholeStep, nil
	}
	runs, err := tx.CampaignRuns(ctx, pl.campaign.Key)
	if err != nil || len(runs) > 0 {
		return studymail.WholeStep, err
	}
	return studymail.CanaryPart, nil
}

// release lets a run go whose plan is whole, or a canary's that has its letters: then
// r becomes the run of the rest.
func (p *Planner) release(ctx context.Context, tx *store.Tx, pl *plan, r *studymail.Run, last bool) error {
	if r.Part == studymail.RestPart && r.Planned > 0 {
		return tx.HoldRun(ctx, r)
	}
	if !last { // the rest first: its planner is still this one
		rest, err := tx.AddRestRun(ctx, r)
		if err != nil {
			return err
		}
		defer func() { *r = rest }()
	}
	if err := tx.ReleaseRun(ctx, r); err != nil {
		return err
	}
	if _, err := p.aim(ctx, tx, pl); err != nil {
		return err
	}
	return p.Wake(ctx, tx, r.ID)
}

// Released is what ReleaseCanaries did with a campaign.
type Released struct {
	Campaign studymail.ID
	Halted   studymail.HaltReason // "" when the rest goes
}

// ReleaseCanaries looks at the campaigns of which the rest waits for the canary, and
// lets it go, or halts the campaign, when its time has come. Workers call it.
func (p *Planner) ReleaseCanaries(ctx context.Context, rules studymail.HaltRules, actor string) ([]Released, error) {
	var held []store.HeldRun
	if err := p.Store.Read(ctx, func(tx *store.Tx) (err error) {
		held, err = tx.HeldRuns(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	var done []Released
	for i := range held {
		if held[i].UnderWay || held[i].GoesAt.After(p.Store.Now()) {
			continue
		}
		var res *Released
		err := p.Store.Write(ctx, func(tx *store.Tx) (err error) {
			res, err = p.releaseCanary(ctx, tx, held[i].Run, rules, actor)
			return err
		})
		if err != nil {
			return done, fmt.Errorf("let the rest of run %s go: %w", held[i].ID, err)
		}
		if res != nil {
			done = append(done, *res)
		}
	}
	return done, nil
}

func (p *Planner) releaseCanary(ctx context.Context, tx *store.Tx, r studymail.Run, rules studymail.HaltRules, actor string) (*Released, error) {
	id, err := tx.CampaignIDByKey(ctx, r.Campaign)
	if err != nil {
		return nil, err
	}
	pl, err := planOf(ctx, tx, id, r.Step)
	if err != nil {
		return nil, err
	}
	c := &pl.campaign
	if c.State != studymail.Running {
		return nil, nil
	}
	if r.GoesAt.IsZero() {
		return nil, tx.SetGoesAt(ctx, &r, tx.Now().Add(c.Canary.Wait))
	}
	n, err := tx.AllHaltNumbers(ctx, c)
	if err != nil {
		return nil, err
	}
	if why, detail := rules.OfCanary(n); why != "" {
		halted, err := tx.Halt(ctx, c, why, detail, actor)
		if err != nil || !halted {
			return nil, err
		}
		return &Released{Campaign: id, Halted: why}, nil
	}
	return p.letRestGo(ctx, tx, pl, &r, actor)
}

func (p *Planner) letRestGo(ctx context.Context, tx *store.Tx, pl *plan, r *studymail.Run, actor string) (*Released, error) {
	mine, err := tx.ReleaseHeld(ctx, r)
	if err != nil || !mine {
		return nil, err
	}
	if err := tx.AddEvent(ctx, actor, "rest of campaign released", pl.campaign.ID, fmt.Sprintf("letters=%d run %s", r.Planned, r.ID)); err != nil {
		return nil, err
	}
	if _, err := p.aim(ctx, tx, pl); err != nil {
		return nil, err
	}
	return &Released{Campaign: pl.campaign.ID}, p.Wake(ctx, tx, r.ID)
}

// EndCanary lets the rest of a campaign go before its time. It gives how many letters
// that are.
func (p *Planner) EndCanary(ctx context.Context, id studymail.ID, actor string) (letters int, err error) {
	err = p.Store.Write(ctx, func(tx *store.Tx) error {
		letters = 0
		pl, err := planOf(ctx, tx, id, 0)
		if err != nil {
			return err
		}
		if pl.campaign.State != studymail.Running {
			return studymail.Errorf(studymail.Conflict, "campaign %s is %s; only of a running one the rest can go", id, pl.campaign.State)
		}
		runs, err := tx.CampaignRuns(ctx, pl.campaign.Key)
		if err != nil {
			return err
		}
		for i := range runs {
			if runs[i].State != studymail.Held {
				continue
			}
			done, err := p.letRestGo(ctx, tx, pl, &runs[i], actor)
			if err != nil {
				return err
			}
			if done != nil {
				letters += runs[i].Planned
			}
		}
		if letters == 0 {
			return studymail.Errorf(studymail.Conflict, "nothing of campaign %s waits for a canary", id)
		}
		return nil
	})
	return letters, err
}
