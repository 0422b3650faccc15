package web

import (
	"time"

	"studymail"
	"studymail/internal/store"
)

type monitorPage struct {
	Heading heading
	Live    bool
	Steer   bool // the user may pause, cancel, retry
	Health  healthCard
	Workers []workerRow
	Stopped []workerRow
	Queues  []queueRow
	Spans   []spanLink
	Charts  []chart
}

type workerRow struct {
	Host    string
	PID     int
	UUID    studymail.ID
	Version string
	Since   moment
	Beat    moment
	State   badge
	Does    string
	Rate    string
	Jobs    []link
	Ended   moment
}

type queueRow struct {
	Name    string
	Words   string
	State   badge
	Since   moment
	Waiting int
	Running int
	Oldest  moment
	Jobs    string // the list of them
	Switch  link
}

type spanLink struct {
	link
	Current bool
}

// healthCard is what keeps mail from going out, in short.
type healthCard struct {
	Healthy bool
	Bad     []studymail.Check
	Checks  []studymail.Check
}

const stoppedFor = 24 * time.Hour // a worker that stopped is shown so long

func (s *site) health(v *visit) (healthCard, error) {
	h, err := s.Health.MailFlows(v.ctx())
	c := healthCard{Healthy: h.Healthy, Checks: h.Checks}
	for _, k := range h.Checks {
		if !k.OK {
			c.Bad = append(c.Bad, k)
		}
	}
	return c, err
}

func (s *site) monitor(v *visit) error {
	p := monitorPage{
		Heading: heading{Title: "Monitor", Words: "The workers, what they do now, and how it went."}, Live: true, Steer: v.may(studymail.MayAdminister),
	}
	p.Heading.Actions = []link{{"Jobs", "/monitor/jobs"}}
	var err error
	if p.Health, err = s.health(v); err != nil {
		return err
	}
	var (
		workers []store.WorkerNow
		queues  []studymail.JobQueue
		running []studymail.Job
		pts     points
	)
	span := spanOf(v.query("span"))
	err = v.read(func(tx *store.Tx) (err error) {
		if workers, err = tx.WorkersNow(v.ctx(), s.Now().Add(-stoppedFor)); err != nil {
			return err
		}
		if queues, err = s.Engine.Queues(v.ctx(), tx); err != nil {
			return err
		}
		if running, err = s.Engine.Jobs(v.ctx(), tx, studymail.JobFilter{State: studymail.JobRunning, Limit: 100}); err != nil {
			return err
		}
		pts, err = s.readPoints(v, tx, span)
		return err
	})
	if err != nil {
		return err
	}
	for i := range workers {
		row := s.workerRow(&workers[i], running)
		if workers[i].StoppedAt.IsZero() {
			p.Workers = append(p.Workers, row)
		} else {
			p.Stopped = append(p.Stopped, row)
		}
	}
	for i := range queues {
		p.Queues = append(p.Queues, s.queueRow(&queues[i], p.Steer))
	}
	for _, k := range figureSpans {
		p.Spans = append(p.Spans, spanLink{link{k.words, "/monitor?span=" + k.name}, k.name == span.name})
	}
	p.Charts = s.monitorCharts(&pts)
	return v.page("monitor", "Monitor", p)
}

func (s *site) workerRow(w *store.WorkerNow, running []studymail.Job) workerRow {
	row := workerRow{
		Host: w.Host, PID: w.PID, UUID: w.ID, Version: w.Version, Since: s.timeOf(w.StartedAt), Beat: s.agoOf(w.HeartbeatAt),
		State: badge{"good", "Alive"}, Does: doesNow(w), Rate: rateWords(w.PerSecond), Ended: s.timeOf(w.StoppedAt),
	}
	if w.LeaseUntil.Before(s.Now()) {
		row.State = badge{"bad", "Silent: another worker takes back what it holds"}
	}
	for i := range running {
		if by := running[i].Workers; len(by) > 0 && by[len(by)-1] == w.ID {
			row.Jobs = append(row.Jobs, link{jobKindWords(running[i].Kind), jobPath(running[i].Number)})
		}
	}
	return row
}

func (s *site) queueRow(q *studymail.JobQueue, steer bool) queueRow {
	row := queueRow{
		Name: q.Name, Words: queueWords(q.Name), State: badge{"good", "Working"}, Waiting: q.Waiting, Running: q.Running, Oldest: s.agoOf(q.Oldest),
		Jobs: "/monitor/jobs?queue=" + q.Name, Switch: link{"Pause…", "/monitor/queues/" + q.Name},
	}
	switch {
	case !q.Paused.IsZero():
		row.State, row.Since, row.Switch.Text = badge{"warn", "Paused"}, s.agoOf(q.Paused), "Resume…"
	case !q.Worked:
		row.State, row.Switch = badge{"quiet", "No worker yet"}, link{}
	}
	if !steer {
		row.Switch = link{}
	}
	return row
}

func (s *site) monitorCharts(p *points) []chart {
	sent := s.counts(p, "Letters sent", []string{studymail.Sent.String()}, []string{"Sent"})
	sent.Unit = p.each
	sent.Empty = "No letter was sent in this time."
	other := s.counts(p, "What else became of letters",
		[]string{studymail.Deferred.String(), studymail.Failed.String(), studymail.Uncertain.String(), studymail.FigureThrottled, studymail.FigureBounced},
		[]string{"Put off", "Failed", "Uncertain", "Slowed down by the server", "Bounced"})
	other.Unit, other.Empty = p.each, "Nothing but letters that were sent."
	took := s.draw(p, "How long a hand-over took", "milliseconds", []string{"Mean", "95 of 100 took at most"}, func(series, point int) float64 {
		mean, most := p.took(point)
		if series == 0 {
			return float64(int(mean*10)) / 10
		}
		return most
	}, rateWords)
	took.Empty = "Nothing was handed over in this time."
	return []chart{sent, other, took}
}
