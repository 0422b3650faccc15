package jobs

import (
	"github.com/riverqueue/river"

	"studymail"
)

// The queues have slots of their own, so that long plans hold up neither the
// senders' waking nor the sweeps.
const (
	sendQueue   = "send"
	planQueue   = "plan"
	sweepQueue  = "sweep"
	importQueue = "import"
)

func queueNames() []string { return []string{sendQueue, planQueue, sweepQueue, importQueue} }

// The arguments of jobs lie in River's table in clear: UUIDs only.

// sendPass wakes the senders: run has mail that waits.
type sendPass struct {
	Run studymail.ID `json:"run"`
}

// Kind implements river.JobArgs.
func (sendPass) Kind() string { return "send_pass" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (sendPass) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: sendQueue, MaxAttempts: 5}
}

// planCampaign starts a run of a campaign. It is tried long enough to outlast
// a database that is down for a while: nothing else would start that run.
type planCampaign struct {
	Campaign    studymail.ID `json:"campaign"`
	ScheduleRun studymail.ID `json:"schedule_run,omitzero"`
}

// Kind implements river.JobArgs.
func (planCampaign) Kind() string { return "plan_campaign" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (planCampaign) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: planQueue, MaxAttempts: 30}
}

// runImport has a worker check or write an import.
type runImport struct {
	Import studymail.ID `json:"import"`
}

// Kind implements river.JobArgs.
func (runImport) Kind() string { return "run_import" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (runImport) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: importQueue, MaxAttempts: 5}
}

// resendMessages has a worker send messages again.
type resendMessages struct {
	Resend studymail.ID `json:"resend"`
}

// Kind implements river.JobArgs.
func (resendMessages) Kind() string { return "resend_messages" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (resendMessages) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: planQueue, MaxAttempts: 30}
}

// A sweep is soon followed by the next: it is not tried for long.
type (
	retrySweep     struct{ sweep }
	stuckSweep     struct{ sweep }
	retentionPurge struct{ sweep }

	sweep struct {
		ScheduleRun studymail.ID `json:"schedule_run,omitzero"`
	}
)

// InsertOpts implements river.JobArgsWithInsertOpts.
func (sweep) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: sweepQueue, MaxAttempts: 3}
}

// Kind implements river.JobArgs.
func (retrySweep) Kind() string { return string(studymail.RetrySweepJob) }

// Kind implements river.JobArgs.
func (stuckSweep) Kind() string { return string(studymail.StuckSweepJob) }

// Kind implements river.JobArgs.
func (retentionPurge) Kind() string { return string(studymail.RetentionPurgeJob) }

// about reads the UUIDs of any kind's arguments.
type about struct {
	Run         studymail.ID `json:"run"`
	Campaign    studymail.ID `json:"campaign"`
	ScheduleRun studymail.ID `json:"schedule_run"`
	Import      studymail.ID `json:"import"`
	Resend      studymail.ID `json:"resend"`
}
