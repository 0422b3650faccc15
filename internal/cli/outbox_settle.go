package cli

import (
	"context"
	"errors"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) outboxRetry() *cobra.Command {
	var (
		f   messageFilter
		yes bool
	)
	cmd := &cobra.Command{
		Use:   "retry (UUID… | --campaign ID [--state failed|skipped]) [--yes]",
		Short: "Queue failed and skipped messages again",
		Long: `Queue failed and skipped messages again, with attempts of their own on top of those
they had. Each patient is looked at anew: who may not be mailed now is left as is,
with the reason.`,
		Example: `  studymail outbox retry 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail outbox retry --campaign 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --state failed --yes`,
		Args: cobra.ArbitraryArgs,
		RunE: e.with(func(ctx context.Context, j *job) error {
			filter, err := f.read()
			if err != nil {
				return err
			}
			for _, a := range j.args {
				id, err := studymail.ParseID(a)
				if err != nil {
					return misused(err)
				}
				filter.IDs = append(filter.IDs, id)
			}
			if len(filter.IDs) == 0 && filter.Campaign.IsZero() && filter.Patient.IsZero() {
				return wrongUse("say which: messages' UUIDs, --campaign ID or --patient UUID")
			}
			if len(filter.States) == 0 {
				filter.States = []studymail.State{studymail.Failed, studymail.Skipped}
			}
			for _, s := range filter.States {
				if s != studymail.Failed && s != studymail.Skipped {
					return wrongUse("only failed and skipped messages can be queued again here; for uncertain ones there is `studymail outbox resolve`")
				}
			}
			return e.retry(ctx, j, filter, yes)
		}),
	}
	f.flags(cmd)
	yesFlag(cmd, &yes)
	e.jsonFlag(cmd)
	return cmd
}

// retried is what a retry did.
type retried struct {
	audience.Retried
	NotFound int `json:"not_found"` // named, but neither failed nor skipped
}

func (e *env) retry(ctx context.Context, j *job, filter store.MessageFilter, yes bool) error {
	if len(filter.IDs) == 0 && !yes {
		var n int
		if err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.CountMessages(ctx, filter)
			return err
		}); err != nil {
			return err
		}
		if n > 0 {
			if err := e.confirm("%s will be looked at and queued again where the patient may be mailed. Go on?", count(n, "message")); err != nil {
				return err
			}
		}
	}
	planner, err := j.Planner()
	if err != nil {
		return err
	}
	res := retried{Retried: audience.Retried{Left: map[studymail.Reason]int{}}}
	found := 0
	bar := e.progress("queueing again", "messages")
	defer bar.done()
	for {
		part, looked, more, err := planner.RetryPage(ctx, &filter, e.actor())
		if err != nil {
			return err
		}
		found += looked
		bar.set(int64(found), 0)
		res.Queued += part.Queued
		for why, n := range part.Left {
			res.Left[why] += n
		}
		if !more {
			break
		}
	}
	bar.done()
	res.NotFound = max(0, len(filter.IDs)-found)
	return e.sayRetried(res)
}

func (e *env) sayRetried(res retried) error {
	var missing error
	if res.NotFound > 0 {
		missing = studymail.Errorf(studymail.NotFound, "not queued, because neither failed nor skipped: %s; `studymail outbox show UUID` tells where it stands", count(res.NotFound, "message"))
	}
	if e.asJSON {
		return errors.Join(missing, e.print(res))
	}
	if err := e.say("%s queued again.", count(res.Queued, "message")); err != nil {
		return err
	}
	if len(res.Left) > 0 {
		if err := e.say("Left as is:"); err != nil {
			return err
		}
		if err := e.sayReasons(res.Left); err != nil {
			return err
		}
	}
	return missing
}

func (e *env) outboxResolve() *cobra.Command {
	var (
		as, from string
		dry, yes bool
	)
	cmd := &cobra.Command{
		Use:   "resolve (UUID --as sent|resend | --from FILE --as sent [--dry-run] [--yes])",
		Short: "Settle an uncertain message by hand, or all that a file says have left",
		Long: `Settle a message of which nobody knows whether it was taken: it was handed over, and
the process or the connection died before the reply. "sent" says that it arrived;
"resend" sends it again, so the patient may get it twice. Sending again is refused
while the first hand-over could still come through.

With --from it settles as sent all messages that a file says have left: a list of
UUIDs, one a line; the relay's log, in which our Message-IDs stand (<UUID@…>); or a
Maildir folder. Uncertain ones at any time; while sending is disarmed, after a
restore, those that wait, too.`,
		Example: `  studymail outbox resolve 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --as sent
  studymail outbox resolve --from /var/log/mail.log --as sent --dry-run
  studymail outbox resolve --from gone.txt --as sent --yes --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("from") {
				return exactly()(cmd, args)
			}
			return exactly("the message's UUID")(cmd, args)
		},
		RunE: e.with(func(ctx context.Context, j *job) error {
			if from != "" {
				if as != "sent" {
					return wrongUse("--from goes with --as sent: what is to be sent again is decided one by one")
				}
				return e.resolveFrom(ctx, j, from, dry, yes)
			}
			if dry {
				return wrongUse("--dry-run goes with --from")
			}
			id, err := studymail.ParseID(j.args[0])
			if err != nil {
				return misused(err)
			}
			if as != "sent" && as != "resend" {
				return wrongUse("--as: write sent or resend")
			}
			if err := e.resolve(ctx, j, id, as); err != nil {
				return err
			}
			if e.asJSON {
				return e.showMessage(ctx, j, id, false)
			}
			return e.say("Message %s: settled as %s.", id, as)
		}),
	}
	cmd.Flags().StringVar(&as, "as", "", "`sent` or resend")
	cmd.Flags().StringVar(&from, "from", "", "settle all that this `file` or Maildir folder says have left; - is standard input")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "with --from: only say what would be settled")
	yesFlag(cmd, &yes)
	require(cmd, "as")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) resolve(ctx context.Context, j *job, id studymail.ID, as string) error {
	planner, err := j.Planner()
	if err != nil {
		return err
	}
	return j.Store.Write(ctx, func(tx *store.Tx) error {
		return planner.Resolve(ctx, tx, id, as == "resend", e.actor())
	})
}
