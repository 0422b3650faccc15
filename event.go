package studymail

import "time"

// Event is one line of the audit trail: who did what to which UUID, when, and
// from where. Detail holds codes, counts and UUIDs only.
type Event struct {
	ID     ID        `json:"id"`
	Key    int64     `json:"-"`     // row key: later events have greater ones
	At     time.Time `json:"at"`    //
	Actor  string    `json:"actor"` // a user's UUID, "cli:" and the system's user, "schedule", "worker"
	Action string    `json:"action"`
	About  ID        `json:"about"`
	Detail string    `json:"detail,omitempty"`
	Origin string    `json:"origin,omitempty"` // network address of the browser; "" for what came otherwise
}
