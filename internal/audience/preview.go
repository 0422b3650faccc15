package audience

import (
	"context"

	"studymail"
	"studymail/internal/store"
)

// Preview tells who would get a campaign's letter now, and why the others
// would not. It writes nothing.
func (p *Planner) Preview(ctx context.Context, id studymail.ID) (Result, error) {
	var res Result
	err := p.Store.Read(ctx, func(tx *store.Tx) error {
		c, step, err := campaignAndStep(ctx, tx, id)
		if err != nil {
			return err
		}
		rules, err := p.rules(ctx, tx, &c.Campaign, &step)
		if err != nil {
			return err
		}
		res.Planned, res.LeftOut, err = tx.Preview(ctx, rules)
		return err
	})
	return res, err
}

// PreviewEach tells patient by patient who would get a campaign's letter now, and
// why the others would not. It writes nothing.
func (p *Planner) PreviewEach(ctx context.Context, id studymail.ID, each func(store.Looked) error) error {
	var after int64
	for {
		var page []store.Looked
		err := p.Store.Read(ctx, func(tx *store.Tx) error {
			c, step, err := campaignAndStep(ctx, tx, id)
			if err != nil {
				return err
			}
			rules, err := p.rules(ctx, tx, &c.Campaign, &step)
			if err != nil {
				return err
			}
			page, after, err = tx.PreviewPage(ctx, rules, after)
			return err
		})
		if err != nil {
			return err
		}
		for _, l := range page {
			if err := each(l); err != nil {
				return err
			}
		}
		if after == 0 {
			return nil
		}
	}
}
