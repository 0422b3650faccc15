package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func total(leftOut map[studymail.Reason]int) int {
	n := 0
	for _, k := range leftOut {
		n += k
	}
	return n
}

// sayLeftOut prints why patients are left out.
func (e *env) sayLeftOut(leftOut map[studymail.Reason]int) error {
	if len(leftOut) == 0 {
		return nil
	}
	if err := e.say("Left out:"); err != nil {
		return err
	}
	return e.sayReasons(leftOut)
}

// sayReasons prints how often each reason stands, the most first.
func (e *env) sayReasons(counts map[studymail.Reason]int) error {
	reasons := slices.SortedFunc(maps.Keys(counts), func(a, b studymail.Reason) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(string(a), string(b))
	})
	for _, r := range reasons {
		if err := e.say("  %7s  %s", thousands(counts[r]), r); err != nil {
			return err
		}
	}
	return nil
}

// readCampaign reads a campaign and its numbers from one snapshot.
func readCampaign(ctx context.Context, s *store.Store, id studymail.ID) (campaignView, error) {
	var v campaignView
	err := s.Read(ctx, func(tx *store.Tx) error {
		c, err := tx.CampaignByID(ctx, id)
		if err != nil {
			return err
		}
		v = campaignOf(&c)
		if err := v.readNumbers(ctx, tx); err != nil {
			return err
		}
		if err := v.readCanary(ctx, tx); err != nil {
			return err
		}
		if v.came, err = tx.CampaignFeedback(ctx, c.Key); err != nil {
			return err
		}
		for came, n := range v.came {
			v.CameBack[came.String()] = n
		}
		if v.off, err = tx.Arming(ctx); err != nil {
			return err
		}
		if !v.off.Armed {
			off := armingOf(&v.off)
			v.Off = &off
		}
		if err := v.readWaits(ctx, tx); err != nil {
			return err
		}
		if c.Schedule == 0 || c.State != studymail.Scheduled && c.State != studymail.Running {
			return nil
		}
		sched, err := tx.ScheduleByID(ctx, c.ScheduleID)
		v.next, v.Next = sched.NextRunAt, stamp(sched.NextRunAt)
		return err
	})
	return v, err
}

// readFlow adds how fast a running campaign goes.
func readFlow(ctx context.Context, j *job, v *campaignView) error {
	if v.State != studymail.Running {
		return nil
	}
	return j.Store.Read(ctx, func(tx *store.Tx) error {
		f, err := j.Flow(ctx, tx, v.row.Key, v.Unfinished())
		if !v.waits.IsZero() {
			f.LimitedBy, f.FinishAt = "send hours", time.Time{}
		}
		v.Flow, v.Finish = &f, stamp(f.FinishAt)
		return err
	})
}

// readWaits adds until when the campaign's mail waits for send hours.
func (v *campaignView) readWaits(ctx context.Context, tx *store.Tx) (err error) {
	if v.State != studymail.Running || v.Unfinished() == 0 {
		return nil
	}
	if v.Aside, v.aside, err = tx.Waiting(ctx, v.row.Key); err != nil {
		return err
	}
	if v.waits, err = closedUntil(ctx, tx, v.row.Study, 0); err != nil {
		return err
	}
	if v.waits.IsZero() && v.Aside == v.Unfinished() {
		v.waits = v.aside
	}
	v.Waits = stamp(v.waits)
	return nil
}

// readLeftOut adds who was left out, page by page.
func readLeftOut(ctx context.Context, s *store.Store, v *campaignView) error {
	all := []lookedView{}
	var after int64
	for {
		var page []store.Looked
		err := s.Read(ctx, func(tx *store.Tx) (err error) {
			page, err = tx.LeftOutPage(ctx, v.row.Key, after, messagePage)
			return err
		})
		if err != nil {
			return err
		}
		for _, l := range page {
			all = append(all, lookedOf(l))
			after = l.Key
		}
		if len(page) < messagePage {
			v.LeftOutPatients = &all
			return nil
		}
	}
}

func (e *env) printCampaign(ctx context.Context, j *job, id studymail.ID, leftOut bool) error {
	v, err := readCampaign(ctx, j.Store, id)
	if err == nil && leftOut {
		err = readLeftOut(ctx, j.Store, &v)
	}
	if err != nil {
		return err
	}
	return e.print(v)
}

func (e *env) campaignShow() *cobra.Command {
	var leftOut bool
	cmd := &cobra.Command{
		Use:   "show ID [--left-out]",
		Short: "Show a campaign and its numbers",
		Long: `Show a campaign and its numbers. They always add up: selected = planned + left out,
and planned = queued + sending + deferred + sent + failed + skipped + uncertain + cancelled.
With reminders they count letters: each patient once for the first letter and once for
each reminder; what each reminder has done so far, and when it looks next for whom it
is due, stands beside it.
Of a running one also how many mails a second were taken in the last minute, what
keeps them from being more (a word, such as rate limit, throttled or connections),
and when it will be finished at this rate. One that stopped by itself, over HALT_HARD,
HALT_COMPLAINTS or HALT_FAILED, says why; only a person lets it go on. Outside the send hours of its study
nothing of it leaves: it says until when. What waits for the hours of a care
provider counts as deferred. With --left-out also who was left out, each with the
reason; who was not is in
` + "`studymail outbox list --campaign ID`.",
		Example: `  studymail campaign show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail campaign show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --left-out
  studymail campaign show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json`,
		Args: exactly("the campaign's ID"),
		RunE: e.onCampaign(func(ctx context.Context, j *job, _ *audience.Planner, id studymail.ID) error {
			v, err := readCampaign(ctx, j.Store, id)
			if err == nil {
				err = readFlow(ctx, j, &v)
			}
			if err == nil && leftOut {
				err = readLeftOut(ctx, j.Store, &v)
			}
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(v)
			}
			if err := e.sayCampaign(j, &v); err != nil || !leftOut {
				return err
			}
			return e.listLeftOut(&v)
		}),
	}
	cmd.Flags().BoolVar(&leftOut, "left-out", false, "also list who was left out")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) sayCampaign(j *job, v *campaignView) error {
	study := v.Study
	if study == "" {
		study = "ad hoc"
	}
	if v.Off != nil {
		if err := e.say("%s.\nNo mail leaves until `studymail arm`; read docs/operations.md#restore first.\n", j.whyOff(&v.off)); err != nil {
			return err
		}
	}
	facts := [][2]string{
		{"Campaign", v.ID.String()},
		{"Name", v.Name},
		{"Study", study},
		{"Template", fmt.Sprintf("%s, version %d", v.Template, v.Version)},
		{"State", v.State.String()},
	}
	if v.Halted != nil {
		facts = append(facts,
			[2]string{"Halted", fmt.Sprintf("%s: %s (%s)", j.clock(v.Halted.At), v.Halted.Reason, v.Halted.Detail)},
			[2]string{"What to do", "look at what came back (`studymail feedback list`) and why letters failed (`studymail outbox list`); then `studymail campaign resume " + v.ID.String() + "`, or cancel it"})
	}
	if !v.Schedule.IsZero() {
		facts = append(facts, [2]string{"Schedule", v.Schedule.String()}, [2]string{"Next start", j.clock(v.next)})
	}
	if !v.waits.IsZero() {
		facts = append(facts, [2]string{"Mail waits until", j.clock(v.waits) + " (send hours)"})
	}
	if v.Canary != nil {
		facts = append(facts, v.Canary.fact(j, v.State))
	}
	for i := range v.Reminders {
		facts = append(facts, v.Reminders[i].fact(j))
	}
	facts = append(facts, [2]string{"Started", j.clock(v.row.StartedAt)}, [2]string{"Ended", j.clock(v.row.EndedAt)})
	for _, n := range []struct {
		name string
		n    int
	}{
		{"Selected", v.Selected},
		{"Planned", v.Planned},
		{"  queued", v.Queued},
		{"  sending", v.Sending},
		{"  deferred", v.Deferred},
		{"  sent", v.Sent},
		{"  failed", v.Failed},
		{"  skipped", v.Skipped},
		{"  uncertain", v.Uncertain},
		{"  cancelled", v.Cancelled},
		{"Left out", total(v.LeftOut)},
	} {
		facts = append(facts, [2]string{n.name, thousands(n.n)})
		if n.name == "  deferred" && v.Aside > 0 {
			facts = append(facts, [2]string{"    for send hours", thousands(v.Aside) + ", the first until " + j.clock(v.aside)})
		}
	}
	for _, came := range studymail.CameBacks() {
		if n := v.came[came]; n > 0 {
			facts = append(facts, [2]string{"Came back: " + came.String(), thousands(n)})
		}
	}
	if v.Flow != nil {
		facts = append(facts,
			[2]string{"Rate", strconv.FormatFloat(v.PerSecond, 'g', 3, 64) + " a second"},
			[2]string{"Limited by", v.LimitedBy},
			[2]string{"Finished", j.clock(v.FinishAt)})
	}
	if err := e.facts(facts...); err != nil {
		return err
	}
	return e.sayReasons(v.LeftOut)
}

// listLeftOut lists who was left out, and why.
func (e *env) listLeftOut(v *campaignView) error {
	t := e.table("patient", "care provider", "left out")
	for _, l := range *v.LeftOutPatients {
		t.row(l.Patient, l.Provider, l.Reason)
	}
	if len(*v.LeftOutPatients) == 0 {
		return nil
	}
	return t.end()
}
