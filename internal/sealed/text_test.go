package sealed_test

import (
	"strings"
	"testing"

	"studymail/internal/sealed"
)

func TestRevealGivesTheContentAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "a", "Zoë", "名前", " spaces ", "line\nbreak", "\x00\xff", strings.Repeat("x", 100_000)} {
		n, e, c := sealed.NewName(s), sealed.NewEmail(s), sealed.NewSecret(s)
		for _, got := range []string{n.Reveal(), e.Reveal(), c.Reveal()} {
			if got != s {
				t.Errorf("sealed %q, revealed %q", s, got)
			}
		}
		for _, empty := range []bool{n.IsEmpty(), e.IsEmpty(), c.IsEmpty()} {
			if empty != (s == "") {
				t.Errorf("%q: empty is %v", s, empty)
			}
		}
	}
	var zero sealed.Name
	if zero.Reveal() != "" || !zero.IsEmpty() {
		t.Errorf("the zero Name is %q", zero.Reveal())
	}
}

func TestMasksShowFirstLettersOnly(t *testing.T) {
	t.Parallel()
	emails := map[string]string{
		"user.one@example.org":         "u•••@e•••.org",
		"zoë@büro.example":             "z•••@b•••.example",
		"a@b":                          "a•••@b•••",
		"x@mail.surgery.nhs.uk":        "x•••@m•••.uk",
		`"odd@local part"@example.org`: `"•••@e•••.org`,
		"é@example.org":                "é•••@e•••.org",
		"not an address":               "•••",
		"":                             "•••",
	}
	for address, want := range emails {
		if got := sealed.NewEmail(address).Masked(); got != want {
			t.Errorf("%q masked: %q, want %q", address, got, want)
		}
	}
	names := map[string]string{"User": "U•••", "Ülkü": "Ü•••", "名前": "名•••", "": ""}
	for name, want := range names {
		if got := sealed.NewName(name).Masked(); got != want {
			t.Errorf("%q masked: %q, want %q", name, got, want)
		}
	}
}
