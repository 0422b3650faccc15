package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"studymail"
)

// SeedFigures writes figures of the minutes and the quarters of an hour for as long as
// they are kept, as an installation has them that is never still.
func (s *Store) SeedFigures(ctx context.Context) error {
	what := []string{studymail.Sent.String(), studymail.Deferred.String(), studymail.Failed.String(), studymail.FigureBounced, studymail.FigureThrottled, studymail.FigureTookSum}
	for i := range 10 {
		what = append(what, studymail.TookFigure(i))
	}
	for _, k := range []struct {
		span studymail.FigureSpan
		step time.Duration
		keep time.Duration
	}{
		{studymail.MinuteFigures, time.Minute, keepMinuteFigures},
		{studymail.QuarterFigures, 15 * time.Minute, keepQuarterFigures},
	} {
		var rows [][4]any
		now := s.now().Truncate(k.step)
		for i := range int(k.keep / k.step) {
			for j, w := range what {
				rows = append(rows, [4]any{int(k.span), now.Add(-time.Duration(i) * k.step).UnixMilli(), w, 1 + (i*7+j*13)%97})
			}
		}
		for chunk := range slices.Chunk(rows, 5000) {
			list, err := rowsJSON(chunk)
			if err != nil {
				return err
			}
			if err := s.Write(ctx, func(t *Tx) error {
				_, err := t.exec(ctx, "seed figures", t.pick(addFigures), list)
				return err
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// SeedImports writes imports that are over, most of them done.
func (t *Tx) SeedImports(ctx context.Context, studies []studymail.Study, n int) error {
	for i := range n {
		state, at := studymail.ImportDone, t.now.Add(-time.Duration(n-i)*7*time.Hour)
		if i%9 == 8 {
			state = studymail.ImportDiscarded
		}
		rows := 1000 + i*37%5000
		if _, err := t.exec(ctx, "seed imports", `INSERT INTO imports (uuid, study_id, actor, state, bytes, result, created_at, updated_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7)`,
			studymail.NewID(), studies[i%len(studies)].Key, "cli:seed", int(state), rows*60,
			fmt.Sprintf(`{"rows":%d,"bad_rows":%d,"problems":%d,"patients_added":%d,"people_added":%d,"written":true}`, rows, i%7, i%7, rows, rows), ms(at)); err != nil {
			return err
		}
	}
	return nil
}

// SeedScheduleRuns gives every schedule a past, as long as one is kept.
func (t *Tx) SeedScheduleRuns(ctx context.Context) error {
	all, err := t.Schedules(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		for k := range keepScheduleRuns / 2 {
			at := t.now.Add(-time.Duration(keepScheduleRuns-k) * 10 * time.Minute)
			if _, err := t.exec(ctx, "seed a schedule's past", `INSERT INTO schedule_runs (uuid, schedule_id, due_at, fired_at, ended_at, outcome, detail) VALUES ($1, $2, $3, $3, $4, $5, '')
				ON CONFLICT DO NOTHING`, studymail.NewID(), all[i].Key, ms(at), ms(at.Add(time.Second)), string(studymail.RunEnded)); err != nil {
				return err
			}
		}
	}
	return nil
}
