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
	rules map[studymail.ID]*store.PlanRules // by campaign; nil: it was cancelled
}

// Recheck begins to look, in a transaction.
func (p *Planner) Recheck(tx *store.Tx) *Recheck {
	return &Recheck{p: p, tx: tx, rules: map[studymail.ID]*store.PlanRules{}}
}

// Why gives "" for a message that may be sent again, or why not: what would
// leave its patient out of a plan now, or that its campaign was cancelled.
func (r *Recheck) Why(ctx context.Context, m *store.MessageRow) (studymail.Reason, error) {
	rules, known := r.rules[m.CampaignID]
	if !known {
		c, step, err := campaignAndStep(ctx, r.tx, m.CampaignID)
		if err != nil {
			return "", err
		}
		if c.State != studymail.CampaignCanceled {
			if rules, err = r.p.rules(ctx, r.tx, &c.Campaign, &step); err != nil {
				return "", err
			}
		}
		r.rules[m.CampaignID] = rules
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
