package cli

import (
	"strings"
	"testing"

	"studymail"
	"studymail/internal/store"
)

// actions gives what the audit trail says, the oldest first.
func actions(t *testing.T, d *desk) []string {
	t.Helper()
	var all []string
	for _, e := range answer[[]studymail.Event](t, d, "event", "list") {
		if e.Actor != "cli:tester" {
			t.Errorf("%s was done by %q", e.Action, e.Actor)
		}
		all = append([]string{strings.TrimSpace(e.Action + " " + e.Detail)}, all...)
	}
	return all
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("%s:\n%s\nwant:\n%s", what, g, w)
	}
}

func TestProviders(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := newDesk(t, kind)
		added := answer[studymail.Provider](t, d, "provider", "add", "--name", " Patel's Surgery ", "--ods", "erf00003", "--contact", "Dr Patel",
			"--contact-name", "Dr Asha Patel", "--phone", "020 7946 0002", "--reply-to", "surgery@example.org", "--from-name", "Patel's")
		if added.Name != "Patel's Surgery" || added.ODSCode != "ERF00003" || !added.Active {
			t.Errorf("added: %+v", added)
		}
		if shown := answer[studymail.Provider](t, d, "provider", "show", "ERF00003"); shown.ID != added.ID || shown.Phone != added.Phone {
			t.Errorf("shown: %+v", shown)
		}
		edited := answer[studymail.Provider](t, d, "provider", "edit", "ERF00003", "--phone=", "--active=false", "--contact", "Dr Patel")
		if edited.Phone != "" || edited.Active || edited.ContactName != "Dr Asha Patel" {
			t.Errorf("edited: %+v", edited)
		}
		if out := d.must(t, "provider", "edit", "ERF00003", "--active=false"); !strings.Contains(out, "stays as it is") {
			t.Errorf("editing nothing says: %s", out)
		}
		if out := d.must(t, "provider", "list"); !strings.Contains(out, "ERF00003  Patel's Surgery  Dr Patel  –      no") {
			t.Errorf("list:\n%s", out)
		}
		if all := answer[[]studymail.Provider](t, d, "provider", "list"); len(all) != 1 || all[0].ID != added.ID {
			t.Errorf("list: %+v", all)
		}
		same(t, "events", actions(t, d), []string{"care provider added ERF00003", "care provider edited phone, active"})
	})
}

func TestStudies(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := clinic(t, kind)
		added := answer[studymail.Study](t, d, "study", "add", "--name", "Sleep and heart", "--opens", "2026-03-01", "--closes", "2026-12-31",
			"--approval", "REC 26/0001", "--allow-shared-address", "--from-name", "The sleep team")
		if added.OpensOn != "2026-03-01" || added.ClosesOn != "2026-12-31" || !added.AllowSharedAddress || !added.Active {
			t.Errorf("added: %+v", added)
		}
		edited := answer[studymail.Study](t, d, "study", "edit", "Sleep and heart", "--name", "Sleep", "--closes=", "--allow-shared-address=false")
		if edited.ID != added.ID || edited.Name != "Sleep" || edited.ClosesOn != "" || edited.AllowSharedAddress {
			t.Errorf("edited: %+v", edited)
		}
		all := answer[[]studyView](t, d, "study", "list")
		if len(all) != 2 || all[0].Name != "A" || all[0].Patients != 2 || all[0].InStudy != 2 || all[1].Patients != 0 {
			t.Errorf("list: %+v", all)
		}
		p := answer[[]patientView](t, d, "patient", "list")[0]
		d.must(t, "patient", "set", p.ID.String(), "--cancelled", "30")
		if shown := answer[studyView](t, d, "study", "show", "A"); shown.Patients != 2 || shown.InStudy != 1 || len(shown.Standing) != 2 {
			t.Errorf("shown: %+v", shown)
		}
		if out := d.must(t, "study", "show", "A"); !strings.Contains(out, "2, 1 in study") || !strings.Contains(out, "New, Opted out") {
			t.Errorf("shown:\n%s", out)
		}
		got := actions(t, d)
		same(t, "events", got[len(got)-3:], []string{"study added", "study edited name, closes, allow-shared-address", "patient set New → New, Opted out"})
	})
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := newDesk(t, kind)
		d.write(t, "letter.md", "Dear {{ patient_full_name }},\n\nhello\n")
		d.write(t, "letter.html", "<p>Dear {{ patient_full_name }}</p>")
		first := answer[templateView](t, d, "template", "add", "--name", "invitation", "--subject", "About {{ study_name }}", "--file", "letter.md")
		if first.Number != 1 || first.Format != "markdown" || len(first.Placeholders) != 2 {
			t.Errorf("added: %+v", first)
		}
		second := answer[templateView](t, d, "template", "edit", "invitation", "--file", "letter.html")
		if second.Number != 2 || second.Format != "html" || second.Subject != first.Subject {
			t.Errorf("edited: %+v", second)
		}
		if out := d.must(t, "template", "edit", "invitation", "--file", "letter.html"); !strings.Contains(out, "stays at version 2") {
			t.Errorf("editing nothing says: %s", out)
		}
		r := d.run(t, "<p>third</p>", "template", "edit", "invitation", "--file", "-", "--json")
		if third := oneValue[templateView](t, r.out); third.Number != 3 || third.Format != "html" || third.Body != "<p>third</p>" {
			t.Errorf("from standard input: %+v", third)
		}
		if shown := answer[templateView](t, d, "template", "show", "invitation", "--version", "1"); shown.Body != first.Body || shown.Versions != 3 {
			t.Errorf("version 1: %+v", shown)
		}
		if out := d.must(t, "template", "show", "invitation"); !strings.Contains(out, "3 of 3") || !strings.Contains(out, "<p>third</p>") {
			t.Errorf("shown:\n%s", out)
		}
		if all := answer[[]studymail.Template](t, d, "template", "list"); len(all) != 1 || all[0].Versions != 3 {
			t.Errorf("list: %+v", all)
		}
		same(t, "events", actions(t, d), []string{"template added version 1", "template edited version 2", "template edited version 3"})
	})
}

func TestEventsAreFiltered(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	a := answer[studymail.Study](t, d, "study", "add", "--name", "A")
	d.must(t, "study", "add", "--name", "B")
	for _, c := range []struct {
		args string
		want int
	}{
		{"event list", 2},
		{"event list --limit 1", 1},
		{"event list --about " + a.ID.String(), 1},
		{"event list --since 1h", 2},
		{"event list --since 2020-01-01", 2},
		{"event list --since 2100-01-01T00:00:00Z", 0},
	} {
		if got := answer[[]studymail.Event](t, d, strings.Fields(c.args)...); len(got) != c.want {
			t.Errorf("%s: %d events, not %d", c.args, len(got), c.want)
		}
	}
	if out := d.must(t, "event", "list"); !strings.Contains(out, "study added") || !strings.Contains(out, "cli:tester") {
		t.Errorf("list:\n%s", out)
	}
}
