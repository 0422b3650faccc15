package feedback

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studymail/internal/bounce"
)

var update = flag.Bool("update", false, "write the table into docs/feedback.md")

// Seen to fail: with a class left out of the table, and with one of another kind.
func TestEveryClassHasAnEffectOfItsKind(t *testing.T) {
	t.Parallel()
	rows := map[bounce.Class]bounce.Kind{}
	for _, e := range effects {
		if _, twice := rows[e.class]; twice {
			t.Errorf("%s is in the table twice", e.class)
		}
		rows[e.class] = e.kind
	}
	for _, c := range bounce.Classes() {
		if kind, there := rows[c]; !there || kind != c.Kind() {
			t.Errorf("%s: kind %q in the table, %q by its class", c, kind, c.Kind())
		}
	}
}

// Only a dead address and the patient's own word may take a patient out at once.
// Seen to fail: with a policy block that marks the patient.
func TestOnlyADeadAddressAndThePatientsOwnWordMarkAtOnce(t *testing.T) {
	t.Parallel()
	for _, e := range effects {
		marks := e.Cancelled != 0 && !e.Scores
		may := e.kind == bounce.Hard || e.kind == bounce.Complaint || e.kind == KindOptOut
		if marks != may || e.Suppress != "" && !may {
			t.Errorf("%s (%s): marks the patient %v, suppresses %q", e.class, e.kind, marks, e.Suppress)
		}
	}
}

const (
	tableBegins = "<!-- the table of effects: written by `go test ./internal/feedback -update` -->\n"
	tableEnds   = "<!-- end of the table -->\n"
)

// docs/feedback.md tells staff the same as the code does. Seen to fail: with an effect
// changed in the code.
func TestTheDocumentationHasTheSameEffects(t *testing.T) {
	t.Parallel()
	name := filepath.Join("..", "..", "docs", "feedback.md")
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), tableBegins)
	_, after, ok2 := strings.Cut(rest, tableEnds)
	if !ok || !ok2 {
		t.Fatal("docs/feedback.md has no place for the table")
	}
	want := before + tableBegins + table() + tableEnds + after
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(page) {
		t.Error("the table of effects in docs/feedback.md is not the one in effects.go: run `go test ./internal/feedback -update`")
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("| what came back | kind | noted with the message | patients | the address |\n|---|---|---|---|---|\n")
	for _, r := range Effects() {
		b.WriteString("| " + strings.Join([]string{r.Class, r.Kind, r.Message, r.Patients, r.Address}, " | ") + " |\n")
	}
	return b.String()
}
