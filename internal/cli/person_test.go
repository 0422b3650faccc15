package cli

import (
	"strings"
	"testing"

	"studymail/internal/store"
)

// personOf finds a patient's person by their username.
func (d *desk) personOf(t *testing.T, username string) (person, patient string) {
	t.Helper()
	for _, p := range answer[[]patientView](t, d, "patient", "list", "--reveal") {
		if p.Username == username {
			return p.Person.String(), p.ID.String()
		}
	}
	t.Fatalf("no %s", username)
	return "", ""
}

// Seen to fail: with NoteErased behind the transaction, and made to fail, the person was
// erased without a line in the log.
func TestErasingAPersonAsksNotesAndErases(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := clinic(t, kind)
		person, patient := d.personOf(t, "canaryuser")
		if r := d.run(t, "", "person", "erase", person); r.code != exitUsage || !strings.Contains(r.err, "add --yes") || !strings.Contains(r.err, "a patient in A") {
			t.Errorf("without --yes: %d\n%s", r.code, r.err)
		}
		if r := d.run(t, "", "person", "erase", person, "--yes", "--reason", "Zebedee asked"); r.code != exitUsage {
			t.Errorf("a reason in words: %d", r.code)
		}
		if r := d.run(t, "", "person", "erase", patient, "--yes"); r.code != exitFailed || !strings.Contains(r.err, "no person") {
			t.Errorf("a patient's UUID: %d %s", r.code, r.err)
		}
		for i := range 2 {
			got := answer[store.Erased](t, d, "person", "erase", person, "--yes")
			if got.Already != (i == 1) || i == 0 && got.Patients != 1 {
				t.Errorf("erased: %+v", got)
			}
		}
		show := answer[patientView](t, d, "patient", "show", patient, "--reveal")
		if !show.Erased || show.Username != "" {
			t.Errorf("afterwards: %+v", show)
		}
		logged := d.files(t, "state/databases")
		var log string
		for _, f := range logged {
			if strings.HasSuffix(f, ".erasures") {
				log = d.read(t, "state/databases/"+f)
			}
		}
		if lines := strings.Count(log, "\n"); lines != 1 || !strings.HasPrefix(log, person) {
			t.Errorf("the erasure log of %v:\n%s", logged, log)
		}
		if out := d.must(t, "event", "list", "--about", person); !strings.Contains(out, "person erased") || !strings.Contains(out, "cli:tester") {
			t.Errorf("the event: %s", out)
		}
		// Whoever comes again is somebody new, and nothing tells of the old one.
		out := d.must(t, "import", "patients.csv", "--study", "A", "--yes")
		if strings.Contains(out, "erased") {
			t.Errorf("the import says %s", out)
		}
		again, _ := d.personOf(t, "canaryuser")
		if again == person {
			t.Error("an erased person came back")
		}
	})
}
