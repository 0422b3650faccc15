package studymail

import (
	"strconv"
	"time"
)

// RunState is where a run stands.
type RunState int

// The states of a run.
const (
	Planning RunState = 10 // messages are being written; none may leave
	Held     RunState = 15 // the plan is whole; its mail waits for the canary
	Released RunState = 20 // the plan is whole; mail may leave
	RunDone  RunState = 30 // no message of it moves by itself any more
)

// String gives the word.
func (s RunState) String() string {
	switch s {
	case Planning:
		return "planning"
	case Held:
		return "held"
	case Released:
		return "released"
	case RunDone:
		return "done"
	}
	return "RunState(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText gives the word.
func (s RunState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// RunPart is what of a step's letters a run plans.
type RunPart int

// The parts.
const (
	WholeStep  RunPart = 0
	CanaryPart RunPart = 1 // the first letters of a campaign that has a canary
	RestPart   RunPart = 2 // those that wait for them
)

// Run is one planning pass of a step.
type Run struct {
	ID           ID
	Key          int64 // row key
	Step         int64 // row key
	Campaign     int64 // row key
	State        RunState
	Part         RunPart
	GoesAt       time.Time // of a held one: when it is released; zero: the canary is still under way
	Cursor       int64     // row key of the last patient looked at
	Planned      int       // messages written so far
	PlannerToken int64     // whose plan it is
	PlannerUntil time.Time
	CreatedAt    time.Time
	ReleasedAt   time.Time
	EndedAt      time.Time
}
