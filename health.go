package studymail

import "time"

// Health says whether mail flows.
type Health struct {
	Healthy bool    `json:"healthy"`
	Checks  []Check `json:"checks"`
}

// Check is one thing that health looks at.
type Check struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Value string `json:"value"` // what was found: an age, a count, a state
	Limit string `json:"limit"` // what is still fine
	Mend  string `json:"mend,omitempty"`
}

// Pulse is what health is told from: read in one go.
type Pulse struct {
	Now          time.Time
	Arming       Arming
	OldestUnsent time.Time // of a message that could go now, claimed or not; zero: none waits
	LastHandOver time.Time // when the youngest open hand-over window was opened; zero: none is open
	MailSent     bool      // some was taken in the last ten minutes
	StuckClaims  int       // held by workers whose lease is over
	Workers      int       // alive
	LastTick     time.Time // some process looked at the schedules
	Transports   []Transport
}
