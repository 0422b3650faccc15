package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"
)

// waitUntil looks until a condition holds; the test's own deadline bounds it.
func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it never came true")
		}
	}
}

// ClaimGivesEachMessageOnce has eight claimers take 1,000 messages.
func ClaimGivesEachMessageOnce(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1000)
	l.plan(t, l.rules())
	var (
		mu   sync.Mutex
		seen = map[int64]int{}
		wg   sync.WaitGroup
	)
	for range 8 {
		w := l.worker(t)
		wg.Go(func() {
			for n := int64(1); ; n++ {
				var res store.ClaimResult
				err := s.Write(t.Context(), func(tx *store.Tx) (err error) {
					res, err = tx.Claim(t.Context(), store.ClaimToken(w.Key, n), store.UpTo(50), today)
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
				if len(res.Claimed) == 0 {
					return
				}
				mu.Lock()
				for _, c := range res.Claimed {
					seen[c.Key]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	equal(t, "messages claimed", len(seen), 1000)
	for k, n := range seen {
		equal(t, "claims of message "+l.message(t, k).ID.String(), n, 1)
	}
}

// AClaimSetsAsideWhoIsNotEligibleAnyMore opts one out after planning.
func AClaimSetsAsideWhoIsNotEligibleAnyMore(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 3)
	l.plan(t, l.rules())
	l.set(t, patients[1], studymail.New, studymail.OptedOut)
	res := l.claim(t, l.worker(t), 10)
	equal(t, "claimed", len(res.Claimed), 2)
	equal(t, "skipped", res.Skipped, map[studymail.Reason]int{studymail.ReasonOptedOut: 1})
	equal(t, "skipped in the numbers", l.counts(t).Skipped, 1)
}

// AWindowLetsInOnlyWhoMayGo changes the world between claim and window: the
// guard's statement must see each change (I1). Without eligibility in the
// statement the first five rows failed; without the campaign's state the next
// two; without token, revision or lease the rest.
func AWindowLetsInOnlyWhoMayGo(t *testing.T, s *store.Store) {
	for _, tc := range []struct {
		name   string
		change func(*letters, *testing.T, studymail.Patient, *studymail.Worker, *store.Claimed)
		state  studymail.State
		reason studymail.Reason
	}{
		{"nothing changed", func(*letters, *testing.T, studymail.Patient, *studymail.Worker, *store.Claimed) {}, studymail.Sending, ""},
		{"opted out", func(l *letters, t *testing.T, p studymail.Patient, _ *studymail.Worker, _ *store.Claimed) {
			l.set(t, p, studymail.New, studymail.OptedOut)
		}, studymail.Skipped, studymail.ReasonOptedOut},
		{"engaged", func(l *letters, t *testing.T, p studymail.Patient, _ *studymail.Worker, _ *store.Claimed) {
			l.set(t, p, studymail.Engaged, studymail.NotCancelled)
		}, studymail.Skipped, studymail.ReasonNotNew},
		{"suppressed", func(l *letters, t *testing.T, _ studymail.Patient, _ *studymail.Worker, _ *store.Claimed) {
			l.suppress(t, DetailsOf(0))
		}, studymail.Skipped, studymail.ReasonSuppressed},
		{"study closed", func(l *letters, t *testing.T, _ studymail.Patient, _ *studymail.Worker, _ *store.Claimed) {
			l.editStudy(t, func(st *studymail.Study) { st.ClosesOn = "2026-06-14" })
		}, studymail.Skipped, studymail.ReasonStudyClosed},
		{"care provider deactivated", func(l *letters, t *testing.T, _ studymail.Patient, _ *studymail.Worker, _ *store.Claimed) {
			l.editProvider(t, func(p *studymail.Provider) { p.Active = false })
		}, studymail.Skipped, studymail.ReasonProviderInactive},
		{"campaign paused", func(l *letters, t *testing.T, _ studymail.Patient, _ *studymail.Worker, _ *store.Claimed) {
			write(t, l.s, func(tx *store.Tx) error { return tx.MoveCampaign(t.Context(), &l.campaign, studymail.Paused) })
		}, studymail.Queued, ""},
		{"campaign cancelled", func(l *letters, t *testing.T, _ studymail.Patient, _ *studymail.Worker, _ *store.Claimed) {
			write(t, l.s, func(tx *store.Tx) error { return tx.MoveCampaign(t.Context(), &l.campaign, studymail.CampaignCanceled) })
		}, studymail.MessageCanceled, studymail.ReasonCancelled},
		{"details changed", func(_ *letters, _ *testing.T, _ studymail.Patient, _ *studymail.Worker, c *store.Claimed) {
			c.Revision--
		}, studymail.Queued, ""},
		{"another's claim", func(_ *letters, _ *testing.T, _ studymail.Patient, _ *studymail.Worker, c *store.Claimed) {
			c.Token++
		}, studymail.Queued, ""}, // stays the other's: claimed, shown as queued
		{"erased", func(l *letters, t *testing.T, p studymail.Patient, _ *studymail.Worker, _ *store.Claimed) {
			l.erase(t, p.PersonID)
		}, studymail.Skipped, studymail.ReasonErased},
		{"worker declared dead", func(l *letters, t *testing.T, _ studymail.Patient, w *studymail.Worker, _ *store.Claimed) {
			write(t, l.s, func(tx *store.Tx) error {
				_, err := tx.StopWorker(t.Context(), w, false)
				return err
			})
		}, studymail.Queued, ""},
		{"worker's lease over", func(l *letters, t *testing.T, _ studymail.Patient, w *studymail.Worker, _ *store.Claimed) {
			write(t, l.s, func(tx *store.Tx) error {
				_, err := tx.Heartbeat(t.Context(), w, -time.Second)
				return err
			})
		}, studymail.Queued, ""},
	} {
		// SQLite has a statement for messages that stand side by side, and one for
		// any: with the second it is opened for the first and the third of three.
		for _, scattered := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, scattered %t", tc.name, scattered), func(t *testing.T) {
				s := Open(t, s.Kind())
				l := newLetters(t, s)
				p := l.AddPatients(t, s, 0, 3)[0]
				l.plan(t, l.rules())
				w := l.worker(t)
				claimed := l.claim(t, w, 10).Claimed
				c := claimed[0]
				tc.change(l, t, p, w, &c)
				together := []store.Claimed{c}
				if scattered {
					together = append(together, claimed[2])
				}
				_, members, refused := l.open(t, w, together...)
				m := l.message(t, c.Key)
				equal(t, "state", m.State.String(), tc.state.String())
				equal(t, "reason", m.Reason, tc.reason)
				equal(t, "stands in it", slices.Contains(members, c.Key), tc.state == studymail.Sending)
				equal(t, "members and verdicts", len(members)+len(refused), len(together))
			})
		}
	}
}

// AWindowSplitsThoseWhoMayGoFromThoseWhoMayNot opens one for two.
func AWindowSplitsThoseWhoMayGoFromThoseWhoMayNot(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 2)
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 10).Claimed
	l.set(t, patients[0], studymail.New, studymail.OptedOut)
	window, members, refused := l.open(t, w, claimed...)
	equal(t, "members", members, []int64{claimed[1].Key})
	equal(t, "refused", refused, []store.Verdict{{Key: claimed[0].Key, State: studymail.Skipped, Reason: studymail.ReasonOptedOut}})
	n := l.counts(t)
	equal(t, "sending", n.Sending, 1)
	equal(t, "late outcomes", l.record(t, sent(claimed[1])), 0)
	write(t, s, func(tx *store.Tx) error { return tx.CloseWindows(t.Context(), []int64{window}) })
	equal(t, "sent", l.counts(t).Sent, 1)
}

// WindowsThatOpenTogetherAreEachTheirOwn opens three, of which one takes both, one
// the first and one nobody.
func WindowsThatOpenTogetherAreEachTheirOwn(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 6)
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 10).Claimed
	for _, i := range []int{1, 4, 5} {
		l.set(t, patients[i], studymail.New, studymail.OptedOut)
	}
	var all []*store.Opening
	for i := range 3 {
		all = append(all, l.asks(w, claimed[2*i:2*i+2]...))
	}
	write(t, s, func(tx *store.Tx) error { return tx.OpenWindows(t.Context(), today, all...) })
	optedOut := func(i int) store.Verdict {
		return store.Verdict{Key: claimed[i].Key, State: studymail.Skipped, Reason: studymail.ReasonOptedOut}
	}
	equal(t, "members of the first", all[0].Members, []int64{claimed[0].Key})
	equal(t, "refused of the first", all[0].Refused, []store.Verdict{optedOut(1)})
	equal(t, "members of the second", all[1].Members, []int64{claimed[2].Key, claimed[3].Key})
	equal(t, "refused of the second", len(all[1].Refused), 0)
	equal(t, "members of the third", len(all[2].Members), 0)
	equal(t, "refused of the third", all[2].Refused, []store.Verdict{optedOut(4), optedOut(5)})
}

// OutcomesAreRecordedHoweverTheyLie records windows whose members stand side by
// side, and far apart, one of them another's by now: each is recorded once.
func OutcomesAreRecordedHoweverTheyLie(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 24)
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 24).Claimed
	var near, far []store.Claimed
	for i, c := range claimed {
		if i < 8 || i%2 == 0 {
			near = append(near, c)
		} else {
			far = append(far, c)
		}
	}
	l.open(t, w, near...)
	l.open(t, w, far...)
	lost := far[3]
	write(t, s, func(tx *store.Tx) error { return tx.Unclaim(t.Context(), []store.Claimed{lost}) })
	var outcomes []store.Recorded
	for _, c := range slices.Concat(near, far) {
		outcomes = append(outcomes, sent(c))
	}
	equal(t, "late", l.record(t, outcomes...), 1)
	equal(t, "late the second time", l.record(t, outcomes...), len(outcomes))
	for _, c := range claimed {
		m := l.message(t, c.Key)
		want, attempts := studymail.Sent, 1
		if c.Key == lost.Key {
			want, attempts = studymail.Queued, 0
		}
		equal(t, "state", m.State, want)
		equal(t, "attempts that count", m.Attempts, attempts)
		read(t, s, func(tx *store.Tx) error {
			all, err := tx.Attempts(t.Context(), c.Key)
			equal(t, "attempts", len(all), attempts)
			return err
		})
	}
}

// RecordTwiceIsNoChange records the same outcome twice.
func RecordTwiceIsNoChange(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	l.plan(t, l.rules())
	w := l.worker(t)
	c := l.claim(t, w, 1).Claimed[0]
	l.open(t, w, c)
	equal(t, "late the first time", l.record(t, sent(c)), 0)
	equal(t, "late the second time", l.record(t, sent(c)), 1)
	read(t, s, func(tx *store.Tx) error {
		attempts, err := tx.Attempts(t.Context(), c.Key)
		equal(t, "attempts", len(attempts), 1)
		return err
	})
}

// AMessageIsFoundByWhatItsTransportCallsIt since Amazon SES has names of its own, and an
// outcome that is recorded twice, or without a name, changes none. Without the note in
// Record the first look-up found nothing.
func AMessageIsFoundByWhatItsTransportCallsIt(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 2)
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 2).Claimed
	l.open(t, w, claimed...)
	named, nameless := sent(claimed[0]), sent(claimed[1])
	named.Outcome.ID = "0102018f-ses-000000"
	l.record(t, named, nameless)
	l.record(t, named)
	read(t, s, func(tx *store.Tx) error {
		id, err := tx.MessageByTransportID(t.Context(), named.Outcome.ID)
		equal(t, "the message", id, claimed[0].ID)
		if err != nil {
			return err
		}
		id, err = tx.MessageByTransportID(t.Context(), "another")
		equal(t, "of another name", id, studymail.ID{})
		return err
	})
}

// WhatADeadWorkerHeldComesBackOrIsInDoubt stops a worker with one message in a
// window, one merely claimed and one recorded whose window was not closed yet.
// When StopWorker put members back into the queue instead, the first check failed.
func WhatADeadWorkerHeldComesBackOrIsInDoubt(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 3)
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 10).Claimed
	l.open(t, w, claimed[0], claimed[2])
	l.record(t, sent(claimed[2]))
	var got store.Recovered
	stop := func() {
		write(t, s, func(tx *store.Tx) (err error) {
			got, err = tx.StopWorker(t.Context(), w, true)
			return err
		})
	}
	stop()
	equal(t, "recovered", got, store.Recovered{Requeued: 1, Uncertain: 1})
	doubtful := l.message(t, claimed[0].Key)
	equal(t, "in the window", doubtful.State, studymail.Uncertain)
	equal(t, "why", doubtful.Reason, studymail.ReasonProcessDied)
	equal(t, "what was merged is kept", string(doubtful.Merged), "sealed")
	equal(t, "merely claimed", l.message(t, claimed[1].Key).State, studymail.Queued)
	equal(t, "recorded", l.message(t, claimed[2].Key).State, studymail.Sent)
	stop()
	equal(t, "recovered the second time", got, store.Recovered{})
}

// AWorkerDeclaredDeadClaimsNothing has a sleeper wake and claim before its next
// heartbeat tells it that its lease was over. Seen to fail: without the worker in
// Claim it got the message, was killed, and nobody took it back.
func AWorkerDeclaredDeadClaimsNothing(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	l.plan(t, l.rules())
	w := l.worker(t)
	l.stop(t, w, false)
	equal(t, "claimed by the one declared dead", len(l.claim(t, w, 1).Claimed), 0)
	equal(t, "claimed by another", len(l.claim(t, l.worker(t), 1).Claimed), 1)
}

// ALateOutcomeSettlesItsOwnHandOverOnly has a sleeper's outcome come after its
// lease: under its own token it settles the doubt, after "send again" it does not.
func ALateOutcomeSettlesItsOwnHandOverOnly(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 2)
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 10).Claimed
	l.open(t, w, claimed...)
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.StopWorker(t.Context(), w, false)
		return err
	})
	equal(t, "late", l.record(t, sent(claimed[0])), 0)
	equal(t, "settled", l.message(t, claimed[0].Key).State, studymail.Sent)

	m := l.message(t, claimed[1].Key)
	read(t, s, func(tx *store.Tx) error {
		over, err := tx.HandOverOver(t.Context(), m.ClaimToken)
		equal(t, "hand-over is over while only the lease is", over, false)
		return err
	})
	write(t, s, func(tx *store.Tx) error { return tx.SendAgain(t.Context(), &m, 3, expiry) })
	equal(t, "late after send again", l.record(t, sent(claimed[1])), 1)
	equal(t, "queued", l.message(t, claimed[1].Key).State, studymail.Queued)
	refuse(t, s, studymail.Conflict, func(tx *store.Tx) error { return tx.SendAgain(t.Context(), &m, 3, expiry) })
}

// DeferredMessagesComeBackWhenTheyAreDue defers two, one of them for later.
func DeferredMessagesComeBackWhenTheyAreDue(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 2)
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 10).Claimed
	l.open(t, w, claimed...)
	for i, next := range []time.Time{time.Now().Add(-time.Second), time.Now().Add(time.Hour)} {
		r := sent(claimed[i])
		r.State, r.NextAttemptAt, r.Outcome = studymail.Deferred, next, studymail.Outcome{Kind: studymail.Later, Code: 450}
		l.record(t, r)
	}
	equal(t, "deferred", l.counts(t).Deferred, 2)
	write(t, s, func(tx *store.Tx) error {
		n, err := tx.RetryDue(t.Context())
		equal(t, "brought back", n, 1)
		return err
	})
	again := l.claim(t, w, 10).Claimed
	equal(t, "claimed again", len(again), 1)
	equal(t, "which", again[0].Key, claimed[0].Key)
	equal(t, "attempts so far", again[0].Attempts, 1)
}

// AMessageHasNoMoreAttemptsThanItsLimit is what the table itself refuses (I6).
func AMessageHasNoMoreAttemptsThanItsLimit(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	l.plan(t, l.rules())
	w := l.worker(t)
	c := l.claim(t, w, 10).Claimed[0]
	l.open(t, w, c)
	r := sent(c)
	r.State, r.Outcome.Kind, r.Attempts = studymail.Deferred, studymail.Later, c.Limit+1
	if err := s.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Record(t.Context(), []store.Recorded{r})
		return err
	}); err == nil {
		t.Fatal("an attempt over the limit was recorded")
	}
}

// AnExpiredMessageFails claims after the message's time.
func AnExpiredMessageFails(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	rules := l.rules()
	rules.ExpiresAfter = -time.Second
	l.plan(t, rules)
	res := l.claim(t, l.worker(t), 10)
	equal(t, "claimed", len(res.Claimed), 0)
	equal(t, "expired", res.Expired, 1)
	equal(t, "failed", l.counts(t).Failed, 1)
}

// ACancelledCampaignsMailIsCancelled cancels with one claimed, one deferred,
// one queued; the claimed one is left to the guard.
func ACancelledCampaignsMailIsCancelled(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 3)
	l.plan(t, l.rules())
	w := l.worker(t)
	claimed := l.claim(t, w, 2).Claimed
	r := sent(claimed[0])
	r.State, r.NextAttemptAt, r.Outcome.Kind = studymail.Deferred, time.Now().Add(time.Hour), studymail.Later
	l.open(t, w, claimed[0])
	l.record(t, r)
	write(t, s, func(tx *store.Tx) error { return tx.MoveCampaign(t.Context(), &l.campaign, studymail.CampaignCanceled) })
	write(t, s, func(tx *store.Tx) error {
		n, err := tx.CancelWaiting(t.Context())
		equal(t, "cancelled", n, 2)
		return err
	})
	n := l.counts(t)
	equal(t, "cancelled in the numbers", n.Cancelled, 2)
	equal(t, "still claimed", n.Queued, 1)
	l.open(t, w, claimed[1])
	equal(t, "cancelled at the guard", l.counts(t).Cancelled, 3)
}

// ACampaignEndsWithItsLastMessage finishes, and opens again for "send again".
func ACampaignEndsWithItsLastMessage(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	l.AddPatients(t, s, 0, 1)
	l.plan(t, l.rules())
	w := l.worker(t)
	c := l.claim(t, w, 10).Claimed[0]
	finish := func() (done []store.FinishedCampaign) {
		write(t, s, func(tx *store.Tx) (err error) {
			done, err = tx.FinishRuns(t.Context(), nil)
			return err
		})
		return done
	}
	equal(t, "ended with a message in flight", len(finish()), 0)
	l.open(t, w, c)
	r := sent(c)
	r.State, r.Reason, r.Outcome = studymail.Failed, studymail.ReasonRefused, studymail.Outcome{Kind: studymail.Refused, Code: 550}
	l.record(t, r)
	equal(t, "ended", finish(), []store.FinishedCampaign{{ID: l.campaign.ID, State: studymail.Finished}})
	equal(t, "ended twice", len(finish()), 0)
	m := l.message(t, c.Key)
	write(t, s, func(tx *store.Tx) error { return tx.SendAgain(t.Context(), &m, 3, expiry) })
	again := l.claim(t, w, 10).Claimed
	equal(t, "claimed again", len(again), 1)
	equal(t, "limit", again[0].Limit, 1+3)
}

// AnAdHocMailGoesBeforeABigCampaign claims with both waiting.
func AnAdHocMailGoesBeforeABigCampaign(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	patients := l.AddPatients(t, s, 0, 300)
	l.plan(t, l.rules())
	l.campaign, l.step = l.add(t, store.NewCampaign{Patients: []int64{patients[299].Key}})
	rules := l.rules()
	rules.Again = true
	planned, _ := l.plan(t, rules)
	equal(t, "planned ad hoc", planned, 1)
	res := l.claim(t, l.worker(t), 10)
	equal(t, "first claimed", res.Claimed[0].Campaign, l.campaign.ID)
	equal(t, "claimed", len(res.Claimed), 10)
}

// AHeartbeatOfADeadWorkerIsRefused beats after the worker was stopped.
func AHeartbeatOfADeadWorkerIsRefused(t *testing.T, s *store.Store) {
	l := newLetters(t, s)
	w := l.worker(t)
	beat := func() (alive bool) {
		write(t, s, func(tx *store.Tx) (err error) {
			alive, err = tx.Heartbeat(t.Context(), w, lease)
			return err
		})
		return alive
	}
	equal(t, "alive", beat(), true)
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.StopWorker(t.Context(), w, true)
		return err
	})
	equal(t, "alive when stopped", beat(), false)
}
