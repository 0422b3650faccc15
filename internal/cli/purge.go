package cli

import (
	"context"

	"studymail/internal/config"

	"github.com/spf13/cobra"
)

func (e *env) purgeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Remove what has been kept long enough, now",
		Long: `Remove what has been kept long enough, now; a schedule does the same each night. What
was merged into letters goes after RETAIN_MERGED, what mail servers answered after
RETAIN_DIAGNOSTICS, mails that came back after FEEDBACK_KEEP. Counts and states stay.
It goes in small steps, so that mail goes out meanwhile.`,
		Example: `  studymail purge
  RETAIN_MERGED=7d studymail purge --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			done, err := j.Purge(ctx, e.actor())
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(done)
			}
			return e.say("Gone: what was merged in %s (older than %s), %s of servers (%s), what came back and its words: %d (%s).",
				count(done.Merged, "hand-over window"), config.Words(j.Config.RetainMerged), count(done.Replies, "answer"), config.Words(j.Config.RetainDiagnostics),
				done.Feedback, config.Words(j.Config.FeedbackKeep))
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}
