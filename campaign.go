package studymail

import (
	"strconv"
	"time"
)

// CampaignState is where a campaign stands.
type CampaignState int

// The states of a campaign.
const (
	Draft            CampaignState = 0
	Scheduled        CampaignState = 10 // waits for its time, or for the next of its times
	Running          CampaignState = 20 // mail may leave
	Paused           CampaignState = 30
	Finished         CampaignState = 40
	CampaignCanceled CampaignState = 50
)

// CampaignStates lists them in order.
func CampaignStates() []CampaignState {
	return []CampaignState{Draft, Scheduled, Running, Paused, Finished, CampaignCanceled}
}

// String gives the word.
func (s CampaignState) String() string {
	switch s {
	case Draft:
		return "draft"
	case Scheduled:
		return "scheduled"
	case Running:
		return "running"
	case Paused:
		return "paused"
	case Finished:
		return "finished"
	case CampaignCanceled:
		return "cancelled"
	}
	return "CampaignState(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText gives the word.
func (s CampaignState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Campaign is a study, a template, an audience, and when.
type Campaign struct {
	ID        ID
	Key       int64 // row key
	Name      string
	Study     int64 // row key; 0 for an ad hoc campaign, whose patients say it
	AdHoc     bool
	Again     bool // also patients who had this template in another campaign
	Canary    Canary
	State     CampaignState
	Schedule  int64 // row key; 0 without one
	Halt      *Halt // it stopped by itself, and nobody let it go on; nil: it did not
	CreatedAt time.Time
	StartedAt time.Time
	EndedAt   time.Time
}

// Step is one letter of a campaign.
type Step struct {
	ID              ID
	Key             int64 // row key
	Campaign        int64 // row key
	Number          int   // from 1
	TemplateVersion int64 // row key: fixed when the campaign is made
	AfterDays       int   // of a reminder: days after the first letter; 0 for the first step
	Schedule        int64 // row key, of a reminder: when it looks next for whom it is due; 0: not yet
}

// Reminder tells a step that goes to those who were sent the first letter, some
// days after it.
func (s Step) Reminder() bool { return s.Number > 1 }

// Counts are a campaign's numbers, or those of one of its steps. A campaign's count
// each patient once for each step. In every answer:
// Selected = Planned + Σ LeftOut, and
// Planned = Queued + Sending + Deferred + Sent + Failed + Skipped + Uncertain + Cancelled.
type Counts struct {
	Selected  int            `json:"selected"`
	LeftOut   map[Reason]int `json:"left_out"`
	Planned   int            `json:"planned"`
	Queued    int            `json:"queued"`
	Sending   int            `json:"sending"`
	Deferred  int            `json:"deferred"`
	Sent      int            `json:"sent"`
	Failed    int            `json:"failed"`
	Skipped   int            `json:"skipped"`
	Uncertain int            `json:"uncertain"`
	Cancelled int            `json:"cancelled"`
}

// Unfinished is how many messages still move by themselves.
func (c Counts) Unfinished() int { return c.Queued + c.Sending + c.Deferred }

// Add adds another step's numbers.
func (c *Counts) Add(o *Counts) {
	c.Selected, c.Planned = c.Selected+o.Selected, c.Planned+o.Planned
	c.Queued, c.Sending, c.Deferred = c.Queued+o.Queued, c.Sending+o.Sending, c.Deferred+o.Deferred
	c.Sent, c.Failed, c.Skipped = c.Sent+o.Sent, c.Failed+o.Failed, c.Skipped+o.Skipped
	c.Uncertain, c.Cancelled = c.Uncertain+o.Uncertain, c.Cancelled+o.Cancelled
	for why, n := range o.LeftOut {
		c.LeftOut[why] += n
	}
}
