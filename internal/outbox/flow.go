package outbox

import (
	"time"

	"studymail"
)

// flow counts the mails of each campaign that were taken since it was last noted.
type flow struct {
	since time.Time
	total int
	by    map[studymail.ID]int
}

// took counts what was recorded.
func (r *recorder) took(outcomes []outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range outcomes {
		r.figures.count(&outcomes[i].rec)
		if outcomes[i].rec.State == studymail.Sent {
			if r.sent.by == nil {
				r.sent.by = map[studymail.ID]int{}
			}
			r.sent.by[outcomes[i].campaign]++
			r.sent.total++
		}
	}
}

// flowed gives the count, and begins anew.
func (r *recorder) flowed(now time.Time) map[studymail.ID]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	by := r.sent.by
	r.sent = flow{since: now}
	return by
}

// flows is how many were taken a second since it was last noted.
func (r *recorder) flows(now time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return float64(r.sent.total) / max(now.Sub(r.sent.since).Seconds(), 1)
}
