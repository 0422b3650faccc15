package studymail

import "time"

// Event is one line of the audit trail: who did what to which UUID, when.
// Detail holds codes, counts and UUIDs only.
type Event struct {
	ID     ID        `json:"id"`
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`  // command line user, "schedule", "worker", later a user's UUID
	Action string    `json:"action"` // "campaign started", "details shown", …
	About  ID        `json:"about"`
	Detail string    `json:"detail,omitempty"`
}
