package studymail

import "time"

// SendHours are when the mail of a study or a care provider may leave. Outside
// of them it waits. internal/when reads them.
type SendHours struct {
	Hours    string `json:"send_hours"` // Mon-Fri 09:00-17:00; "": all day, every day
	Zone     string `json:"send_zone"`  // of the hours and days: Europe/London
	ClosedOn string `json:"closed_on"`  // days, and regions whose bank holidays count: england 2026-12-24

	// The time in which mail may leave now, or the next one; zero: no limit.
	// The store keeps it up to date.
	OpenFrom  time.Time `json:"-"`
	OpenUntil time.Time `json:"-"`
}

// Always tells that there is no limit.
func (s SendHours) Always() bool { return s.Hours == "" && s.ClosedOn == "" }

// ClosedUntil gives when mail may leave again; zero when it may leave now.
func (s SendHours) ClosedUntil(now time.Time) time.Time {
	if s.Always() || !s.OpenFrom.After(now) {
		return time.Time{}
	}
	return s.OpenFrom
}
