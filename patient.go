package studymail

import (
	"strconv"
	"strings"
	"time"
)

// Status is how far a patient is in a study.
type Status int

// The statuses. The numbers are those of the predecessor and of its exports.
const (
	New       Status = 0
	Engaged   Status = 10
	Consented Status = 20
	Complete  Status = 30
)

// Cancelled says whether and why a patient left a study.
type Cancelled int

// The reasons for leaving. The numbers are those of the predecessor and of its exports.
const (
	NotCancelled   Cancelled = 0
	NotEligible    Cancelled = 10
	NotConsented   Cancelled = 20
	OptedOut       Cancelled = 30
	NotContactable Cancelled = 40
)

// Statuses lists them in order.
func Statuses() []Status { return []Status{New, Engaged, Consented, Complete} }

// Cancellations lists them in order, NotCancelled first.
func Cancellations() []Cancelled {
	return []Cancelled{NotCancelled, NotEligible, NotConsented, OptedOut, NotContactable}
}

// String gives the word.
func (s Status) String() string {
	switch s {
	case New:
		return "New"
	case Engaged:
		return "Engaged"
	case Consented:
		return "Consented"
	case Complete:
		return "Complete"
	}
	return "Status(" + strconv.Itoa(int(s)) + ")"
}

// String gives the words; "" for a patient who has not left.
func (c Cancelled) String() string {
	switch c {
	case NotCancelled:
		return ""
	case NotEligible:
		return "Not eligible"
	case NotConsented:
		return "Not consented"
	case OptedOut:
		return "Opted out"
	case NotContactable:
		return "Not contactable"
	}
	return "Cancelled(" + strconv.Itoa(int(c)) + ")"
}

// MarshalText gives the word.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText gives the words, or nothing.
func (c Cancelled) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// ParseStatus reads a word or a number, in any case; "" is New.
func ParseStatus(s string) (Status, error) {
	w := plain(s)
	if w == "" {
		return New, nil
	}
	for _, v := range Statuses() {
		if w == plain(v.String()) || strings.TrimSpace(s) == strconv.Itoa(int(v)) {
			return v, nil
		}
	}
	return 0, Errorf(Invalid, "not a status; write New, Engaged, Consented or Complete (or 0, 10, 20, 30)")
}

// ParseCancelled reads words or a number, in any case; "", "-" and "none" are NotCancelled.
func ParseCancelled(s string) (Cancelled, error) {
	w := plain(s)
	if w == "" || w == "–" || w == "none" || w == "no" {
		return NotCancelled, nil
	}
	for _, v := range Cancellations() {
		if w == plain(v.String()) || strings.TrimSpace(s) == strconv.Itoa(int(v)) {
			return v, nil
		}
	}
	return 0, Errorf(Invalid, "not a reason for leaving; write Not eligible, Not consented, Opted out or Not contactable (or 10, 20, 30, 40), or leave it empty")
}

// plain takes out case, spaces, hyphens and underscores: "not_eligible" is "Not eligible".
func plain(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(strings.TrimSpace(s)))
}

// Patient is one person's participation in one study through one care provider.
type Patient struct {
	ID             ID
	Key            int64 // row key
	Person         int64 // row key
	PersonID       ID
	Study          int64 // row key
	Provider       int64 // row key
	Status         Status
	Cancelled      Cancelled
	SealedExternal []byte // external_id, sealed with the person's key; nil when there is none
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// InStudy tells whether the patient may be mailed.
func (p Patient) InStudy() bool { return p.Status == New && p.Cancelled == NotCancelled }
