package storetest

import (
	"testing"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// EachReasonIsFoundByThePlan plants one patient for every reason that a single
// study can have, and one who gets the letter.
func EachReasonIsFoundByThePlan(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 7)
	l.set(t, patients[1], studymail.Engaged, studymail.NotCancelled)
	l.set(t, patients[2], studymail.New, studymail.NotEligible)
	l.set(t, patients[3], studymail.New, studymail.NotConsented)
	l.set(t, patients[4], studymail.New, studymail.OptedOut)
	l.set(t, patients[5], studymail.New, studymail.NotContactable)
	l.suppress(t, DetailsOf(6))
	nameless := DetailsOf(7)
	nameless.FirstName, nameless.LastName = sealed.Name{}, sealed.Name{}
	l.AddPatient(t, s, nameless)
	unreachable := DetailsOf(8)
	unreachable.Email = sealed.Email{}
	l.AddPatient(t, s, unreachable)
	for n := 9; n <= 10; n++ {
		sharing := DetailsOf(n)
		sharing.Email = sealed.NewEmail("family@example.org")
		l.AddPatient(t, s, sharing)
	}
	rules := l.rules()
	rules.LacksIf = 1 << (studymail.MissingFirstName | studymail.MissingLastName)
	want := map[studymail.Reason]int{
		studymail.ReasonNotNew: 1, studymail.ReasonNotEligible: 1, studymail.ReasonNotConsented: 1, studymail.ReasonOptedOut: 1,
		studymail.ReasonNotContactable: 1, studymail.ReasonSuppressed: 1, studymail.ReasonPatientLacks: 1, studymail.ReasonNoAddress: 1,
		studymail.ReasonSharedAddress: 2,
	}
	var seen int
	var why map[studymail.Reason]int
	read(t, s, func(tx *store.Tx) (err error) {
		seen, why, err = tx.Preview(t.Context(), rules)
		return err
	})
	equal(t, "previewed", seen, 1)
	equal(t, "left out of the preview", why, want)
	planned, leftOut := l.plan(t, rules)
	equal(t, "planned", planned, 1)
	equal(t, "left out", leftOut, want)
	n := l.counts(t)
	equal(t, "selected", n.Selected, 11)
	equal(t, "left out in the campaign's numbers", n.LeftOut, want)
}

// AReasonOfStudyOrProviderLeavesOutAll has a row for each reason that concerns
// a whole study or care provider.
func AReasonOfStudyOrProviderLeavesOutAll(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 2)
	for _, tc := range []struct {
		why  studymail.Reason
		edit func()
		rule func(*store.PlanRules)
		undo func()
	}{
		{
			studymail.ReasonStudyInactive, func() { l.editStudy(t, func(st *studymail.Study) { st.Active = false }) },
			nil, func() { l.editStudy(t, func(st *studymail.Study) { st.Active = true }) },
		},
		{
			studymail.ReasonStudyNotOpen, func() { l.editStudy(t, func(st *studymail.Study) { st.OpensOn = "2026-06-16" }) },
			nil, func() { l.editStudy(t, func(st *studymail.Study) { st.OpensOn = today }) },
		},
		{
			studymail.ReasonStudyClosed, func() { l.editStudy(t, func(st *studymail.Study) { st.ClosesOn = "2026-06-14" }) },
			nil, func() { l.editStudy(t, func(st *studymail.Study) { st.ClosesOn = today }) },
		},
		{
			studymail.ReasonProviderInactive, func() { l.editProvider(t, func(p *studymail.Provider) { p.Active = false }) },
			nil, func() { l.editProvider(t, func(p *studymail.Provider) { p.Active = true }) },
		},
		{
			studymail.ReasonProviderLacks, func() { l.editProvider(t, func(p *studymail.Provider) { p.Phone = "" }) },
			func(r *store.PlanRules) { r.NeedsOther = store.NeedsPhone }, func() {},
		},
		{
			studymail.ReasonStudyLacks, func() {}, func(r *store.PlanRules) { r.NeedsOther = store.NeedsApprovalReference }, func() {},
		},
		{
			studymail.ReasonNoPublicURL, func() {}, func(r *store.PlanRules) { r.NoPublicURL = true }, func() {},
		},
	} {
		tc.edit()
		rules := l.rules()
		if tc.rule != nil {
			tc.rule(rules)
		}
		read(t, s, func(tx *store.Tx) error {
			planned, leftOut, err := tx.Preview(t.Context(), rules)
			equal(t, "planned with "+string(tc.why), planned, 0)
			equal(t, "left out", leftOut, map[studymail.Reason]int{tc.why: 2})
			return err
		})
		tc.undo()
	}
	planned, _ := l.plan(t, l.rules())
	equal(t, "planned when all is mended", planned, 2)
}

// APatientGetsAStepOnce plans twice, with newcomers and one who was left out
// the first time.
func APatientGetsAStepOnce(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 250) // three chunks
	l.set(t, patients[200], studymail.New, studymail.NotEligible)
	planned, leftOut := l.plan(t, l.rules())
	equal(t, "planned first", planned, 249)
	equal(t, "left out first", leftOut, map[studymail.Reason]int{studymail.ReasonNotEligible: 1})

	p := patients[200]
	p.Cancelled = studymail.NotEligible
	l.set(t, p, studymail.New, studymail.NotCancelled)
	l.AddPatients(t, s, 1000, 5)
	planned, leftOut = l.plan(t, l.rules())
	equal(t, "planned the second time: newcomers, and who was left out", planned, 6)
	equal(t, "left out the second time", leftOut, map[studymail.Reason]int{})
	n := l.counts(t)
	equal(t, "selected in all", n.Selected, 255)
	equal(t, "left out in all", n.LeftOut, map[studymail.Reason]int{})
}

// ALetterIsHadOnceAcrossCampaigns leaves out who had the template elsewhere,
// unless the campaign says again.
func ALetterIsHadOnceAcrossCampaigns(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 3)
	first, firstStep := l.add(t, store.NewCampaign{Patients: []int64{patients[0].Key}})
	second, secondStep := l.campaign, l.step
	l.campaign, l.step = first, firstStep
	planned, _ := l.plan(t, l.rules())
	equal(t, "planned ad hoc", planned, 1)

	l.campaign, l.step = second, secondStep
	again := l.rules()
	again.Again = true
	read(t, s, func(tx *store.Tx) error {
		n, _, err := tx.Preview(t.Context(), again)
		equal(t, "would be planned again", n, 3)
		return err
	})
	planned, leftOut := l.plan(t, l.rules())
	equal(t, "planned", planned, 2)
	equal(t, "left out", leftOut, map[studymail.Reason]int{studymail.ReasonAlreadyHad: 1})
}

// OnlyTheProvidersOfACampaignAreSelected makes a campaign for one of two.
func OnlyTheProvidersOfACampaignAreSelected(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 2)
	smith := l.Provider
	l.Provider = studymail.Provider{Name: "Patel's Surgery", ODSCode: "ERF00003", Active: true}
	write(t, s, func(tx *store.Tx) error { return tx.AddProvider(t.Context(), &l.Provider) })
	l.AddPatients(t, s, 10, 3)
	l.campaign, l.step = l.add(t, store.NewCampaign{Providers: []int64{smith.Key}})
	planned, leftOut := l.plan(t, l.rules())
	equal(t, "planned", planned, 2)
	equal(t, "left out", leftOut, map[studymail.Reason]int{})
}

// NothingOfARunLeavesBeforeItsPlanIsWhole claims while a run is planned.
func NothingOfARunLeavesBeforeItsPlanIsWhole(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 150)
	l.begin(t)
	write(t, s, func(tx *store.Tx) error {
		part, err := tx.PlanChunk(t.Context(), &l.run, l.rules())
		equal(t, "last chunk", part.Last, false)
		return err
	})
	w := l.worker(t)
	equal(t, "claimed of a plan in the making", len(l.claim(t, w, 500).Claimed), 0)
	l.finish(t, l.rules())
	equal(t, "claimed of the whole plan", len(l.claim(t, w, 500).Claimed), 150)
}

// AnAbandonedPlanIsTakenUpOnceWhereItStood lets a planner's lease run out.
func AnAbandonedPlanIsTakenUpOnceWhereItStood(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 150)
	l.begin(t)
	rules := l.rules()
	rules.PlannerLease = 0 // over at once
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.PlanChunk(t.Context(), &l.run, rules)
		return err
	})
	var abandoned []studymail.Run
	waitUntil(t, func() bool {
		read(t, s, func(tx *store.Tx) (err error) {
			abandoned, err = tx.AbandonedRuns(t.Context())
			return err
		})
		return len(abandoned) == 1
	})
	old := l.run
	mine, others := abandoned[0], abandoned[0]
	write(t, s, func(tx *store.Tx) error {
		ok, err := tx.TakeRun(t.Context(), &mine, 8, lease)
		equal(t, "taken", ok, true)
		return err
	})
	write(t, s, func(tx *store.Tx) error {
		ok, err := tx.TakeRun(t.Context(), &others, 9, lease)
		equal(t, "taken a second time", ok, false)
		return err
	})
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
		_, err := tx.PlanChunk(t.Context(), &old, l.rules())
		return err
	})
	l.run = mine
	planned, _ := l.finish(t, l.rules())
	equal(t, "planned by the second planner", planned, 50)
	equal(t, "planned in all", l.counts(t).Planned, 150)
}
