package studymail

import "time"

// Schedule says when something recurs. Its times live in NextRunAt: editing or
// enabling moves that on and never fires; only reaching it does.
type Schedule struct {
	ID           ID
	Key          int64 // row key
	Name         string
	Job          ScheduledJob
	BuiltIn      bool
	Kind         ScheduleKind
	Expr         string // a cron expression, an interval such as 30s, or a time (RFC 3339)
	Zone         string // IANA name
	Enabled      bool
	StartsAt     time.Time // not before; zero: no limit
	EndsAt       time.Time // not after; zero: no limit
	Missed       MissedPolicy
	MissedWithin time.Duration // with MissedRunOnce: fires late by at most this
	Overlap      OverlapPolicy
	NextRunAt    time.Time // zero: never again, or disabled
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// ScheduleKind is how a schedule's times are given.
type ScheduleKind string

// The kinds of schedule.
const (
	Cron     ScheduleKind = "cron"
	Interval ScheduleKind = "interval"
	Once     ScheduleKind = "once"
)

// ScheduledJob is what a schedule does.
type ScheduledJob string

// What schedules do.
const (
	CampaignJob       ScheduledJob = "campaign"        // start a run of the campaign that has this schedule
	RetrySweepJob     ScheduledJob = "retry_sweep"     // bring due deferred messages back
	StuckSweepJob     ScheduledJob = "stuck_sweep"     // take back what dead workers held
	RetentionPurgeJob ScheduledJob = "retention_purge" // remove what has been kept long enough
)

// MissedPolicy is what happens with a time that passed while nothing ran.
type MissedPolicy string

// The policies for missed times.
const (
	MissedSkip    MissedPolicy = "skip"
	MissedRunOnce MissedPolicy = "run_once" // once, if at most MissedWithin late
)

// OverlapPolicy is what happens with a due time while the last run still works.
type OverlapPolicy string

// The policies for overlaps.
const (
	OverlapSkip  OverlapPolicy = "skip"
	OverlapAllow OverlapPolicy = "allow"
)

// ScheduleRun is one firing of a schedule, or a due time that was passed over.
type ScheduleRun struct {
	ID       ID              `json:"id"`
	Key      int64           `json:"-"`      // row key
	Schedule int64           `json:"-"`      // row key
	DueAt    time.Time       `json:"due_at"` // zero: by hand
	FiredAt  time.Time       `json:"fired_at"`
	EndedAt  time.Time       `json:"ended_at"`
	Outcome  ScheduleOutcome `json:"outcome"`
	Detail   string          `json:"detail"` // counts and codes only
}

// ScheduleOutcome is what became of a schedule's run.
type ScheduleOutcome string

// The outcomes of a schedule's run.
const (
	RunWaiting    ScheduleOutcome = "waiting" // its job is in the queue
	RunRunning    ScheduleOutcome = "running"
	RunEnded      ScheduleOutcome = "done"
	RunFailed     ScheduleOutcome = "failed"
	RunMissed     ScheduleOutcome = "missed"     // too late, by the missed-run policy
	RunOverlapped ScheduleOutcome = "overlapped" // the last run still worked
)
