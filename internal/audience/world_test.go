package audience_test

import (
	"context"
	"log/slog"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/sealed"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

const (
	lease  = 15 * time.Second // of a planner
	tester = "test"
)

// world is a clinic with a letter, a planner and a clock that can be moved.
type world struct {
	*storetest.Clinic
	t     *testing.T
	s     *store.Store
	p     *audience.Planner
	ahead atomic.Int64 // how far the clock is before the machine's
	woken atomic.Int32
	made  int // patients
}

// each runs a test on both databases.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			fn(t, newWorld(t, kind))
		})
	}
}

func newWorld(t *testing.T, kind store.Kind) *world {
	t.Helper()
	w := &world{t: t}
	w.s = storetest.OpenURL(t, storetest.URL(t, kind), func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) })
	w.Clinic = storetest.NewClinic(t, w.s)
	w.p = w.planner()
	w.letter("invitation", "Dear {{ patient_full_name }}")
	return w
}

// planner is one of a process of its own.
func (w *world) planner() *audience.Planner {
	return &audience.Planner{
		Store: w.s, Zone: time.UTC, AttemptLimit: 3, ExpiresAfter: time.Hour, Log: slog.New(slog.DiscardHandler),
		Wake: func(context.Context, *store.Tx, studymail.ID) error {
			w.woken.Add(1)
			return nil
		},
	}
}

func (w *world) write(fn func(tx *store.Tx) error) {
	w.t.Helper()
	w.fine(w.s.Write(w.t.Context(), fn))
}

func (w *world) read(fn func(tx *store.Tx) error) {
	w.t.Helper()
	w.fine(w.s.Read(w.t.Context(), fn))
}

func (w *world) fine(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused checks an error's code.
func (w *world) refused(err error, want studymail.Code) {
	w.t.Helper()
	if studymail.CodeOf(err) != want {
		w.t.Fatalf("got %v (%s), want an error of code %q", err, studymail.CodeOf(err), want)
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// patients adds n more.
func (w *world) patients(n int) []studymail.Patient {
	w.t.Helper()
	all := w.AddPatients(w.t, w.s, w.made, n)
	w.made += n
	return all
}

// person adds one patient whose details are edited first.
func (w *world) person(edit func(*studymail.Details)) studymail.Patient {
	w.t.Helper()
	d := storetest.DetailsOf(w.made)
	w.made++
	edit(&d)
	return w.AddPatient(w.t, w.s, d)
}

// letter adds a template, or a version of it.
func (w *world) letter(name, body string) {
	w.t.Helper()
	v := studymail.TemplateVersion{Format: "markdown", Subject: "Hello", Body: body}
	w.write(func(tx *store.Tx) error {
		t, err := tx.TemplateByName(w.t.Context(), name)
		if studymail.CodeOf(err) == studymail.NotFound {
			t = studymail.Template{Name: name}
			return tx.AddTemplate(w.t.Context(), &t, &v)
		}
		if err != nil {
			return err
		}
		return tx.AddTemplateVersion(w.t.Context(), &t, &v)
	})
}

// create makes a draft of the letter to the study; New's empty fields are filled.
func (w *world) create(n audience.New) studymail.ID {
	w.t.Helper()
	if n.Study == "" {
		n.Study = w.Study.Name
	}
	if n.Template == "" {
		n.Template = "invitation"
	}
	c, err := w.p.Create(w.t.Context(), n, tester)
	w.fine(err)
	return c.ID
}

// start plans a draft to the end.
func (w *world) start(id studymail.ID) audience.Started {
	w.t.Helper()
	res, err := w.p.Start(w.t.Context(), id, tester, nil)
	w.fine(err)
	return res
}

// started makes and plans a campaign.
func (w *world) started(n audience.New) (studymail.ID, audience.Started) {
	w.t.Helper()
	id := w.create(n)
	return id, w.start(id)
}

// set changes a patient.
func (w *world) set(p studymail.Patient, status studymail.Status, cancelled studymail.Cancelled) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		return tx.SetPatient(w.t.Context(), p.ID, p.Status, p.Cancelled, status, cancelled)
	})
}

func (w *world) campaign(id studymail.ID) store.CampaignRow {
	w.t.Helper()
	var c store.CampaignRow
	w.read(func(tx *store.Tx) (err error) {
		c, err = tx.CampaignByID(w.t.Context(), id)
		return err
	})
	return c
}

// counts gives a campaign's numbers, which must add up.
func (w *world) counts(id studymail.ID) studymail.Counts {
	w.t.Helper()
	var n studymail.Counts
	w.read(func(tx *store.Tx) error {
		c, err := tx.CampaignByID(w.t.Context(), id)
		if err != nil {
			return err
		}
		n, err = tx.Counts(w.t.Context(), c.Key)
		return err
	})
	left := 0
	for _, k := range n.LeftOut {
		left += k
	}
	if n.Selected != n.Planned+left || n.Planned != n.Queued+n.Sending+n.Deferred+n.Sent+n.Failed+n.Skipped+n.Uncertain+n.Cancelled {
		w.t.Fatalf("the numbers do not add up: %+v", n)
	}
	return n
}

func (w *world) runs(id studymail.ID) []studymail.Run {
	w.t.Helper()
	var all []studymail.Run
	w.read(func(tx *store.Tx) error {
		c, err := tx.CampaignByID(w.t.Context(), id)
		if err != nil {
			return err
		}
		all, err = tx.CampaignRuns(w.t.Context(), c.Key)
		return err
	})
	return all
}

// messages lists a campaign's.
func (w *world) messages(id studymail.ID) []store.MessageRow {
	w.t.Helper()
	var all []store.MessageRow
	w.read(func(tx *store.Tx) (err error) {
		all, _, err = tx.MessagePage(w.t.Context(), store.MessageFilter{Campaign: id, Limit: 100_000})
		return err
	})
	return all
}

// claim does what a worker does: it gives how many messages it got.
func (w *world) claim(limit int) []store.Claimed {
	w.t.Helper()
	worker := &studymail.Worker{ID: studymail.NewID(), Host: "here", BootID: "boot", PID: 1, Version: "test"}
	var res store.ClaimResult
	w.write(func(tx *store.Tx) error {
		if err := tx.AddWorker(w.t.Context(), worker, time.Minute); err != nil {
			return err
		}
		var err error
		res, err = tx.Claim(w.t.Context(), store.ClaimToken(worker.Key, 1), store.UpTo(limit), studymail.DateOf(tx.Now(), time.UTC))
		return err
	})
	return res.Claimed
}

// settle brings a message to rest without sending it.
func (w *world) settle(m store.MessageRow, state studymail.State) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(w.t.Context(), "UPDATE messages SET state = $1 WHERE id = $2", int(state), m.Key)
		return err
	})
}

// later moves the clock.
func (w *world) later(d time.Duration) { w.ahead.Add(int64(d)) }

func noName(d *studymail.Details) { d.FirstName, d.LastName = sealed.Name{}, sealed.Name{} }
