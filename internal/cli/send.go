package cli

import (
	"context"

	"studymail"

	"github.com/spf13/cobra"
)

func (e *env) sendCommand() *cobra.Command {
	var (
		template string
		patients []string
		again    bool
		wait     bool
	)
	cmd := &cobra.Command{
		Use:   "send --template NAME --patient UUID [--patient UUID…] [--again] [--wait]",
		Short: "Send a template to chosen patients now",
		Long: `Send a template to chosen patients now, each on behalf of their care provider. It
prints who is left out and why, and returns when the letters are durably queued;
a running server sends them.`,
		Example: `  studymail send --template invitation --patient 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail send --template invitation --patient 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --again --wait`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			ids := make([]studymail.ID, 0, len(patients))
			for _, p := range patients {
				id, err := studymail.ParseID(p)
				if err != nil {
					return misused(err)
				}
				ids = append(ids, id)
			}
			planner, err := j.Planner()
			if err != nil {
				return err
			}
			c, err := planner.CreateAdHoc(ctx, template, ids, again, e.actor())
			if err != nil {
				return err
			}
			return e.startCampaign(ctx, j, planner, c.ID, starting{wait: wait, leftOut: true})
		}),
	}
	cmd.Flags().StringVar(&template, "template", "", "`name` of the template")
	cmd.Flags().StringSliceVar(&patients, "patient", nil, "`UUID` of a patient; may be given many times")
	cmd.Flags().BoolVar(&again, "again", false, "also those who had this template before")
	cmd.Flags().BoolVar(&wait, "wait", false, "follow the letters to the end; fails when no worker is alive")
	require(cmd, "template", "patient")
	e.jsonFlag(cmd)
	return cmd
}
