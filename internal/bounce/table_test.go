package bounce

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Seen to fail: with a class misspelt, a source left out, a phrase twice, and
// with "transport.fault" not written as raw (it read as "host").
func TestEveryRowOfTheTableHasAMeaningAndASource(t *testing.T) {
	t.Parallel()
	b := table()
	if len(b.rows) < 500 || len(b.codes) < 50 {
		t.Fatalf("%d phrases and %d codes: where are they?", len(b.rows), len(b.codes))
	}
	seen := map[string]bool{}
	for _, row := range rows(phrasesTSV, 4) {
		name := strings.Join(row[:3], "|")
		if row[3] == "" || seen[name] {
			t.Errorf("%s: no source, or twice", name)
		}
		seen[name] = true
		text, raw := strings.CutPrefix(row[2], "raw:")
		switch {
		case raw && len(text) < 4:
			t.Errorf("%s: would be found everywhere", name)
		case !raw && strings.Contains(simplify(text), " host") && !strings.Contains(text, "host"), !raw && strings.Contains(simplify(text), " @") != strings.Contains(text, "@"):
			t.Errorf("%s: reads as%q: write raw:", name, simplify(text))
		case !raw && len(strings.Fields(text)) == 1 && len(strings.TrimSuffix(text, "$")) < 3:
			t.Errorf("%s: too short", name)
		}
		if row[1] != "-" && !isEnhanced(row[1]) {
			t.Errorf("%s: %q is no code", name, row[1])
		}
	}
	for code, row := range b.codes {
		if !isEnhanced("5."+code) || row.source == "" || meanings[string(row.class)] == 0 {
			t.Errorf("codes.tsv: %s: %q, %q", code, row.class, row.source)
		}
	}
}

// Every meaning is either in the order that decides, or a mark, or hard.
func TestNoMeaningIsForgottenWhenSeveralAreFound(t *testing.T) {
	t.Parallel()
	var ordered set
	for _, o := range order {
		ordered |= o.means
		if o.class.Kind() == Hard {
			t.Errorf("%s: hard needs more than the order", o.class)
		}
	}
	marks := hint | tryAgain | afterMail | afterRcpt | afterData | pipelined
	for word, m := range meanings {
		if (ordered|marks|hard)&m == 0 {
			t.Errorf("%s: nothing comes of it", word)
		}
	}
}

// docs/bounces.md tells staff and developers the same as the code does. Seen to
// fail: with a class renamed in either place.
func TestTheDocumentationHasTheSameClasses(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "bounces.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range classes {
		if !strings.Contains(string(page), "| "+string(row.class)+" | "+string(row.kind)+" |") {
			t.Errorf("docs/bounces.md has no row | %s | %s |", row.class, row.kind)
		}
	}
	if got := strings.Count(string(page), " | none | "); got != 2 {
		t.Errorf("docs/bounces.md has %d rows of kind none, not 2", got)
	}
}

func TestWordsAreReadWithoutCodesHostsAndAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"550-5.1.1 The user\r\n550 5.1.1 doesn't exist":   " the user doesnt exist",
		"<ben@example.org>: User_Unknown!":                " @ user unknown",
		"host mx.spam.example[192.0.2.1] said: 550 no":    " host host said no",
		"see https://blocked.example/spam?x=1 (e-mail)":   " see url email",
		"[address]: l'adresse n’existe pas":               " @ l adresse n existe pas",
		"2001:db8::1 and 192.0.2.1 are blocked":           " host and host are blocked",
		"#5.1.2# 4.7.650 user.name unknown (state 14).":   " host unknown state 14",
		"found:ben@example.org (ben@example.org:blocked)": " found @ @ blocked",
		"refused:192.0.2.1 2001:db8::1":                   " refused host host",
		"mailbox full":                                    " mailbox full",
	} {
		if got := simplify(text); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
	}
}
