package cli

import (
	"context"

	"studymail"
	"studymail/internal/seed"

	"github.com/spf13/cobra"
)

func (e *env) devCommand() *cobra.Command {
	return group("dev", "For developers: seed",
		"Commands for who develops or measures studymail. Keep them away from real data.",
		`  studymail dev seed --patients 10000`, e.devSeed())
}

func (e *env) devSeed() *cobra.Command {
	var (
		patients, messages int
		anyway             bool
	)
	cmd := &cobra.Command{
		Use:   "seed --patients N [--messages M] [--anyway]",
		Short: "Fill an empty database with invented people, studies, campaigns and messages",
		Long: `Fill an empty database with invented data: care providers, studies, patients in
every status, campaigns in every state, and messages in every state, by default three
a patient; with what came back for them, suppressed addresses, imports and figures.
The same numbers give the same data. Sending is disarmed in the end: what was made is
not to be sent.

A database that holds data already is refused, unless --anyway is given.`,
		Example: `  studymail dev seed --patients 10000
  DATABASE_URL=sqlite:/tmp/measure.db studymail dev seed --patients 1000000 --messages 3000000`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			if patients < 1 {
				return misused(studymail.Errorf(studymail.Invalid, "--patients is missing: how many, from 1 on"))
			}
			if messages < 0 {
				messages = 3 * patients
			}
			p := e.progress("seeding", "rows")
			res, err := seed.Fill(ctx, seed.Options{
				Store: j.Store, Sealer: j.Keys.Sealer(), Now: e.Now, Actor: e.actor(), Patients: patients, Messages: messages, Anyway: anyway,
				Progress: func(done, all int) { p.set(int64(done), int64(all)) },
			})
			p.done()
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(res)
			}
			return e.say("Made %d care providers, %d studies, %d patients, %d campaigns and %d messages. Sending is disarmed.",
				res.Providers, res.Studies, res.Patients, res.Campaigns, res.Messages)
		}),
	}
	cmd.Flags().IntVar(&patients, "patients", 0, "how many patients")
	cmd.Flags().IntVar(&messages, "messages", -1, "how many messages; three a patient when left out")
	cmd.Flags().BoolVar(&anyway, "anyway", false, "also in a database that holds data")
	e.jsonFlag(cmd)
	return cmd
}
