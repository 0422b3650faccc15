package studymail

import (
	"fmt"
	"time"
)

// HaltReason is why a campaign stopped by itself.
type HaltReason string

// The reasons.
const (
	HaltHard       HaltReason = "hard bounces"
	HaltComplaints HaltReason = "complaints"
	HaltFailed     HaltReason = "failures"
)

// HaltRules say when a campaign stops by itself: shares in percent of the letters that
// were tried, 0 for never.
type HaltRules struct {
	From       int // letters that must have been tried
	Hard       float64
	Complaints float64 // and at least MinComplaints
	Failed     float64
}

// MinComplaints is the fewest that say anything.
const MinComplaints = 3

// Off tells rules by which nothing ever stops.
func (r HaltRules) Off() bool { return r.Hard == 0 && r.Complaints == 0 && r.Failed == 0 }

// HaltNumbers are what the rules look at.
type HaltNumbers struct {
	Tried      int `json:"tried"`      // sent, or failed for good
	Hard       int `json:"hard"`       // whose address is dead, said at once or later
	Complaints int `json:"complaints"` //
	Failed     int `json:"failed"`     // for good
}

// Since gives what came on top of earlier numbers.
func (n HaltNumbers) Since(before HaltNumbers) HaltNumbers {
	return HaltNumbers{max(0, n.Tried-before.Tried), max(0, n.Hard-before.Hard), max(0, n.Complaints-before.Complaints), max(0, n.Failed-before.Failed)}
}

// Suspicious tells numbers that are enough for a halt if no more than From letters
// were tried: others need not be looked at.
func (r HaltRules) Suspicious(n HaltNumbers) bool {
	n.Tried = r.From
	why, _ := r.Halts(n)
	return why != ""
}

// Halts gives the reason why a campaign with these numbers stops, and the numbers in
// words; "" for none.
func (r HaltRules) Halts(n HaltNumbers) (why HaltReason, detail string) {
	if n.Tried < r.From || n.Tried == 0 {
		return "", ""
	}
	over := func(count int, percent float64) bool {
		return percent > 0 && float64(count)*100 > percent*float64(n.Tried)
	}
	say := func(why HaltReason, count int, percent float64) (HaltReason, string) {
		return why, fmt.Sprintf("%d of %d, %.2g %%; the limit is %g %%", count, n.Tried, float64(count)*100/float64(n.Tried), percent)
	}
	switch {
	case n.Complaints >= MinComplaints && over(n.Complaints, r.Complaints):
		return say(HaltComplaints, n.Complaints, r.Complaints)
	case over(n.Hard, r.Hard):
		return say(HaltHard, n.Hard, r.Hard)
	case over(n.Failed, r.Failed):
		return say(HaltFailed, n.Failed, r.Failed)
	}
	return "", ""
}

// Halt is how a campaign stopped by itself.
type Halt struct {
	Reason HaltReason `json:"reason"`
	Detail string     `json:"detail"` // numbers in words
	At     time.Time  `json:"at"`
}
