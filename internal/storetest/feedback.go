package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// Some rows of the table of effects, as internal/feedback has them.
var (
	hardEffect = store.FeedbackEffect{
		Came: studymail.CameHard, Cancelled: studymail.NotContactable, Whose: studymail.OptOutAll, Suppress: "no such mailbox",
	}
	softEffect      = store.FeedbackEffect{Came: studymail.CameSoft, Cancelled: studymail.NotContactable, Whose: studymail.OptOutAll, Scores: true}
	deliveredEffect = store.FeedbackEffect{Came: studymail.CameDelivered}
	optOutEffect    = store.FeedbackEffect{Came: studymail.CameOptOut, Cancelled: studymail.OptedOut, Whose: studymail.OptOutStudy, AtOnce: true, Again: true}
)

// send plans a campaign and records its letters as sent at a time.
func (l *letters) send(t *testing.T, at time.Time) []store.Claimed {
	t.Helper()
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 1000).Claimed
	l.open(t, w, claimed...)
	all := make([]store.Recorded, len(claimed))
	for i, c := range claimed {
		all[i] = sent(c)
		all[i].At = at
	}
	l.record(t, all...)
	return claimed
}

// another makes l's campaign another one, of the same letter, for everybody again.
func (l *letters) another(t *testing.T) {
	t.Helper()
	l.campaign, l.step = l.add(t, store.NewCampaign{})
	l.campaign.Again = true
}

// comesBack takes a feedback in; words make it different from others.
func (l *letters) comesBack(t *testing.T, message studymail.ID, e store.FeedbackEffect, words string) (f studymail.Feedback, repeat bool) {
	t.Helper()
	sum := sha256.Sum256([]byte(words))
	write(t, l.s, func(tx *store.Tx) (err error) {
		f = studymail.Feedback{
			Digest: sum[:], Message: message, Source: studymail.FromImport, Format: "delivery status", Kind: "hard", Class: "no such mailbox", Code: "5.1.1",
			Diagnostic: "550 5.1.1 no such user",
		}
		repeat, err = tx.TakeFeedback(t.Context(), &f, e)
		return err
	})
	return f, repeat
}

func (l *letters) patient(t *testing.T, id studymail.ID) (p store.PatientRow) {
	t.Helper()
	read(t, l.s, func(tx *store.Tx) (err error) {
		p, err = tx.PatientByID(t.Context(), id)
		return err
	})
	return p
}

func (l *letters) cameBack(t *testing.T) (n map[studymail.CameBack]int) {
	t.Helper()
	read(t, l.s, func(tx *store.Tx) (err error) {
		n, err = tx.CampaignFeedback(t.Context(), l.campaign.Key)
		return err
	})
	return n
}

func (l *letters) suppressions(t *testing.T) (all []studymail.Suppression) {
	t.Helper()
	read(t, l.s, func(tx *store.Tx) (err error) {
		all, err = tx.Suppressions(t.Context(), 0)
		return err
	})
	return all
}

// FeedbackCountsOnceHoweverOftenItComes takes the same in twice, and then another
// report that says the same. Seen to fail: with the first followed again (its effect
// became "counted before"), and without the bits of the message: the second was counted
// again, and marked the patient again whom a person had set back.
func FeedbackCountsOnceHoweverOftenItComes(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	p := l.AddPatients(t, s, 0, 1)[0]
	c := l.send(t, s.Now())[0]
	f, repeat := l.comesBack(t, c.ID, hardEffect, "one")
	equal(t, "came before", repeat, false)
	equal(t, "state", f.State, studymail.FeedbackApplied)
	equal(t, "patient", l.patient(t, p.ID).Cancelled, studymail.NotContactable)
	again, repeat := l.comesBack(t, c.ID, hardEffect, "one")
	equal(t, "came before", repeat, true)
	equal(t, "the same feedback", again.ID, f.ID)
	equal(t, "times", again.Times, 2)
	equal(t, "effect that stands", again.Effect, f.Effect)
	equal(t, "counted", l.cameBack(t), map[studymail.CameBack]int{studymail.CameHard: 1})
	equal(t, "message", l.message(t, c.Key).CameBack, studymail.CameHard)

	l.set(t, studymail.Patient{ID: p.ID, Cancelled: studymail.NotContactable}, studymail.New, studymail.NotCancelled)
	other, repeat := l.comesBack(t, c.ID, hardEffect, "two")
	equal(t, "came before", repeat, false)
	equal(t, "effect", other.Effect, "counted before")
	equal(t, "patient that a person set back", l.patient(t, p.ID).Cancelled, studymail.NotCancelled)
	equal(t, "counted", l.cameBack(t), map[studymail.CameBack]int{studymail.CameHard: 1})
	equal(t, "suppressed addresses", len(l.suppressions(t)), 1)
}

// ADeadAddressTakesThePersonOutOfAllStudies promises that what waits for them is
// skipped in the same transaction, and that an event tells.
func ADeadAddressTakesThePersonOutOfAllStudies(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 2)
	first := l.send(t, s.Now())[0]
	l.another(t)
	l.plan(t, l.rules())
	equal(t, "waits", l.counts(t).Queued, 2)
	l.comesBack(t, first.ID, hardEffect, "one")
	equal(t, "numbers", fmt.Sprint(l.counts(t).Queued, l.counts(t).Skipped), "1 1")
	equal(t, "the other patient", l.patient(t, patients[1].ID).Cancelled, studymail.NotCancelled)
	read(t, s, func(tx *store.Tx) error {
		events, err := tx.Events(t.Context(), store.EventFilter{About: patients[0].ID})
		equal(t, "events", len(events), 1)
		equal(t, "event", events[0].Action, "patient marked not contactable")
		return err
	})
}

// AnAddressThatIsRefusedIsDeadEverywhere promises that a server's word at the hand-over
// counts as that of a bounce; that an address which was edited since is left alone; and
// that who is not in a study stays as they are.
func AnAddressThatIsRefusedIsDeadEverywhere(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	p := l.AddPatients(t, s, 0, 2)
	dead := func(p studymail.Patient, revision int64) {
		t.Helper()
		write(t, s, func(tx *store.Tx) error { return tx.MarkAddressDead(t.Context(), p.ID, revision, "worker") })
	}
	l.plan(t, l.rules())
	revision := func(p studymail.Patient) (n int64) {
		read(t, s, func(tx *store.Tx) error {
			row, err := tx.PatientByID(t.Context(), p.ID)
			if err != nil {
				return err
			}
			person, err := tx.PersonByKey(t.Context(), row.Person)
			n = person.Revision
			return err
		})
		return n
	}
	dead(p[0], revision(p[0]))
	equal(t, "patient", l.patient(t, p[0].ID).Cancelled, studymail.NotContactable)
	equal(t, "numbers", fmt.Sprint(l.counts(t).Queued, l.counts(t).Skipped), "1 1")
	all := l.suppressions(t)
	equal(t, "suppressed addresses", len(all), 1)
	equal(t, "by whom", all[0].Source, studymail.RefusedByServer)
	dead(p[0], revision(p[0]))
	equal(t, "once", len(l.suppressions(t)), 1)

	dead(p[1], revision(p[1])+1)
	equal(t, "patient whose address is another by now", l.patient(t, p[1].ID).Cancelled, studymail.NotContactable)
	equal(t, "suppressed addresses", len(l.suppressions(t)), 1)

	l.set(t, studymail.Patient{ID: p[1].ID, Cancelled: studymail.NotContactable}, studymail.New, studymail.OptedOut)
	dead(p[1], revision(p[1]))
	equal(t, "who opted out", l.patient(t, p[1].ID).Cancelled, studymail.OptedOut)
	dead(studymail.Patient{ID: studymail.NewID()}, 1) // of a patient that is not there
}

// ALateBounceCountsAfterADelivery promises both orders end alike.
func ALateBounceCountsAfterADelivery(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 2)
	all := l.send(t, s.Now())
	for i, order := range [][2]store.FeedbackEffect{{deliveredEffect, hardEffect}, {hardEffect, deliveredEffect}} {
		for n, e := range order {
			f, _ := l.comesBack(t, all[i].ID, e, fmt.Sprint(i, n))
			equal(t, "state", f.State, studymail.FeedbackApplied)
		}
		m := l.message(t, all[i].Key)
		equal(t, "message", m.CameBack, studymail.CameDelivered|studymail.CameHard)
		equal(t, "says most", m.CameBack.Most(), studymail.CameHard)
		equal(t, "patient", l.patient(t, patients[i].ID).Cancelled, studymail.NotContactable)
	}
}

// ABounceBeforeOurOwnRecordWaits takes one in while its message stands in a window.
// Without waiting, the message was noted as bounced and then not recorded as sent.
func ABounceBeforeOurOwnRecordWaits(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	p := l.AddPatients(t, s, 0, 1)[0]
	l.plan(t, l.rules())
	w := l.worker(t)
	c := l.claim(t, w, 1).Claimed[0]
	l.open(t, w, c)
	f, _ := l.comesBack(t, c.ID, hardEffect, "one")
	equal(t, "state", f.State, studymail.FeedbackWaits)
	equal(t, "patient", l.patient(t, p.ID).Cancelled, studymail.NotCancelled)
	waiting := func() (all []studymail.Feedback) {
		read(t, s, func(tx *store.Tx) (err error) {
			all, err = tx.WaitingFeedback(t.Context(), 10)
			return err
		})
		return all
	}
	equal(t, "need not wait", len(waiting()), 0)
	equal(t, "late", l.record(t, sent(c)), 0)
	all := waiting()
	equal(t, "need not wait any more", len(all), 1)
	for range 2 { // two processes find it at the same moment
		write(t, s, func(tx *store.Tx) error { return tx.ApplyFeedback(t.Context(), &all[0], hardEffect) })
	}
	equal(t, "state", all[0].State, studymail.FeedbackApplied)
	equal(t, "patient", l.patient(t, p.ID).Cancelled, studymail.NotContactable)
	equal(t, "message", l.message(t, c.Key).State, studymail.Sent)
	equal(t, "counted", l.cameBack(t), map[studymail.CameBack]int{studymail.CameHard: 1})
	equal(t, "need not wait", len(waiting()), 0)
}

// WhatComesBackSettlesAnUncertainMessage promises that it was sent, and that an outcome
// of its own which comes later changes nothing.
func WhatComesBackSettlesAnUncertainMessage(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	l.plan(t, l.rules())
	w := l.worker(t)
	c := l.claim(t, w, 1).Claimed[0]
	l.open(t, w, c)
	doubt := sent(c)
	doubt.State, doubt.Reason, doubt.Outcome = studymail.Uncertain, studymail.ReasonInDoubt, studymail.Outcome{Kind: studymail.InDoubt}
	l.record(t, doubt)
	l.comesBack(t, c.ID, softEffect, "one")
	m := l.message(t, c.Key)
	equal(t, "state", m.State, studymail.Sent)
	equal(t, "reason", m.Reason, studymail.ReasonCameBack)
	equal(t, "sent at a time", m.SentAt.IsZero(), false)
	equal(t, "late", l.record(t, sent(c)), 1)
	equal(t, "uncertain", l.counts(t).Uncertain, 0)
}

// SoftBouncesScoreAgainstAnAddress promises: 3 of the last 5 sends, over 14 days, and
// that a good delivery ends the count.
func SoftBouncesScoreAgainstAnAddress(t *testing.T, s *store.Store) {
	const soft, good, nothing = 's', 'g', '-'
	l, n := newLetters(t, s), 0
	for _, tc := range []struct {
		name  string
		sends string // the oldest first
		days  int    // between two
		marks bool
	}{
		{"three in a row over two weeks", "sss", 7, true},
		{"three in a row in a week", "sss", 3, false},
		{"two", "ss", 30, false},
		{"three of five", "s-s-s", 4, true},
		{"three of six", "s---ss", 4, false},
		{"a good delivery between", "ssgs", 10, false},
		{"a good delivery before", "gsss", 10, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n++
			p := l.AddPatients(t, s, n, 1)[0]
			began := s.Now().Add(-time.Duration(tc.days*len(tc.sends)*24) * time.Hour)
			for i, came := range tc.sends {
				l.campaign, l.step = l.add(t, store.NewCampaign{Patients: []int64{p.Key}})
				l.campaign.Again = true
				c := l.send(t, began.Add(time.Duration(i*tc.days*24)*time.Hour))
				equal(t, "sent", len(c), 1)
				switch came {
				case soft:
					l.comesBack(t, c[0].ID, softEffect, fmt.Sprint(tc.name, i))
				case good:
					l.comesBack(t, c[0].ID, deliveredEffect, fmt.Sprint(tc.name, i))
				case nothing:
				}
			}
			equal(t, "not contactable", l.patient(t, p.ID).Cancelled == studymail.NotContactable, tc.marks)
			equal(t, "suppressed addresses", len(l.suppressions(t)), 0)
		})
	}
}

// WhatComesBackForAnEarlierAddressLeavesThePatientAlone promises it for one that was
// dead, and for what was counted against it.
func WhatComesBackForAnEarlierAddressLeavesThePatientAlone(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	p := l.AddPatients(t, s, 0, 1)[0]
	c := l.send(t, s.Now().Add(-time.Hour))[0]
	write(t, s, func(tx *store.Tx) error {
		person, err := tx.PersonByKey(t.Context(), p.Person)
		if err != nil {
			return err
		}
		person.Hashes.Email = DetailsOf(1).Hash(l.Keys.Sealer()).Email
		return tx.UpdatePerson(t.Context(), &person)
	})
	f, _ := l.comesBack(t, c.ID, hardEffect, "one")
	equal(t, "effect", f.Effect, "of an earlier address: the patient stays")
	equal(t, "patient", l.patient(t, p.ID).Cancelled, studymail.NotCancelled)
	equal(t, "suppressed addresses", len(l.suppressions(t)), 0)
	equal(t, "counted", l.cameBack(t), map[studymail.CameBack]int{studymail.CameHard: 1})
}

// AnOptOutReachesAsFarAsItSays has one person in three studies through two care
// providers, and joins them to another later.
func AnOptOutReachesAsFarAsItSays(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	for n, tc := range []struct {
		whose      studymail.OptOutScope
		out        [3]bool // the study of the mail, another through the same care provider, one through another
		later      [2]bool // added later through the same care provider, through another
		suppressed bool
	}{
		{studymail.OptOutStudy, [3]bool{true, false, false}, [2]bool{false, false}, false},
		{studymail.OptOutProvider, [3]bool{true, true, false}, [2]bool{true, false}, false},
		{studymail.OptOutAll, [3]bool{true, true, true}, [2]bool{true, true}, true},
	} {
		t.Run(string(tc.whose), func(t *testing.T) {
			first := l.AddPatients(t, s, n, 1)[0]
			join := func(study int, provider int64) (p studymail.Patient) {
				st := studymail.Study{Name: fmt.Sprintf("%s %d", tc.whose, study), Active: true}
				write(t, s, func(tx *store.Tx) error {
					if err := tx.AddStudy(t.Context(), &st); err != nil {
						return err
					}
					p = studymail.Patient{Person: first.Person, PersonID: first.PersonID, Study: st.Key, Provider: provider}
					return tx.AddPatient(t.Context(), &p)
				})
				return p
			}
			elsewhere := studymail.Provider{Name: "Elsewhere", ODSCode: fmt.Sprintf("E%d", n), Active: true}
			write(t, s, func(tx *store.Tx) error { return tx.AddProvider(t.Context(), &elsewhere) })
			patients := []studymail.Patient{first, join(1, l.Provider.Key), join(2, elsewhere.Key)}
			l.campaign, l.step = l.add(t, store.NewCampaign{Patients: []int64{first.Key}})
			l.campaign.Again = true
			c := l.send(t, s.Now())[0]
			e := optOutEffect
			e.Whose, e.Remember = tc.whose, tc.whose != studymail.OptOutStudy
			if tc.suppressed {
				e.Suppress = "opted out"
			}
			before := len(l.suppressions(t))
			f, _ := l.comesBack(t, c.ID, e, string(tc.whose))
			for i, p := range patients {
				equal(t, fmt.Sprintf("patient %d opted out", i), l.patient(t, p.ID).Cancelled == studymail.OptedOut, tc.out[i])
			}
			later := []studymail.Patient{join(3, l.Provider.Key), join(4, elsewhere.Key)}
			for i, p := range later {
				equal(t, fmt.Sprintf("later patient %d opted out", i), l.patient(t, p.ID).Cancelled == studymail.OptedOut, tc.later[i])
			}
			equal(t, "suppressed", len(l.suppressions(t)) > before, tc.suppressed)

			// A person may undo it; the patient may say it again.
			write(t, s, func(tx *store.Tx) error {
				_, err := tx.UndoFeedback(t.Context(), &f, "someone", "mistake")
				return err
			})
			for i, p := range patients {
				equal(t, fmt.Sprintf("patient %d after it was undone", i), l.patient(t, p.ID).Cancelled, studymail.NotCancelled)
			}
			equal(t, "suppressed after it was undone", len(l.suppressions(t)), before)
			refuse(t, s, studymail.Conflict, func(tx *store.Tx) error {
				_, err := tx.UndoFeedback(t.Context(), &f, "someone", "mistake")
				return err
			})
			again, repeat := l.comesBack(t, c.ID, e, string(tc.whose))
			equal(t, "came before", repeat, true)
			equal(t, "state", again.State, studymail.FeedbackApplied)
			equal(t, "patient who says it again", l.patient(t, first.ID).Cancelled, studymail.OptedOut)
			equal(t, "counted", l.cameBack(t), map[studymail.CameBack]int{studymail.CameOptOut: 1})
		})
	}
}

// AnOptOutSkipsWhatWaitsAtOnce promises it for what is queued, and for what is in a
// sender's hands, and that it takes the place of other reasons.
func AnOptOutSkipsWhatWaitsAtOnce(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 2)
	first := l.send(t, s.Now())
	l.another(t)
	l.plan(t, l.rules())
	w := l.worker(t)
	held := l.claim(t, w, 1).Claimed[0]
	for i := range first {
		l.comesBack(t, first[i].ID, optOutEffect, fmt.Sprint(i))
	}
	equal(t, "skipped", l.counts(t).Skipped, 1)
	_, members, refused := l.open(t, w, held)
	equal(t, "in the window", len(members), 0)
	equal(t, "refused", refused[0].Reason, studymail.ReasonOptedOut)

	l.set(t, studymail.Patient{ID: patients[0].ID, Cancelled: studymail.OptedOut}, studymail.Engaged, studymail.NotEligible)
	l.comesBack(t, first[0].ID, optOutEffect, "once more")
	equal(t, "not eligible, then opted out", l.patient(t, patients[0].ID).Cancelled, studymail.OptedOut)
	l.comesBack(t, first[0].ID, hardEffect, "dead")
	equal(t, "opted out, then dead", l.patient(t, patients[0].ID).Cancelled, studymail.OptedOut)
}

// WhatIsUndoneStandsAsBefore promises it for a patient whom nobody touched since.
func WhatIsUndoneStandsAsBefore(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 2)
	c := l.send(t, s.Now().Add(-time.Minute))
	var all [2]studymail.Feedback
	for i := range c {
		all[i], _ = l.comesBack(t, c[i].ID, hardEffect, fmt.Sprint(i))
	}
	equal(t, "suppressed addresses", len(l.suppressions(t)), 2)
	l.set(t, studymail.Patient{ID: patients[1].ID, Cancelled: studymail.NotContactable}, studymail.New, studymail.NotEligible)
	for i, want := range []int{1, 0} {
		write(t, s, func(tx *store.Tx) error {
			n, err := tx.UndoFeedback(t.Context(), &all[i], "someone", "mistake")
			equal(t, "patients set back", n, want)
			return err
		})
	}
	equal(t, "patient", l.patient(t, patients[0].ID).Cancelled, studymail.NotCancelled)
	equal(t, "patient whom somebody set meanwhile", l.patient(t, patients[1].ID).Cancelled, studymail.NotEligible)
	equal(t, "suppressed addresses", len(l.suppressions(t)), 0)
	read(t, s, func(tx *store.Tx) error {
		f, err := tx.FeedbackByID(t.Context(), all[0].ID)
		equal(t, "state", f.State, studymail.FeedbackUndone)
		return err
	})
}

// FeedbackIsListedByEachFilterAndForgottenInTime also promises that what is of no
// message of ours is kept for a person, and that rows about messages stay.
func FeedbackIsListedByEachFilterAndForgottenInTime(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	c := l.send(t, s.Now())[0]
	applied, _ := l.comesBack(t, c.ID, hardEffect, "one")
	var kept studymail.Feedback
	write(t, s, func(tx *store.Tx) error {
		kept = studymail.Feedback{
			ID: studymail.NewID(), Digest: []byte("another"), Message: studymail.NewID(), Source: studymail.FromSMTP,
			Format: "mail", Kind: "none", Class: "not a bounce", Kept: []byte("sealed"),
		}
		_, err := tx.TakeFeedback(t.Context(), &kept, store.FeedbackEffect{})
		return err
	})
	equal(t, "of a message that is not ours", kept.State, studymail.FeedbackKept)
	for _, tc := range []struct {
		name string
		f    store.FeedbackFilter
		want []studymail.ID
	}{
		{"all", store.FeedbackFilter{}, []studymail.ID{kept.ID, applied.ID}},
		{"applied", store.FeedbackFilter{State: studymail.FeedbackApplied}, []studymail.ID{applied.ID}},
		{"kept", store.FeedbackFilter{State: studymail.FeedbackKept}, []studymail.ID{kept.ID}},
		{"hard", store.FeedbackFilter{Kind: "hard"}, []studymail.ID{applied.ID}},
		{"of a class", store.FeedbackFilter{Class: "no such mailbox"}, []studymail.ID{applied.ID}},
		{"by a way", store.FeedbackFilter{Source: studymail.FromSMTP}, []studymail.ID{kept.ID}},
		{"of a class by another way", store.FeedbackFilter{Source: studymail.FromSMTP, Class: "no such mailbox"}, nil},
		{"of the message", store.FeedbackFilter{Message: c.ID}, []studymail.ID{applied.ID}},
		{"of the patient", store.FeedbackFilter{Patient: c.Patient}, []studymail.ID{applied.ID}},
		{"behind the first", store.FeedbackFilter{Before: kept.Key}, []studymail.ID{applied.ID}},
		{"the first", store.FeedbackFilter{Limit: 1}, []studymail.ID{kept.ID}},
	} {
		read(t, s, func(tx *store.Tx) error {
			all, err := tx.FeedbackPage(t.Context(), tc.f)
			var ids []studymail.ID
			for _, f := range all {
				ids = append(ids, f.ID)
			}
			equal(t, tc.name, ids, tc.want)
			return err
		})
	}
	write(t, s, func(tx *store.Tx) error { return tx.SawFeedback(t.Context(), &kept) })
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.FeedbackPage(t.Context(), store.FeedbackFilter{Unseen: true})
		equal(t, "nobody looked at", len(all), 1)
		mail, err2 := tx.KeptMail(t.Context(), &kept)
		equal(t, "kept mail", string(mail), "sealed")
		n, err3 := tx.CountFeedback(t.Context())
		equal(t, "counts", n, map[studymail.FeedbackState]int{studymail.FeedbackApplied: 1, studymail.FeedbackKept: 1})
		return errors.Join(err, err2, err3)
	})
	for i, want := range []int{2, 0} {
		write(t, s, func(tx *store.Tx) error {
			n, err := tx.PurgeFeedback(t.Context(), s.Now().Add(time.Minute))
			equal(t, fmt.Sprintf("forgotten at time %d", i+1), n, want)
			return err
		})
	}
	read(t, s, func(tx *store.Tx) error {
		all, err := tx.FeedbackPage(t.Context(), store.FeedbackFilter{})
		equal(t, "rows that stay", len(all), 1)
		equal(t, "what was said", all[0].Diagnostic, "")
		return err
	})
}

// AMessageThatIsSentAgainBeginsWithNothing promises it for the numbers, too.
func AMessageThatIsSentAgainBeginsWithNothing(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	c := l.send(t, s.Now())[0]
	l.comesBack(t, c.ID, softEffect, "one")
	m := l.message(t, c.Key)
	write(t, s, func(tx *store.Tx) error { return tx.SendAgain(t.Context(), &m, 3, expiry) })
	equal(t, "message", l.message(t, c.Key).CameBack, studymail.CameBack(0))
	equal(t, "counted", l.cameBack(t), map[studymail.CameBack]int{})
}

// Mailed is a clinic whose patients were sent a letter.
type Mailed struct {
	*Clinic
	Campaign studymail.Campaign
	Patients []studymail.Patient
	Messages []store.MessageRow // one for each patient, in their order
}

// NewMailed makes one, of so many patients.
func NewMailed(t *testing.T, s *store.Store, patients int) *Mailed {
	t.Helper()
	l := newLetters(t, s)
	m := &Mailed{Clinic: l.Clinic, Patients: l.AddPatients(t, s, 0, patients)}
	l.send(t, s.Now())
	m.Campaign = l.campaign
	read(t, s, func(tx *store.Tx) (err error) {
		m.Messages, _, err = tx.MessagePage(t.Context(), store.MessageFilter{Limit: patients})
		return err
	})
	return m
}

// ANoticeIsKnownOnceItWasNoted holds because messages of SNS come more than once. With the note left
// out the second look found nothing.
func ANoticeIsKnownOnceItWasNoted(t *testing.T, s *store.Store) {
	saw := func(name string) (saw bool) {
		read(t, s, func(tx *store.Tx) (err error) {
			saw, err = tx.SawNotice(t.Context(), name)
			return err
		})
		return saw
	}
	equal(t, "known at first", saw("a"), false)
	for range 2 {
		write(t, s, func(tx *store.Tx) error { return tx.NoteNotice(t.Context(), "a") })
	}
	equal(t, "known after it was noted", saw("a"), true)
	read(t, s, func(tx *store.Tx) error {
		any, err := tx.HasNotices(t.Context())
		equal(t, "there are some", any, true)
		return err
	})
	equal(t, "another", saw("b"), false)
	write(t, s, func(tx *store.Tx) error {
		n, err := tx.PurgeNotices(t.Context(), tx.Now().Add(time.Hour))
		equal(t, "forgotten", n, 1)
		return err
	})
	equal(t, "known after it was forgotten", saw("a"), false)
}
