package cli

import (
	"context"
	"strings"
	"time"

	"studymail"
	"studymail/internal/jobs"
	"studymail/internal/store"
	"studymail/internal/when"

	"github.com/spf13/cobra"
)

func (e *env) scheduleCommand() *cobra.Command {
	return group("schedule", "Schedules: list, show, run, enable, disable",
		"Schedules start campaigns at their times, and the housekeeping that is built in.\nA running server or worker looks at them; each time fires once, and never because\na schedule was edited, enabled, or the program started.",
		`  studymail schedule list
  studymail schedule show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab`,
		e.scheduleList(), e.scheduleShow(), e.scheduleRun(),
		e.scheduleSet("enable", "Enable a schedule", true,
			"Enable a schedule: it goes on with its next time from now on. Times that passed\nwhile it was disabled do not fire."),
		e.scheduleSet("disable", "Disable a schedule", false,
			"Disable a schedule: it fires no more until it is enabled. What it started goes on."))
}

// scheduleView is a schedule as it is shown.
type scheduleView struct {
	ID           studymail.ID            `json:"id"`
	Name         string                  `json:"name"`
	Job          studymail.ScheduledJob  `json:"job"`
	Campaign     studymail.ID            `json:"campaign"`
	BuiltIn      bool                    `json:"built_in"`
	Kind         studymail.ScheduleKind  `json:"kind"`
	Expr         string                  `json:"expr"`
	Zone         string                  `json:"zone"`
	Words        string                  `json:"words"`
	Enabled      bool                    `json:"enabled"`
	StartsAt     time.Time               `json:"starts_at,omitzero"`
	EndsAt       time.Time               `json:"ends_at,omitzero"`
	Missed       studymail.MissedPolicy  `json:"missed"`
	MissedWithin string                  `json:"missed_within,omitempty"`
	Overlap      studymail.OverlapPolicy `json:"overlap"`
	Next         []time.Time             `json:"next"` // in the schedule's zone
	Last         *studymail.ScheduleRun  `json:"last_run"`
	Runs         []studymail.ScheduleRun `json:"runs,omitempty"`
}

// newScheduleView finds the next times, at most so many.
func newScheduleView(s *store.ScheduleRow, next int) scheduleView {
	v := scheduleView{
		ID: s.ID, Name: s.Name, Job: s.Job, Campaign: s.Campaign, BuiltIn: s.BuiltIn, Kind: s.Kind, Expr: s.Expr, Zone: s.Zone,
		Enabled: s.Enabled, StartsAt: s.StartsAt, EndsAt: s.EndsAt, Missed: s.Missed, Overlap: s.Overlap, Last: s.Last, Next: []time.Time{},
	}
	if s.Missed == studymail.MissedRunOnce {
		v.MissedWithin = s.MissedWithin.String()
	}
	spec, err := when.Of(s.Schedule)
	if err != nil { // a time zone that is no more: it never fires, and its last run says why
		v.Words = "never: " + err.Error()
		return v
	}
	v.Words = spec.Words()
	if !s.NextRunAt.IsZero() {
		v.Next = append(v.Next, s.NextRunAt.In(spec.Zone))
		v.Next = append(v.Next, spec.NextN(s.NextRunAt, next-1)...)
	}
	return v
}

func (e *env) scheduleList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the schedules",
		Long:  "List all schedules: the built-in ones first, then by name, each with its next time\nand what became of the last.",
		Example: `  studymail schedule list
  studymail schedule list --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			var rows []store.ScheduleRow
			err := j.Store.Read(ctx, func(tx *store.Tx) (err error) {
				rows, err = tx.Schedules(ctx)
				return err
			})
			if err != nil {
				return err
			}
			views := make([]scheduleView, len(rows))
			for i := range rows {
				views[i] = newScheduleView(&rows[i], 1)
			}
			if e.asJSON {
				return e.print(views)
			}
			t := e.table("id", "name", "when", "enabled", "next", "last", "outcome")
			for i := range views {
				v := &views[i]
				last, outcome := "", ""
				if v.Last != nil {
					last, outcome = j.clock(v.Last.FiredAt), string(v.Last.Outcome)
				}
				t.row(v.ID, v.Name, v.Words, yesNo(v.Enabled), j.clock(rows[i].NextRunAt), last, outcome)
			}
			return t.end()
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) scheduleShow() *cobra.Command {
	const runs = 10
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a schedule: its next five times, its policies, its last runs",
		Long:  "Show a schedule with its next five times in its own time zone, what it does about\ntimes that were missed and about overlaps, and its last ten runs.",
		Example: `  studymail schedule show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail schedule show 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json`,
		Args: exactly("the schedule's ID"),
		RunE: e.onSchedule(func(ctx context.Context, j *job, id studymail.ID) error {
			v, err := readSchedule(ctx, j, id, runs)
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(v)
			}
			if err := e.facts(
				[2]string{"Schedule", v.Name}, [2]string{"ID", v.ID.String()}, [2]string{"Does", jobWords(&v)},
				[2]string{"When", v.Words}, [2]string{"As written", string(v.Kind) + " " + v.Expr}, [2]string{"Time zone", v.Zone},
				[2]string{"Enabled", yesNo(v.Enabled)}, [2]string{"Missed times", missedWords(&v)}, [2]string{"Overlaps", overlapWords(v.Overlap)},
			); err != nil {
				return err
			}
			if err := e.sayNext(&v); err != nil {
				return err
			}
			return e.sayRuns(j, &v)
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

// zoned shows a time as the schedule's zone has it: the offset tells the two
// hours of a clock change apart.
const zoned = "Mon 2006-01-02 15:04:05 MST (-07:00)"

func (e *env) sayNext(v *scheduleView) error {
	if len(v.Next) == 0 {
		return e.say("\nNo next time.")
	}
	if err := e.say("\nNext times:"); err != nil {
		return err
	}
	for _, at := range v.Next {
		if err := e.say("  %s", at.Format(zoned)); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) sayRuns(j *job, v *scheduleView) error {
	if len(v.Runs) == 0 {
		return e.say("\nIt has not run yet.")
	}
	if err := e.say("\nLast runs:"); err != nil {
		return err
	}
	t := e.table("due", "fired", "ended", "outcome", "detail")
	for i := range v.Runs {
		r := &v.Runs[i]
		due := "by hand"
		if !r.DueAt.IsZero() {
			due = j.clock(r.DueAt)
		}
		t.row(due, j.clock(r.FiredAt), j.clock(r.EndedAt), r.Outcome, r.Detail)
	}
	return t.end()
}

func jobWords(v *scheduleView) string {
	switch v.Job {
	case studymail.CampaignJob:
		if v.Campaign.IsZero() {
			return "nothing: its campaign has ended, or was cancelled"
		}
		return "starts campaign " + v.Campaign.String()
	case studymail.RetrySweepJob:
		return "brings deferred messages whose time has come back to the queue"
	case studymail.StuckSweepJob:
		return "takes back what dead workers held"
	case studymail.RetentionPurgeJob:
		return "removes what has been kept long enough"
	}
	return string(v.Job)
}

func missedWords(v *scheduleView) string {
	if v.Missed == studymail.MissedSkip {
		return "are skipped"
	}
	return "run once, if at most " + strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(v.MissedWithin) + " late"
}

func overlapWords(p studymail.OverlapPolicy) string {
	if p == studymail.OverlapSkip {
		return "a time is skipped while the last run works"
	}
	return "a time runs also while the last run works"
}

func (e *env) scheduleRun() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run ID",
		Short: "Run a schedule now, by hand",
		Long:  "Queue one run of a schedule, now, also of one that is disabled. Its own times stay\nas they are. A running server or worker does the work.",
		Example: `  studymail schedule run 019a7c1e-5f6b-7c3d-8e9f-0123456789ab
  studymail schedule run 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json`,
		Args: exactly("the schedule's ID"),
		RunE: e.onSchedule(func(ctx context.Context, j *job, id studymail.ID) error {
			queue, err := jobs.NewQueue(j.Store)
			if err != nil {
				return err
			}
			var (
				run   studymail.ScheduleRun
				name  string
				alive int
			)
			err = j.Store.Write(ctx, func(tx *store.Tx) error {
				row, err := tx.ScheduleByID(ctx, id)
				if err != nil {
					return err
				}
				name = row.Name
				if run, err = queue.RunSchedule(ctx, tx, &row.Schedule); err != nil {
					return err
				}
				workers, err := tx.AliveWorkers(ctx)
				if err != nil {
					return err
				}
				alive = len(workers)
				return e.event(ctx, tx, "schedule run", id, "run "+run.ID.String())
			})
			if err != nil {
				return err
			}
			if e.asJSON {
				return e.print(run)
			}
			if alive == 0 {
				return e.say("A run of %q is queued. No worker is alive: start `studymail serve` or `studymail worker`.", name)
			}
			return e.say("A run of %q is queued; `studymail schedule show %s` tells what becomes of it.", name, id)
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

func (e *env) scheduleSet(verb, short string, enabled bool, long string) *cobra.Command {
	cmd := &cobra.Command{
		Use: verb + " ID", Short: short, Long: long,
		Example: "  studymail schedule " + verb + " 019a7c1e-5f6b-7c3d-8e9f-0123456789ab",
		Args:    exactly("the schedule's ID"),
		RunE: e.onSchedule(func(ctx context.Context, j *job, id studymail.ID) error {
			err := j.Store.Write(ctx, func(tx *store.Tx) error {
				row, err := tx.ScheduleByID(ctx, id)
				if err != nil || row.Enabled == enabled {
					return err
				}
				if err := tx.SetScheduleEnabled(ctx, &row.Schedule, enabled); err != nil {
					return err
				}
				return e.event(ctx, tx, "schedule "+verb+"d", id, "")
			})
			if err != nil {
				return err
			}
			v, err := readSchedule(ctx, j, id, 0)
			switch {
			case err != nil:
				return err
			case e.asJSON:
				return e.print(v)
			case !enabled:
				return e.say("Schedule %q is disabled.", v.Name)
			}
			return e.say("Schedule %q is enabled; its next time is %s.", v.Name, v.Next[0].Format(zoned))
		}),
	}
	e.jsonFlag(cmd)
	return cmd
}

// onSchedule reads the ID of a command on one schedule.
func (e *env) onSchedule(fn func(context.Context, *job, studymail.ID) error) func(*cobra.Command, []string) error {
	return e.with(func(ctx context.Context, j *job) error {
		id, err := studymail.ParseID(j.args[0])
		if err != nil {
			return misused(err)
		}
		return fn(ctx, j, id)
	})
}

// readSchedule reads a schedule with its next five times and so many runs.
func readSchedule(ctx context.Context, j *job, id studymail.ID, runs int) (v scheduleView, err error) {
	const next = 5
	err = j.Store.Read(ctx, func(tx *store.Tx) error {
		row, err := tx.ScheduleByID(ctx, id)
		if err != nil {
			return err
		}
		v = newScheduleView(&row, next)
		if runs > 0 {
			v.Runs, err = tx.ScheduleRuns(ctx, row.Key, runs)
		}
		return err
	})
	return v, err
}
