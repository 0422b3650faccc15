package audience

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/store"
)

const (
	chunk = 1000 // patients a transaction
	lease = 15 * time.Second
	// A pause between chunks lets other writers of a SQLite file in: its busy
	// handler is not fair.
	pause = 2 * time.Millisecond
)

// Planner makes, moves and plans campaigns.
type Planner struct {
	Store        *store.Store
	Zone         *time.Location
	HasPublicURL bool
	AttemptLimit int
	ExpiresAfter time.Duration
	Cap          studymail.ContactCap
	Log          *slog.Logger

	// Wake enqueues, in the given transaction, the job that wakes the senders.
	Wake func(ctx context.Context, tx *store.Tx, run studymail.ID) error
}

// Result is what a planning pass did.
type Result struct {
	Run     studymail.ID             `json:"run"`
	Planned int                      `json:"planned"`
	LeftOut map[studymail.Reason]int `json:"left_out"`
}

// Progress is told how many patients were looked at, and how many there are.
type Progress func(done, total int)

// rules gives what a step is planned by. day is when: a reminder looks for those
// whose first letter was sent so many days before it.
func (p *Planner) rules(ctx context.Context, tx *store.Tx, pl *plan, day time.Time) (*store.PlanRules, error) {
	c, step := &pl.campaign, &pl.step
	text, err := tx.TemplateVersionByKey(ctx, step.TemplateVersion)
	if err != nil {
		return nil, err
	}
	letter, err := compose.Compile(text.Format, text.Subject, text.Body)
	if err != nil {
		return nil, err
	}
	needs := letter.Needs()
	expires := p.ExpiresAfter
	if pl.part == studymail.RestPart {
		expires += c.Canary.Wait
	}
	r := &store.PlanRules{
		Today:    studymail.DateOf(tx.Now(), p.Zone),
		Campaign: c.Key, Step: step.Key, Study: c.Study, Template: text.Template, Again: c.Again,
		NoPublicURL:  needs.Has(compose.UnsubscribeURL) && !p.HasPublicURL,
		AttemptLimit: p.AttemptLimit, ExpiresAfter: expires, PlannerLease: lease, PatientsAtOnce: chunk,
		Cap: p.Cap,
	}
	for m := range studymail.Missing(8) {
		if needs.PersonLacks(m) {
			r.LacksIf |= 1 << m
		}
	}
	for field, need := range map[compose.Placeholder]store.OtherNeeds{
		compose.CareProviderContact:     store.NeedsContact,
		compose.CareProviderContactName: store.NeedsContactName,
		compose.CareProviderPhone:       store.NeedsPhone,
		compose.CareProviderReplyTo:     store.NeedsReplyTo,
		compose.StudyApprovalReference:  store.NeedsApprovalReference,
	} {
		if needs.Has(field) {
			r.NeedsOther |= need
		}
	}
	if pl.part == studymail.CanaryPart {
		r.Most = c.Canary.First
	}
	if step.Reminder() {
		r.First, r.SentBefore = pl.steps[0].Key, p.sentBefore(day, step.AfterDays)
		if err := pl.mayRepeat(ctx, tx, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// plan is a campaign and the one of its steps that is planned.
type plan struct {
	campaign store.CampaignRow
	steps    []studymail.Step
	step     studymail.Step
	part     studymail.RunPart // of the step
}

// planOf reads a campaign and one of its steps, by row key; 0 for the first.
func planOf(ctx context.Context, tx *store.Tx, id studymail.ID, step int64) (*plan, error) {
	pl := &plan{}
	var err error
	if pl.campaign, err = tx.CampaignByID(ctx, id); err != nil {
		return nil, err
	}
	if pl.steps, err = tx.CampaignSteps(ctx, pl.campaign.Key); err != nil {
		return nil, err
	}
	for _, s := range pl.steps {
		if s.Key == step || step == 0 {
			pl.step = s
			return pl, nil
		}
	}
	return nil, studymail.Errorf(studymail.Internal, "campaign %s has no such step", id)
}

// begin begins a run of a step; its campaign is Running from then on.
func (p *Planner) begin(ctx context.Context, tx *store.Tx, pl *plan, actor string) (studymail.Run, error) {
	c := &pl.campaign.Campaign
	if c.State != studymail.Running {
		if err := tx.MoveCampaign(ctx, c, studymail.Running); err != nil {
			return studymail.Run{}, err
		}
	}
	token := rand.Int64() //nolint:gosec // tells planners apart, no secret
	part, err := partOf(ctx, tx, pl)
	if err != nil {
		return studymail.Run{}, err
	}
	run, err := tx.AddRun(ctx, pl.step, part, token, lease)
	if err != nil {
		return run, err
	}
	if pl.step.Reminder() {
		return run, tx.AddEvent(ctx, actor, "reminder started", c.ID, fmt.Sprintf("step %d run %s", pl.step.Number, run.ID))
	}
	return run, tx.AddEvent(ctx, actor, "campaign started", c.ID, "run "+run.ID.String())
}

// finish plans a run from where its cursor stands to the end: when it returns
// without an error, the whole plan is durable and its mail may leave. When ctx
// ends first, a worker takes the run up.
func (p *Planner) finish(ctx context.Context, campaign studymail.ID, run *studymail.Run, actor string, progress Progress) (Result, error) {
	res := Result{Run: run.ID, LeftOut: map[studymail.Reason]int{}}
	log := p.Log.With("campaign", campaign, "run", run.ID)
	total, done := 0, 0
	for {
		var (
			part store.PlanResult
			next studymail.Run
			gone bool
		)
		err := p.Store.Write(ctx, func(tx *store.Tx) error {
			next, gone = *run, false
			pl, err := planOf(ctx, tx, campaign, run.Step)
			if err != nil {
				return err
			}
			if pl.campaign.State == studymail.CampaignCanceled {
				gone = true
				return tx.DropRun(ctx, &next)
			}
			pl.part = run.Part
			rules, err := p.rules(ctx, tx, pl, run.CreatedAt)
			if err != nil {
				return err
			}
			if progress != nil && total == 0 {
				if total, err = tx.AudienceSize(ctx, rules); err != nil {
					return err
				}
			}
			if part, err = tx.PlanChunk(ctx, &next, rules); err != nil || !part.Last && !part.Full {
				return err
			}
			return p.release(ctx, tx, pl, &next, part.Last)
		})
		if err != nil {
			return res, err
		}
		if gone {
			// What Cancel could not see: the chunk that was on its way.
			if _, err := p.CancelWaiting(ctx); err != nil {
				return res, err
			}
			return res, studymail.Errorf(studymail.Conflict, "campaign %s was cancelled while it was planned; nothing of this run was sent", campaign)
		}
		*run = next
		res.Planned += part.Planned
		for why, n := range part.LeftOut {
			res.LeftOut[why] += n
		}
		if part.Full {
			log.Info("run planned", "planned", res.Planned, "left_out", sum(res.LeftOut))
			log = p.Log.With("campaign", campaign, "run", run.ID)
		}
		if part.Last {
			log.Info("run planned", "planned", res.Planned, "left_out", sum(res.LeftOut))
			if res.Planned == 0 { // no worker is needed to end it
				if _, err := p.Settle(ctx, actor); err != nil {
					return res, err
				}
			}
			if progress != nil {
				progress(total, total)
			}
			return res, nil
		}
		if progress != nil {
			done += chunk
			progress(min(done, total), total)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return res, studymail.Errorf(studymail.Unavailable, "stopped in the middle of the plan (nothing of it was sent; a worker takes it up, `studymail campaign cancel %s` drops it): %w",
				campaign, ctx.Err())
		}
	}
}

// TakeUp goes on with the runs whose planner is gone, and gives how many it
// finished. One that cannot be planned does not hold up the others.
func (p *Planner) TakeUp(ctx context.Context) (int, error) {
	var runs []studymail.Run
	campaigns := map[int64]studymail.ID{}
	err := p.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if runs, err = tx.AbandonedRuns(ctx); err != nil {
			return err
		}
		for _, r := range runs {
			if campaigns[r.Campaign], err = tx.CampaignIDByKey(ctx, r.Campaign); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	n := 0
	var failed error
	for i := range runs {
		r := &runs[i]
		taken, err := p.takeUp(ctx, campaigns[r.Campaign], r)
		if taken {
			n++
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("take up run %s: %w", r.ID, err))
		}
	}
	return n, failed
}

func (p *Planner) takeUp(ctx context.Context, campaign studymail.ID, r *studymail.Run) (finished bool, err error) {
	token := rand.Int64() //nolint:gosec // tells planners apart, no secret
	var mine bool
	if err := p.Store.Write(ctx, func(tx *store.Tx) (err error) {
		mine, err = tx.TakeRun(ctx, r, token, lease)
		return err
	}); err != nil || !mine {
		return false, err
	}
	p.Log.Warn("took up a run whose planner is gone", "run", r.ID, "campaign", campaign)
	if _, err := p.finish(ctx, campaign, r, "worker", nil); err != nil && studymail.CodeOf(err) != studymail.Conflict {
		return false, err
	}
	return true, nil
}

func sum(counts map[studymail.Reason]int) int {
	n := 0
	for _, v := range counts {
		n += v
	}
	return n
}

// PlanScheduled is what a campaign's schedule does, and that of each of its reminders:
// it plans a run of that step, unless the campaign is paused or over, or this firing (zero: none) has begun one before:
// its process died, others went on with the plan, and the job is tried again. It
// gives counts for the schedule's history.
func (p *Planner) PlanScheduled(ctx context.Context, id, firing studymail.ID) (string, error) {
	var (
		run  studymail.Run
		code string
	)
	err := p.Store.Write(ctx, func(tx *store.Tx) error {
		code = ""
		step, err := tx.ReminderOfFiring(ctx, firing)
		if err != nil {
			return err
		}
		pl, err := planOf(ctx, tx, id, step)
		if err != nil {
			return err
		}
		runs, err := tx.CampaignRuns(ctx, pl.campaign.Key)
		if err != nil {
			return err
		}
		for _, r := range runs {
			if r.State == studymail.Planning && r.Step == pl.step.Key {
				// A plan that took longer than a job may: whoever takes it up goes on with
				// it. A second beside it would look at the same patients.
				code = "code=planning_goes_on"
				return nil
			}
		}
		switch pl.campaign.State {
		case studymail.Scheduled, studymail.Running:
			if !firing.IsZero() {
				first, err := tx.BeginFiringsPlan(ctx, firing)
				if err != nil || !first {
					code = "code=planned_before"
					return err
				}
			}
			run, err = p.begin(ctx, tx, pl, "schedule")
			return err
		case studymail.Draft, studymail.Paused, studymail.Finished, studymail.CampaignCanceled:
			code = "code=campaign_" + pl.campaign.State.String()
		}
		return nil
	})
	if err != nil || code != "" {
		return code, err
	}
	res, err := p.finish(ctx, id, &run, "schedule", nil)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("planned=%d left_out=%d", res.Planned, sum(res.LeftOut)), nil
}
