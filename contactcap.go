package studymail

import "time"

// ContactCap is how many study mails a person gets within a time, of all studies
// together. The zero value is no limit.
type ContactCap struct {
	Mails  int
	Within time.Duration
}

// On tells whether there is a limit.
func (c ContactCap) On() bool { return c.Mails > 0 }
