package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
	"studymail/internal/when"

	"github.com/spf13/cobra"
)

func (e *env) campaignCommand() *cobra.Command {
	return group("campaign", "Campaigns: send a template to a study",
		`A campaign sends a template to a study's patients who are in study: now, at a
time, or on a schedule. It keeps the template version that it was made with.`,
		`  studymail campaign create --study A --template invitation
  studymail campaign preview 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail campaign start 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --wait
  studymail campaign show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json`,
		e.campaignCreate(), e.campaignPreview(), e.campaignStart(), e.campaignPause(), e.campaignResume(),
		e.campaignRelease(), e.campaignCancel(), e.campaignShow(), e.campaignList())
}

// campaignView is a campaign as commands print it.
type campaignView struct {
	ID       studymail.ID            `json:"id"`
	Name     string                  `json:"name"`
	Study    string                  `json:"study"` // "" for an ad hoc one
	Template string                  `json:"template"`
	Version  int                     `json:"version"`
	State    studymail.CampaignState `json:"state"`
	Schedule studymail.ID            `json:"schedule"`
	Created  string                  `json:"created_at"`
	Started  string                  `json:"started_at"`
	Ended    string                  `json:"ended_at"`
	Next     string                  `json:"next_run_at,omitempty"` // of one that waits for its time
	Off      *armingView             `json:"sending_off,omitempty"` // no mail leaves at all
	Waits    string                  `json:"waits_until,omitempty"` // of one of which nothing may leave before
	Aside    int                     `json:"deferred_for_hours"`    // of the deferred: not refused, but waiting for send hours
	Halted   *studymail.Halt         `json:"halted,omitempty"`      // it stopped by itself
	CameBack map[string]int          `json:"came_back"`             // for how many of its messages
	*studymail.Counts
	*studymail.Flow                // while it runs
	Finish          string         `json:"finish_at,omitempty"` // at this rate
	LeftOutPatients *[]lookedView  `json:"left_out_patients,omitempty"`
	Reminders       []reminderView `json:"reminders,omitempty"`
	Canary          *canaryView    `json:"canary,omitempty"`

	row   *store.CampaignRow
	came  map[studymail.CameBack]int
	off   studymail.Arming
	next  time.Time
	waits time.Time
	aside time.Time // when the first of those that wait for send hours may leave
}

func campaignOf(c *store.CampaignRow) campaignView {
	return campaignView{
		ID: c.ID, Name: c.Name, Study: c.StudyName, Template: c.TemplateName, Version: c.Version, State: c.State, Schedule: c.ScheduleID,
		Created: stamp(c.CreatedAt), Started: stamp(c.StartedAt), Ended: stamp(c.EndedAt),
		Halted: c.Halt, CameBack: map[string]int{},
		row: c,
	}
}

func (e *env) campaignCreate() *cobra.Command {
	var (
		n                audience.New
		at, tz           string
		reminders        []string
		start, wait, yes bool
		canaryWait       time.Duration
	)
	cmd := &cobra.Command{
		Use:   "create --study NAME --template NAME [--name …] [--provider ODS…] [--at TIME | --cron \"EXPR\" --tz ZONE] [--reminder 7d=NAME…] [--canary N [--canary-wait 1h]] [--again] [--start [--wait]] [--yes]",
		Short: "Make a campaign",
		Long: `Make a campaign as a draft, or start it at once with --start; --wait follows it to
the end. With --at or --cron it starts at its time, once it is started. A campaign
that recurs reaches newcomers only: nobody gets its letter twice. Who had the same
template in another campaign is left out, unless --again.

--reminder 7d=NAME, once or more, has the template NAME follow 7 days after the day
on which a patient's first letter was sent, at the time of day at which the campaign
was started: only to those who were sent the first letter and are still in study.

--canary N begins with N letters. The rest is planned with them and waits, from when
those are handed over, for what comes back (--canary-wait, 1h by default); then it
goes by itself, unless too much went wrong (HALT_HARD, HALT_COMPLAINTS, HALT_FAILED):
then the campaign has halted, and only a person lets it go on.`,
		Example: `  studymail campaign create --study A --template invitation
  studymail campaign create --study A --template invitation --start --yes
  studymail campaign create --study A --template invitation --provider ABCD001 --at "2026-12-01 09:00" --start
  studymail campaign create --study A --template invitation --cron "0 9 * * TUE" --tz Europe/London --start
  studymail campaign create --study A --template invitation --reminder 7d=reminder --reminder 21d="last call"
  studymail campaign create --study A --template invitation --canary 500 --canary-wait 4h --start --yes`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			var err error
			if n.Name, err = line("name", n.Name); err != nil {
				return err
			}
			if n.Reminders, err = readReminders(reminders); err != nil {
				return err
			}
			if n.Canary.Wait = canaryWait; n.Canary.First == 0 && canaryWait != 0 {
				return wrongUse("--canary-wait goes with --canary")
			}
			if n.Canary.First != 0 && canaryWait == 0 {
				n.Canary.Wait = studymail.DefaultCanaryWait
			}
			if err := n.Canary.Check(); err != nil {
				return misused(err)
			}
			if at != "" && n.Cron != "" {
				return wrongUse("--at and --cron exclude each other")
			}
			if tz != "" && n.Cron == "" {
				return wrongUse("--tz goes with --cron; give --at in the installation's zone (%s) or with its offset", j.Config.TimeZone)
			}
			if at != "" {
				if n.At, err = when.ParseTime(at, j.Config.TimeZone.String(), j.Now()); err != nil {
					return misused(err)
				}
			}
			if wait && !start {
				return wrongUse("--wait goes with --start")
			}
			if wait && (at != "" || n.Cron != "") {
				return wrongUse("--wait does not go with --at and --cron: there is nothing to follow yet")
			}
			if n.Providers, err = odsCodes(n.Providers); err != nil {
				return err
			}
			if start && !yes && !e.InTerminal && at == "" && n.Cron == "" {
				return wrongUse("--start sends to a whole study, and nobody can be asked here: add --yes, or leave --start out and look first, with `studymail campaign preview`; nothing was done")
			}
			n.Zone = tz
			if n.Cron != "" {
				zone := tz
				if zone == "" {
					zone = j.Config.TimeZone.String()
				}
				if _, err := when.Parse(studymail.Cron, n.Cron, zone); err != nil {
					return misused(err)
				}
			}
			return e.createCampaign(ctx, j, n, start, wait, yes)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&n.Study, "study", "", "`name` of the study")
	f.StringVar(&n.Template, "template", "", "`name` of the template")
	f.StringVar(&n.Name, "name", "", "`name` of the campaign; made of template and study if left out")
	f.StringSliceVar(&n.Providers, "provider", nil, "only patients of the care providers with these `ODS` codes")
	f.StringVar(&at, "at", "", "start at this `time`")
	f.StringVar(&n.Cron, "cron", "", "start at the times of this cron `expression`")
	f.StringVar(&tz, "tz", "", "time `zone` of --cron")
	f.StringArrayVar(&reminders, "reminder", nil, "a reminder, as `DAYS=TEMPLATE` (7d=reminder); may be given many times")
	f.IntVar(&n.Canary.First, "canary", 0, "begin with so many `letters`; the rest waits for what comes back of them")
	f.DurationVar(&canaryWait, "canary-wait", 0, "how `long` the rest waits, from 1m to 72h; 1h if left out")
	f.BoolVar(&n.Again, "again", false, "also those who had this template in another campaign")
	f.BoolVar(&start, "start", false, "start it at once")
	f.BoolVar(&wait, "wait", false, "with --start: follow it to the end; fails when no worker is alive")
	yesFlag(cmd, &yes)
	require(cmd, "study", "template")
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) createCampaign(ctx context.Context, j *job, n audience.New, start, wait, yes bool) error {
	planner, err := j.Planner()
	if err != nil {
		return err
	}
	c, err := planner.Create(ctx, n, e.actor())
	if err != nil {
		return err
	}
	if !start {
		if e.asJSON {
			return e.printCampaign(ctx, j, c.ID, false)
		}
		return e.say("Campaign %s is a draft. Next: `studymail campaign preview %s`, then `studymail campaign start %s`.", c.ID, c.ID, c.ID)
	}
	if c.Schedule == 0 && !yes {
		err := e.confirmCampaign(ctx, planner, c.ID)
		if errors.Is(err, errDeclined) {
			return fmt.Errorf("%w: campaign %s stays a draft", err, c.ID)
		}
		if err != nil {
			return err
		}
	}
	return e.startCampaign(ctx, j, planner, c.ID, starting{wait: wait})
}

// odsCodes reads the care providers that a campaign is for.
func odsCodes(codes []string) ([]string, error) {
	all := make([]string, 0, len(codes))
	for _, c := range codes {
		code, err := studymail.ParseODSCode(c)
		if err != nil {
			return nil, wrongUse("--provider: %w", err)
		}
		if !slices.Contains(all, code) {
			all = append(all, code)
		}
	}
	return all, nil
}

// confirmCampaign asks with the exact count before a campaign starts now.
func (e *env) confirmCampaign(ctx context.Context, planner *audience.Planner, id studymail.ID) error {
	res, err := planner.Preview(ctx, id)
	if err != nil {
		return err
	}
	return e.confirm("%s will get the letter, %s left out. Send?", count(res.Planned, "patient"), areLeftOut(total(res.LeftOut)))
}

func areLeftOut(n int) string {
	if n == 1 {
		return "1 is"
	}
	return thousands(n) + " are"
}

// onCampaign is the RunE of a command about one campaign.
func (e *env) onCampaign(fn func(context.Context, *job, *audience.Planner, studymail.ID) error) func(*cobra.Command, []string) error {
	return e.with(func(ctx context.Context, j *job) error {
		id, err := studymail.ParseID(j.args[0])
		if err != nil {
			return misused(err)
		}
		planner, err := j.Planner()
		if err != nil {
			return err
		}
		return fn(ctx, j, planner, id)
	})
}

func (e *env) campaignList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List campaigns, the newest first",
		Long:  "List the newest 1,000 campaigns, the newest first.",
		Example: `  studymail campaign list
  studymail campaign list --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			var rows []store.CampaignRow
			err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
				rows, err = tx.Campaigns(ctx, 1000)
				return err
			})
			if err != nil {
				return err
			}
			if e.asJSON {
				all := make([]campaignView, len(rows))
				for i := range rows {
					all[i] = campaignOf(&rows[i])
				}
				return e.print(all)
			}
			if len(rows) == 0 {
				return e.say("No campaigns yet. Make one: `studymail campaign create --study NAME --template NAME`.")
			}
			t := e.table("id", "name", "study", "template", "state", "created")
			for i := range rows {
				c := &rows[i]
				t.row(c.ID, c.Name, c.StudyName, c.TemplateName, c.State, j.clock(c.CreatedAt))
			}
			return t.end()
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}
