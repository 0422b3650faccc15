package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What a command says of wrong use does not repeat what was typed, as cobra's own
// words do: someone may have typed a patient's address where a UUID belongs, and
// standard error ends up in logs, mails of cron, tickets.

// noSuchCommand is the Args of the root: it has commands only.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("unknown command; did you mean %s?", strings.Join(near, " or "))
	}
	return errors.New("unknown command")
}

// flagName is what flags of ours could be called: all else is not repeated.
var flagName = regexp.MustCompile(`^[a-z][a-z-]{1,20}$`)

// flagError words what is wrong with a flag.
func flagError(_ *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Errorf("--%s: not a value that it takes: %s", e.GetFlag().Name, kindOf(e.GetFlag()))
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("--%s needs a value", e.GetFlag().Name)
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok && flagName.MatchString(e.GetSpecifiedName()) {
		return fmt.Errorf("unknown flag --%s", e.GetSpecifiedName())
	}
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	return errors.New("unknown flag; flags are written --name or --name=value")
}

func kindOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int":
		return "it wants a whole number"
	case "bool":
		return "it wants true or false"
	case "duration":
		return "it wants a duration such as 30s"
	}
	return f.Usage
}

// helpCommand is cobra's, but for its words about unknown commands.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show how a command is used",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return errors.New("there is no such command")
			}
			return about.Help()
		},
	}
}
