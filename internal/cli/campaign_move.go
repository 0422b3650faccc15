package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func (e *env) campaignStart() *cobra.Command {
	var wait, yes bool
	cmd := &cobra.Command{
		Use:   "start ID [--wait] [--yes]",
		Short: "Start a draft: now, or at its time",
		Long: `Start a draft. Without a time of its own its letters are planned at once, and the
command returns when the whole plan is durable; a running server sends them. With
--wait it follows them to the end.`,
		Example: `  studymail campaign start 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail campaign start 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --wait --yes`,
		Args: exactly("the campaign's ID"),
		RunE: e.onCampaign(func(ctx context.Context, j *job, planner *audience.Planner, id studymail.ID) error {
			if !yes {
				v, err := readCampaign(ctx, j.Store, id)
				if err != nil {
					return err
				}
				// One that waits for its time acts on nobody yet; one that cannot be
				// started is told so below.
				if v.State == studymail.Draft && v.Schedule.IsZero() {
					if err := e.confirmCampaign(ctx, planner, id); err != nil {
						return err
					}
				}
			}
			return e.startCampaign(ctx, j, planner, id, starting{wait: wait})
		}),
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "follow it to the end; fails when no worker is alive")
	yesFlag(cmd, &yes)
	e.jsonFlag(cmd)
	return cmd
}

// starting says how a campaign is started.
type starting struct {
	wait    bool // follow it to the end
	leftOut bool // list who is left out
}

func (e *env) startCampaign(ctx context.Context, j *job, planner *audience.Planner, id studymail.ID, how starting) error {
	bar := e.progress("planning", "patients")
	res, err := planner.Start(ctx, id, e.actor(), func(done, total int) { bar.set(int64(done), int64(total)) })
	bar.done()
	if err != nil {
		return err
	}
	return e.started(ctx, j, planner, id, res, how)
}

// started tells what a start did, and follows it where that is wanted. The plan
// is durable by now: it is told before anything that can fail.
func (e *env) started(ctx context.Context, j *job, planner *audience.Planner, id studymail.ID, res audience.Started, how starting) error {
	if e.asJSON {
		var waited error
		if how.wait {
			waited = e.follow(ctx, j, planner, id)
		}
		return errors.Join(waited, e.printCampaign(context.WithoutCancel(ctx), j, id, how.leftOut))
	}
	if res.State == studymail.Scheduled {
		return e.say("Campaign %s starts at %s.", id, j.clock(res.NextRunAt))
	}
	if err := e.say("Campaign %s: %s planned, %s left out.", id, count(res.Planned, "letter"), thousands(total(res.LeftOut))); err != nil {
		return err
	}
	if err := e.sayLeftOut(res.LeftOut); err != nil {
		return err
	}
	if how.leftOut {
		v, err := readCampaign(ctx, j.Store, id)
		if err == nil {
			err = readLeftOut(ctx, j.Store, &v)
		}
		if err == nil {
			err = e.listLeftOut(&v)
		}
		if err != nil {
			return err
		}
	}
	if !how.wait {
		if err := e.warnOff(ctx, j); err != nil {
			return err
		}
		return e.say("Watch it: `studymail campaign show %s`.", id)
	}
	if err := e.follow(ctx, j, planner, id); err != nil {
		return err
	}
	return e.sayEnd(ctx, j, id)
}

// sayEnd tells what became of a campaign's letters.
func (e *env) sayEnd(ctx context.Context, j *job, id studymail.ID) error {
	v, err := readCampaign(ctx, j.Store, id)
	if err != nil {
		return err
	}
	var ends []string
	for _, c := range []struct {
		n    int
		word string
	}{{v.Sent, "sent"}, {v.Failed, "failed"}, {v.Skipped, "skipped"}, {v.Uncertain, "uncertain"}, {v.Cancelled, "cancelled"}} {
		if c.n > 0 {
			ends = append(ends, thousands(c.n)+" "+c.word)
		}
	}
	if len(ends) == 0 {
		return nil // nobody got a letter; those left out are told
	}
	return e.say("Of these: %s. Each one's story: `studymail outbox list --campaign %s`.", strings.Join(ends, ", "), id)
}

// signOn is how long a server that was started a moment ago may take to sign on.
const signOn = 3 * time.Second

// follow waits until nothing of a campaign moves by itself any more, and it has
// ended.
func (e *env) follow(ctx context.Context, j *job, planner *audience.Planner, id studymail.ID) error {
	bar := e.progress("sending", "letters")
	defer bar.done()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	alive := e.Now()
	for {
		v, err := readCampaign(ctx, j.Store, id)
		if err != nil {
			return err
		}
		bar.set(int64(v.Planned-v.Unfinished()), int64(v.Planned))
		switch {
		case v.State == studymail.Scheduled:
			return nil
		case v.Unfinished() == 0:
			_, err := planner.Settle(ctx, e.actor())
			return err
		case v.State == studymail.Paused:
			return studymail.Errorf(studymail.Conflict, "campaign %s was paused with %s to go", id, count(v.Unfinished(), "letter"))
		}
		if !v.off.Armed {
			return studymail.Errorf(studymail.Conflict, "%s; with %s to go. `studymail arm` lets it go on; read docs/operations.md#restore first", j.whyOff(&v.off), count(v.Unfinished(), "letter"))
		}
		var p studymail.Pulse
		if err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
			p, err = tx.Pulse(ctx)
			return err
		}); err != nil {
			return err
		}
		switch now := e.Now(); {
		case p.Workers > 0:
			alive = now
		case now.Sub(alive) > signOn:
			return studymail.Errorf(studymail.Unavailable, "no worker is alive, with %s to go; start `studymail serve` or `studymail worker`", count(v.Unfinished(), "letter"))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("stopped waiting (the campaign goes on): %w", ctx.Err())
		}
	}
}

func (e *env) campaignResume() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "resume ID [--yes]",
		Short: "Let a paused campaign go on",
		Long: `Let a paused campaign go on where it stood. One whose time passed while it was
paused is started now.`,
		Example: "  studymail campaign resume 019a7c1e-5f6b-7c3d-8e9f-0123456789ab",
		Args:    exactly("the campaign's ID"),
		RunE: e.onCampaign(func(ctx context.Context, j *job, planner *audience.Planner, id studymail.ID) error {
			late, err := planner.Overdue(ctx, id)
			if err != nil {
				return err
			}
			if late && !yes {
				if err := e.confirmCampaign(ctx, planner, id); err != nil {
					return err
				}
			}
			bar := e.progress("planning", "patients")
			res, err := planner.Resume(ctx, id, e.actor(), func(done, total int) { bar.set(int64(done), int64(total)) })
			bar.done()
			switch {
			case err != nil:
				return err
			case late:
				return e.started(ctx, j, planner, id, res, starting{})
			case e.asJSON:
				return e.printCampaign(ctx, j, id, false)
			}
			return e.say("Campaign %s goes on.", id)
		}),
	}
	yesFlag(cmd, &yes)
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) campaignPause() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pause ID",
		Short: "Pause a campaign: no further letter of it leaves",
		Long: `Pause a running or scheduled campaign. It takes effect within one hand-over window;
what waits stays queued. ` + "`studymail campaign resume` lets it go on.",
		Example: "  studymail campaign pause 019a7c1e-5f6b-7c3d-8e9f-0123456789ab",
		Args:    exactly("the campaign's ID"),
		RunE: e.onCampaign(func(ctx context.Context, j *job, planner *audience.Planner, id studymail.ID) error {
			if err := planner.Pause(ctx, id, e.actor()); err != nil {
				return err
			}
			if e.asJSON {
				return e.printCampaign(ctx, j, id, false)
			}
			return e.say("Campaign %s is paused.", id)
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) campaignCancel() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "cancel ID [--yes]",
		Short: "End a campaign for good",
		Long:  "End a campaign for good: letters that were not handed over are cancelled. It cannot\nbe taken back; `studymail campaign pause` can.",
		Example: `  studymail campaign cancel 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail campaign cancel 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --yes`,
		Args: exactly("the campaign's ID"),
		RunE: e.onCampaign(func(ctx context.Context, j *job, planner *audience.Planner, id studymail.ID) error {
			if !yes && e.InTerminal { // where nobody can be asked it does not hesitate: it sends nothing
				v, err := readCampaign(ctx, j.Store, id)
				if err != nil {
					return err
				}
				if err := e.confirm("%s of campaign %s that were not sent will be cancelled for good. Cancel?", count(v.Unfinished(), "letter"), id); err != nil {
					return err
				}
			}
			n, err := planner.Cancel(ctx, id, e.actor())
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.printCampaign(ctx, j, id, false)
			}
			return e.say("Campaign %s is cancelled, %s with it.", id, count(n, "waiting letter"))
		}),
	}
	yesFlag(cmd, &yes)
	e.jsonFlag(cmd)
	return cmd
}
