package cli

import (
	"strings"
	"testing"

	"studymail/internal/store"

	"github.com/spf13/cobra"
)

func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t, store.SQLite)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "completion" || c.Name() == "help" {
			return // cobra's own
		}
		if c.Short == "" || c.Long == "" || c.Example == "" {
			t.Errorf("%s: Short, Long or Example is missing", c.CommandPath())
		}
		for line := range strings.SplitSeq(c.Example, "\n") {
			if strings.Contains(line, "studymail") && !strings.HasPrefix(line, "  ") {
				t.Errorf("%s: an example that is not indented: %s", c.CommandPath(), line)
			}
		}
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		r := d.run(t, "", args...)
		if r.code != exitFine || !strings.Contains(r.out, "Examples:") || r.err != "" {
			t.Errorf("%s --help: exit code %d\n%s%s", c.CommandPath(), r.code, r.out, r.err)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&env{System: d.sys}).root())
}

func TestWrongUseIsExitCode2(t *testing.T) {
	t.Parallel()
	d := clinic(t, store.SQLite)
	const id = "019a7c1e-5f6b-7c3d-8e9f-0123456789ab"
	for _, c := range []struct {
		name string
		args string
		want string // in the message
	}{
		{"unknown command", "nix", "unknown command"},
		{"unknown command of a group", "provider nix", "add, list, show, edit"},
		{"group alone", "study", "add, list, show, edit"},
		{"unknown flag", "provider list --nix", "--nix"},
		{"flag of another kind", "event list --limit many", "--limit"},
		{"argument missing", "provider show", "ODS code"},
		{"too many arguments", "provider show A1 B2", "too many"},
		{"arguments where there are none", "provider list A1", "no arguments"},
		{"required flag missing", "provider add --name X", "--ods"},
		{"another one", "study add", "--name"},
		{"bad ODS code", "provider add --name X --ods no-code", "--ods"},
		{"bad ODS code to show", "provider show no-code", "ODS code"},
		{"empty name", "provider add --name= --ods X1", "--name"},
		{"bad reply-to", "provider add --name X --ods X1 --reply-to nobody", "--reply-to"},
		{"bad date", "study add --name B --opens tomorrow", "--opens"},
		{"closes before it opens", "study add --name B --opens 2026-02-01 --closes 2026-01-01", "before it opens"},
		{"nothing to edit", "provider edit ABCD001", "what to change"},
		{"nothing to edit in a study", "study edit A", "what to change"},
		{"letter of unknown format", "template add --name x --subject s --file letter.doc", ".md"},
		{"unknown format", "template add --name x --subject s --file letter.md --format word", "--format"},
		{"bad UUID", "patient show 4711", "UUID"},
		{"nothing to set", "patient set " + id, "what to set"},
		{"bad status", "patient set " + id + " --status happy", "--status"},
		{"bad cancelled", "patient set " + id + " --cancelled happy", "--cancelled"},
		{"bad status to list", "patient list --status happy", "--status"},
		{"bad limit", "patient list --limit -1", "--limit"},
		{"bad time", "event list --since someday", "--since"},
		{"bad about", "event list --about 1", "--about"},
		{"study missing", "import patients.csv", "--study"},
		{"arguments of init", "init now", "no arguments"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := d.run(t, "", strings.Fields(c.args)...)
			if r.code != exitUsage || r.out != "" {
				t.Fatalf("exit code %d, output %q, %s", r.code, r.out, r.err)
			}
			if !strings.HasPrefix(r.err, "studymail: ") || !strings.Contains(r.err, c.want) || !strings.Contains(r.err, "--help` shows how") {
				t.Fatalf("message: %s\nwant in it: %s", r.err, c.want)
			}
			r = d.run(t, "", append(strings.Fields(c.args), "--json")...)
			if f := oneValue[failure](t, r.out); r.code != exitUsage || f.Code != "wrong use" || f.Error == "" {
				t.Fatalf("with --json: exit code %d, output %q", r.code, r.out)
			}
		})
	}
}

func TestFailureIsExitCode1WithOneMessage(t *testing.T) {
	t.Parallel()
	d := clinic(t, store.SQLite)
	d.write(t, "bad.md", "Dear {{ patient_nam }},\n")
	d.write(t, "good.md", "Dear {{ patient_full_name }},\n")
	d.must(t, "template", "add", "--name", "letter", "--subject", "Hello", "--file", "good.md")
	const id = "019a7c1e-5f6b-7c3d-8e9f-0123456789ab"
	for _, c := range []struct {
		name string
		args string
		want string
	}{
		{"no such care provider", "provider show NOBODY", "provider list"},
		{"to edit", "provider edit NOBODY --phone 1", "provider list"},
		{"care provider twice", "provider add --name X --ods ABCD001", "provider edit ABCD001"},
		{"no such study", "study show none", "study list"},
		{"study twice", "study add --name A", "already"},
		{"no such template", "template show none", "template list"},
		{"no such version", "template show letter --version 2", "no version 2"},
		{"template twice", "template add --name letter --subject s --file good.md", "template edit"},
		{"bad letter", "template add --name x --subject s --file bad.md", "patient_nam"},
		{"bad edit", "template edit letter --file bad.md", "patient_nam"},
		{"no such file", "template add --name x --subject s --file none.md", "none.md: no such file"},
		{"no such patient", "patient show " + id, "patient list"},
		{"to set", "patient set " + id + " --status New", "patient list"},
		{"list of no such study", "patient list --study none", "study list"},
		{"list of no such care provider", "patient list --provider NOBODY", "provider list"},
		{"import into no such study", "import patients.csv --study none --yes", "study list"},
		{"import of no such file", "import none.csv --study A --yes", "none.csv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, more := range [][]string{nil, {"--json"}} {
				r := d.run(t, "", append(strings.Fields(c.args), more...)...)
				if r.code != exitFailed || more == nil && r.out != "" {
					t.Fatalf("exit code %d, output %q, %s", r.code, r.out, r.err)
				}
				if more != nil {
					// Exactly one JSON value, also then.
					f := oneValue[failure](t, r.out)
					if f.Code == "" || "studymail: "+f.Error+"\n" != r.err {
						t.Fatalf("output %q, %s", r.out, r.err)
					}
				}
				if !strings.HasPrefix(r.err, "studymail: ") || !strings.Contains(r.err, c.want) || strings.Contains(r.err, "Usage:") {
					t.Fatalf("message: %s\nwant in it: %s", r.err, c.want)
				}
			}
		})
	}
}

func TestEmptyListsSayWhatToDo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	for _, c := range []struct{ list, want string }{
		{"provider list", "studymail provider add"},
		{"study list", "studymail study add"},
		{"template list", "studymail template add"},
		{"patient list", "studymail import"},
		{"patient list --in-study", "No such patients"},
		{"event list --since 0s", "No events"},
	} {
		t.Run(c.list, func(t *testing.T) {
			t.Parallel()
			if out := d.must(t, strings.Fields(c.list)...); !strings.Contains(out, c.want) {
				t.Errorf("%q, want %q in it", out, c.want)
			}
			if out := d.must(t, append(strings.Fields(c.list), "--json")...); out != "[]\n" {
				t.Errorf("with --json: %q", out)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t, store.SQLite)
	v := answer[map[string]any](t, d, "version")
	if v["version"] == "" || v["go"] == "" {
		t.Errorf("got %v", v)
	}
	for _, args := range [][]string{{"version"}, {"--version"}} {
		if out := d.must(t, args...); !strings.HasPrefix(out, "studymail ") {
			t.Errorf("%v: %q", args, out)
		}
	}
}
