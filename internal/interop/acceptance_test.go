package interop

import (
	"context"
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/app"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// way is how mails go out, who the recipients are, and how it comes back what became of
// the mails.
type way struct {
	environ []string // of the installation
	fates   map[string]fate

	// turn does what recipients and servers do meanwhile; it is called again and again.
	turn func(t *testing.T)

	// Nil where no mail is lost and nothing is on its way that we cannot see: how many
	// mails of each kind were lost before they were handed over, with nobody the wiser;
	// whether all that came back has been taken in; and what else has to hold at the end.
	lost  func() map[string]int
	taken func() bool
	check func(t *testing.T, a *app.App, patients map[string]int)
}

// fate is that of a kind of patients: how many of 1,000 are of it ("user" is the rest), and how
// their messages and they stand in the end.
type fate struct {
	share int
	ends  ending
}

type ending struct {
	state     studymail.State
	came      studymail.CameBack
	cancelled studymail.Cancelled
}

// accept sends a campaign of ACCEPTANCE patients, or of 400, and compares each patient
// and message with what was injected, when all has come back. With the limits on it has
// to halt on the way, and people let it go on.
func (w *way) accept(t *testing.T, db store.Kind, halts bool) {
	t.Helper()
	n := 400
	if text := os.Getenv("ACCEPTANCE"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		must(t, err)
	}
	environ := w.environ
	switch {
	case !halts:
		environ = append(environ, "HALT_HARD=0", "HALT_COMPLAINTS=0", "HALT_FAILED=0")
	case n < 10_000: // it must not be over before anybody looks
		environ = append(environ, "HALT_FROM=50", "RATE_PER_SECOND=50")
	}
	a := installed(t, t.TempDir(), storetest.URL(t, db), environ)
	patients := map[string]int{"user": n}
	for name, k := range w.fates {
		if name != "user" {
			patients[name] = max(1, n*k.share/1000)
			patients["user"] -= patients[name]
		}
	}
	if halts && n < 10_000 {
		patients["complain"] += 5 // else a small campaign has too few for the limit
	}
	began := time.Now()
	id := startWith(t, a, patients)
	halted := 0
	c := &sentCampaign{App: a, id: id, patients: patients}
	// What was lost on the way is in doubt, and people have it sent again.
	lost := w.run(t, c, func() {
		if halts {
			halted += goOn(t, a, id)
		}
	})
	if lost > 0 {
		sendAgain(t, a, id, lost)
		w.lost = nil
		w.run(t, c, func() {})
	}
	took := time.Since(began)

	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error { return w.checkEnds(t, a, tx, id, patients) }))
	if w.check != nil {
		w.check(t, a, patients)
	}
	if halts != (halted > 0) {
		t.Errorf("halts are %v, and it halted %d times", halts, halted)
	}
	t.Logf("%d patients on %s in %.0f s, halted %d times, %d sent again: %v", sumOf(patients), db, took.Seconds(), halted, lost, patients)
}

// sentCampaign is a campaign in its installation.
type sentCampaign struct {
	*app.App
	id       studymail.ID
	patients map[string]int
}

// run serves until all that is to come has come, and gives how many mails were lost.
// Again and again it does what people do meanwhile.
func (w *way) run(t *testing.T, c *sentCampaign, people func()) int {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx, app.Parts{Mode: "serve", Workers: true, Web: true}, nil) }()
	defer func() { // also when the test ends here
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(max(2*time.Minute, time.Duration(sumOf(c.patients))*60*time.Millisecond))
	for !w.settled(t, c) {
		w.turn(t)
		people()
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("it came to no end: %+v, came back %v, want %v, lost %v", counts(t, c.App, c.id), cameBack(t, c.App, c.id), w.cameOf(c.patients, w.lostNow()), w.lostNow())
		}
	}
	return sumOf(w.lostNow())
}

func (w *way) lostNow() map[string]int {
	if w.lost == nil {
		return nil
	}
	return w.lost()
}

// settled tells whether all that is to come has come.
func (w *way) settled(t *testing.T, c *sentCampaign) bool {
	t.Helper()
	if w.taken != nil && !w.taken() {
		return false
	}
	lost := w.lostNow()
	wanted := w.cameOf(c.patients, lost)
	for came, n := range cameBack(t, c.App, c.id) {
		wanted[came] -= n
	}
	for _, n := range wanted {
		if n > 0 {
			return false
		}
	}
	n := counts(t, c.App, c.id)
	return n.Planned > 0 && n.Unfinished() == 0 && n.Uncertain == sumOf(lost)
}

// cameOf is for how many messages each thing comes back; not for those that were lost.
func (w *way) cameOf(patients, lost map[string]int) map[studymail.CameBack]int {
	of := map[studymail.CameBack]int{}
	for name, n := range patients {
		for _, bit := range w.fates[name].ends.came.Bits() {
			of[bit] += n - lost[name]
		}
	}
	return of
}

func sumOf(counts map[string]int) (n int) {
	for _, k := range counts {
		n += k
	}
	return n
}

func kindOf(address string) string {
	return strings.TrimRight(address[:strings.IndexByte(address, '@')], "0123456789")
}

// goOn lets a campaign go on that has halted, as a person does, and gives how often.
func goOn(t *testing.T, a *app.App, id studymail.ID) int {
	t.Helper()
	var c store.CampaignRow
	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		c, err = tx.CampaignByID(t.Context(), id)
		return err
	}))
	if c.State != studymail.Paused {
		return 0
	}
	if c.Halt == nil {
		t.Fatal("paused, and nobody did it")
	}
	planner, err := a.Planner()
	must(t, err)
	_, err = planner.Resume(t.Context(), id, "test", nil)
	must(t, err)
	return 1
}

// sendAgain settles what is in doubt as people do who know that it was lost.
func sendAgain(t *testing.T, a *app.App, id studymail.ID, want int) {
	t.Helper()
	var page []store.MessageRow
	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) (err error) {
		page, _, err = tx.MessagePage(t.Context(), store.MessageFilter{Campaign: id, States: []studymail.State{studymail.Uncertain}, Limit: 1000})
		return err
	}))
	if len(page) != want {
		t.Fatalf("%d messages are uncertain, and %d were lost", len(page), want)
	}
	planner, err := a.Planner()
	must(t, err)
	for i := range page {
		must(t, a.Store.Write(t.Context(), func(tx *store.Tx) error { return planner.Resolve(t.Context(), tx, page[i].ID, true, "test") }))
	}
}

// cameBack counts what came back for a campaign.
func cameBack(t *testing.T, a *app.App, id studymail.ID) (came map[studymail.CameBack]int) {
	t.Helper()
	must(t, a.Store.Read(t.Context(), func(tx *store.Tx) error {
		c, err := tx.CampaignByID(t.Context(), id)
		if err != nil {
			return err
		}
		came, err = tx.CampaignFeedback(t.Context(), c.Key)
		return err
	}))
	return came
}

// eachEnding gives how each message of a campaign stands, with its patient and of what
// kind that is.
func eachEnding(t *testing.T, a *app.App, tx *store.Tx, id studymail.ID, fn func(kind string, got ending)) error {
	t.Helper()
	for after, more := int64(0), true; more; {
		page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Campaign: id, After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for i := range page {
			m := &page[i]
			after = m.Key
			patient, err := tx.PatientByID(t.Context(), m.PatientID)
			if err != nil {
				return err
			}
			key, err := a.Keys.Opener().Key(patient.PersonID, patient.Wrapped)
			if err != nil {
				return err
			}
			d, err := studymail.OpenDetails(key, patient.PersonID, patient.Sealed)
			if err != nil {
				return err
			}
			fn(strings.TrimRight(d.Username.Reveal(), "0123456789"), ending{m.State, m.CameBack, patient.Cancelled})
		}
		more = len(page) == 1000
	}
	return nil
}

// checkEnds compares each patient and message with what was injected.
func (w *way) checkEnds(t *testing.T, a *app.App, tx *store.Tx, id studymail.ID, patients map[string]int) error {
	t.Helper()
	seen, wrong := map[string]int{}, 0
	if err := eachEnding(t, a, tx, id, func(name string, got ending) {
		seen[name]++
		if want := w.fates[name].ends; got != want && wrong < 10 {
			wrong++
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}); err != nil {
		return err
	}
	if !maps.Equal(seen, patients) {
		t.Errorf("messages of %v, want %v", seen, patients)
	}
	c, err := tx.CampaignByID(t.Context(), id)
	if err != nil {
		return err
	}
	n, err := tx.Counts(t.Context(), c.Key)
	if err != nil {
		return err
	}
	failed, dead := 0, 0
	for name, count := range patients {
		if w.fates[name].ends.state == studymail.Failed {
			failed += count
		}
		if e := w.fates[name].ends; e.cancelled == studymail.NotContactable || e.came&studymail.CameComplaint != 0 {
			dead += count
		}
	}
	if all := sumOf(patients); n.Selected != all || n.Planned != all || n.Sent != all-failed || n.Failed != failed {
		t.Errorf("the numbers: %+v", n)
	}
	came, err := tx.CampaignFeedback(t.Context(), c.Key)
	if err != nil {
		return err
	}
	if want := w.cameOf(patients, nil); !maps.Equal(came, want) {
		t.Errorf("came back: %v, want %v", came, want)
	}
	listed, err := tx.CountSuppressions(t.Context())
	if listed != dead {
		t.Errorf("%d addresses are suppressed, want %d", listed, dead)
	}
	return err
}
