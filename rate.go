package studymail

import (
	"strconv"
	"time"
)

// Limit is how much of something may be. The zero value is no limit; a limit of
// 0 lets nothing through.
type Limit struct {
	set bool
	n   float64
}

// LimitOf makes a limit.
func LimitOf(n float64) Limit { return Limit{set: true, n: n} }

// Of gives the number; ok is false when there is no limit.
func (l Limit) Of() (n float64, ok bool) { return l.n, l.set }

// Zero tells whether nothing may pass.
func (l Limit) Zero() bool { return l.set && l.n <= 0 }

// String gives the number, or "" without a limit.
func (l Limit) String() string {
	if !l.set {
		return ""
	}
	return strconv.FormatFloat(l.n, 'f', -1, 64)
}

// Limits bound what a transport is given by all workers together.
type Limits struct {
	PerSecond   Limit
	PerMinute   Limit
	PerHour     Limit
	PerDay      Limit
	Connections Limit
}

// NamedLimit is a limit and the variable that sets it.
type NamedLimit struct {
	Limit
	Variable string
	Unit     string // "a second", …
}

// All lists the limits, set or not.
func (l Limits) All() []NamedLimit {
	return []NamedLimit{
		{l.PerSecond, "RATE_PER_SECOND", "a second"},
		{l.PerMinute, "RATE_PER_MINUTE", "a minute"},
		{l.PerHour, "RATE_PER_HOUR", "an hour"},
		{l.PerDay, "RATE_PER_DAY", "a day"},
		{l.Connections, "MAX_CONNECTIONS", "connections"},
	}
}

// Zero gives the variable of the first limit that lets nothing through.
func (l Limits) Zero() (variable string, found bool) {
	for _, n := range l.All() {
		if n.Limit.Zero() {
			return n.Variable, true
		}
	}
	return "", false
}

// Permit is leave to begin one hand-over, at a time of the limiter's clock, in
// nanoseconds, and not much later. Each time is given to one message only.
type Permit int64

// CodeRate is the code of a transport that waits for the limiter.
const CodeRate = "rate"

// Quota is what a provider lets an account send, and what was used of it by
// everybody who uses the account.
type Quota struct {
	PerSecond float64
	PerDay    int // in any 24 hours
	Used      int // in the 24 hours before At
	At        time.Time
}

// Throttle is a rate that was lowered because the server asked for it. It grows
// back by itself.
type Throttle struct {
	At   time.Time
	To   float64 // messages a second, at that time
	From float64 // what it was before; it grows by a share of this
}

// How a lowered rate grows back: by a share of what it was, step by step.
const (
	ThrottleStep  = 10 * time.Second
	ThrottleShare = 0.05
)

// Rate is the lowered rate at a time; ok is false when it has grown back to what
// is configured (full). Where nothing is (0), nobody knows what the server bears:
// it grows to twice what it was, and is dropped.
func (t Throttle) Rate(now time.Time, full float64) (perSecond float64, ok bool) {
	if t.At.IsZero() {
		return 0, false
	}
	if full <= 0 {
		full = 2 * t.From
	}
	perSecond = t.To + float64(max(now.Sub(t.At), 0)/ThrottleStep)*ThrottleShare*t.From
	return min(perSecond, full), perSecond < full
}

// FlowEvery is how often a worker notes how many mails were taken.
const FlowEvery = 5 * time.Second

// Flow is how fast mail goes out, and what keeps it from going faster.
type Flow struct {
	PerSecond float64   `json:"rate"`       // taken by the transport in the last minute, a second
	LimitedBy string    `json:"limited_by"` // a word: "rate limit", "throttled", "connections", …; "" for nothing
	FinishAt  time.Time `json:"-"`          // at this rate; zero: nobody can tell
}
