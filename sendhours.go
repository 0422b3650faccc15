package studymail

// SendHours are when the mail of a study or a care provider may leave. Outside
// of them it waits. internal/when reads them; the store keeps with each in which
// time mail may leave now, or the next one.
type SendHours struct {
	Hours    string `json:"send_hours"` // Mon-Fri 09:00-17:00; "": all day, every day
	Zone     string `json:"send_zone"`  // of the hours and days: Europe/London
	ClosedOn string `json:"closed_on"`  // days, and regions whose bank holidays count: england 2026-12-24
}

// Always tells that there is no limit.
func (s SendHours) Always() bool { return s.Hours == "" && s.ClosedOn == "" }
