package outbox

import (
	"slices"
	"sync"
	"time"

	"studymail"
)

// lookout keeps what this process saw of others' heartbeats. A lease that was
// written before the clocks were put back would run for as long as that.
type lookout struct {
	mu   sync.Mutex
	seen map[int64]sighting // by the worker's row key
}

// sighting is when a heartbeat was seen first, on the clock that nobody can set.
type sighting struct {
	beat time.Time
	at   int64
}

// silent tells whether a worker has shown no other heartbeat for a whole lease.
func (s *lookout) silent(w *studymail.Worker, now int64, lease time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, seen := s.seen[w.Key]
	if seen && last.beat.Equal(w.HeartbeatAt) {
		return now-last.at > int64(lease)
	}
	if s.seen == nil {
		s.seen = map[int64]sighting{}
	}
	s.seen[w.Key] = sighting{w.HeartbeatAt, now}
	return false
}

// forget drops those who are not among the living any more.
func (s *lookout) forget(alive []studymail.Worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.seen {
		if !slices.ContainsFunc(alive, func(w studymail.Worker) bool { return w.Key == k }) {
			delete(s.seen, k)
		}
	}
}
