package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"studymail"
)

// How long figures are kept: those of minutes draw an hour, those of a quarter of
// an hour a day.
const (
	keepMinuteFigures  = 26 * time.Hour
	keepQuarterFigures = 35 * 24 * time.Hour
)

var addFigures = both{
	sqlite: `INSERT INTO figures (span, at, what, n) SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3 FROM json_each($1) j WHERE true
		ON CONFLICT (span, at, what) DO UPDATE SET n = n + excluded.n`,
	postgres: `INSERT INTO figures (span, at, what, n) SELECT (j->>0)::int, (j->>1)::bigint, j->>2, (j->>3)::bigint FROM json_array_elements($1::json) j
		ON CONFLICT (span, at, what) DO UPDATE SET n = figures.n + excluded.n`,
}

// AddFigures counts things that happened just now. zone says when days begin. What
// is counted is a word of ours, never of anybody's.
func (t *Tx) AddFigures(ctx context.Context, zone *time.Location, counts map[string]int64) error {
	spans := map[studymail.FigureSpan]time.Time{
		studymail.MinuteFigures: t.now.Truncate(time.Minute), studymail.QuarterFigures: t.now.Truncate(15 * time.Minute), studymail.DayFigures: dayOf(t.now, zone),
	}
	var rows [][4]any
	for span, at := range spans {
		for what, n := range counts {
			if n != 0 {
				rows = append(rows, [4]any{int(span), at.UnixMilli(), what, n})
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	// All in one order: two workers that note at once wait for one another, no more.
	slices.SortFunc(rows, func(a, b [4]any) int {
		if c := a[0].(int) - b[0].(int); c != 0 {
			return c
		}
		return strings.Compare(a[2].(string), b[2].(string))
	})
	list, err := rowsJSON(rows)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, "note figures", t.pick(addFigures), list); err != nil {
		return err
	}
	_, err = t.exec(ctx, "forget old figures", `DELETE FROM figures WHERE (span = 60 AND at < $1) OR (span = 900 AND at < $2)`,
		ms(t.now.Add(-keepMinuteFigures)), ms(t.now.Add(-keepQuarterFigures)))
	return err
}

// dayOf is the beginning of the day that a time is in.
func dayOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// Figures gives those of a span since a time, the oldest first.
func (t *Tx) Figures(ctx context.Context, span studymail.FigureSpan, since time.Time) ([]studymail.Figure, error) {
	var all []studymail.Figure
	err := t.each(ctx, "read figures", `SELECT at, what, n FROM figures WHERE span = $1 AND at >= $2 ORDER BY at, what`, []any{int(span), since.UnixMilli()},
		func(rows *sql.Rows) error {
			var f studymail.Figure
			err := rows.Scan(at{&f.At}, &f.What, &f.N)
			all = append(all, f)
			return err
		})
	return all, err
}

// FigureSums adds up all that was ever counted.
func (t *Tx) FigureSums(ctx context.Context) (map[string]int64, error) {
	sums := map[string]int64{}
	err := t.each(ctx, "add up figures", `SELECT what, sum(n) FROM figures WHERE span = $1 GROUP BY what`, []any{int(studymail.DayFigures)},
		func(rows *sql.Rows) error {
			var (
				what string
				n    int64
			)
			err := rows.Scan(&what, &n)
			sums[what] = n
			return err
		})
	return sums, err
}
