package studymail

import "time"

// Job is a piece of background work, as pages show it. A job only wakes: what is
// to be done stands in the tables, so a job that is gone costs no message.
type Job struct {
	Number      int64 // the engine's own: jobs have no UUID
	Kind        string
	Queue       string
	State       JobState
	Attempt     int
	MaxAttempts int
	CreatedAt   time.Time
	DueAt       time.Time // when it may be worked, or is to be tried again
	BegunAt     time.Time // its last attempt
	EndedAt     time.Time
	Workers     []ID // that worked at it, by their UUIDs
	About       JobAbout
	Failures    []JobFailure
}

// JobAbout is all that a job carries: UUIDs.
type JobAbout struct{ Run, Campaign, ScheduleRun, Resend ID }

// JobFailure is an attempt that failed. Text is a code and a type, no more.
type JobFailure struct {
	At      time.Time
	Attempt int
	Text    string
}

// JobState is how a job stands.
type JobState string

// The states of a job.
const (
	JobWaiting   JobState = "waiting"
	JobRunning   JobState = "running"
	JobRetrying  JobState = "retrying" // failed, waits for its next attempt
	JobDone      JobState = "done"
	JobCancelled JobState = "cancelled"
	JobGivenUp   JobState = "given up" // failed for good
)

// JobStates lists them in the order of a job's life.
func JobStates() []JobState {
	return []JobState{JobWaiting, JobRunning, JobRetrying, JobDone, JobCancelled, JobGivenUp}
}

// MayCancel tells whether there is something left to cancel of a job.
func (s JobState) MayCancel() bool { return s == JobWaiting || s == JobRunning || s == JobRetrying }

// MayRetry tells whether a job can be worked anew, at once.
func (s JobState) MayRetry() bool { return s == JobRetrying || s == JobCancelled || s == JobGivenUp }

// JobFilter says which jobs; the zero value is all.
type JobFilter struct {
	State  JobState
	Kind   string
	Queue  string
	Before int64 // number: those that come after it in the list, which is newest first
	Limit  int
}

// JobQueue is a queue of jobs and how full it is.
type JobQueue struct {
	Name    string
	Paused  time.Time // since when; zero: it is not
	Waiting int       // that may be worked now
	Running int
	Oldest  time.Time // since when the oldest of those that wait may be worked; zero: none waits
	Worked  bool      // false: no worker has worked it lately, so it cannot be paused
}
