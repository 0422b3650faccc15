package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/store"
)

// Jobs are cancelled and worked anew one by one, or all that match a filter: how
// many is said first, and done if it is still the same.

const (
	mostJobs    = 10_000 // that are acted on at once
	jobsInATurn = 200    // in one transaction
)

// jobAct is one of the two things that are done to jobs.
type jobAct struct {
	path, verb, done string
	words            string
	danger           bool
	fits             func(studymail.JobState) bool
	do               func(e Engine, v *visit, tx *store.Tx, number int64) error
}

var (
	cancelJobs = jobAct{
		path: "/monitor/jobs/cancel", verb: "Cancel", done: "job cancelled", danger: true, fits: studymail.JobState.MayCancel,
		words: "What is cancelled is not worked any more; one that runs is asked to end. No letter is lost by that: what is to be sent stands in the tables, and the next look finds it. " +
			"A plan that was begun by a schedule counts as failed; the schedule goes on with its next time.",
		do: func(e Engine, v *visit, tx *store.Tx, number int64) error {
			_, err := e.CancelJob(v.ctx(), tx, number)
			return err
		},
	}
	retryJobs = jobAct{
		path: "/monitor/jobs/retry", verb: "Retry", done: "job retried", fits: studymail.JobState.MayRetry,
		words: "Each is worked anew at once. That does nothing twice: a job looks at the tables and does what is left.",
		do: func(e Engine, v *visit, tx *store.Tx, number int64) error {
			_, err := e.RetryJob(v.ctx(), tx, number)
			return err
		},
	}
)

func (s *site) jobCancelForm(v *visit) error { return s.askJobs(v, &cancelJobs) }
func (s *site) jobRetryForm(v *visit) error  { return s.askJobs(v, &retryJobs) }
func (s *site) jobCancel(v *visit) error     { return s.doJobs(v, &cancelJobs) }
func (s *site) jobRetry(v *visit) error      { return s.doJobs(v, &retryJobs) }

// chosenJobs are the jobs that a form or a URL is about, and that fit.
type chosenJobs struct {
	numbers []int64
	hidden  map[string]string // what carries the choice on
	back    string
	words   string
}

func (s *site) chooseJobs(v *visit, get func(string) string, act *jobAct) (c chosenJobs, err error) {
	c.hidden = map[string]string{}
	if one := get("job"); one != "" {
		number, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return c, studymail.Errorf(studymail.NotFound, "there is no such job")
		}
		c.hidden["job"], c.back, c.words = one, jobPath(number), "job "+one
		return c, v.read(func(tx *store.Tx) error {
			j, err := s.Engine.Job(v.ctx(), tx, number)
			if err == nil && act.fits(j.State) {
				c.numbers = []int64{number}
			}
			return err
		})
	}
	f, err := s.jobFilter(get)
	if err != nil {
		return c, err
	}
	c.back, c.words = "/monitor/jobs"+jobQuery(&f), filterWords(&f)
	for name, value := range map[string]string{"state": string(f.State), "kind": f.Kind, "queue": f.Queue} {
		if value != "" {
			c.hidden[name] = value
		}
	}
	states := []studymail.JobState{f.State}
	if f.State == "" {
		states = studymail.JobStates()
	}
	for _, state := range states {
		if !act.fits(state) {
			continue
		}
		f.State, f.Limit = state, mostJobs
		var all []studymail.Job
		err := v.read(func(tx *store.Tx) (err error) {
			all, err = s.Engine.Jobs(v.ctx(), tx, f)
			return err
		})
		if err != nil {
			return c, err
		}
		for i := range all {
			c.numbers = append(c.numbers, all[i].Number)
		}
	}
	if len(c.numbers) >= mostJobs {
		return c, studymail.Errorf(studymail.Invalid, "more than %s jobs match: choose fewer with another filter; nothing was done", commas(mostJobs))
	}
	return c, nil
}

// filterWords say what a filter of jobs asks for.
func filterWords(f *studymail.JobFilter) string {
	words := "jobs"
	if f.State != "" {
		words = "jobs that are " + string(f.State)
	}
	if f.Kind != "" {
		words += " of the kind “" + jobKindWords(f.Kind) + "”"
	}
	if f.Queue != "" {
		words += " in the queue " + f.Queue
	}
	return words
}

func (s *site) askJobs(v *visit, act *jobAct) error {
	c, err := s.chooseJobs(v, v.query, act)
	if err != nil {
		return err
	}
	return s.showJobs(v, http.StatusOK, act, &c, "")
}

func (s *site) showJobs(v *visit, status int, act *jobAct, c *chosenJobs, changed string) error {
	n := len(c.numbers)
	if n == 0 {
		v.flash("There is nothing to %s: it is done, or was settled meanwhile.", strings.ToLower(act.verb))
		return v.redirect(c.back)
	}
	c.hidden["expect"] = strconv.Itoa(n)
	many := countOf(int64(n), "job")
	p := confirmPage{
		Changed: changed, Heading: heading{Title: act.verb + " " + many, Up: link{"Jobs", c.back}},
		Confirm: confirm{
			Action: act.path, Form: newForm(), Back: c.back, Danger: act.danger, Button: act.verb + " " + many, Hidden: c.hidden,
			Text: fmt.Sprintf("This is about %s: %s. %s", many, c.words, act.words),
		},
	}
	return v.pageAs(status, "confirm", p.Heading.Title, p)
}

func (s *site) doJobs(v *visit, act *jobAct) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	c, err := s.chooseJobs(v, f.Get, act)
	if err != nil {
		return err
	}
	if len(c.numbers) > 0 && f.Get("expect") != strconv.Itoa(len(c.numbers)) {
		return s.showJobs(v, http.StatusConflict, act, &c, "Meanwhile something changed: the number below is new. Nothing was done yet.")
	}
	done := 0
	for from := 0; from < len(c.numbers); from += jobsInATurn {
		turn, again := c.numbers[from:min(from+jobsInATurn, len(c.numbers))], false
		err := v.write(func(tx *store.Tx) (err error) {
			if from == 0 {
				if again, _, err = v.once(tx, f, c.back); err != nil || again {
					return err
				}
			}
			for _, number := range turn {
				if err := act.do(s.Engine, v, tx, number); err != nil && studymail.CodeOf(err) != studymail.NotFound {
					return err // one that is not kept any more needs nothing
				}
			}
			return v.event(tx, act.done, studymail.ID{}, jobsDetail(turn, c.hidden))
		})
		if err != nil {
			return err
		}
		if again {
			return v.redirect(c.back)
		}
		done += len(turn)
	}
	v.flash("Done: %s %s.", strings.ToLower(act.verb), countOf(int64(done), "job"))
	return v.redirect(c.back)
}

// jobsDetail is what the event says: which filter, how many, from which to which.
func jobsDetail(numbers []int64, hidden map[string]string) string {
	if len(numbers) == 1 {
		return fmt.Sprintf("job=%d", numbers[0])
	}
	detail := fmt.Sprintf("jobs=%d from=%d to=%d", len(numbers), numbers[len(numbers)-1], numbers[0])
	for _, name := range []string{"state", "kind", "queue"} {
		if hidden[name] != "" {
			detail += " " + name + "=" + hidden[name]
		}
	}
	return detail
}

// queueOf finds the queue of the path.
func (s *site) queueOf(v *visit) (q studymail.JobQueue, err error) {
	name := v.r.PathValue("name")
	err = v.read(func(tx *store.Tx) error {
		all, err := s.Engine.Queues(v.ctx(), tx)
		for _, one := range all {
			if one.Name == name {
				q = one
			}
		}
		return err
	})
	if err == nil && q.Name == "" {
		err = studymail.Errorf(studymail.NotFound, "there is no such queue")
	}
	return q, err
}

func (s *site) queueForm(v *visit) error {
	q, err := s.queueOf(v)
	if err != nil {
		return err
	}
	waiting := countOf(int64(q.Waiting), "job")
	p := confirmPage{
		Heading: heading{Title: "Pause the queue " + q.Name, Up: link{"Monitor", "/monitor"}},
		Facts:   []fact{{"What it does", sentenceWord(queueWords(q.Name))}, {"Waiting", waiting}, {"Running", countOf(int64(q.Running), "job")}},
		Confirm: confirm{
			Action: "/monitor/queues/" + q.Name, Form: newForm(), Back: "/monitor", Danger: true, Button: "Pause the queue " + q.Name, Hidden: map[string]string{"to": "paused"},
			Text: "No more of its jobs is begun on any machine until it is resumed; " + waiting + " would wait. What runs goes on. " + pauseMeans(q.Name),
		},
	}
	if !q.Paused.IsZero() {
		p.Heading.Title = "Resume the queue " + q.Name
		p.Confirm.Danger, p.Confirm.Button, p.Confirm.Hidden["to"] = false, "Resume the queue "+q.Name, "working"
		p.Confirm.Text = "Its jobs are begun again within seconds: " + waiting + " waiting."
	}
	return v.page("confirm", p.Heading.Title, p)
}

// pauseMeans says what goes on while a queue is paused: it is not a way to stop mail.
func pauseMeans(name string) string {
	switch name {
	case "send":
		return "Mail goes out nevertheless, up to a second later: workers look by themselves. To stop mail, pause its campaign."
	case "plan":
		return "Campaigns that start meanwhile wait, and so do schedules that start one."
	case "sweep":
		return "Letters that wait for another attempt stay where they are meanwhile."
	}
	return ""
}

func (s *site) queueSet(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	q, err := s.queueOf(v)
	if err != nil {
		return err
	}
	paused := f.Choice("to", "paused", "working") == "paused"
	if !f.OK() {
		return studymail.Errorf(studymail.Invalid, "say whether to pause or to resume it; nothing was changed")
	}
	action := map[bool]string{true: "queue paused", false: "queue resumed"}[paused]
	err = v.write(func(tx *store.Tx) error {
		changed, err := s.Engine.SetQueuePaused(v.ctx(), tx, q.Name, paused)
		if err != nil || !changed {
			return err
		}
		return v.event(tx, action, studymail.ID{}, "queue="+q.Name)
	})
	if err != nil {
		return err
	}
	v.flash("The queue %s is %s.", q.Name, map[bool]string{true: "paused", false: "working"}[paused])
	return v.redirect("/monitor")
}
