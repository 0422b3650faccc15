package cli

import (
	"context"
	"time"

	"studymail"
	"studymail/internal/store"
	"studymail/internal/when"

	"github.com/spf13/cobra"
)

// hoursFlags are what is told of when mail may leave.
type hoursFlags struct{ hours, zone, closed string }

// flags of hoursFlags.
var hoursFlagNames = []string{"send-hours", "send-zone", "closed-on"}

func (f *hoursFlags) on(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.hours, "send-hours", "", "`hours` in which mail may leave, as \"Mon-Fri 09:00-17:00\"; empty: always")
	cmd.Flags().StringVar(&f.zone, "send-zone", "", "time `zone` of these hours and days, as Europe/London; empty: TIME_ZONE")
	cmd.Flags().StringVar(&f.closed, "closed-on", "", "`days` on which no mail leaves, and regions whose bank holidays count,\nas \"england 2026-12-24\"; empty: none")
}

// apply takes the hours; here is the installation's zone.
func (f *hoursFlags) apply(s *edits, h *studymail.SendHours, here *time.Location) {
	editText(s, "send-hours", &h.Hours, f.hours, line)
	editText(s, "send-zone", &h.Zone, f.zone, line)
	editText(s, "closed-on", &h.ClosedOn, f.closed, line)
	if s.err != nil {
		return
	}
	if h.Always() {
		h.Zone = ""
	} else if h.Zone == "" {
		h.Zone = here.String()
	}
	if _, err := when.ParseHours(*h); err != nil {
		s.err = misused(err)
	}
}

// hoursFacts say when mail may leave.
func (j *job) hoursFacts(h studymail.SendHours) ([][2]string, error) {
	hours, err := when.ParseHours(h)
	if err != nil {
		return nil, err
	}
	facts := [][2]string{{"Send hours", hours.Words()}}
	if closed := when.ClosedUntil(j.Now(), hours); !closed.IsZero() {
		facts = append(facts, [2]string{"Mail waits until", j.clock(closed)})
	}
	return facts, nil
}

// closedUntil gives when mail of a study through a care provider may leave
// again; zero when it may now. Either may be 0: it does not matter then.
func closedUntil(ctx context.Context, tx *store.Tx, study, provider int64) (time.Time, error) {
	var all []when.Hours
	add := func(h studymail.SendHours) error {
		hours, err := when.ParseHours(h)
		all = append(all, hours)
		return err
	}
	if study != 0 {
		st, err := tx.StudyByKey(ctx, study)
		if err != nil {
			return time.Time{}, err
		}
		if err := add(st.SendHours); err != nil {
			return time.Time{}, err
		}
	}
	if provider != 0 {
		found, err := tx.ProvidersByKey(ctx, []int64{provider})
		if err != nil {
			return time.Time{}, err
		}
		for i := range found {
			if err := add(found[i].SendHours); err != nil {
				return time.Time{}, err
			}
		}
	}
	return when.ClosedUntil(tx.Now(), all...), nil
}
