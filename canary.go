package studymail

import "time"

// Canary says that a campaign begins with a few of its letters. The rest stands
// planned and waits, so that what comes back of the few can halt it first.
type Canary struct {
	First int           `json:"first"` // letters; 0: the campaign has no canary
	Wait  time.Duration `json:"-"`     // from when the last of them was handed over
}

// Bounds of a canary.
const (
	MaxCanary         = 1_000_000
	MinCanaryWait     = time.Minute
	MaxCanaryWait     = 3 * 24 * time.Hour
	DefaultCanaryWait = time.Hour // most servers bounce within minutes
)

// Check tells what is wrong with a canary, if anything is.
func (c Canary) Check() error {
	switch {
	case c == Canary{}:
		return nil
	case c.First < 1 || c.First > MaxCanary:
		return Errorf(Invalid, "a campaign begins with 1 to 1,000,000 letters, or without a canary")
	case c.Wait < MinCanaryWait || c.Wait > MaxCanaryWait:
		return Errorf(Invalid, "the rest waits 1 minute to 3 days for what comes back")
	}
	return nil
}

// OfCanary are the rules by which the rest of a campaign does not go: a canary may be
// smaller than what the rules ask for, and says less then. One or two of a few say
// nothing.
func (r HaltRules) OfCanary(n HaltNumbers) (why HaltReason, detail string) {
	if n.Tried < r.From {
		r.From = n.Tried
		if n.Hard < MinComplaints {
			n.Hard = 0
		}
		if n.Failed < MinComplaints {
			n.Failed = 0
		}
	}
	return r.Halts(n)
}
