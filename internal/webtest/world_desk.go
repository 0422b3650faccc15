package webtest

import (
	"fmt"
	"testing"
	"time"

	"studymail"
	"studymail/internal/jobs"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// Desk is what the pages of schedules, the monitor and the home page show.
type Desk struct {
	Schedule studymail.Schedule // fires on weekdays
	Missed   studymail.Schedule
	Job      int64
}

// seedDesk adds schedules, one of which was missed, figures of a month, and jobs.
func seedDesk(tb testing.TB, p *Product) {
	tb.Helper()
	ctx := tb.Context()
	d := &p.World.Desk
	clock := storetest.NewClock(tb, time.Now().UTC().AddDate(0, 0, -29).Format(time.RFC3339))
	past := storetest.WithClock(tb, p.App.Store, clock)
	write := func(s *store.Store, fn func(*store.Tx) error) {
		tb.Helper()
		if err := s.Write(ctx, fn); err != nil {
			tb.Fatal(err)
		}
	}
	for day := range 30 {
		n := int64(400 + 37*(day%7)*(day%5))
		write(past, func(tx *store.Tx) error {
			return tx.AddFigures(ctx, time.UTC, map[string]int64{
				"sent": n, "failed": n / 60, studymail.FigureBounced: n / 90, "deferred": n / 20, studymail.TookFigure(4): n * 9 / 10, studymail.TookFigure(7): n / 10, studymail.FigureTookSum: n * 25,
			})
		})
		if day == 26 {
			d.Missed = studymail.Schedule{
				Name: "Reminder on Monday", Job: studymail.RetentionPurgeJob, Kind: studymail.Once, Expr: clock.Now().Add(time.Hour).Format(time.RFC3339), Zone: "Europe/London",
				Enabled: true, Missed: studymail.MissedSkip, Overlap: studymail.OverlapSkip,
			}
			write(past, func(tx *store.Tx) error { return tx.AddSchedule(ctx, &d.Missed) })
		}
		clock.Advance(24 * time.Hour)
	}
	d.Schedule = studymail.Schedule{
		Name: "Purge on weekdays", Job: studymail.RetentionPurgeJob, Kind: studymail.Cron, Expr: "30 21 * * 1,2,3,4,5", Zone: "Europe/London", Enabled: true,
		Missed: studymail.MissedRunOnce, MissedWithin: 24 * time.Hour, Overlap: studymail.OverlapSkip,
	}
	queue, err := jobs.NewQueue(p.App.Store)
	if err != nil {
		tb.Fatal(err)
	}
	write(p.App.Store, func(tx *store.Tx) error {
		if err := tx.AddSchedule(ctx, &d.Schedule); err != nil {
			return err
		}
		if _, err := queue.RunSchedule(ctx, tx, &d.Schedule); err != nil {
			return err
		}
		if err := queue.PlanCampaign(ctx, tx, studymail.NewID(), studymail.ID{}); err != nil { // there is no such campaign: it fails
			return err
		}
		all, err := queue.Jobs(ctx, tx, studymail.JobFilter{Limit: 1})
		if err == nil && len(all) == 1 {
			d.Job = all[0].Number
		}
		return err
	})
}

func (d *Desk) jobPath() string { return fmt.Sprintf("/monitor/jobs/%d", d.Job) }
