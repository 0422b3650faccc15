package audience_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

var rules = studymail.HaltRules{From: 200, Hard: 5, Complaints: 0.1, Failed: 10}

// begun starts a campaign to eight patients of whom two are left out, with a canary of
// three.
func (w *world) begun() studymail.ID {
	w.t.Helper()
	all := w.patients(8)
	w.set(all[1], studymail.New, studymail.OptedOut)
	w.set(all[6], studymail.New, studymail.OptedOut)
	id, res := w.started(audience.New{Canary: studymail.Canary{First: 3, Wait: time.Hour}})
	equal(w.t, "planned", res.Planned, 6)
	return id
}

// hand brings the first messages that wait to a state.
func (w *world) hand(id studymail.ID, n int, state studymail.State) {
	w.t.Helper()
	all := w.messages(id)
	slices.SortFunc(all, func(a, b store.MessageRow) int { return int(a.Key - b.Key) })
	for _, m := range all {
		if m.State != studymail.Queued && m.State != studymail.Claimed || n == 0 {
			continue
		}
		w.settle(m, state)
		n--
	}
}

func (w *world) look() []audience.Released {
	w.t.Helper()
	done, err := w.p.ReleaseCanaries(w.t.Context(), rules, "worker")
	w.fine(err)
	return done
}

// TestACampaignBeginsWithItsCanary was seen to fail when HeldRuns did not look at the
// canary's letters, and when HoldRun released.
func TestACampaignBeginsWithItsCanary(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.begun()
		runs := w.runs(id)
		equal(t, "runs", len(runs), 2)
		equal(t, "the canary", [3]any{runs[0].Part, runs[0].State, runs[0].Planned}, [3]any{studymail.CanaryPart, studymail.Released, 3})
		equal(t, "the rest", [3]any{runs[1].Part, runs[1].State, runs[1].Planned}, [3]any{studymail.RestPart, studymail.Held, 3})
		n := w.counts(id)
		equal(t, "selected, planned, left out", [3]int{n.Selected, n.Planned, n.LeftOut[studymail.ReasonOptedOut]}, [3]int{8, 6, 2})

		equal(t, "only the canary may go", len(w.claim(100)), 3)
		equal(t, "released while it is on its way", len(w.look()), 0)
		equal(t, "the wait has not begun", w.runs(id)[1].GoesAt.IsZero(), true)

		w.hand(id, 2, studymail.Sent)
		w.hand(id, 1, studymail.Deferred) // it may be tried for days
		equal(t, "released before the wait", len(w.look()), 0)
		equal(t, "the wait has begun", w.runs(id)[1].GoesAt.IsZero(), false)
		_, err := w.p.Settle(t.Context(), tester)
		w.fine(err)
		equal(t, "the campaign is not over", w.campaign(id).State, studymail.Running)
		w.later(59 * time.Minute)
		equal(t, "released too early", len(w.look()), 0)

		w.later(2 * time.Minute)
		woken := w.woken.Load()
		equal(t, "released", w.look(), []audience.Released{{Campaign: id}})
		equal(t, "senders are told", w.woken.Load(), woken+1)
		equal(t, "the rest may go", len(w.claim(100)), 3)
		equal(t, "once", len(w.look()), 0)
	})
}

// TestACanaryHaltsTheRest: three of three letters that find nobody are enough, two of
// three are not: that many say nothing.
func TestACanaryHaltsTheRest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.begun()
		w.hand(id, 3, studymail.Failed)
		w.look()
		w.later(2 * time.Hour)
		equal(t, "halted", w.look(), []audience.Released{{Campaign: id, Halted: studymail.HaltFailed}})
		c := w.campaign(id)
		equal(t, "paused", c.State, studymail.Paused)
		equal(t, "with its numbers", c.Halt.Detail, "3 of 3, 1e+02 %; the limit is 10 %")
		equal(t, "while it is paused", len(w.look()), 0)
		_, err := w.p.EndCanary(t.Context(), id, tester)
		w.refused(err, studymail.Conflict)

		_, err = w.p.Resume(t.Context(), id, tester, nil)
		w.fine(err)
		equal(t, "a person lets it go on", w.look(), []audience.Released{{Campaign: id}})
	})
	each(t, func(t *testing.T, w *world) {
		id := w.begun()
		w.hand(id, 2, studymail.Failed)
		w.hand(id, 1, studymail.Sent)
		w.look()
		w.later(2 * time.Hour)
		equal(t, "two say nothing", w.look(), []audience.Released{{Campaign: id}})
	})
}

func TestTheRestGoesBeforeItsTimeWhenAPersonSaysSo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.begun()
		n, err := w.p.EndCanary(t.Context(), id, tester)
		w.fine(err)
		equal(t, "letters", n, 3)
		equal(t, "all may go", len(w.claim(100)), 6)
		_, err = w.p.EndCanary(t.Context(), id, tester)
		w.refused(err, studymail.Conflict)
	})
}

func TestACancelledCampaignWithACanaryEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.begun()
		n, err := w.p.Cancel(t.Context(), id, tester)
		w.fine(err)
		equal(t, "letters cancelled", n, 6)
		equal(t, "nobody is told", len(w.look()), 0)
		_, err = w.p.Settle(t.Context(), tester)
		w.fine(err)
		for _, r := range w.runs(id) {
			equal(t, "run", r.State, studymail.RunDone)
		}
	})
}

// A canary that is all there is leaves nothing to wait for it.
func TestACanaryOfAllIsAPlainCampaign(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, first := range []int{5, 6, 100} {
			w.patients(5)
			id, res := w.started(audience.New{Again: true, Canary: studymail.Canary{First: w.made - 5 + first, Wait: time.Hour}})
			equal(t, "planned", res.Planned, w.made)
			for _, r := range w.runs(id) {
				equal(t, "nothing is held", r.State, studymail.Released)
			}
			w.hand(id, w.made, studymail.Sent)
			_, err := w.p.Settle(t.Context(), tester)
			w.fine(err)
			equal(t, "it ends", w.campaign(id).State, studymail.Finished)
		}
	})
}

// A planner that dies behind the canary leaves a plan that others finish: the rest is
// held all the same.
func TestTheRestIsHeldWhoeverPlansIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.patients(1500)
		id := w.create(audience.New{Canary: studymail.Canary{First: 3, Wait: time.Hour}})
		ctx, die := context.WithCancel(t.Context())
		_, err := w.p.Start(ctx, id, tester, func(done, _ int) {
			if done > 0 {
				die()
			}
		})
		if err == nil {
			t.Fatal("the plan was whole before it could be stopped")
		}
		w.later(2 * lease)
		n, err := w.p.TakeUp(t.Context())
		w.fine(err)
		equal(t, "taken up", n, 1)
		runs := w.runs(id)
		equal(t, "the rest", [2]any{runs[len(runs)-1].State, runs[len(runs)-1].Planned}, [2]any{studymail.Held, 1497})
	})
}

func TestCanariesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]studymail.Canary{
		"none to begin with": {First: -1, Wait: time.Hour},
		"a wait alone":       {Wait: time.Hour},
		"no wait":            {First: 5},
		"a week":             {First: 5, Wait: 7 * 24 * time.Hour},
	} {
		if studymail.CodeOf(c.Check()) != studymail.Invalid {
			t.Errorf("%s: %v", name, c.Check())
		}
	}
}
