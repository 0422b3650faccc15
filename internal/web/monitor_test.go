package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/jobs"
	"studymail/internal/store"
)

// queueJobs queues one job of each of some campaigns, and gives their numbers.
func (h *house) queueJobs(n int) (numbers []int64) {
	h.tb.Helper()
	ctx := h.tb.Context()
	err := h.store.Write(ctx, func(tx *store.Tx) error {
		for range n {
			if err := h.engine.PlanCampaign(ctx, tx, studymail.NewID(), studymail.ID{}); err != nil {
				return err
			}
		}
		all, err := h.engine.Jobs(ctx, tx, studymail.JobFilter{Limit: n})
		for _, j := range all {
			numbers = append(numbers, j.Number)
		}
		return err
	})
	if err != nil {
		h.tb.Fatal(err)
	}
	return numbers
}

func TestTheMonitorShowsWorkersQueuesAndFigures(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	v := h.as(studymail.Viewer)
	if r := v.get("/monitor"); !strings.Contains(r.body, "No worker is alive") || !strings.Contains(r.body, "No letter was sent in this time.") || strings.Contains(r.body, "Pause…") {
		t.Error(r.body)
	}
	w := studymail.Worker{ID: studymail.NewID(), Host: "<i>mail-1</i>", BootID: "b", PID: 42, Version: "1.2"}
	err := h.store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.AddWorker(ctx, &w, time.Minute); err != nil {
			return err
		}
		return tx.AddFigures(ctx, time.UTC, map[string]int64{"sent": 120, "failed": 3, studymail.TookFigure(2): 119, studymail.TookFigure(7): 1, studymail.FigureTookSum: 600})
	})
	if err != nil {
		t.Fatal(err)
	}
	h.queueJobs(3)
	page := v.get("/monitor").body
	for _, want := range []string{"&lt;i&gt;mail-1", "process 42, 1.2", "Waits for mail", w.ID.String(), `data-chart="{`, "Letters sent, a minute", "Failed"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<i>mail-1") {
		t.Error("markup of a host's name is alive")
	}
	for _, span := range []string{"day", "month", "nonsense"} {
		if r := v.get("/monitor?span=" + span); r.status != http.StatusOK || !strings.Contains(r.body, "120") && span == "month" {
			t.Errorf("%s: %d", span, r.status)
		}
	}
	if r := h.as(studymail.Administrator).get("/monitor"); !strings.Contains(r.body, "/monitor/jobs?queue=plan") {
		t.Error("no way to the jobs of a queue")
	}
}

// The 95th is told from the buckets, the mean from the sum.
func TestHowLongHandOversTook(t *testing.T) {
	t.Parallel()
	p := points{n: []map[string]int64{
		{},
		{studymail.TookFigure(1): 95, studymail.TookFigure(9): 5, studymail.FigureTookSum: 1000},
		{studymail.TookFigure(1): 94, studymail.TookFigure(9): 6, studymail.FigureTookSum: 1000},
		{studymail.TookFigure(studymail.TookBuckets - 1): 1, studymail.FigureTookSum: 90_000},
	}}
	for i, want := range [][2]float64{{0, 0}, {10, 2}, {10, 1000}, {90_000, 120_000}} {
		if mean, most := p.took(i); mean != want[0] || most != want[1] {
			t.Errorf("point %d: %v, %v, want %v", i, mean, most, want)
		}
	}
}

func TestJobsAreListedFilteredAndShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.as(studymail.Viewer)
	if r := v.get("/monitor/jobs"); !strings.Contains(r.body, "No such jobs") {
		t.Error(r.body)
	}
	numbers := h.queueJobs(jobsOnAPage + 5)
	r := v.get("/monitor/jobs")
	if n := strings.Count(r.body, `data-label="State"`); n != jobsOnAPage || strings.Contains(r.body, "Cancel all") {
		t.Errorf("%d rows", n)
	}
	next := strings.ReplaceAll(between(r.body, `rel="next" href="`, `"`), "&amp;", "&")
	if n := strings.Count(v.get(next).body, `data-label="State"`); n != 5 {
		t.Errorf("the second page has %d rows", n)
	}
	for query, rows := range map[string]int{"state=waiting&kind=plan_campaign&queue=plan": jobsOnAPage, "state=done": 0, "kind=send_pass": 0, "queue=sweep": 0, "state=given+up": 0} {
		if n := strings.Count(v.get("/monitor/jobs?"+query).body, `data-label="State"`); n != rows {
			t.Errorf("%s: %d rows, want %d", query, n, rows)
		}
	}
	if r := v.get("/monitor/jobs?state=anna@example.org"); r.status != http.StatusUnprocessableEntity || strings.Contains(between(r.body, "<main", "</main>"), "anna@") {
		t.Errorf("no state: %d", r.status)
	}
	if r := v.get(jobPath(numbers[0])); r.status != http.StatusOK || !strings.Contains(r.body, "plan_campaign") || !strings.Contains(r.body, "Waiting") || strings.Contains(r.body, "Cancel…") {
		t.Error(r.body)
	}
	for _, path := range []string{"/monitor/jobs/999999", "/monitor/jobs/x"} {
		if r := v.get(path); r.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}

// Seen to fail: without the comparison of the numbers, and without the token.
func TestJobsAreCancelledAndRetriedByTheNumberThatWasShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.as(studymail.Administrator)
	numbers := h.queueJobs(3)
	state := func(number int64) (s studymail.JobState) {
		t.Helper()
		err := h.store.Read(t.Context(), func(tx *store.Tx) error {
			j, err := h.engine.Job(t.Context(), tx, number)
			s = j.State
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one := fmt.Sprint(numbers[0])
	ask := v.get("/monitor/jobs/cancel?job=" + one).body
	if !strings.Contains(ask, "Cancel 1 job") {
		t.Error(ask)
	}
	token := between(ask, `name="form" value="`, `"`)
	if r := v.post("/monitor/jobs/cancel", "form", token, "job", one, "expect", "1"); r.status != http.StatusSeeOther || state(numbers[0]) != studymail.JobCancelled {
		t.Fatalf("%d %s", r.status, state(numbers[0]))
	}
	if got := h.events(1); got != "job cancelled" {
		t.Error(got)
	}
	if r := v.get("/monitor/jobs/cancel?job=" + one); r.status != http.StatusSeeOther {
		t.Errorf("a job that is cancelled: %d", r.status)
	}

	ask = v.get("/monitor/jobs/cancel?state=waiting").body
	if !strings.Contains(ask, "Cancel 2 jobs") || !strings.Contains(ask, "jobs that are waiting") {
		t.Error(ask)
	}
	token = between(ask, `name="form" value="`, `"`)
	h.queueJobs(1)
	if r := v.post("/monitor/jobs/cancel", "form", token, "state", "waiting", "expect", "2"); r.status != http.StatusConflict || !strings.Contains(r.body, "Cancel 3 jobs") || state(numbers[1]) != studymail.JobWaiting {
		t.Errorf("another number: %d", r.status)
	}
	if r := v.post("/monitor/jobs/cancel", "form", token, "state", "waiting", "expect", "3"); r.status != http.StatusSeeOther || state(numbers[1]) != studymail.JobCancelled {
		t.Errorf("%d", r.status)
	}
	ask = v.get("/monitor/jobs/retry?kind=plan_campaign").body
	token = between(ask, `name="form" value="`, `"`)
	if !strings.Contains(ask, "Retry 4 jobs") {
		t.Error(ask)
	}
	for range 2 { // a double click
		if r := v.post("/monitor/jobs/retry", "form", token, "kind", "plan_campaign", "expect", "4"); r.status != http.StatusSeeOther {
			t.Errorf("%d", r.status)
		}
	}
	if state(numbers[0]) != studymail.JobWaiting || !strings.HasPrefix(h.events(2), "job retried, job cancelled") {
		t.Errorf("%s %s", state(numbers[0]), h.events(2))
	}
	// The old form, sent again after somebody cancelled them anew: it acted already.
	if r := v.post("/monitor/jobs/cancel", "form", studymail.NewID().String(), "kind", "plan_campaign", "expect", "4"); r.status != http.StatusSeeOther {
		t.Errorf("%d", r.status)
	}
	if r := v.post("/monitor/jobs/retry", "form", token, "kind", "plan_campaign", "expect", "4"); r.status != http.StatusSeeOther || state(numbers[0]) != studymail.JobCancelled {
		t.Errorf("the old form: %d, %s", r.status, state(numbers[0]))
	}
}

func TestAQueueIsPausedAndResumed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.as(studymail.Administrator)
	if r := v.post("/monitor/queues/plan", "to", "paused"); r.status != http.StatusConflict || !strings.Contains(r.body, "start one first") {
		t.Errorf("before a worker: %d", r.status)
	}
	engine, err := jobs.Start(t.Context(), h.store, jobs.Handlers{}, jobs.Options{Log: h.site.Log, Now: time.Now, Name: studymail.NewID().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = engine.Stop(t.Context()) }() // nothing of it is looked at
	deadline := time.After(30 * time.Second)
	for !strings.Contains(v.get("/monitor").body, "Pause…") {
		select {
		case <-deadline:
			t.Fatal("no queue is worked")
		case <-time.After(20 * time.Millisecond):
		}
	}
	for _, tt := range []struct{ to, event, shows string }{{"paused", "queue paused", "Paused"}, {"working", "queue resumed", "Working"}} {
		if r := v.get("/monitor/queues/plan"); r.status != http.StatusOK {
			t.Errorf("%d", r.status)
		}
		for range 2 {
			if r := v.post("/monitor/queues/plan", "to", tt.to); r.status != http.StatusSeeOther {
				t.Errorf("%s: %d", tt.to, r.status)
			}
		}
		if got := h.events(2); got == tt.event+", "+tt.event || !strings.HasPrefix(got, tt.event) {
			t.Errorf("%s: %s", tt.to, got)
		}
		if r := v.get("/monitor"); !strings.Contains(r.body, tt.shows) {
			t.Errorf("%s is not shown", tt.to)
		}
	}
	if r := v.get("/monitor/queues/nothing"); r.status != http.StatusNotFound {
		t.Errorf("%d", r.status)
	}
}
