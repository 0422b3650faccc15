package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

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
		e.campaignCancel(), e.campaignShow(), e.campaignList())
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
	*studymail.Counts

	row *store.CampaignRow
}

func campaignOf(c *store.CampaignRow) campaignView {
	return campaignView{
		ID: c.ID, Name: c.Name, Study: c.StudyName, Template: c.TemplateName, Version: c.Version, State: c.State, Schedule: c.ScheduleID,
		Created: stamp(c.CreatedAt), Started: stamp(c.StartedAt), Ended: stamp(c.EndedAt),
		row: c,
	}
}

func (e *env) campaignCreate() *cobra.Command {
	var (
		n                audience.New
		at, tz           string
		start, wait, yes bool
	)
	cmd := &cobra.Command{
		Use:   "create --study NAME --template NAME [--name …] [--provider ODS…] [--at TIME | --cron \"EXPR\" --tz ZONE] [--again] [--start [--wait]] [--yes]",
		Short: "Make a campaign",
		Long: `Make a campaign as a draft, or start it at once with --start; --wait follows it to
the end. With --at or --cron it starts at its time, once it is started. A campaign
that recurs reaches newcomers only: nobody gets its letter twice. Who had the same
template in another campaign is left out, unless --again.`,
		Example: `  studymail campaign create --study A --template invitation
  studymail campaign create --study A --template invitation --start --yes
  studymail campaign create --study A --template invitation --provider ABCD001 --at "2026-12-01 09:00" --start
  studymail campaign create --study A --template invitation --cron "0 9 * * TUE" --tz Europe/London --start`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			var err error
			if n.Name, err = line("name", n.Name); err != nil {
				return err
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
			return e.printCampaign(ctx, j, c.ID)
		}
		return e.say("Campaign %s is a draft. Next: `studymail campaign preview %s`, then `studymail campaign start %s`.", c.ID, c.ID, c.ID)
	}
	if c.Schedule == 0 {
		if err := e.confirmCampaign(ctx, planner, c.ID, yes); err != nil {
			return err
		}
	}
	return e.startCampaign(ctx, j, planner, c.ID, wait)
}

// confirmCampaign asks with the exact count before a campaign starts now.
func (e *env) confirmCampaign(ctx context.Context, planner *audience.Planner, id studymail.ID, yes bool) error {
	if yes || !e.InTerminal {
		return nil
	}
	res, err := planner.Preview(ctx, id)
	if err != nil {
		return err
	}
	return e.confirm("%s will get the letter, %s are left out. Send?", count(res.Planned, "patient"), thousands(total(res.LeftOut)))
}

func (e *env) campaignPreview() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "preview ID",
		Short: "Tell who would get the letter now, and why the others would not",
		Long:  "Tell how many would get a campaign's letter if it were planned now, and how many\nwould be left out for which reason. Nothing is written.",
		Example: `  studymail campaign preview 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail campaign preview 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json`,
		Args: exactly("the campaign's ID"),
		RunE: e.onCampaign(func(ctx context.Context, _ *job, planner *audience.Planner, id studymail.ID) error {
			res, err := planner.Preview(ctx, id)
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(map[string]any{
					"id": id, "selected": res.Planned + total(res.LeftOut), "planned": res.Planned, "left_out": res.LeftOut,
				})
			}
			if err := e.say("%s would get the letter.", count(res.Planned, "patient")); err != nil {
				return err
			}
			return e.sayLeftOut(res.LeftOut)
		}),
	}
	e.jsonFlag(cmd)
	return cmd
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

func total(leftOut map[studymail.Reason]int) int {
	n := 0
	for _, k := range leftOut {
		n += k
	}
	return n
}

// sayLeftOut prints why patients are left out, the most first.
func (e *env) sayLeftOut(leftOut map[studymail.Reason]int) error {
	reasons := slices.SortedFunc(maps.Keys(leftOut), func(a, b studymail.Reason) int {
		if leftOut[a] != leftOut[b] {
			return leftOut[b] - leftOut[a]
		}
		return strings.Compare(string(a), string(b))
	})
	for i, r := range reasons {
		if i == 0 {
			if err := e.say("Left out:"); err != nil {
				return err
			}
		}
		if err := e.say("  %7s  %s", thousands(leftOut[r]), r); err != nil {
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
		counts, err := tx.Counts(ctx, c.Key)
		v = campaignOf(&c)
		v.Counts = &counts
		return err
	})
	return v, err
}

func (e *env) printCampaign(ctx context.Context, j *job, id studymail.ID) error {
	v, err := readCampaign(ctx, j.Store, id)
	if err != nil {
		return err
	}
	return e.print(v)
}

func (e *env) campaignShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a campaign and its numbers",
		Long: `Show a campaign and its numbers. They always add up: selected = planned + left out,
and planned = queued + sending + deferred + sent + failed + skipped + uncertain + cancelled.`,
		Example: `  studymail campaign show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json`,
		Args:    exactly("the campaign's ID"),
		RunE: e.onCampaign(func(ctx context.Context, j *job, _ *audience.Planner, id studymail.ID) error {
			v, err := readCampaign(ctx, j.Store, id)
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(v)
			}
			study := v.Study
			if study == "" {
				study = "ad hoc"
			}
			if err := e.facts(
				[2]string{"Campaign", v.ID.String()}, [2]string{"Name", v.Name}, [2]string{"Study", study},
				[2]string{"Template", fmt.Sprintf("%s, version %d", v.Template, v.Version)}, [2]string{"State", v.State.String()},
				[2]string{"Started", j.clock(v.row.StartedAt)}, [2]string{"Ended", j.clock(v.row.EndedAt)},
				[2]string{"Selected", thousands(v.Selected)}, [2]string{"Planned", thousands(v.Planned)},
				[2]string{"  queued", thousands(v.Queued)}, [2]string{"  sending", thousands(v.Sending)}, [2]string{"  deferred", thousands(v.Deferred)},
				[2]string{"  sent", thousands(v.Sent)}, [2]string{"  failed", thousands(v.Failed)}, [2]string{"  skipped", thousands(v.Skipped)},
				[2]string{"  uncertain", thousands(v.Uncertain)}, [2]string{"  cancelled", thousands(v.Cancelled)},
			); err != nil {
				return err
			}
			return e.sayLeftOut(v.LeftOut)
		}),
	}
	e.jsonFlag(cmd)
	return cmd
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
