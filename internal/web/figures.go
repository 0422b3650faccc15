package web

import (
	"encoding/json"
	"time"

	"studymail"
	"studymail/internal/store"
)

// chart is a drawing of figures, with the same numbers as a table below it.
type chart struct {
	Title  string
	Unit   string
	JSON   string // for charts.js
	Names  []string
	Rows   []chartRow // the latest first; those without anything are left out
	Empty  string     // what to say where there is nothing to draw
	series []chartSeries
	x      []int64
}

type chartRow struct {
	At     string
	Values []string
}

type chartSeries struct {
	Label  string    `json:"label"`
	Values []float64 `json:"values"`
}

// figureSpan is a choice of how much time charts show.
type figureSpan struct {
	name, words string
	span        studymail.FigureSpan
	step        time.Duration
	points      int
	layout      string // of a point's time in the table
	each        string // point
}

var figureSpans = []figureSpan{
	{"hour", "The last hour", studymail.MinuteFigures, time.Minute, 60, "15:04", "a minute"},
	{"day", "The last day", studymail.QuarterFigures, 15 * time.Minute, 96, "Mon 15:04", "each 15 minutes"},
	{"month", "The last 30 days", studymail.DayFigures, 24 * time.Hour, 30, "Mon 2 January", "a day"},
}

func spanOf(name string) figureSpan {
	for _, s := range figureSpans {
		if s.name == name {
			return s
		}
	}
	return figureSpans[0]
}

// points are figures put into a grid of times: one map a point.
type points struct {
	figureSpan
	at []time.Time
	n  []map[string]int64
}

// readPoints reads the figures of a span up to now.
func (s *site) readPoints(v *visit, tx *store.Tx, span figureSpan) (points, error) {
	p := points{figureSpan: span}
	now, zone := s.Now(), s.Config.TimeZone
	for i := span.points - 1; i >= 0; i-- {
		at := now.Truncate(span.step).Add(-time.Duration(i) * span.step)
		if span.span == studymail.DayFigures { // days have 23 to 25 hours
			y, m, d := now.In(zone).Date()
			at = time.Date(y, m, d-i, 0, 0, 0, 0, zone)
		}
		p.at = append(p.at, at)
		p.n = append(p.n, map[string]int64{})
	}
	all, err := tx.Figures(v.ctx(), span.span, p.at[0])
	for _, f := range all {
		for i := len(p.at) - 1; i >= 0; i-- {
			if !f.At.Before(p.at[i]) {
				p.n[i][f.What] += f.N
				break
			}
		}
	}
	return p, err
}

// draw makes a chart: value gives the number of a series at a point.
func (s *site) draw(p *points, title, unit string, names []string, value func(series, point int) float64, word func(float64) string) chart {
	c := chart{Title: title, Unit: unit, Names: names}
	for i := range names {
		one := chartSeries{Label: names[i], Values: make([]float64, len(p.at))}
		for k := range p.at {
			one.Values[k] = value(i, k)
		}
		c.series = append(c.series, one)
	}
	for k := len(p.at) - 1; k >= 0; k-- {
		row, any := chartRow{At: p.at[k].In(s.Config.TimeZone).Format(p.layout)}, false
		for i := range names {
			n := c.series[i].Values[k]
			any = any || n != 0
			row.Values = append(row.Values, word(n))
		}
		if any {
			c.Rows = append(c.Rows, row)
		}
	}
	if len(c.Rows) == 0 {
		return c
	}
	for _, at := range p.at {
		c.x = append(c.x, at.Unix())
	}
	b, err := json.Marshal(map[string]any{"zone": s.Config.TimeZone.String(), "x": c.x, "series": c.series})
	if err != nil { // numbers and words of ours
		return c
	}
	c.JSON = string(b)
	return c
}

// counts makes a chart of some kinds of figures.
func (s *site) counts(p *points, title string, what, names []string) chart {
	return s.draw(p, title, "", names, func(series, point int) float64 { return float64(p.n[point][what[series]]) },
		func(n float64) string { return commas(int(n)) })
}

// took gives the mean and the 95th of a hundred hand-overs at a point, in
// milliseconds. The second is a bucket's upper bound.
func (p *points) took(point int) (mean, most float64) {
	var all int64
	var by [studymail.TookBuckets]int64
	for what, n := range p.n[point] {
		if b, is := studymail.BucketOf(what); is {
			by[b] += n
			all += n
		}
	}
	if all == 0 {
		return 0, 0
	}
	mean = float64(p.n[point][studymail.FigureTookSum]) / float64(all)
	var sum int64
	for b, n := range by {
		if sum += n; sum*100 >= all*95 {
			bound := studymail.TookBound(b)
			if bound == 0 {
				bound = 2 * studymail.TookBound(b-1)
			}
			return mean, float64(bound.Milliseconds())
		}
	}
	return mean, mean
}
