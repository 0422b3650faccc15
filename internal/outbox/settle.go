package outbox

import (
	"math/rand/v2"
	"time"

	"studymail"
	"studymail/internal/bounce"
	"studymail/internal/store"
)

// Retries say when a deferred message is tried again.
type Retries struct {
	Base time.Duration // before the second attempt; doubled for each further one
	Max  time.Duration // at most
}

// lossesAnAttempt: the third connection lost with the same message in hand
// counts as an attempt, so that one poisonous mail ends (design, I6 and I8).
const lossesAnAttempt = 3

// next gives when a message that was deferred for the nth time is tried again:
// base × 2ⁿ⁻¹, at most max, ± 20 % so that what was deferred together does not
// come back together.
func (r Retries) next(now time.Time, n int) time.Time {
	d := r.Max
	if shift := n - 1; shift < 32 && r.Base<<shift < r.Max && r.Base<<shift > 0 {
		d = r.Base << shift
	}
	spread := int64(d) * 2 / 5
	if spread > 0 {
		d += time.Duration(rand.Int64N(spread+1) - spread/2) //nolint:gosec // jitter, no secret
	}
	return now.Add(d)
}

// settle says where a message stands after a hand-over: the rules of design.md,
// section 2, step 5.
func settle(c *store.Claimed, o studymail.Outcome, now time.Time, retries Retries) store.Recorded {
	r := store.Recorded{
		Key: c.Key, Token: c.Token, Tries: c.Tries, Attempts: c.Attempts, Losses: c.Losses, At: now, Outcome: o, NextAttemptAt: now,
	}
	attempt := func(state studymail.State, reason studymail.Reason) {
		r.Counts = true
		r.Attempts++
		r.Losses = 0
		r.State, r.Reason = state, reason
		if state != studymail.Deferred {
			return
		}
		if r.Attempts >= c.Limit {
			r.State, r.Reason = studymail.Failed, studymail.ReasonAttemptsUsed
			return
		}
		r.NextAttemptAt = retries.next(now, r.Attempts)
	}
	switch o.Kind {
	case studymail.Accepted:
		attempt(studymail.Sent, "")
	case studymail.Later:
		attempt(studymail.Deferred, "")
	case studymail.Refused:
		if noMailbox(o) {
			attempt(studymail.Failed, studymail.ReasonNoMailbox)
		} else {
			attempt(studymail.Failed, studymail.ReasonRefused)
		}
	case studymail.InDoubt:
		attempt(studymail.Uncertain, studymail.ReasonInDoubt)
	case studymail.Lost:
		r.State = studymail.Queued
		if r.Losses++; r.Losses >= lossesAnAttempt {
			attempt(studymail.Deferred, "")
		}
	case studymail.Throttled, studymail.NotSent:
		r.State = studymail.Queued
	case studymail.Unsendable:
		r.State, r.Reason = studymail.Failed, studymail.ReasonUnsendable
	case studymail.Withheld, studymail.WithdrawnBy:
		// The guard settles these itself (store.OpenWindow).
		r.State = studymail.Queued
	}
	return r
}

// noMailbox tells a reply that says that the recipient does not exist: only in
// answer to RCPT, since after DATA it is usually a filter.
func noMailbox(o studymail.Outcome) bool {
	return o.Stage == "rcpt" && o.Code >= 500 &&
		bounce.Reply(o.Code, o.Enhanced, o.Stage, o.Reply).Kind() == bounce.Hard
}
