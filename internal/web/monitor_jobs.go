package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"studymail"
	"studymail/internal/store"
)

const jobsOnAPage = 50

type jobListPage struct {
	Heading heading
	Form    *form
	States  []option
	Kinds   []option
	Queues  []option
	Rows    []jobRow
	Cancel  string // where all that match are cancelled; "": nothing to cancel, or not allowed
	Retry   string
	Empty   empty
	Pager   pager
}

type jobRow struct {
	Name    link
	Number  int64
	Queue   string
	State   badge
	Tried   string
	Created moment
	Due     moment
	Ended   moment
}

func jobPath(number int64) string { return "/monitor/jobs/" + strconv.FormatInt(number, 10) }

// jobFilter reads the filter of a list of jobs out of a URL or a form.
func (s *site) jobFilter(get func(string) string) (f studymail.JobFilter, err error) {
	f = studymail.JobFilter{State: studymail.JobState(get("state")), Kind: get("kind"), Queue: get("queue")}
	if f.State != "" && !slices.Contains(studymail.JobStates(), f.State) || f.Kind != "" && !slices.Contains(s.Engine.JobKinds(), f.Kind) ||
		f.Queue != "" && queueWords(f.Queue) == "" {
		return f, studymail.Errorf(studymail.Invalid, "that is no filter of jobs; choose from the lists")
	}
	return f, nil
}

func (s *site) jobList(v *visit) error {
	filter, err := s.jobFilter(v.query)
	f := newForm().Set("state", string(filter.State)).Set("kind", filter.Kind).Set("queue", filter.Queue)
	p := jobListPage{
		Form: f, Heading: heading{Title: "Jobs", Up: link{"Monitor", "/monitor"}, Words: "What the workers do in the background. A job only says that there is something to do; the letters themselves stand elsewhere."},
		States: []option{{Text: "All"}}, Kinds: []option{{Text: "All"}}, Queues: []option{{Text: "All"}},
		Empty: empty{Heading: "No such jobs", Text: "Finished jobs are kept for a while only. Take a filter away to see more.", Link: link{"Show all jobs", "/monitor/jobs"}},
	}
	for _, k := range studymail.JobStates() {
		p.States = append(p.States, option{Value: string(k), Text: sentenceWord(string(k))})
	}
	for _, k := range s.Engine.JobKinds() {
		p.Kinds = append(p.Kinds, option{Value: k, Text: jobKindWords(k)})
	}
	for _, k := range []string{"send", "plan", "sweep"} {
		p.Queues = append(p.Queues, option{Value: k, Text: k + ": " + queueWords(k)})
	}
	if err != nil {
		f.general = sentence(err.Error())
		return v.pageAs(http.StatusUnprocessableEntity, "job_list", "Jobs", p)
	}
	filter.Before, filter.Limit = v.number("after", 0), jobsOnAPage+1
	var all []studymail.Job
	err = v.read(func(tx *store.Tx) (err error) {
		all, err = s.Engine.Jobs(v.ctx(), tx, filter)
		return err
	})
	if err != nil {
		return err
	}
	var show int
	p.Pager, show = v.newPager("job", len(all), jobsOnAPage, func(last int) int64 { return all[last].Number })
	for i := range all[:show] {
		p.Rows = append(p.Rows, s.jobRow(&all[i]))
	}
	if v.may(studymail.MayAdminister) && len(all) > 0 {
		q := jobQuery(&filter)
		if filter.State == "" || filter.State.MayCancel() {
			p.Cancel = "/monitor/jobs/cancel" + q
		}
		if filter.State == "" || filter.State.MayRetry() {
			p.Retry = "/monitor/jobs/retry" + q
		}
	}
	return v.page("job_list", "Jobs", p)
}

// jobQuery writes a filter as a URL has it.
func jobQuery(f *studymail.JobFilter) string {
	q := url.Values{}
	for name, value := range map[string]string{"state": string(f.State), "kind": f.Kind, "queue": f.Queue} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (s *site) jobRow(j *studymail.Job) jobRow {
	return jobRow{
		link{jobKindWords(j.Kind), jobPath(j.Number)},
		j.Number, j.Queue, jobStateBadge(j.State), triedWords(j),
		s.timeOf(j.CreatedAt), s.agoOf(j.DueAt), s.timeOf(j.EndedAt),
	}
}

func triedWords(j *studymail.Job) string {
	return strconv.Itoa(j.Attempt) + " of " + strconv.Itoa(j.MaxAttempts)
}

type jobShowPage struct {
	Heading  heading
	Facts    []fact
	Cancel   string
	Retry    string
	Failures []jobFailureRow
}

type jobFailureRow struct {
	Attempt int
	At      moment
	Text    string
}

func (s *site) jobShow(v *visit) error {
	number, err := strconv.ParseInt(v.r.PathValue("number"), 10, 64)
	if err != nil {
		return studymail.Errorf(studymail.NotFound, "there is no such page")
	}
	var (
		j     studymail.Job
		facts []fact
	)
	err = v.read(func(tx *store.Tx) (err error) {
		if j, err = s.Engine.Job(v.ctx(), tx, number); err != nil {
			return err
		}
		facts, err = s.aboutJob(v, tx, &j)
		return err
	})
	if err != nil {
		return err
	}
	p := jobShowPage{Heading: heading{Title: "Job " + strconv.FormatInt(number, 10), Up: link{"Jobs", "/monitor/jobs"}, Words: jobKindWords(j.Kind) + "."}}
	p.Facts = append([]fact{
		{"State", jobStateBadge(j.State)}, {"Kind", j.Kind}, {"Queue", j.Queue}, {"Attempts", triedWords(&j)}, {"Queued", s.timeOf(j.CreatedAt)},
	}, s.jobTimes(&j)...)
	p.Facts = append(p.Facts, facts...)
	for _, f := range j.Failures {
		p.Failures = append(p.Failures, jobFailureRow{f.Attempt, s.timeOf(f.At), f.Text})
	}
	if v.may(studymail.MayAdminister) {
		q := "?job=" + strconv.FormatInt(number, 10)
		if j.State.MayCancel() {
			p.Cancel = "/monitor/jobs/cancel" + q
		}
		if j.State.MayRetry() {
			p.Retry = "/monitor/jobs/retry" + q
		}
	}
	return v.page("job_show", p.Heading.Title, p)
}

func (s *site) jobTimes(j *studymail.Job) []fact {
	var facts []fact
	switch j.State {
	case studymail.JobWaiting:
		facts = append(facts, fact{"May be worked", s.agoOf(j.DueAt)})
	case studymail.JobRetrying:
		facts = append(facts, fact{"Next attempt", s.agoOf(j.DueAt)})
	case studymail.JobRunning, studymail.JobDone, studymail.JobCancelled, studymail.JobGivenUp:
	}
	if !j.BegunAt.IsZero() {
		facts = append(facts, fact{"Last attempt began", s.timeOf(j.BegunAt)})
	}
	if !j.EndedAt.IsZero() {
		facts = append(facts, fact{"Ended", s.timeOf(j.EndedAt)})
		if !j.BegunAt.IsZero() {
			facts = append(facts, fact{"Took", tookWords(j.EndedAt.Sub(j.BegunAt))})
		}
	}
	return facts
}

// aboutJob says what a job carries: UUIDs, with where they lead.
func (s *site) aboutJob(v *visit, tx *store.Tx, j *studymail.Job) ([]fact, error) {
	var facts []fact
	if id := j.About.Campaign; !id.IsZero() {
		facts = append(facts, fact{"Campaign", v.linked("/campaigns/{id}", id.String(), "/campaigns/"+id.String())})
	}
	if id := j.About.Run; !id.IsZero() {
		facts = append(facts, fact{"Run", id.String()})
	}
	if id := j.About.ScheduleRun; !id.IsZero() {
		schedule, err := tx.ScheduleOfRun(v.ctx(), id)
		if err != nil {
			return nil, err
		}
		if !schedule.IsZero() {
			facts = append(facts, fact{"Schedule", link{schedule.String(), "/schedules/" + schedule.String()}})
		}
		facts = append(facts, fact{"Run of the schedule", id.String()})
	}
	if id := j.About.Resend; !id.IsZero() {
		facts = append(facts, fact{"Sending again", link{id.String(), "/resends/" + id.String()}})
	}
	for _, w := range j.Workers {
		facts = append(facts, fact{"Worker", w.String()})
	}
	return facts, nil
}
