package cli

import (
	"context"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/when"

	"github.com/spf13/cobra"
)

func (e *env) eventCommand() *cobra.Command {
	return group("event", "The audit trail: list",
		"Events tell who did what to which UUID, and when. They are only ever added.",
		`  studymail event list
  studymail event list --about 019a7c1e-5f6b-7c3d-8e9f-0123456789ab`,
		e.eventList())
}

func (e *env) eventList() *cobra.Command {
	var (
		about, since string
		limit        int
	)
	cmd := &cobra.Command{
		Use:   "list [--about UUID] [--since TIME] [--limit N]",
		Short: "List events, the newest first",
		Long:  "List what was done, the newest first.",
		Example: `  studymail event list
  studymail event list --since "today 09:00"
  studymail event list --about 019a7c1e-5f6b-7c3d-8e9f-0123456789ab --json`,
		Args: exactly(),
		RunE: e.with(func(ctx context.Context, j *job) error {
			f := store.EventFilter{Limit: limit}
			var err error
			if about != "" {
				if f.About, err = studymail.ParseID(about); err != nil {
					return wrongUse("--about: %w", err)
				}
			}
			if since != "" {
				if f.Since, err = pastTime(j, since); err != nil {
					return wrongUse("--since: %w", err)
				}
			}
			if limit < 1 {
				return wrongUse("--limit: at least 1")
			}
			var all []studymail.Event
			err = j.Store.Read(ctx, func(tx *store.Tx) (err error) {
				all, err = tx.Events(ctx, f)
				return err
			})
			switch {
			case err != nil:
				return err
			case e.asJSON:
				return e.print(all)
			case len(all) == 0:
				return e.say("No events. Everything that changes something writes one.")
			}
			t := e.table("at", "who", "what", "about", "detail", "from")
			for _, ev := range all {
				t.row(j.clock(ev.At), ev.Actor, ev.Action, ev.About, ev.Detail, ev.Origin)
			}
			return t.end()
		}),
	}
	cmd.Flags().StringVar(&about, "about", "", "only those about this `UUID`")
	cmd.Flags().StringVar(&since, "since", "", "only those since this `time`: 2026-03-01, \"2026-03-01 09:00\", \"today 09:00\" or 24h (ago)")
	cmd.Flags().IntVar(&limit, "limit", 1000, "at most this `many`")
	e.jsonFlag(cmd)
	return cmd
}

// pastTime reads a time since when something is asked for: a duration ago, the
// beginning of a day, or a time.
func pastTime(j *job, s string) (time.Time, error) {
	zone := j.Config.TimeZone
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		return j.Now().Add(-ago), nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return day, nil
	}
	return when.ParseTime(s, zone.String(), j.Now())
}
