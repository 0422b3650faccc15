package studymail

import (
	"slices"
	"strings"
	"time"
)

// Template is a named e-mail. Its text stands in versions.
type Template struct {
	ID        ID         `json:"id"`
	Key       int64      `json:"-"`    // row key
	Name      string     `json:"name"` // unique
	Kind      LetterKind `json:"kind"`
	Versions  int        `json:"versions"` // the newest version's number
	Archived  bool       `json:"archived"` // not offered for new campaigns
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"` // of name, kind and archived; versions have times of their own
}

// LetterKind says what a letter is for.
type LetterKind string

// The kinds.
const (
	Invitation LetterKind = "invitation" // asks patients for something: they must be able to opt out in it
	Notice     LetterKind = "notice"     // tells them something
)

// LetterKinds lists them.
func LetterKinds() []LetterKind { return []LetterKind{Invitation, Notice} }

// ParseLetterKind reads a kind by its word.
func ParseLetterKind(s string) (LetterKind, error) {
	k := LetterKind(strings.ToLower(strings.TrimSpace(s)))
	if !slices.Contains(LetterKinds(), k) {
		return "", Errorf(Invalid, "a letter is an invitation or a notice")
	}
	return k, nil
}

// NeedsOptOut tells whether the letter must say where a patient opts out.
func (k LetterKind) NeedsOptOut() bool { return k == Invitation }

// TemplateVersion is one immutable version of a template.
type TemplateVersion struct {
	ID        ID        `json:"id"`
	Key       int64     `json:"-"` // row key
	Template  int64     `json:"-"` // row key
	Number    int       `json:"version"`
	Format    string    `json:"format"` // markdown or html
	Subject   string    `json:"subject"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"created_at"`
}
