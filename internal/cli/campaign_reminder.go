package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

// readReminders reads --reminder 7d=TEMPLATE.
func readReminders(all []string) ([]audience.Reminder, error) {
	var reminders []audience.Reminder
	for _, text := range all {
		after, template, ok := strings.Cut(text, "=")
		days, isDays := strings.CutSuffix(strings.TrimSpace(after), "d")
		n, err := strconv.Atoi(days)
		if template = strings.TrimSpace(template); !ok || !isDays || err != nil || template == "" {
			return nil, wrongUse("--reminder: write the days, =, and the name of a template, as in 7d=reminder")
		}
		reminders = append(reminders, audience.Reminder{AfterDays: n, Template: template})
	}
	if err := audience.CheckReminders(reminders); err != nil {
		return nil, wrongUse("--reminder: %w", err)
	}
	return reminders, nil
}

// reminderView is a campaign's reminder and its own numbers.
type reminderView struct {
	Step      int          `json:"step"`
	AfterDays int          `json:"after_days"`
	Template  string       `json:"template"`
	Version   int          `json:"version"`
	Schedule  studymail.ID `json:"schedule"`
	Next      string       `json:"next_run_at,omitempty"` // when it looks next for whom it is due
	*studymail.Counts

	next time.Time
	off  bool
}

// readNumbers adds the campaign's numbers, and those of its reminders.
func (v *campaignView) readNumbers(ctx context.Context, tx *store.Tx) error {
	steps, err := tx.CampaignStepRows(ctx, v.row.Key)
	if err != nil {
		return err
	}
	counts, err := tx.CountsOfSteps(ctx, v.row.Key)
	if err != nil {
		return err
	}
	v.Counts = &studymail.Counts{LeftOut: map[studymail.Reason]int{}}
	for i := range steps {
		s := &steps[i]
		n := counts[s.Key]
		if n == nil {
			n = &studymail.Counts{LeftOut: map[studymail.Reason]int{}}
		}
		v.Counts.Add(n)
		if s.Reminder() {
			v.Reminders = append(v.Reminders, reminderView{
				Step: s.Number, AfterDays: s.AfterDays, Template: s.TemplateName, Version: s.Version, Schedule: s.ScheduleID,
				Next: stamp(s.NextRunAt), Counts: n, next: s.NextRunAt, off: s.Off,
			})
		}
	}
	return nil
}

// fact is a reminder's line.
func (r *reminderView) fact(j *job) [2]string {
	words := fmt.Sprintf("%s, version %d, %s after the first letter: %s planned, %s sent, %s left out",
		r.Template, r.Version, count(r.AfterDays, "day"), thousands(r.Planned), thousands(r.Sent), thousands(total(r.LeftOut)))
	switch {
	case r.off:
		words += "; its schedule is disabled"
	case !r.next.IsZero():
		words += "; looks next at " + j.clock(r.next)
	}
	return [2]string{"Reminder " + strconv.Itoa(r.Step-1), words}
}
