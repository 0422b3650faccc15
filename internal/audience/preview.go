package audience

import (
	"context"

	"studymail"
	"studymail/internal/store"
)

// Preview tells who would get a campaign's first letter now, and why the others
// would not. It writes nothing.
func (p *Planner) Preview(ctx context.Context, id studymail.ID) (Result, error) {
	return p.PreviewStep(ctx, id, 0)
}

// PreviewStep is Preview of one step, by row key. For a reminder it tells what would
// come of its next look if it were now: who is not due by then is not among them.
func (p *Planner) PreviewStep(ctx context.Context, id studymail.ID, step int64) (Result, error) {
	var res Result
	err := p.Store.Read(ctx, func(tx *store.Tx) error {
		pl, err := planOf(ctx, tx, id, step)
		if err != nil {
			return err
		}
		day, err := p.lookOf(ctx, tx, pl)
		if err != nil {
			return err
		}
		rules, err := p.rules(ctx, tx, pl, day)
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
			pl, err := planOf(ctx, tx, id, 0)
			if err != nil {
				return err
			}
			rules, err := p.rules(ctx, tx, pl, tx.Now())
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
