package cli

import (
	"strings"
	"testing"

	"studymail/internal/store"
)

// Seen to fail: with cobra's and pflag's own words, and with ParseID's %q, each
// of the first cases repeats what was typed.
func TestWhatWasTypedIsNotRepeated(t *testing.T) {
	t.Parallel()
	d := clinic(t, store.SQLite)
	d.write(t, "good.md", "Dear {{ patient_full_name }},\n")
	d.must(t, "template", "add", "--name", "letter", "--subject", "Hello", "--file", "good.md")
	const id = "019a7c1e-5f6b-7c3d-8e9f-0123456789ab"
	for _, typed := range []string{"zoe.quxworth@example.org", "Zoë Quxworth", "quxworthia"} {
		for _, c := range [][]string{
			{typed},
			{"help", typed},
			{"help", "patient", typed},
			{"patient", typed},
			{"patient", "show", typed},
			{"patient", "show", id, typed},
			{"patient", "show", id, "--" + typed},
			{"patient", "show", id, "-" + typed},
			{"patient", "show", id, "--=" + typed},
			{"patient", "show", id, "--reveal=" + typed},
			{"patient", "set", typed, "--status", "New"},
			{"patient", "set", id, "--status", typed},
			{"patient", "set", id, "--cancelled", typed},
			{"patient", "list", "--study", typed},
			{"patient", "list", "--provider", typed},
			{"patient", "list", "--status", typed},
			{"patient", "list", "--limit", typed},
			{"patient", "list", typed},
			{"send", "--template", "letter", "--patient", typed},
			{"send", "--template", typed, "--patient", id},
			{"outbox", "list", "--patient", typed},
			{"outbox", "list", "--campaign", typed},
			{"outbox", "list", "--state", typed},
			{"outbox", "show", typed},
			{"outbox", "retry", typed},
			{"outbox", "resolve", typed, "--as", "sent"},
			{"outbox", "resolve", id, "--as", typed},
			{"event", "list", "--about", typed},
			{"event", "list", "--since", typed},
			{"study", "show", typed},
			{"study", "add", "--name", "Z", "--opens", typed},
			{"study", "edit", typed, "--name", "B"},
			{"template", "show", typed},
			{"template", "show", "letter", "--version", typed},
			{"template", "add", "--name", "x", "--subject", "s", "--file", "good.md", "--format", typed},
			{"provider", "show", typed},
			{"provider", "add", "--name", "X", "--ods", typed},
			{"provider", "add", "--name", "X", "--ods", "X9", "--reply-to", typed + ", " + typed},
			{"campaign", "show", typed},
			{"campaign", "preview", typed},
			{"campaign", "start", typed},
			{"campaign", "create", "--study", typed, "--template", "letter"},
			{"campaign", "create", "--study", "A", "--template", typed},
			{"campaign", "create", "--study", "A", "--template", "letter", "--provider", typed},
			{"campaign", "create", "--study", "A", "--template", "letter", "--at", typed},
			{"campaign", "create", "--study", "A", "--template", "letter", "--cron", typed},
			{"campaign", "create", "--study", "A", "--template", "letter", "--cron", "0 9 * * *", "--tz", typed},
			{"schedule", "show", typed},
			{"schedule", "run", typed},
			{"import", "patients.csv", "--study", typed},
		} {
			args := strings.Join(c, " ")
			r := d.run(t, "", c...)
			if typed == "quxworthia" && strings.Contains(args, " --quxworthia") {
				continue // it could be a flag's name: that is repeated
			}
			if r.code == exitFine || r.err == "" || strings.Contains(strings.ToLower(r.out+r.err), "quxworth") {
				t.Errorf("studymail %s: exit code %d\n%s%s", args, r.code, r.out, r.err)
			}
		}
	}
}

func TestASlipOfTheFingersIsRecognised(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t, store.SQLite)
	for args, want := range map[string]string{
		"provder list":              "did you mean provider?",
		"patient list --sudy A":     "unknown flag --sudy",
		"patient list --study":      "--study needs a value",
		"patient list --limit many": "--limit: not a value that it takes: it wants a whole number",
		"patient list -x":           "unknown flag; flags are written --name",
	} {
		if r := d.run(t, "", strings.Fields(args)...); r.code != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("studymail %s: exit code %d, %s", args, r.code, r.err)
		}
	}
	for _, args := range []string{"", "help", "--help", "help patient list", "patient list --help"} {
		r := d.run(t, "", strings.Fields(args)...)
		if r.code != exitFine || !strings.Contains(r.out, "Usage:") || r.err != "" {
			t.Errorf("studymail %s: exit code %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
}
