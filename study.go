package studymail

import "time"

// Study is a research study.
type Study struct {
	ID                 ID     `json:"id"`
	Key                int64  `json:"-"`    // row key
	Name               string `json:"name"` // unique
	ApprovalReference  string `json:"approval_reference"`
	FromName           string `json:"from_name"` // display name of From; "" means EMAIL_DISPLAY_NAME
	OpensOn            Date   `json:"opens_on"`  // first day on which it may mail; zero: no limit
	ClosesOn           Date   `json:"closes_on"` // last day on which it may mail; zero: no limit
	Active             bool   `json:"active"`
	AllowSharedAddress bool   `json:"allow_shared_address"`
	SendHours
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Date is a day in the installation's zone, as 2006-01-02; "" is none.
type Date string

// ParseDate reads 2006-01-02, or nothing.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return "", nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return "", Errorf(Invalid, "not a date; write it as 2026-03-31")
	}
	return Date(t.Format(time.DateOnly)), nil
}

// DateOf gives the day of a time in a zone.
func DateOf(t time.Time, zone *time.Location) Date { return Date(t.In(zone).Format(time.DateOnly)) }
