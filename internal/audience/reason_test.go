package audience_test

import (
	"testing"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/sealed"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// leaving is a way to be left out: what is done to the world so that its one
// patient gets no letter.
type leaving struct {
	name string
	why  studymail.Reason
	body string // of the letter; "" is one that needs a name
	do   func(w *world)
}

func patientIs(status studymail.Status, cancelled studymail.Cancelled) func(*world) {
	return func(w *world) { w.set(w.patients(1)[0], status, cancelled) }
}

func without(edit func(*studymail.Details)) func(*world) {
	return func(w *world) { w.person(edit) }
}

func studyIs(edit func(w *world, s *studymail.Study)) func(*world) {
	return func(w *world) {
		w.patients(1)
		edit(w, &w.Study)
		w.write(func(tx *store.Tx) error { return tx.UpdateStudy(w.t.Context(), &w.Study) })
	}
}

func providerIs(edit func(*studymail.Provider)) func(*world) {
	return func(w *world) {
		w.patients(1)
		edit(&w.Provider)
		w.write(func(tx *store.Tx) error { return tx.UpdateProvider(w.t.Context(), &w.Provider) })
	}
}

// day is today and so many days.
func (w *world) day(n int) studymail.Date {
	var d studymail.Date
	w.read(func(tx *store.Tx) error {
		d = studymail.DateOf(tx.Now().AddDate(0, 0, n), w.p.Zone)
		return nil
	})
	return d
}

func suppressed(w *world) {
	w.patients(1)
	hashes := storetest.DetailsOf(0).Hash(w.Keys.Sealer())
	w.write(func(tx *store.Tx) error {
		_, err := tx.AddSuppression(w.t.Context(), &studymail.Suppression{EmailHash: hashes.Email, Reason: "complaint", Source: "test"})
		return err
	})
}

func erased(w *world) {
	p := w.patients(1)[0]
	w.write(func(tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(w.t.Context(), `UPDATE people SET details = NULL, wrapped_key = NULL, username_hash = NULL, email_hash = NULL,
			details_hash = NULL, erased_at = 1 WHERE id = $1`, p.Person)
		return err
	})
}

func leavings() []leaving {
	return []leaving{
		{"engaged", studymail.ReasonNotNew, "", patientIs(studymail.Engaged, studymail.NotCancelled)},
		{"consented", studymail.ReasonNotNew, "", patientIs(studymail.Consented, studymail.NotCancelled)},
		{"complete", studymail.ReasonNotNew, "", patientIs(studymail.Complete, studymail.NotCancelled)},
		{"not eligible", studymail.ReasonNotEligible, "", patientIs(studymail.New, studymail.NotEligible)},
		{"not consented", studymail.ReasonNotConsented, "", patientIs(studymail.New, studymail.NotConsented)},
		{"opted out", studymail.ReasonOptedOut, "", patientIs(studymail.New, studymail.OptedOut)},
		{"opted out when engaged", studymail.ReasonOptedOut, "", patientIs(studymail.Engaged, studymail.OptedOut)},
		{"not contactable", studymail.ReasonNotContactable, "", patientIs(studymail.New, studymail.NotContactable)},
		{"suppressed", studymail.ReasonSuppressed, "", suppressed},
		{"erased", studymail.ReasonErased, "", erased},
		{"no address", studymail.ReasonNoAddress, "", without(func(d *studymail.Details) { d.Email = sealed.Email{} })},
		{"an address in other case", studymail.ReasonSharedAddress, "", func(w *world) {
			// The other one is in no study: an address is shared by people, not by patients.
			other := storetest.DetailsOf(99)
			other.Email = sealed.NewEmail("USER000000@Example.org")
			person := storetest.NewPerson(w.t, w.Keys, other)
			w.write(func(tx *store.Tx) error { return tx.AddPerson(w.t.Context(), &person) })
			w.patients(1)
		}},
		{"no name", studymail.ReasonPatientLacks, "Dear {{ patient_full_name }}", without(noName)},
		{"no first name", studymail.ReasonPatientLacks, "Dear {{ patient_first_name }}", without(func(d *studymail.Details) { d.FirstName = sealed.Name{} })},
		{"no last name", studymail.ReasonPatientLacks, "Dear {{ patient_last_name }}", without(func(d *studymail.Details) { d.LastName = sealed.Name{} })},
		{"no contact", studymail.ReasonProviderLacks, "{{ care_provider_contact }}", providerIs(func(p *studymail.Provider) { p.Contact = "" })},
		{"no contact's name", studymail.ReasonProviderLacks, "{{ care_provider_contact_name }}", providerIs(func(p *studymail.Provider) { p.ContactName = "" })},
		{"no phone", studymail.ReasonProviderLacks, "{{ care_provider_phone }}", providerIs(func(p *studymail.Provider) { p.Phone = "" })},
		{"no address for answers", studymail.ReasonProviderLacks, "{{ care_provider_reply_to }}", providerIs(func(p *studymail.Provider) { p.ReplyTo = "" })},
		{"no approval reference", studymail.ReasonStudyLacks, "{{ study_approval_reference }}", func(w *world) { w.patients(1) }},
		{"no pages", studymail.ReasonNoPublicURL, "{{ unsubscribe_url }}", func(w *world) { w.patients(1) }},
		{"care provider not active", studymail.ReasonProviderInactive, "", providerIs(func(p *studymail.Provider) { p.Active = false })},
		{"study not open yet", studymail.ReasonStudyNotOpen, "", studyIs(func(w *world, s *studymail.Study) { s.OpensOn = w.day(1) })},
		{"study closed", studymail.ReasonStudyClosed, "", studyIs(func(w *world, s *studymail.Study) { s.ClosesOn = w.day(-1) })},
		{"study not active", studymail.ReasonStudyInactive, "", nil}, // below: a campaign cannot be made then
		{"had it", studymail.ReasonAlreadyHad, "", nil},          // TestALetterIsHadOnce
		{"had enough mail", studymail.ReasonContactCap, "", nil}, // cap_test.go
	}
}

// Every reason that the planner can have stands in leavings.
func TestEachReasonToBeLeftOutHasATest(t *testing.T) {
	t.Parallel()
	tried := map[studymail.Reason]bool{}
	for _, l := range leavings() {
		tried[l.why] = true
	}
	for _, r := range studymail.Reasons() {
		if r == studymail.ReasonRefused {
			break // from here on: why messages fail
		}
		if !tried[r] {
			t.Errorf("nobody is left out as %q", r)
		}
	}
}

// The other patient of each row, if there is one more, gets the letter: a
// reason concerns whom it concerns. Seen to fail: with a placeholder taken out
// of the planner's table of needs, and with a line taken out of eligibility.
func TestWhoIsLeftOutIsToldWhy(t *testing.T) {
	t.Parallel()
	for _, l := range leavings() {
		if l.do == nil {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				if l.body != "" {
					w.letter("invitation", l.body)
				}
				l.do(w)
				id := w.create(audience.New{})
				want := map[studymail.Reason]int{l.why: 1}
				seen, err := w.p.Preview(t.Context(), id)
				w.fine(err)
				equal(t, "previewed", seen.Planned, 0)
				equal(t, "left out of the preview", seen.LeftOut, want)
				var one []studymail.Reason
				w.fine(w.p.PreviewEach(t.Context(), id, func(l store.Looked) error {
					one = append(one, l.Reason)
					return nil
				}))
				equal(t, "each one's reason", one, []studymail.Reason{l.why})
				res := w.start(id)
				equal(t, "planned", res.Planned, 0)
				equal(t, "left out", res.LeftOut, want)
				n := w.counts(id)
				equal(t, "left out in the numbers", n.LeftOut, want)
				equal(t, "selected", n.Selected, 1)
				equal(t, "may leave", len(w.claim(10)), 0)
				equal(t, "state of a campaign that plans nothing", w.campaign(id).State, studymail.Finished)
			})
		})
	}
}

// What a letter does not merge nobody needs to have. Seen to fail: with
// PersonLacks or Has answering true.
func TestALetterNeedsOnlyWhatItMerges(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.letter("plain", "Dear patient of {{ care_provider_name }}, {{ study_name }} begins.")
		w.Provider.Contact, w.Provider.ContactName, w.Provider.Phone = "", "", ""
		w.write(func(tx *store.Tx) error { return tx.UpdateProvider(t.Context(), &w.Provider) })
		w.person(noName)
		w.letter("one name", "Dear {{ patient_full_name }}")
		w.person(func(d *studymail.Details) { d.FirstName = sealed.Name{} })
		_, res := w.started(audience.New{Template: "plain"})
		equal(t, "planned of the plain letter", res.Planned, 2)
		_, res = w.started(audience.New{Template: "one name"})
		equal(t, "planned of the letter with one name", res.Planned, 1)
		equal(t, "left out of it", res.LeftOut, map[studymail.Reason]int{studymail.ReasonPatientLacks: 1})
		w.p.HasPublicURL = true
		w.letter("link", "{{ unsubscribe_url }}")
		_, res = w.started(audience.New{Template: "link"})
		equal(t, "planned of a letter with a link, with pages", res.Planned, 2)
	})
}

// A study that is closed, or deactivated, after the campaign was made.
func TestAStudyThatIsNotActiveGetsNoLetters(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.patients(2)
		id := w.create(audience.New{})
		w.Study.Active = false
		w.write(func(tx *store.Tx) error { return tx.UpdateStudy(t.Context(), &w.Study) })
		_, err := w.p.Create(t.Context(), audience.New{Study: "A", Template: "invitation"}, tester)
		w.refused(err, studymail.Conflict)
		res := w.start(id)
		equal(t, "planned", res.Planned, 0)
		equal(t, "left out", res.LeftOut, map[studymail.Reason]int{studymail.ReasonStudyInactive: 2})
	})
}

// Families share an address; a study may allow that.
func TestASharedAddressIsLeftOutUnlessTheStudyAllowsIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		family := func(d *studymail.Details) { d.Email = sealed.NewEmail("family@example.org") }
		w.person(family)
		w.person(family)
		w.patients(1)
		_, res := w.started(audience.New{})
		equal(t, "planned", res.Planned, 1)
		equal(t, "left out", res.LeftOut, map[studymail.Reason]int{studymail.ReasonSharedAddress: 2})
		w.Study.AllowSharedAddress = true
		w.write(func(tx *store.Tx) error { return tx.UpdateStudy(t.Context(), &w.Study) })
		_, res = w.started(audience.New{Again: true})
		equal(t, "planned when it is allowed", res.Planned, 3)
	})
}
