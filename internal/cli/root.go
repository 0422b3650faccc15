package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"studymail"
	"studymail/internal/app"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Main runs one command line and gives the exit code.
func Main(ctx context.Context, sys System, args []string) int {
	e := &env{System: sys}
	answered := &answered{Writer: sys.Out}
	e.Out = answered
	root := e.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitFine
	}
	// Not running yet: cobra did not like flags or arguments.
	code, how := exitUsage, "\n`"+cmd.CommandPath()+" --help` shows how"
	if e.running && !errors.As(err, new(*usageError)) {
		code, how = exitFailed, ""
	}
	e.note("%s%s", err, how)
	if !answered.yet && (e.asJSON || slices.Contains(args, "--json")) {
		if err := e.print(failureOf(err, code)); err != nil {
			e.note("%s", err)
		}
	}
	return code
}

// answered notes whether anything was printed to standard output.
type answered struct {
	io.Writer
	yet bool
}

// Write implements io.Writer.
func (a *answered) Write(b []byte) (int, error) {
	a.yet = a.yet || len(b) > 0
	return a.Writer.Write(b)
}

// failure is the JSON value of a command that has no other to give.
type failure struct {
	Error string `json:"error"`
	Code  string `json:"code"`
}

func failureOf(err error, exit int) failure {
	f := failure{Error: err.Error(), Code: string(studymail.CodeOf(err))}
	switch {
	case exit == exitUsage:
		f.Code = "wrong use"
	case errors.Is(err, errDeclined):
		f.Code = "declined"
	}
	return f
}

// usageError is wrong use: exit code 2.
type usageError struct{ err error }

func (u *usageError) Error() string { return u.err.Error() }
func (u *usageError) Unwrap() error { return u.err }

// wrongUse says what is wrong with the arguments.
func wrongUse(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// misused makes an error about an argument's value wrong use; nil stays nil.
func misused(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}

func (e *env) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "studymail",
		Short: "E-mail patients about research studies on behalf of their care providers",
		Long: `studymail e-mails patients about research studies on behalf of their care providers.

A study has patients, each through a care provider. A campaign sends a template
to those who are in study, and says of everybody else why not. Every letter has
its own row, before, while and after it is sent.`,
		Example: `  studymail init
  studymail provider add --name "Smith's Surgery" --ods ABCD001 --contact "Dr Smith"
  studymail study add --name A
  studymail import patients.csv --study A
  studymail template add --name invitation --subject "About {{ study_name }}" --file invitation.md
  studymail campaign create --study A --template invitation --start
  studymail serve`,
		Version:           app.ReadVersion().Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args:              noSuchCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(helpCommand())
	root.SetIn(e.In)
	root.SetOut(e.Out)
	root.SetErr(e.Err)
	root.SetVersionTemplate("studymail {{.Version}}\n")
	root.AddCommand(
		e.initCommand(),
		e.migrateCommand(),
		e.versionCommand(),
		e.providerCommand(),
		e.studyCommand(),
		e.templateCommand(),
		e.patientCommand(),
		e.personCommand(),
		e.eventCommand(),
		e.userCommand(),
		e.scheduleCommand(),
		e.importCommand(),
		e.campaignCommand(),
		e.sendCommand(),
		e.outboxCommand(),
		e.feedbackCommand(),
		e.suppressionCommand(),
		e.sesCommand(),
		e.serveCommand(),
		e.workerCommand(),
		e.webCommand(),
		e.keysCommand(),
		e.purgeCommand(),
		e.backupCommand(),
		e.armCommand(),
		e.disarmCommand(),
		e.healthCommand(),
		e.doctorCommand(),
		e.dkimCommand(),
		e.demoCommand(),
		e.devCommand(),
	)
	return root
}

// group is a command that only holds others.
func group(use, short, long, example string, commands ...*cobra.Command) *cobra.Command {
	var names []string
	for _, c := range commands {
		names = append(names, c.Name())
	}
	g := &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		Args: func(cmd *cobra.Command, args []string) error {
			which := strings.Join(names, ", ")
			if len(args) > 0 {
				return fmt.Errorf("`%s` has no such command; there is %s", cmd.CommandPath(), which)
			}
			return fmt.Errorf("`%s` wants to be told what to do: %s", cmd.CommandPath(), which)
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args never lets it come here
	}
	g.AddCommand(commands...)
	return g
}

// exactly is the Args of a command that takes just these, by their names.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return fmt.Errorf("%s is missing", names[len(args)])
		case len(args) > len(names) && len(names) == 0:
			return fmt.Errorf("`%s` takes no arguments, only flags; quote a value that has spaces", cmd.CommandPath())
		case len(args) > len(names):
			return fmt.Errorf("too many arguments: %s is all there is; quote a value that has spaces", strings.Join(names, " and "))
		}
		return nil
	}
}

// note prints one message to standard error.
func (e *env) note(format string, args ...any) {
	_, _ = io.WriteString(e.Err, "studymail: "+fmt.Sprintf(format, args...)+"\n") // where else would a failure be told
}
