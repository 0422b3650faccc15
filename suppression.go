package studymail

import "time"

// RefusedByServer is the source of an address that a mail server refused at the
// hand-over as none of its own.
const RefusedByServer = "refused by its server"

// Suppression is an address, by keyed hash, that must not be mailed.
type Suppression struct {
	ID        ID
	EmailHash []byte
	Reason    string
	Source    string
	CreatedAt time.Time
	Key       int64 // row key
	Feedback  int64 // row key of the feedback that it came of; 0: otherwise
}
