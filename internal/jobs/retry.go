package jobs

import (
	"time"

	"github.com/riverqueue/river/rivertype"
)

// retryPolicy tries again after 1, 2, 4, … seconds, at most a minute. Times up
// to five seconds work without River's leader.
type retryPolicy struct{ now func() time.Time }

// NextRetry implements river.ClientRetryPolicy.
func (p retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	return p.now().Add(retryDelay(len(job.Errors) + 1))
}

func retryDelay(failures int) time.Duration {
	return min(time.Minute, time.Second<<min(max(failures-1, 0), 6))
}
