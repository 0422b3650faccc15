package studymail

import (
	"regexp"
	"strings"
	"time"
)

// Provider is a care provider: a practice that cares for patients. It is staff
// data, not sealed.
type Provider struct {
	ID          ID     `json:"id"`
	Key         int64  `json:"-"` // row key
	Name        string `json:"name"`
	ODSCode     string `json:"ods_code"`     // the NHS identifier, upper case, unique
	Contact     string `json:"contact"`      // salutation: Dr Smith
	ContactName string `json:"contact_name"` // full name: Dr Jane Smith
	FromName    string `json:"from_name"`    // display name of From; "" means the study's, then EMAIL_DISPLAY_NAME
	ReplyTo     string `json:"reply_to"`
	Phone       string `json:"phone"`
	Active      bool   `json:"active"`
	SendHours
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Before it is made upper case: some letters outside ASCII have their capital within.
var odsCode = regexp.MustCompile(`^[A-Za-z0-9]{1,8}$`)

// ParseODSCode gives a code in its stored form: 1 to 8 letters and digits, upper case.
func ParseODSCode(s string) (string, error) {
	code := strings.TrimSpace(s)
	if !odsCode.MatchString(code) {
		return "", Errorf(Invalid, "an ODS code has 1 to 8 letters and digits, like ABCD001")
	}
	return strings.ToUpper(code), nil
}
