package sealed

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what every sealed value prints.
const Redacted = "[redacted]"

// errStored is why a sealed value never reaches a database column by itself.
var errStored = errors.New("sealed: a personal detail cannot be stored in clear; seal it first")

// Name is a person's name or username.
type Name struct{ text }

// Email is a person's e-mail address.
type Email struct{ text }

// Secret is a password, key or token of the installation.
type Secret struct{ text }

// NewName takes a name into its sealed type.
func NewName(s string) Name { return Name{text{s}} }

// NewEmail takes an address into its sealed type.
func NewEmail(s string) Email { return Email{text{s}} }

// NewSecret takes a secret into its sealed type.
func NewSecret(s string) Secret { return Secret{text{s}} }

// text carries the content and everything that keeps it from being printed.
// It has value receivers throughout: a pointer prints redacted, too.
type text struct{ s string }

// Reveal gives the content. Each call is a place where a personal detail leaves
// its type; keep them few.
func (t text) Reveal() string { return t.s }

// IsEmpty tells whether there is no content.
func (t text) IsEmpty() bool { return t.s == "" }

// String prints [redacted].
func (text) String() string { return Redacted }

// GoString prints [redacted].
func (text) GoString() string { return Redacted }

// Format prints [redacted] under every verb, flags and width ignored.
func (text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// LogValue prints [redacted] in slog.
func (text) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalJSON gives "[redacted]".
func (text) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalText gives [redacted]: map keys, XML, YAML.
func (text) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// Masked shows enough of an address to recognise it: u•••@e•••.org.
func (e Email) Masked() string {
	local, domain, ok := cutLast(e.s, '@')
	if !ok {
		return "•••"
	}
	top := ""
	if i := lastIndex(domain, '.'); i >= 0 {
		top = domain[i:]
	}
	return first(local) + "•••@" + first(domain) + "•••" + top
}

// Masked shows a name's first letter: U•••.
func (n Name) Masked() string {
	if n.s == "" {
		return ""
	}
	return first(n.s) + "•••"
}

func first(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := lastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func lastIndex(s string, sep byte) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == sep {
			return i
		}
	}
	return -1
}
