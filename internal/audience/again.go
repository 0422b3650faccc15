package audience

import (
	"context"

	"studymail"
	"studymail/internal/store"
)

// Recheck looks anew at patients whose message a person wants to send again.
// Make one for each transaction.
type Recheck struct {
	p     *Planner
	tx    *store.Tx
	rules map[int64]*store.PlanRules // by step; nil: its campaign was cancelled
}

// Recheck begins to look, in a transaction.
func (p *Planner) Recheck(tx *store.Tx) *Recheck {
	return &Recheck{p: p, tx: tx, rules: map[int64]*store.PlanRules{}}
}

// Why gives "" for a message that may be sent again, or why not: what would
// leave its patient out of a plan now, or that its campaign was cancelled.
func (r *Recheck) Why(ctx context.Context, m *store.MessageRow) (studymail.Reason, error) {
	rules, known := r.rules[m.Step]
	if !known {
		pl, err := planOf(ctx, r.tx, m.CampaignID, m.Step)
		if err != nil {
			return "", err
		}
		if pl.campaign.State != studymail.CampaignCanceled {
			if rules, err = r.p.rules(ctx, r.tx, pl, r.tx.Now()); err != nil {
				return "", err
			}
		}
		r.rules[m.Step] = rules
	}
	if rules == nil {
		return studymail.ReasonCancelled, nil
	}
	if m.State == studymail.Uncertain {
		// Whether they have had it is the question that a person has answered.
		again := *rules
		again.Again = true
		rules = &again
	}
	return r.tx.StillWanted(ctx, m.Patient, rules)
}
