package cli

import (
	"context"

	"studymail/internal/app"

	"github.com/spf13/cobra"
)

func (e *env) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which studymail this is",
		Long:  "Print the version, the commit that it was built from, and the Go version.",
		Example: `  studymail version
  studymail version --json`,
		Args: exactly(),
		RunE: e.run(func(_ context.Context, _ *cobra.Command, _ []string) error {
			v := app.ReadVersion()
			if e.asJSON {
				return e.print(v)
			}
			return e.say("studymail %s, built with %s", v, v.Go)
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}
