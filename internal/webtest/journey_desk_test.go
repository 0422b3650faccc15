package webtest

import (
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/jobs"
	"studymail/internal/store"
)

// An administrator makes a schedule, understands its next times, runs it by hand and
// reads what came of it; switches it off; then looks at the monitor, cancels a job
// that fails, and tries the way out.
func TestAnAdministratorKeepsSchedulesAndTheEngine(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t)
		tab := p.Tab(t, look).SignIn(studymail.Administrator)
		tab.At("/").Sees("First steps")
		tab.Go("Schedules").Go("Add a schedule").Fill("Name", "Tidy up").Fill("What it does", "Housekeeping: removes what has been kept long enough")
		tab.Fill("Tuesday", "yes").Fill("Thursday", "yes")
		if look.NoScript {
			tab.Go("Show the next times")
		} else {
			tab.Press("Show the next times")
		}
		tab.Sees("Every Tuesday and Thursday at 09:00 (Europe/London).")
		tab.Go("Add the schedule").Sees("Schedule Tidy up is added.").Sees("It has not run yet.")
		tab.Go("Run now…").Sees("One run is queued").Go("Run it now").Sees("A run of Tidy up is queued.")
		tab.reloadUntil("There was nothing to do")
		tab.Go("Switch off…").Sees("It fires no more").Go("Switch off Tidy up").Sees("Tidy up is off.").Sees("times that passed do not fire")
		tab.Go("Edit").Fill("Once", "yes").Fill("On which date, at what time", "2001-01-01T09:00").Go("Save").Sees("Tidy up is saved").Sees("It is off")

		queue, err := jobs.NewQueue(p.App.Store)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.App.Store.Write(t.Context(), func(tx *store.Tx) error {
			return queue.PlanCampaign(t.Context(), tx, studymail.NewID(), studymail.ID{}) // there is no such campaign
		}); err != nil {
			t.Fatal(err)
		}
		tab.Go("Monitor").Sees("Mail flows").Sees("Alive").Go("Jobs").Go("Plan a campaign's letters")
		tab.reloadUntil("not found: *studymail.Error") // by hand: without JavaScript a page stays as it was
		tab.Go("Cancel…").Sees("No letter is lost by that").Go("Cancel 1 job").Sees("Cancelled")
		tab.Go("Settings").Sees("All is well").Go("Test the folder that mail goes to").Sees("Tried just now")
	})
}

// reloadUntil asks for the page again until it says something.
func (t *Tab) reloadUntil(words string) {
	t.tb.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for until := time.After(patience); !strings.Contains(t.Text(), words); t.Open(t.Path()) {
		select {
		case <-tick.C:
		case <-until:
			t.tb.Fatalf("%s never said %q: %s", t.Path(), words, t.Text())
		}
	}
}
