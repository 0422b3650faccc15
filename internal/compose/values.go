package compose

import (
	"fmt"
	"io"
	"log/slog"
	"math/bits"

	"studymail"
	"studymail/internal/sealed"
)

// Values are one patient's values, one for each placeholder. They print
// [redacted] everywhere; Get, Pack and the letter itself are the ways out.
// The zero Values have none.
type Values struct {
	redacted
	text [placeholderCount]string // clean, without outer white space; "" is missing
}

// Set takes a value, cleaned (see Clean). "" takes it away.
func (v *Values) Set(p Placeholder, s string) {
	if p.known() {
		v.text[p] = Clean(s)
	}
}

// Get gives a value as it stands in the letter; "" when it is missing. Each
// call is a place where a personal detail leaves its type.
func (v *Values) Get(p Placeholder) string {
	if !p.known() {
		return ""
	}
	return v.text[p]
}

// SetPerson takes a patient's details.
func (v *Values) SetPerson(d studymail.Details) {
	v.Set(PatientUsername, d.Username.Reveal())
	v.Set(PatientFirstName, d.FirstName.Reveal())
	v.Set(PatientLastName, d.LastName.Reveal())
	v.Set(PatientFullName, d.FullName().Reveal())
}

// SetProvider takes a care provider's.
func (v *Values) SetProvider(p *studymail.Provider) {
	v.Set(CareProviderName, p.Name)
	v.Set(CareProviderContact, p.Contact)
	v.Set(CareProviderContactName, p.ContactName)
	v.Set(CareProviderPhone, p.Phone)
	v.Set(CareProviderODSCode, p.ODSCode)
	v.Set(CareProviderReplyTo, p.ReplyTo)
}

// SetStudy takes a study's.
func (v *Values) SetStudy(s *studymail.Study) {
	v.Set(StudyName, s.Name)
	v.Set(StudyApprovalReference, s.ApprovalReference)
}

// Keep drops all values but those needed: what a letter does not say need not
// be kept with the message.
func (v *Values) Keep(n Needs) {
	for m := ^uint32(n) & (1<<placeholderCount - 1); m != 0; m &= m - 1 {
		v.text[bits.TrailingZeros32(m)] = ""
	}
}

// Examples gives every placeholder's example, for a preview without a patient.
func Examples() Values {
	var v Values
	for i := range placeholders {
		v.text[i] = placeholders[i].Example
	}
	return v
}

// The first packed value says how the rest is to be read.
const (
	valuesVersion = "v1"
	headerVersion = "h1"
)

// Pack gives the values in the order of their placeholders' numbers, behind a
// version: to be sealed with the message.
func (v *Values) Pack() []string {
	n := placeholderCount
	for n > 0 && v.text[n-1] == "" {
		n--
	}
	return append([]string{valuesVersion}, v.text[:n]...)
}

// Unpack reads what Pack gave, of this release or an older one.
func Unpack(packed []string) (Values, error) {
	var v Values
	if len(packed) == 0 || packed[0] != valuesVersion {
		return v, studymail.Errorf(studymail.Internal, "the values kept with a message are of an unknown version; a newer studymail wrote them")
	}
	if len(packed)-1 > placeholderCount {
		return v, studymail.Errorf(studymail.Internal, "the values kept with a message are too many (%d); a newer studymail wrote them", len(packed)-1)
	}
	for i, s := range packed[1:] {
		v.Set(Placeholder(i), s)
	}
	return v, nil
}

// redacted keeps the type that embeds it from being printed: by fmt under every
// verb, by slog, as JSON, as text.
type redacted struct{}

func (redacted) String() string               { return sealed.Redacted }
func (redacted) GoString() string             { return sealed.Redacted }
func (redacted) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, sealed.Redacted) }
func (redacted) LogValue() slog.Value         { return slog.StringValue(sealed.Redacted) }
func (redacted) MarshalJSON() ([]byte, error) { return []byte(`"` + sealed.Redacted + `"`), nil }
func (redacted) MarshalText() ([]byte, error) { return []byte(sealed.Redacted), nil }
