package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
)

func thousands(n int) string { return humanize.Comma(int64(n)) }

// yesFlag gives a command --yes.
func yesFlag(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVar(yes, "yes", false, "go on without asking")
}

// errDeclined ends a command whose question was answered with no.
var errDeclined = errors.New("nothing was done")

// confirm asks. The question has the exact count of what
// will be acted on. Where nobody can be asked it is wrong use.
func (e *env) confirm(format string, args ...any) error {
	question := fmt.Sprintf(format, args...)
	if !e.InTerminal {
		return wrongUse("%s Nobody can be asked here: add --yes; nothing was done", question)
	}
	if _, err := fmt.Fprintf(e.Err, "%s [y/N] ", question); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	answer, err := bufio.NewReader(e.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errDeclined
}
