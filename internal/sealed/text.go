package sealed

// Name is a person's name or username.
type Name struct{ text }

// Email is a person's e-mail address.
type Email struct{ text }

// Secret is a password, key or token of the installation.
type Secret struct{ text }

// NewName takes a name into its sealed type.
func NewName(s string) Name { return Name{newText(s)} }

// NewEmail takes an address into its sealed type.
func NewEmail(s string) Email { return Email{newText(s)} }

// NewSecret takes a secret into its sealed type.
func NewSecret(s string) Secret { return Secret{newText(s)} }

// text carries the content and everything that keeps it from being printed. The
// zero value is empty.
type text struct {
	redacted
	_ [0]func() // not comparable: == would compare pointers
	s *string
}

func newText(s string) text {
	if s == "" {
		return text{}
	}
	return text{s: &s}
}

// Reveal gives the content. Each call is a place where a personal detail leaves
// its type; keep them few.
func (t text) Reveal() string {
	if t.s == nil {
		return ""
	}
	return *t.s
}

// IsEmpty tells whether there is no content.
func (t text) IsEmpty() bool { return t.s == nil }

// Masked shows enough of an address to recognise it: u•••@e•••.org.
func (e Email) Masked() string {
	local, domain, ok := cutLast(e.Reveal(), '@')
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
	if n.IsEmpty() {
		return ""
	}
	return first(n.Reveal()) + "•••"
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
