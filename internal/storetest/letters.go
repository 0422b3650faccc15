package storetest

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

const (
	today  studymail.Date = "2026-06-15"
	lease                 = time.Minute
	expiry                = 120 * time.Hour
)

// letters is a clinic with a template and a campaign to its study.
type letters struct {
	*Clinic
	s        *store.Store
	version  studymail.TemplateVersion
	campaign studymail.Campaign
	step     studymail.Step
	run      studymail.Run
	claims   int64
	windows  int64
}

func newLetters(t *testing.T, s *store.Store) *letters {
	t.Helper()
	l := &letters{Clinic: NewClinic(t, s), s: s}
	template := studymail.Template{Name: "Invitation"}
	l.version = studymail.TemplateVersion{Format: "markdown", Subject: "Hello", Body: "Dear {{ patient_full_name }}"}
	write(t, s, func(tx *store.Tx) error { return tx.AddTemplate(t.Context(), &template, &l.version) })
	l.campaign, l.step = l.add(t, store.NewCampaign{})
	return l
}

// add makes a draft campaign to the study, or to the patients of n.
func (l *letters) add(t *testing.T, n store.NewCampaign) (studymail.Campaign, studymail.Step) {
	t.Helper()
	c := studymail.Campaign{Name: "a campaign", Study: l.Study.Key, AdHoc: len(n.Patients) > 0}
	if c.AdHoc {
		c.Study = 0
	}
	n.Campaign, n.TemplateVersion = &c, l.version.Key
	var step studymail.Step
	write(t, l.s, func(tx *store.Tx) (err error) {
		step, err = tx.AddCampaign(t.Context(), n)
		return err
	})
	return c, step
}

func (l *letters) rules() *store.PlanRules {
	return &store.PlanRules{
		Today: today, Campaign: l.campaign.Key, Step: l.step.Key, Study: l.campaign.Study, Template: l.version.Template,
		Again: l.campaign.Again, AttemptLimit: 3, ExpiresAfter: expiry, PlannerLease: lease, PatientsAtOnce: 100,
	}
}

// begin starts the campaign and a run of it, not yet planned.
func (l *letters) begin(t *testing.T) {
	t.Helper()
	write(t, l.s, func(tx *store.Tx) (err error) {
		if l.campaign.State != studymail.Running {
			if err := tx.MoveCampaign(t.Context(), &l.campaign, studymail.Running); err != nil {
				return err
			}
		}
		l.run, err = tx.AddRun(t.Context(), l.step, studymail.WholeStep, 7, lease)
		return err
	})
}

// plan plans a run to its end and releases it.
func (l *letters) plan(t *testing.T, rules *store.PlanRules) (planned int, leftOut map[studymail.Reason]int) {
	t.Helper()
	l.begin(t)
	return l.finish(t, rules)
}

func (l *letters) finish(t *testing.T, rules *store.PlanRules) (planned int, leftOut map[studymail.Reason]int) {
	t.Helper()
	leftOut = map[studymail.Reason]int{}
	for {
		var part store.PlanResult
		write(t, l.s, func(tx *store.Tx) (err error) {
			if part, err = tx.PlanChunk(t.Context(), &l.run, rules); err != nil || !part.Last {
				return err
			}
			return tx.ReleaseRun(t.Context(), &l.run)
		})
		planned += part.Planned
		for why, n := range part.LeftOut {
			leftOut[why] += n
		}
		if part.Last {
			return planned, leftOut
		}
	}
}

// worker registers a worker.
func (l *letters) worker(t *testing.T) *studymail.Worker {
	t.Helper()
	w := &studymail.Worker{ID: studymail.NewID(), Host: "here", BootID: "boot", PID: 1, Version: "test"}
	write(t, l.s, func(tx *store.Tx) error { return tx.AddWorker(t.Context(), w, lease) })
	return w
}

// claim claims for a worker.
func (l *letters) claim(t *testing.T, w *studymail.Worker, limit int) store.ClaimResult {
	t.Helper()
	l.claims++
	var res store.ClaimResult
	write(t, l.s, func(tx *store.Tx) (err error) {
		res, err = tx.Claim(t.Context(), store.ClaimToken(w.Key, l.claims), store.UpTo(limit), today)
		return err
	})
	return res
}

func standing(claimed ...store.Claimed) []store.Standing {
	all := make([]store.Standing, len(claimed))
	for i, c := range claimed {
		all[i] = c.Standing([]byte("sealed"))
	}
	return all
}

// asks asks for a window for claimed messages.
func (l *letters) asks(w *studymail.Worker, claimed ...store.Claimed) *store.Opening {
	l.windows++
	return &store.Opening{Window: store.WindowKey(w.Key, l.windows), Worker: w.Key, All: standing(claimed...)}
}

// open opens a window for claimed messages.
func (l *letters) open(t *testing.T, w *studymail.Worker, claimed ...store.Claimed) (window int64, members []int64, refused []store.Verdict) {
	t.Helper()
	asked := l.asks(w, claimed...)
	write(t, l.s, func(tx *store.Tx) error { return tx.OpenWindows(t.Context(), today, asked) })
	return asked.Window, asked.Members, asked.Refused
}

// sent is the record of a claimed message that was accepted.
func sent(c store.Claimed) store.Recorded {
	return store.Recorded{
		Key: c.Key, Token: c.Token, State: studymail.Sent, Attempts: c.Attempts + 1, Counts: true, Transport: "test",
		At: time.Now(), Window: store.WindowKey(store.WorkerOf(c.Token), 1), Outcome: studymail.Outcome{Kind: studymail.Accepted, Code: 250},
	}
}

func (l *letters) record(t *testing.T, all ...store.Recorded) (late int) {
	t.Helper()
	write(t, l.s, func(tx *store.Tx) (err error) {
		late, err = tx.Record(t.Context(), all)
		return err
	})
	return late
}

func (l *letters) counts(t *testing.T) studymail.Counts {
	t.Helper()
	var n studymail.Counts
	read(t, l.s, func(tx *store.Tx) (err error) {
		n, err = tx.Counts(t.Context(), l.campaign.Key)
		return err
	})
	if sum := n.Queued + n.Sending + n.Deferred + n.Sent + n.Failed + n.Skipped + n.Uncertain + n.Cancelled; sum != n.Planned {
		t.Fatalf("planned %d, the states add up to %d: %+v", n.Planned, sum, n)
	}
	l.againstRows(t, n)
	return n
}

// againstRows holds the numbers, which are put together from indexes, against
// the messages themselves. When PlanChunk forgot to add to the run's planned,
// this failed.
func (l *letters) againstRows(t *testing.T, n studymail.Counts) {
	t.Helper()
	rows := map[studymail.State]int{}
	read(t, l.s, func(tx *store.Tx) error {
		page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Campaign: l.campaign.ID, Limit: 10_000})
		for i := range page {
			rows[page[i].State]++
		}
		return err
	})
	for state, counted := range map[studymail.State]int{
		studymail.Queued: n.Queued, studymail.Sending: n.Sending, studymail.Deferred: n.Deferred, studymail.Sent: n.Sent, studymail.Failed: n.Failed,
		studymail.Skipped: n.Skipped, studymail.Uncertain: n.Uncertain, studymail.MessageCanceled: n.Cancelled,
	} {
		have := rows[state]
		if state == studymail.Queued {
			have += rows[studymail.Claimed]
		}
		equal(t, "rows that are "+state.String(), have, counted)
	}
}

func (l *letters) message(t *testing.T, key int64) store.MessageRow {
	t.Helper()
	var found store.MessageRow
	read(t, l.s, func(tx *store.Tx) error {
		page, _, err := tx.MessagePage(t.Context(), store.MessageFilter{After: key - 1, Limit: 1})
		if err == nil && len(page) == 1 {
			found = page[0]
		}
		return err
	})
	equal(t, "the message's key", found.Key, key)
	return found
}

// set changes a patient as the database holds it.
func (l *letters) set(t *testing.T, p studymail.Patient, status studymail.Status, cancelled studymail.Cancelled) {
	t.Helper()
	write(t, l.s, func(tx *store.Tx) error {
		return tx.SetPatient(t.Context(), p.ID, p.Status, p.Cancelled, status, cancelled)
	})
}

func (l *letters) suppress(t *testing.T, d studymail.Details) {
	t.Helper()
	hashes := d.Hash(l.Keys.Sealer())
	write(t, l.s, func(tx *store.Tx) error {
		_, err := tx.AddSuppression(t.Context(), &studymail.Suppression{EmailHash: hashes.Email, Reason: "complaint", Source: "test"})
		return err
	})
}

func (l *letters) editStudy(t *testing.T, edit func(*studymail.Study)) {
	t.Helper()
	edit(&l.Study)
	write(t, l.s, func(tx *store.Tx) error { return tx.UpdateStudy(t.Context(), &l.Study) })
}

func (l *letters) editProvider(t *testing.T, edit func(*studymail.Provider)) {
	t.Helper()
	edit(&l.Provider)
	write(t, l.s, func(tx *store.Tx) error { return tx.UpdateProvider(t.Context(), &l.Provider) })
}
