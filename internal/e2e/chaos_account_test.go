package e2e

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// account holds our book against the mail server's when the storm is over.
func (w *storm) account() {
	t := w.t
	t.Helper()
	messages := w.hq.outbox()
	taken := compare(t, messages, w.sink.read())
	n := w.hq.show(w.campaign)
	if got := len(w.hq.outbox("--campaign", w.campaign)); got != w.planned || n.Planned != w.planned {
		t.Errorf("%d were planned, %d are in the outbox, and the campaign says %+v", w.planned, got, n)
	}
	by := reasons(messages)
	for what := range by {
		switch what {
		case "sent", "uncertain: " + string(studymail.ReasonProcessDied), "uncertain: " + string(studymail.ReasonInDoubt), "failed: " + string(studymail.ReasonAttemptsUsed):
		default:
			t.Errorf("%d messages ended as %s", by[what], what)
		}
	}
	w.doubts()
	w.hq.attempts()
	w.hq.schedules(w.beside)
	w.hq.rates(w.sink.times())
	kills := w.done[kill.name] + w.done[killAtStart.name]*2 + w.done[machineLost.name]
	if want := 5; kills < want || len(w.cards) > aDeal && kills < 20 {
		t.Errorf("only %d kills", kills)
	}
	t.Logf("%s: %d messages, %d kills: %v; %d of the uncertain are in the book", w.kind, len(messages), kills, by, taken)
}

// doubts holds what is uncertain against what can have made it so.
func (w *storm) doubts() {
	w.t.Helper()
	lanes := connections * len(w.crew)
	inDoubt, died, worst := 0, 0, 0
	w.hq.look(`SELECT w.pid, m.reason, count(*) FROM messages m JOIN workers w ON w.id = m.claim_token >> 24 WHERE m.state = 70 GROUP BY w.pid, m.reason`,
		func(rows *sql.Rows) error {
			var (
				pid, n int
				reason studymail.Reason
			)
			if err := rows.Scan(&pid, &reason, &n); err != nil {
				return err
			}
			if reason == studymail.ReasonInDoubt {
				inDoubt += n
				return nil
			}
			died, worst = died+n, max(worst, n)
			switch {
			case w.killed[pid] && n <= connections*doubtPipelining:
			case w.lost[pid] && n <= connections*store.MaxWindow:
			default:
				w.t.Errorf("%d messages of process %d are uncertain (killed: %v, its machine lost: %v)", n, pid, w.killed[pid], w.lost[pid])
			}
			return nil
		})
	if allowed := doubtPipelining * (w.closings + w.outages*lanes); inDoubt > allowed {
		w.t.Errorf("%d messages are uncertain for connections that were lost; %d can be", inDoubt, allowed)
	}
	w.t.Logf("%s: uncertain after kills: %d, at most %d of one process; after lost connections: %d", w.kind, died, worst, inDoubt)
}

// attempts checks that no message has more than its limit, and that what a
// message says of them is what is listed.
func (s *site) attempts() {
	s.tb.Helper()
	together := `(SELECT count(*) FROM taken a, json_each(a.members) j WHERE a.window_id = m.merged_id AND j.value->>0 = m.id)`
	if s.kind == store.Postgres {
		together = `(SELECT count(*) FROM taken a, json_array_elements(a.members::json) j WHERE a.window_id = m.merged_id AND (j->>0)::bigint = m.id)`
	}
	for what, query := range map[string]string{
		"have more attempts than their limit": `SELECT count(*) FROM messages WHERE attempts > attempt_limit`,
		"have other attempts than are listed": `SELECT count(*) FROM messages m WHERE attempts <>
			(SELECT count(*) FROM attempts a WHERE a.message_id = m.id AND a.counts = 1) + ` + together,
		"failed for want of attempts that they have": `SELECT count(*) FROM messages WHERE reason = '` + string(studymail.ReasonAttemptsUsed) + `' AND attempts < attempt_limit`,
	} {
		if n := s.number(query); n > 0 {
			s.tb.Errorf("%d messages %s", n, what)
		}
	}
}

// firing is a row of a schedule's history.
type firing struct {
	due     time.Time
	outcome studymail.ScheduleOutcome
	detail  string
}

// schedules checks that the schedule of a campaign which recurs each minute
// served every minute once: it fired, was missed, or met the run before; that
// each firing planned one run; and that no other schedule fired twice either.
func (s *site) schedules(campaign string) {
	s.tb.Helper()
	if n := s.number(`SELECT count(*) FROM (SELECT 1 FROM schedule_runs WHERE due_at IS NOT NULL GROUP BY schedule_id, due_at HAVING count(*) > 1) AS twice`); n > 0 {
		s.tb.Errorf("%d times were served twice", n)
	}
	var all []firing
	s.look(`SELECT r.due_at, r.outcome, r.detail FROM schedule_runs r JOIN schedules s ON s.id = r.schedule_id WHERE s.job = 'campaign' ORDER BY r.due_at`,
		func(rows *sql.Rows) error {
			var (
				f  firing
				ms int64
			)
			err := rows.Scan(&ms, &f.outcome, &f.detail)
			f.due = time.UnixMilli(ms)
			all = append(all, f)
			return err
		})
	if err := eachMinuteOnce(all); err != nil {
		s.tb.Errorf("%v: %+v", err, all)
	}
	// One that was killed while it planned finds, when its job is tried again, that
	// its run is planned by another, or does not live to say anything.
	fired, perhaps := 0, 0
	for _, f := range all {
		switch {
		case strings.HasPrefix(f.detail, "planned="):
			fired++
		case f.detail == "code=planned_before", f.detail == "code=planning_goes_on", f.outcome == studymail.RunWaiting, f.outcome == studymail.RunRunning:
			perhaps++
		}
	}
	planned := s.number(`SELECT count(*) FROM runs r JOIN campaigns c ON c.id = r.campaign_id WHERE c.schedule_id IS NOT NULL`)
	if planned == 0 || planned < fired || planned > fired+perhaps {
		s.tb.Errorf("the schedule of campaign %s fired %d times, perhaps %d more, and %d runs were planned: %+v", campaign, fired, perhaps, planned, all)
	}
	s.tb.Logf("the schedule served %d times, %d of them by a run", len(all), fired)
}

// eachMinuteOnce tells whether a history, in the order of its due times, serves
// every minute from its first to its last exactly once.
func eachMinuteOnce(all []firing) error {
	var next time.Time
	for _, f := range all {
		minutes := 1
		if n, missed := strings.CutPrefix(f.detail, "missed="); missed {
			minutes, _ = strconv.Atoi(n)
		}
		switch {
		case f.due.Truncate(time.Minute) != f.due:
			return fmt.Errorf("%v is no due time", f.due)
		case !next.IsZero() && f.due.Before(next):
			return fmt.Errorf("%v is served twice", f.due)
		case !next.IsZero() && f.due.After(next):
			return fmt.Errorf("%v is not served", next)
		}
		next = f.due.Add(time.Duration(minutes) * time.Minute)
	}
	return nil
}

// limits are the settings that limit a rate, and for how long each counts.
var limits = map[string]time.Duration{
	"RATE_PER_SECOND": time.Second, "RATE_PER_MINUTE": time.Minute, "RATE_PER_HOUR": time.Hour, "RATE_PER_DAY": 24 * time.Hour,
}

// rates checks that the mail server never took more than what is set.
func (s *site) rates(times []time.Time) {
	s.tb.Helper()
	for name, per := range limits {
		limit, err := strconv.Atoi(s.env[name])
		if err != nil {
			continue // not set
		}
		if most, at := busiest(times, per); most > limit {
			s.tb.Errorf("%s=%d, and within one the mail server took %d, from %v on", name, limit, most, at)
		}
	}
}

// busiest gives the most times within any stretch so long, and where it begins.
func busiest(times []time.Time, per time.Duration) (most int, at time.Time) {
	times = slices.SortedFunc(slices.Values(times), time.Time.Compare)
	first := 0
	for last, t := range times {
		for t.Sub(times[first]) >= per {
			first++
		}
		if n := last - first + 1; n > most {
			most, at = n, times[first]
		}
	}
	return most, at
}

// settle is the operator's work after the storm: each uncertain message is looked
// up in the mail server's book; what is there is settled as sent, the rest is
// sent again, and what failed is tried again. Then everybody has their letter,
// once: nothing was lost.
func (w *storm) settle() {
	t := w.t
	t.Helper()
	w.setClock(w.offset + 15*60) // past the patience with machines that are lost
	book := w.sink.read()
	for _, m := range w.hq.outbox("--state", "uncertain") {
		as := "resend"
		if book[m.ID] > 0 {
			as = "sent"
		}
		w.hq.must("outbox", "resolve", m.ID, "--as", as)
	}
	for _, m := range w.hq.outbox("--state", "failed") {
		w.hq.must("outbox", "retry", m.ID, "--yes")
	}
	w.begin(w.crew[0])
	p := w.crew[0].p
	p.waitUp()
	w.hq.finished(w.campaign, whileWorking)
	eventually(t, whileWorking, "all is sent", func() bool { return w.hq.number(`SELECT count(*) FROM messages WHERE state <> 40`) == 0 })
	p.stop(15 * time.Second)
	messages, book := w.hq.outbox(), w.sink.read()
	compare(t, messages, book)
	if len(book) != len(messages) || len(messages) <= w.planned {
		t.Errorf("%d messages were planned, %d of them for the campaign, and the mail server has %d", len(messages), w.planned, len(book))
	}
}

// The checks of the storm can fail.
func TestChaosChecksSeeWhatIsWrong(t *testing.T) {
	t.Parallel()
	minute := func(n int) time.Time { return time.Unix(0, 0).Add(time.Duration(n) * time.Minute) }
	for _, tc := range []struct {
		name string
		all  []firing
		ok   bool
	}{
		{"one after the other", []firing{{minute(1), "done", "planned=2"}, {minute(2), "overlapped", ""}, {minute(3), "done", "planned=0"}}, true},
		{"some were missed", []firing{{minute(1), "missed", "missed=59"}, {minute(60), "done", "planned=0"}}, true},
		{"one is left out", []firing{{minute(1), "done", ""}, {minute(3), "done", ""}}, false},
		{"missed and fired all the same", []firing{{minute(1), "missed", "missed=3"}, {minute(3), "done", ""}}, false},
		{"one is no due time", []firing{{minute(1).Add(time.Second), "done", ""}}, false},
	} {
		if err := eachMinuteOnce(tc.all); (err == nil) != tc.ok {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	var times []time.Time
	for i := range 20 {
		times = append(times, minute(0).Add(time.Duration(i)*100*time.Millisecond))
	}
	times = append(times, minute(0).Add(1050*time.Millisecond))
	if n, at := busiest(times, time.Second); n != 11 || at != minute(0).Add(100*time.Millisecond) {
		t.Errorf("the busiest second had %d, from %v on", n, at)
	}
	for name, n := range map[string]numbers{
		"does not add up": {Selected: 3, Planned: 3, Sent: 2},
		"is negative":     {Selected: 1, Planned: 1, Sent: 2, Queued: -1},
	} {
		if n.sound() == nil {
			t.Errorf("what %s is not seen", name)
		}
	}
}

// What everybody runs has no clock that can be set.
func TestAReleasesClockCannotBeSet(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{binary(t): false, stepped(t): true} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"TESTCLOCK_FILE", "TESTCLOCK_LEASE"} {
			if bytes.Contains(b, []byte(name)) != want {
				t.Errorf("%s has %s: %v, want %v", path, name, !want, want)
			}
		}
	}
}
