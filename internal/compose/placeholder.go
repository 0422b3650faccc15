package compose

import (
	"math/bits"
	"strings"

	"studymail"
)

// Placeholder is a value that a letter can have merged in.
type Placeholder int

// The placeholders. Their numbers are part of what is sealed with a message
// (Values.Pack): never change one, never use one again; add at the end.
const (
	PatientUsername         Placeholder = 0
	PatientFirstName        Placeholder = 1
	PatientLastName         Placeholder = 2
	PatientFullName         Placeholder = 3
	CareProviderName        Placeholder = 4
	CareProviderContact     Placeholder = 5
	CareProviderContactName Placeholder = 6
	CareProviderPhone       Placeholder = 7
	CareProviderODSCode     Placeholder = 8
	CareProviderReplyTo     Placeholder = 9
	StudyName               Placeholder = 10
	StudyApprovalReference  Placeholder = 11
	UnsubscribeURL          Placeholder = 12

	placeholderCount = 13
	literal          = Placeholder(-1) // a piece without a placeholder
)

// PlaceholderInfo describes a placeholder to who writes letters.
type PlaceholderInfo struct {
	Placeholder Placeholder `json:"-"`
	Name        string      `json:"name"` // as written between {{ and }}
	Description string      `json:"description"`
	Example     string      `json:"example"`
	Personal    bool        `json:"personal"` // a patient's detail
}

// Placeholders lists all of them in order of their numbers.
func Placeholders() []PlaceholderInfo { return append([]PlaceholderInfo(nil), placeholders[:]...) }

var placeholders = [placeholderCount]PlaceholderInfo{
	{PatientUsername, "patient_username", "the patient's username", "user.one", true},
	{PatientFirstName, "patient_first_name", "the patient's first name", "Anna", true},
	{PatientLastName, "patient_last_name", "the patient's last name", "Example", true},
	{PatientFullName, "patient_full_name", "first and last name, or the one that is there", "Anna Example", true},
	{CareProviderName, "care_provider_name", "the care provider's name", "Smith's Surgery", false},
	{CareProviderContact, "care_provider_contact", "who at the care provider signs, as one addresses them", "Dr Smith", false},
	{CareProviderContactName, "care_provider_contact_name", "who at the care provider signs, with the full name", "Dr Jane Smith", false},
	{CareProviderPhone, "care_provider_phone", "the care provider's telephone number", "020 7946 0000", false},
	{CareProviderODSCode, "care_provider_ods_code", "the care provider's ODS code", "ABCD001", false},
	{CareProviderReplyTo, "care_provider_reply_to", "the address that answers to the care provider go to", "office@surgery.example", false},
	{StudyName, "study_name", "the study's name", "Study A", false},
	{StudyApprovalReference, "study_approval_reference", "the reference under which the study was approved", "23/LO/0001", false},
	{UnsubscribeURL, "unsubscribe_url", "the address of the page where this patient opts out; may be a link's whole address, too", "https://studymail.example/u/example", true},
}

// String gives the name as written between {{ and }}.
func (p Placeholder) String() string {
	if !p.known() {
		return "unknown placeholder"
	}
	return placeholders[p].Name
}

func (p Placeholder) known() bool { return p >= 0 && p < placeholderCount }

func placeholderNamed(name string) (Placeholder, bool) {
	for i := range placeholders {
		if placeholders[i].Name == name {
			return Placeholder(i), true
		}
	}
	return literal, false
}

// Needs is the set of placeholders that a letter uses, in subject and body.
type Needs uint32

// Has tells whether the letter uses a placeholder.
func (n Needs) Has(p Placeholder) bool { return p.known() && n&(1<<p) != 0 }

// List gives the placeholders in order.
func (n Needs) List() []Placeholder {
	var all []Placeholder
	for m := uint32(n); m != 0; m &= m - 1 {
		all = append(all, Placeholder(bits.TrailingZeros32(m)))
	}
	return all
}

// Lacking gives the placeholders of the set that have no value.
func (n Needs) Lacking(v *Values) Needs {
	var lacking Needs
	for m := uint32(n); m != 0; m &= m - 1 {
		if p := bits.TrailingZeros32(m); v.text[p] == "" {
			lacking |= 1 << p
		}
	}
	return lacking
}

// PersonLacks tells, from what is noted beside a person's sealed details,
// whether a value that the letter needs is missing. A full name needs one of
// the two names. Whether there is an address is planning's question, not the
// letter's.
func (n Needs) PersonLacks(m studymail.Missing) bool {
	first, last := m&studymail.MissingFirstName != 0, m&studymail.MissingLastName != 0
	return n.Has(PatientFirstName) && first ||
		n.Has(PatientLastName) && last ||
		n.Has(PatientFullName) && first && last
}

// ProviderLacks gives the placeholders that the letter needs and this care
// provider has nothing for.
func (n Needs) ProviderLacks(p *studymail.Provider) Needs {
	var v Values
	v.SetProvider(p)
	const ofProvider Needs = 1<<CareProviderName | 1<<CareProviderContact | 1<<CareProviderContactName |
		1<<CareProviderPhone | 1<<CareProviderODSCode | 1<<CareProviderReplyTo
	return (n & ofProvider).Lacking(&v)
}

// StudyLacks gives the placeholders that the letter needs and this study has
// nothing for.
func (n Needs) StudyLacks(s *studymail.Study) Needs {
	var v Values
	v.SetStudy(s)
	const ofStudy Needs = 1<<StudyName | 1<<StudyApprovalReference
	return (n & ofStudy).Lacking(&v)
}

// nearest gives the placeholder that was probably meant.
func nearest(name string) (string, bool) {
	squeeze := strings.NewReplacer("_", "", " ", "", "-", "", ".", "", "{", "", "}", "", "$", "")
	want := squeeze.Replace(strings.ToLower(name))
	if want == "" {
		return "", false
	}
	best, bestDistance := "", 1<<30
	for i := range placeholders {
		have := squeeze.Replace(placeholders[i].Name)
		d := distance(want, have)
		if len(want) >= 4 && strings.HasSuffix(have, want) {
			d = 1 // first_name for patient_first_name
		}
		if d < bestDistance {
			best, bestDistance = placeholders[i].Name, d
		}
	}
	return best, bestDistance <= 2+len(want)/4
}

// distance is Levenshtein's, in bytes: names are ASCII, and what is not is far.
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
