package audience_test

import (
	"testing"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

const month = 30 * 24 * time.Hour

// capped makes every planner of the world keep within a contact cap.
func (w *world) capped(mails int) {
	w.p.Cap = studymail.ContactCap{Mails: mails, Within: month}
}

// also lets the people of patients take part in another study.
func (w *world) also(study string, patients []studymail.Patient) []studymail.Patient {
	w.t.Helper()
	st := studymail.Study{Name: study, Active: true}
	all := make([]studymail.Patient, len(patients))
	w.write(func(tx *store.Tx) error {
		if err := tx.AddStudy(w.t.Context(), &st); err != nil {
			return err
		}
		for i, p := range patients {
			all[i] = studymail.Patient{Person: p.Person, PersonID: p.PersonID, Study: st.Key, Provider: p.Provider}
			if err := tx.AddPatient(w.t.Context(), &all[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

func (w *world) preview(id studymail.ID) audience.Result {
	w.t.Helper()
	res, err := w.p.Preview(w.t.Context(), id)
	w.fine(err)
	return res
}

func TestWhoHadEnoughMailOfAllStudiesIsLeftOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.capped(2)
		first := w.patients(4)
		w.also("B", first)
		w.also("C", first)
		w.letter("second", "Dear {{ patient_full_name }}")
		one, _ := w.started(audience.New{})
		w.started(audience.New{Study: "B"})
		equal(t, "a preview of the third study's", w.preview(w.create(audience.New{Study: "C"})), audience.Result{
			LeftOut: map[studymail.Reason]int{studymail.ReasonContactCap: 4},
		})

		// What stands of the first: failed and skipped do not count, sent and in
		// doubt do for as long as the cap says, what waits does for ever.
		m := w.messages(one)
		w.settle(m[0], studymail.Failed)
		w.settle(m[1], studymail.Skipped)
		w.settle(m[2], studymail.Uncertain)
		id, res := w.started(audience.New{Study: "C"})
		equal(t, "planned", res.Planned, 2)
		equal(t, "left out", res.LeftOut, map[studymail.Reason]int{studymail.ReasonContactCap: 2})
		equal(t, "in the numbers", w.counts(id).LeftOut, res.LeftOut)

		w.later(month + time.Hour)
		equal(t, "a month later, the one in doubt is forgotten, what still waits is not", w.preview(w.create(audience.New{Template: "second"})), audience.Result{
			Planned: 1, LeftOut: map[studymail.Reason]int{studymail.ReasonContactCap: 3},
		})
		w.p.Cap = studymail.ContactCap{}
		equal(t, "without a cap", w.preview(w.create(audience.New{Template: "second"})), audience.Result{Planned: 4, LeftOut: map[studymail.Reason]int{}})
	})
}

// An ad hoc list may hold a person twice, through two studies: the second is
// over the cap by the first, which the plan has not written yet. Without the
// window function both were planned.
func TestAPersonWhoIsTwiceInAPlanKeepsWithinTheCap(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.capped(1)
		p := w.patients(2)
		both := append(w.also("B", p[:1]), p...)
		ids := []studymail.ID{both[0].ID, both[1].ID, both[2].ID}
		c, err := w.p.CreateAdHoc(t.Context(), "invitation", ids, false, tester)
		w.fine(err)
		want := audience.Result{Planned: 2, LeftOut: map[studymail.Reason]int{studymail.ReasonContactCap: 1}}
		equal(t, "preview", w.preview(c.ID), want)
		var why []studymail.Reason
		w.fine(w.p.PreviewEach(t.Context(), c.ID, func(l store.Looked) error {
			why = append(why, l.Reason)
			return nil
		}))
		equal(t, "patient by patient", why, []studymail.Reason{"", "", studymail.ReasonContactCap})
		res := w.start(c.ID)
		equal(t, "planned", res.Planned, 2)
		equal(t, "left out", res.LeftOut, want.LeftOut)
	})
}

// Letters of two studies to the same people, planned at the same time by two
// processes, chunk by chunk. Without the lock on PostgreSQL some got both.
func TestTwoCampaignsPlannedAtOnceKeepWithinTheCap(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.capped(1)
		w.also("B", w.crowd())
		w.letter("second", "Dear {{ patient_full_name }}")
		ids := []studymail.ID{w.create(audience.New{}), w.create(audience.New{Study: "B", Template: "second"})}
		var planned [2]int
		w.atOnce(func(i int) error {
			p := w.planner()
			p.Cap = w.p.Cap
			res, err := p.Start(t.Context(), ids[i], tester, nil)
			planned[i] = res.Planned
			return err
		})
		equal(t, "planned in all", planned[0]+planned[1], many)
		equal(t, "left out in all", w.counts(ids[0]).LeftOut[studymail.ReasonContactCap]+w.counts(ids[1]).LeftOut[studymail.ReasonContactCap], many)
		had := map[studymail.ID]int{}
		for _, id := range ids {
			for _, m := range w.messages(id) {
				had[m.PersonID]++
			}
		}
		for person, n := range had {
			if n != 1 {
				t.Fatalf("person %s gets %d mails", person, n)
			}
		}
	})
}
