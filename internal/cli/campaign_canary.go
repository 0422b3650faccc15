package cli

import (
	"context"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

// canaryView is with how many letters a campaign begins, and how many wait for them.
type canaryView struct {
	First   int    `json:"first"`
	Wait    string `json:"wait"`
	Waiting int    `json:"waiting"`           // letters
	GoesAt  string `json:"goes_at,omitempty"` // when they go; "" while the first are under way

	goesAt time.Time
}

func (v *campaignView) readCanary(ctx context.Context, tx *store.Tx) error {
	of := v.row.Canary
	if of.First == 0 {
		return nil
	}
	v.Canary = &canaryView{First: of.First, Wait: of.Wait.String()}
	runs, err := tx.CampaignRuns(ctx, v.row.Key)
	for i := range runs {
		if runs[i].State == studymail.Held {
			v.Canary.Waiting, v.Canary.goesAt, v.Canary.GoesAt = runs[i].Planned, runs[i].GoesAt, stamp(runs[i].GoesAt)
		}
	}
	return err
}

func (c *canaryView) fact(j *job, s studymail.CampaignState) [2]string {
	words := count(c.First, "letter") + " first, then " + c.Wait + " for what comes back"
	switch {
	case c.Waiting == 0 || s == studymail.CampaignCanceled:
	case c.goesAt.IsZero():
		words += "; " + count(c.Waiting, "letter") + " wait until those are handed over"
	default:
		words += "; " + count(c.Waiting, "letter") + " wait until " + j.clock(c.goesAt)
	}
	return [2]string{"Canary", words}
}

func (e *env) campaignRelease() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "release ID [--yes]",
		Short: "Let the rest of a campaign go that waits for its canary",
		Long: `Let the rest of a campaign with a canary go now, before its time. Look first at what
came back of the first letters: ` + "`studymail campaign show`, `studymail feedback list`.",
		Example: "  studymail campaign release 019a7c1e-5f6b-7c3d-8e9f-0123456789ab",
		Args:    exactly("the campaign's ID"),
		RunE: e.onCampaign(func(ctx context.Context, j *job, planner *audience.Planner, id studymail.ID) error {
			if !yes {
				v, err := readCampaign(ctx, j.Store, id)
				if err != nil {
					return err
				}
				if c := v.Canary; c != nil && c.Waiting > 0 {
					if err := e.confirm("%s of campaign %s wait for its canary. Let them go now?", count(c.Waiting, "letter"), id); err != nil {
						return err
					}
				}
			}
			n, err := planner.EndCanary(ctx, id, e.actor())
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.printCampaign(ctx, j, id, false)
			}
			return e.say("The rest of campaign %s goes: %s.", id, count(n, "letter"))
		}),
	}
	yesFlag(cmd, &yes)
	e.jsonFlag(cmd)
	return cmd
}
