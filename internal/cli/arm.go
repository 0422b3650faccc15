package cli

import (
	"context"
	"fmt"
	"strings"

	"studymail"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

// armingView is whether mail may leave, as commands print it.
type armingView struct {
	Armed    bool                   `json:"armed"`
	Reason   studymail.DisarmReason `json:"reason,omitempty"`
	Note     string                 `json:"note,omitempty"`
	Since    string                 `json:"since,omitempty"`
	CopiedAt string                 `json:"copied_at,omitempty"` // the copy's last sign of life
}

// switched is what `arm` and `disarm` did.
type switched struct {
	armingView
	Changed bool           `json:"changed"`
	Waiting *store.Waiting `json:"waiting,omitempty"` // what arming lets go
}

func armingOf(a *studymail.Arming) armingView {
	return armingView{Armed: a.Armed, Reason: a.Reason, Note: a.Note, Since: stamp(a.Since), CopiedAt: stamp(a.CopiedAt)}
}

func (e *env) armCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "arm [--yes]",
		Short: "Let mail leave again, after a restore or an emergency stop",
		Long: `Let mail leave again. Sending is off after a database was restored or copied, since
it does not know what was sent after the copy was made: those letters would go out a
second time. Settle them first (docs/operations.md#restore, and
` + "`studymail outbox resolve --from`" + `). It is off, too, after ` + "`studymail disarm`" + `.

Arming asks first, with what waits. On a database that is armed it changes nothing.`,
		Example: `  studymail arm
  studymail arm --yes --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error { return e.arm(ctx, j, yes) }),
	}
	yesFlag(cmd, &yes)
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) arm(ctx context.Context, j *job, yes bool) error {
	was, waiting, err := j.ReadArming(ctx)
	if err != nil {
		return err
	}
	if was.Armed {
		if e.asJSON {
			return e.print(switched{armingView: armingOf(&was), Waiting: &waiting})
		}
		return e.say("Sending is armed already; nothing was changed.")
	}
	if !yes {
		if err := e.confirm("%s", j.whatArmingDoes(&was, waiting)); err != nil {
			return err
		}
	}
	now, err := j.Arm(ctx, was, e.actor(), fmt.Sprintf("was %s; messages=%d campaigns=%d", string(was.Reason), waiting.Messages, waiting.Campaigns))
	if err != nil {
		return err
	}
	if e.asJSON {
		return e.print(switched{armingOf(&now), true, &waiting})
	}
	return e.say("Sending is armed. %s of %s may leave.", count(waiting.Messages, "message"), count(waiting.Campaigns, "running campaign"))
}

// whatArmingDoes is the question, with what a person should know before they answer.
func (j *job) whatArmingDoes(was *studymail.Arming, waiting store.Waiting) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.\n%s of %s will leave.\n", j.whyOff(was), count(waiting.Messages, "message"), count(waiting.Campaigns, "running campaign"))
	if was.Reason.IsCopy() {
		fmt.Fprintf(&b, "Those that left after the copy was made leave a second time, unless they are settled first: docs/operations.md#restore.\n")
	}
	b.WriteString("Arm?")
	return b.String()
}

// whyOff says since when sending is off, why, and of when a copy is.
func (j *job) whyOff(a *studymail.Arming) string {
	s := fmt.Sprintf("Sending is OFF since %s: %s", j.clock(a.Since), a.Reason)
	if !a.CopiedAt.IsZero() {
		s += fmt.Sprintf("; the copy is of %s", a.CopiedAt.In(j.Config.TimeZone).Format("2006-01-02 15:04:05"))
	}
	if a.Note != "" {
		s += fmt.Sprintf(" (%s)", a.Note)
	}
	return s
}

// warnOff says loudly, on standard error, that no mail leaves, where that is so.
func (e *env) warnOff(ctx context.Context, j *job) error {
	a, _, err := j.ReadArming(ctx)
	if err == nil && !a.Armed {
		e.note("%s. No mail leaves until `studymail arm`; read docs/operations.md#restore first", j.whyOff(&a))
	}
	return err
}

func (e *env) disarmCommand() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "disarm [--reason TEXT]",
		Short: "Stop all mail at once, of every campaign and worker",
		Long: `Stop all mail at once: no worker opens a hand-over window any more, on any machine.
What stands in one already may still leave, as when a campaign is paused. Nothing
is lost and no message pays an attempt; ` + "`studymail arm`" + ` lets all go on. It does
not ask. When sending is off already it changes nothing.`,
		Example: `  studymail disarm
  studymail disarm --reason "the letter names the wrong surgery"`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			text, err := line("reason", reason)
			if err != nil {
				return err
			}
			now, done, err := j.Disarm(ctx, text, e.actor())
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(switched{armingView: armingOf(&now), Changed: done})
			}
			if !done {
				return e.say("%s. Nothing was changed.", j.whyOff(&now))
			}
			return e.say("Sending is off, for all campaigns. `studymail arm` lets it go on.")
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`text` that is shown with it; name nobody in it")
	e.jsonFlag(cmd)
	return cmd
}
