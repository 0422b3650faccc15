package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"

	"studymail"
	"studymail/internal/store"
)

// keep brings up to date what became of messages. Three rounds: those that wait,
// those that wait for another try, and what the first two moved.
func keep(t *testing.T, s *store.Store) {
	t.Helper()
	for range 3 {
		if _, err := s.KeepLastMessages(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// numbersHold holds the numbers of patients against the patients, and what became
// of each one's newest message against the messages.
func numbersHold(t *testing.T, s *store.Store) {
	t.Helper()
	keep(t, s)
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.Patients(t.Context(), store.PatientFilter{Limit: 10_000})
		if err != nil {
			return err
		}
		newest := map[int64]studymail.State{}
		messages, _, err := tx.MessagePage(t.Context(), store.MessageFilter{Limit: 10_000})
		for i := range messages {
			state := messages[i].State
			if !state.Final() && state != studymail.Deferred {
				state = studymail.Queued
			}
			newest[messages[i].Patient] = state // they come in order
		}
		for i := range all {
			equal(t, fmt.Sprintf("what became of the newest message to patient %d", all[i].Key), all[i].Outcome, newest[all[i].Key])
		}
		facetsHold(t, tx, all, store.PatientFilter{})
		return err
	})
}

// fits is a filter as plainly as it can be said.
func fits(f *store.PatientFilter, p *store.PatientRow) bool {
	return (f.Study == 0 || p.Study == f.Study) && (f.Provider == 0 || p.Provider == f.Provider) &&
		(f.Status == nil || p.Status == *f.Status) && (f.Cancelled == nil || p.Cancelled == *f.Cancelled) &&
		(f.InStudy == nil || p.InStudy() == *f.InStudy) && (f.Outcome == nil || p.Outcome == *f.Outcome) &&
		(f.People == nil || slices.Contains(f.People, p.Person))
}

func facetsHold(t *testing.T, tx *store.Tx, all []store.PatientRow, f store.PatientFilter) {
	t.Helper()
	got, err := tx.PatientFacets(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	without := func(drop func(*store.PatientFilter), p *store.PatientRow) int {
		rest := f
		drop(&rest)
		if fits(&rest, p) {
			return 1
		}
		return 0
	}
	want := store.PatientFacets{
		Study: map[int64]int{}, Provider: map[int64]int{}, Status: map[studymail.Status]int{},
		Cancelled: map[studymail.Cancelled]int{}, InStudy: map[bool]int{}, Outcome: map[studymail.State]int{},
	}
	for i := range all {
		p := &all[i]
		want.Total += without(func(*store.PatientFilter) {}, p)
		want.Study[p.Study] += without(func(f *store.PatientFilter) { f.Study = 0 }, p)
		want.Provider[p.Provider] += without(func(f *store.PatientFilter) { f.Provider = 0 }, p)
		want.Status[p.Status] += without(func(f *store.PatientFilter) { f.Status = nil }, p)
		want.Cancelled[p.Cancelled] += without(func(f *store.PatientFilter) { f.Cancelled = nil }, p)
		want.InStudy[p.InStudy()] += without(func(f *store.PatientFilter) { f.InStudy = nil }, p)
		want.Outcome[p.Outcome] += without(func(f *store.PatientFilter) { f.Outcome = nil }, p)
	}
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"in all", got.Total, want.Total},
		{"by study", some(got.Study), some(want.Study)},
		{"by care provider", some(got.Provider), some(want.Provider)},
		{"by status", some(got.Status), some(want.Status)},
		{"by cancelled", some(got.Cancelled), some(want.Cancelled)},
		{"in study", some(got.InStudy), some(want.InStudy)},
		{"by outcome", some(got.Outcome), some(want.Outcome)},
	} {
		equal(t, "patients "+c.name, c.got, c.want)
	}
	n, err := tx.CountPatients(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "patients counted", n, want.Total)
}

// some leaves out what nobody has.
func some[K comparable](m map[K]int) map[K]int {
	rest := map[K]int{}
	for k, n := range m {
		if n != 0 {
			rest[k] = n
		}
	}
	return rest
}

// ward is a clinic with two studies, two care providers, patients of every kind,
// and messages in several states.
func ward(t *testing.T, s *store.Store) *letters {
	t.Helper()
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 25)
	other := &Clinic{Keys: l.Keys, Provider: studymail.Provider{Name: "Other", ODSCode: "X1", Active: true}, Study: studymail.Study{Name: "B", Active: true}}
	write(t, s, func(tx *store.Tx) error {
		if err := tx.AddProvider(t.Context(), &other.Provider); err != nil {
			return err
		}
		return tx.AddStudy(t.Context(), &other.Study)
	})
	other.AddPatients(t, s, 25, 10)
	other.Study = l.Study
	all := other.AddPatients(t, s, 35, 10)
	l.set(t, all[0], studymail.New, studymail.OptedOut) // left out
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 12).Claimed
	_, _, _ = l.open(t, w, claimed[:8]...)
	for i, c := range claimed[:8] {
		r := sent(c)
		switch i {
		case 0, 1:
			r.State, r.Reason, r.Outcome = studymail.Failed, studymail.ReasonNoMailbox, studymail.Outcome{Kind: studymail.Refused, Code: 550, Reply: "no such user"}
		case 2:
			r.State, r.Outcome = studymail.Deferred, studymail.Outcome{Kind: studymail.Later, Code: 450, Reply: "later"}
		}
		l.record(t, r)
	}
	read(t, s, func(tx *store.Tx) error {
		rows, err := tx.Patients(t.Context(), store.PatientFilter{})
		all = nil
		for i := range rows {
			all = append(all, rows[i].Patient)
		}
		return err
	})
	for i, p := range all {
		if p.InStudy() && i%4 == 0 {
			l.set(t, p, studymail.Statuses()[i/4%4], studymail.Cancellations()[i/8%5])
		}
	}
	keep(t, s)
	return l
}

// filters are all the ways to ask for patients of a ward.
func (l *letters) filters(t *testing.T) []store.PatientFilter {
	t.Helper()
	var (
		all       []store.PatientFilter
		studies   []studymail.Study
		providers []studymail.Provider
	)
	read(t, l.s, func(tx *store.Tx) (err error) {
		if studies, err = tx.Studies(t.Context()); err != nil {
			return err
		}
		providers, err = tx.Providers(t.Context())
		return err
	})
	yes, no := true, false
	isNew, engaged := studymail.New, studymail.Engaged
	stays, out := studymail.NotCancelled, studymail.OptedOut
	none, waits, went, failed, deferred := studymail.State(0), studymail.Queued, studymail.Sent, studymail.Failed, studymail.Deferred
	for _, study := range []int64{0, studies[0].Key, studies[1].Key} {
		for _, provider := range []int64{0, providers[0].Key, providers[1].Key} {
			for _, stand := range []store.PatientFilter{{}, {Status: &isNew}, {Status: &engaged}, {Cancelled: &out}, {Cancelled: &stays}, {InStudy: &yes}, {InStudy: &no}, {Status: &isNew, Cancelled: &out}} {
				for _, outcome := range []*studymail.State{nil, &none, &waits, &went, &failed, &deferred} {
					f := stand
					f.Study, f.Provider, f.Outcome = study, provider, outcome
					all = append(all, f)
				}
			}
		}
	}
	return all
}

// EachFilterOfPatientsIsCountedByEachOfItsWords promises numbers that the rows have.
func EachFilterOfPatientsIsCountedByEachOfItsWords(t *testing.T, s *store.Store) {
	l := ward(t, s)
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.Patients(t.Context(), store.PatientFilter{})
		if err != nil {
			return err
		}
		for _, f := range l.filters(t) {
			facetsHold(t, tx, all, f)
		}
		counts, err := tx.PatientsOfProviders(t.Context())
		if err != nil {
			return err
		}
		n := store.OfWhom{}
		for i := range all {
			if all[i].Provider == l.Provider.Key {
				n.Patients++
				if all[i].InStudy() {
					n.InStudy++
				}
			}
		}
		equal(t, "patients of a care provider", counts[l.Provider.Key], n)
		return nil
	})
}

// PagesOfPatientsHaveEachFilterInEachOrder promises that pages put together are what
// sorting all who fit would give: also where the way there is an index that has part
// of the filter, and where a page ends because it has looked at enough.
func PagesOfPatientsHaveEachFilterInEachOrder(t *testing.T, s *store.Store) {
	l := ward(t, s)
	var all []store.PatientRow
	read(t, s, func(tx *store.Tx) (err error) {
		all, err = tx.Patients(t.Context(), store.PatientFilter{})
		return err
	})
	filters := append(l.filters(t), store.PatientFilter{People: []int64{all[3].Person, all[5].Person}}, store.PatientFilter{People: []int64{}})
	short := 0
	for i, f := range filters {
		for _, order := range []store.PatientOrder{store.ByAdded, store.ByUpdated} {
			q := store.PatientQuery{PatientFilter: f, Order: order, Descending: i%2 == 0, Limit: 1 + i%7, Looks: []int{0, 3}[i/2%2]}
			want := []studymail.ID{}
			for _, p := range sorted(all, q) {
				if fits(&f, &p) {
					want = append(want, p.ID)
				}
			}
			got := []studymail.ID{}
			read(t, s, func(tx *store.Tx) error {
				for {
					page, err := tx.FindPatients(t.Context(), q)
					if err != nil {
						return err
					}
					for i := range page.Rows {
						got = append(got, page.Rows[i].ID)
					}
					if page.Short {
						short++
					}
					if q.From = page.Next; q.From == nil {
						return nil
					}
				}
			})
			equal(t, fmt.Sprintf("patients by %s, filter %d %+v", order, i, f), got, want)
		}
	}
	if short == 0 {
		t.Fatal("no page ended before it was full")
	}
}

func sorted(all []store.PatientRow, q store.PatientQuery) []store.PatientRow {
	rows := slices.Clone(all)
	slices.SortFunc(rows, func(a, b store.PatientRow) int {
		n := cmp.Compare(a.Key, b.Key)
		if q.Order == store.ByUpdated {
			n = cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), n)
		}
		if q.Descending {
			return -n
		}
		return n
	})
	return rows
}

// AWalkComesByEachPatientOfAFilterOnce promises so, also when patients are changed
// on the way; who came later is not met.
func AWalkComesByEachPatientOfAFilterOnce(t *testing.T, s *store.Store) {
	l := ward(t, s)
	var all []store.PatientRow
	read(t, s, func(tx *store.Tx) (err error) {
		all, err = tx.Patients(t.Context(), store.PatientFilter{})
		return err
	})
	for i, f := range l.filters(t) {
		want := map[studymail.ID]int{}
		for j := range all {
			if fits(&f, &all[j]) {
				want[all[j].ID]++
			}
		}
		got := map[studymail.ID]int{}
		var w store.PatientWalk
		write(t, s, func(tx *store.Tx) (err error) {
			w, err = tx.WalkPatients(t.Context(), f)
			return err
		})
		if i == 0 {
			l.AddPatients(t, s, 900, 1)
		}
		for !w.Over() {
			var rows []store.PatientRow
			read(t, s, func(tx *store.Tx) (err error) {
				keys, _, err := tx.NextPatientKeys(t.Context(), w)
				if err != nil {
					return err
				}
				if rows, w, err = tx.NextPatients(t.Context(), w); err != nil {
					return err
				}
				of := make([]int64, len(rows))
				for i := range rows {
					of[i] = rows[i].Key
				}
				equal(t, "row keys alone", fmt.Sprint(keys), fmt.Sprint(of))
				return nil
			})
			for i := range rows {
				got[rows[i].ID]++
			}
		}
		equal(t, fmt.Sprintf("patients met with filter %d", i), got, want)
		if i == 0 {
			all = nil
			read(t, s, func(tx *store.Tx) (err error) {
				all, err = tx.Patients(t.Context(), store.PatientFilter{})
				return err
			})
		}
	}
	// Both tables of numbers follow.
	if _, err := s.KeepLastMessages(t.Context()); err != nil {
		t.Fatal(err)
	}
	read(t, s, func(tx *store.Tx) error {
		n, err := tx.CountPatients(t.Context(), store.PatientFilter{})
		if err != nil {
			return err
		}
		sum := 0
		of, err := tx.PatientsOfProviders(t.Context())
		for _, k := range of {
			sum += k.Patients
		}
		equal(t, "patients counted, with care providers and without", [2]int{n, sum}, [2]int{len(all), len(all)})
		return err
	})
	ticked := store.PatientWalk{IDs: []studymail.ID{all[4].ID, studymail.NewID(), all[2].ID}}
	read(t, s, func(tx *store.Tx) error {
		keys, _, err := tx.NextPatientKeys(t.Context(), ticked)
		if err != nil || len(keys) != 2 || keys[0] != all[4].Key || keys[1] != all[2].Key {
			t.Fatalf("row keys of those that are ticked: %v, %v", keys, err)
		}
		rows, w, err := tx.NextPatients(t.Context(), ticked)
		if len(rows) != 2 || rows[0].ID != all[4].ID || rows[1].ID != all[2].ID || !w.Over() {
			t.Fatalf("of three ticked, one unknown, %d are met", len(rows))
		}
		return err
	})
}

// ManyPatientsAreSetWithAnEventEach promises so, and that those whom somebody else
// changed meanwhile stay.
func ManyPatientsAreSetWithAnEventEach(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	all := c.AddPatients(t, s, 0, 3)
	write(t, s, func(tx *store.Tx) error {
		return tx.SetPatient(t.Context(), all[1].ID, studymail.New, studymail.NotCancelled, studymail.New, studymail.OptedOut)
	})
	var changes []store.PatientChange
	for i := range all {
		changes = append(changes, store.PatientChange{Patient: &all[i], ToStatus: studymail.Engaged, Detail: "New → Engaged"})
	}
	write(t, s, func(tx *store.Tx) error {
		n, err := tx.SetPatients(t.Context(), "somebody", "patient set", changes)
		equal(t, "patients set", n, 2)
		return err
	})
	for i, want := range []studymail.Patient{{Status: studymail.Engaged}, {Cancelled: studymail.OptedOut}, {Status: studymail.Engaged}} {
		read(t, s, func(tx *store.Tx) error {
			got, err := tx.PatientByID(t.Context(), all[i].ID)
			if got.Status != want.Status || got.Cancelled != want.Cancelled {
				t.Fatalf("patient %d stands at %s, %s", i, got.Status, got.Cancelled)
			}
			if err != nil {
				return err
			}
			events, err := tx.Events(t.Context(), store.EventFilter{About: all[i].ID})
			equal(t, "events", len(events), []int{1, 0, 1}[i])
			if len(events) == 1 && (events[0].Action != "patient set" || events[0].Actor != "somebody" || events[0].Detail != "New → Engaged") {
				t.Fatalf("the event is %+v", events[0])
			}
			return err
		})
	}
}

// NumbersOfPatientsHoldWhateverComesAtOnce has patients set, planned and recorded at
// the same time. Without the lock on the patients' rows it failed on PostgreSQL.
func NumbersOfPatientsHoldWhateverComesAtOnce(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	all := l.AddPatients(t, s, 0, 200)
	l.begin(t)
	var at sync.WaitGroup
	at.Go(func() { l.finish(t, l.rules()) })
	for part := range 4 {
		at.Go(func() {
			for i := part; i < len(all); i += 4 {
				err := s.Write(t.Context(), func(tx *store.Tx) error {
					return tx.SetPatient(t.Context(), all[i].ID, studymail.New, studymail.NotCancelled, studymail.Engaged, studymail.NotCancelled)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	at.Go(func() {
		for range 20 {
			if _, err := s.KeepLastMessages(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	at.Wait()
	w := l.worker(t)
	at.Go(func() {
		for {
			claimed := l.claim(t, w, 20) // who is Engaged is skipped
			if len(claimed.Claimed) == 0 && len(claimed.Skipped) == 0 {
				return
			}
		}
	})
	at.Go(func() {
		for range 20 {
			if _, err := s.KeepLastMessages(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	at.Wait()
}

// OfSeveralLettersTheNewestIsListed has each patient's two letters sent at once, then
// two more, the newer first: whatever comes together or late, the newest counts.
func OfSeveralLettersTheNewestIsListed(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 5)
	letters := func() (older, newer []store.Recorded) {
		l.plan(t, l.rules())
		l.another(t)
		l.plan(t, l.rules())
		l.another(t)
		w := l.worker(t)
		claimed := l.claim(t, w, 100).Claimed
		equal(t, "claimed", len(claimed), 10)
		slices.SortFunc(claimed, func(a, b store.Claimed) int { return cmp.Compare(a.Key, b.Key) })
		l.open(t, w, claimed...)
		for i, c := range claimed {
			r := sent(c)
			if i < 5 {
				older = append(older, r)
				continue
			}
			r.State, r.Reason = studymail.Failed, studymail.ReasonRefused
			r.Outcome.Kind, r.Outcome.Code = studymail.Refused, 550
			newer = append(newer, r)
		}
		return older, newer
	}
	older, newer := letters()
	equal(t, "late outcomes", l.record(t, append(older, newer...)...), 0)
	numbersHold(t, s)
	older, newer = letters()
	equal(t, "late outcomes", l.record(t, newer...), 0)
	numbersHold(t, s)
	equal(t, "late outcomes", l.record(t, older...), 0)
}

// TheStoryOfAPatientHasMessagesAndAttempts promises both, the newest message first.
func TheStoryOfAPatientHasMessagesAndAttempts(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	p := l.AddPatients(t, s, 0, 1)[0]
	l.plan(t, l.rules())
	w := l.worker(t)
	c := l.claim(t, w, 1).Claimed[0]
	l.open(t, w, c)
	r := sent(c)
	r.State, r.Reason, r.Outcome = studymail.Failed, studymail.ReasonNoMailbox,
		studymail.Outcome{Kind: studymail.Refused, Code: 550, Enhanced: "5.1.1", Stage: "rcpt", Reply: `no "such" user`}
	l.record(t, r)
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.PatientMessages(t.Context(), p.Key, 10)
		if err != nil {
			return err
		}
		if len(all) != 1 || all[0].ID != c.ID || all[0].State != studymail.Failed || all[0].Reason != studymail.ReasonNoMailbox ||
			all[0].CampaignID != l.campaign.ID || all[0].TemplateName != "Invitation" || all[0].Version != 1 || len(all[0].Attempts) != 1 {
			t.Fatalf("the messages are %+v", all)
		}
		a := all[0].Attempts[0]
		if a.Number != 1 || !a.Counts || a.Outcome != studymail.Refused || a.Code != 550 || a.Enhanced != "5.1.1" || a.Reply != `no "such" user` || a.At.IsZero() {
			t.Fatalf("the attempt is %+v", a)
		}
		why, err := tx.WhyNotMailed(t.Context(), today, p.Key)
		equal(t, "why not mailed", why, "")
		return err
	})
	l.set(t, p, studymail.New, studymail.OptedOut)
	read(t, s, func(tx *store.Tx) error {
		why, err := tx.WhyNotMailed(t.Context(), today, p.Key)
		equal(t, "why not mailed", why, studymail.ReasonOptedOut)
		return err
	})
}

// PeopleAreFoundByAddressAndByUUID promises all who share an address, and a person's
// participations.
func PeopleAreFoundByAddressAndByUUID(t *testing.T, s *store.Store) {
	c := NewClinic(t, s)
	one, two := DetailsOf(1), DetailsOf(2)
	two.Email = one.Email
	a, b := c.AddPatient(t, s, one), c.AddPatient(t, s, two)
	read(t, s, func(tx *store.Tx) error {
		keys, err := tx.PeopleByEmail(t.Context(), [][]byte{{1, 2, 3}, one.Hash(c.Keys.Sealer()).Email})
		if err != nil {
			return err
		}
		equal(t, "people with the address", keys, []int64{a.Person, b.Person})
		person, err := tx.PersonByID(t.Context(), b.PersonID)
		equal(t, "the person", person.Key, b.Person)
		if err != nil {
			return err
		}
		rows, err := tx.PatientsOfPerson(t.Context(), b.Person)
		if len(rows) != 1 || rows[0].ID != b.ID {
			t.Fatalf("the participations are %v", rows)
		}
		return err
	})
	refuse(t, s, studymail.NotFound, func(tx *store.Tx) error {
		_, err := tx.PersonByID(t.Context(), studymail.NewID())
		return err
	})
}

// RecountingPatientsChangesNothingThatWasRight promises so.
func RecountingPatientsChangesNothingThatWasRight(t *testing.T, s *store.Store) {
	ward(t, s)
	write(t, s, func(tx *store.Tx) error { return tx.RecountPatients(t.Context()) })
}
