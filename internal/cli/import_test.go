package cli

import (
	"strings"
	"testing"

	"studymail/internal/store"
)

type imported struct {
	Rows          int              `json:"rows"`
	Problems      []map[string]any `json:"problems"`
	Warnings      []map[string]any `json:"warnings"`
	Written       bool             `json:"written"`
	PatientsAdded int              `json:"patients_added"`
	Unchanged     int              `json:"unchanged"`
}

const badCSV = patientsCSV + `user.three,User,Three,not-an-address,ABCD001,
`

func TestImport(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := newDesk(t, kind)
		d.must(t, "provider", "add", "--name", "Smith's Surgery", "--ods", "ABCD001")
		d.must(t, "study", "add", "--name", "A")
		d.write(t, "patients.csv", patientsCSV)
		d.write(t, "bad.csv", badCSV)

		dry := answer[imported](t, d, "import", "patients.csv", "--study", "A", "--dry-run")
		if dry.Rows != 2 || dry.Problems == nil || dry.Warnings == nil || dry.Written {
			t.Errorf("dry run: %+v", dry)
		}
		r := d.run(t, "", "import", "bad.csv", "--study", "A", "--yes", "--json")
		refused := oneValue[imported](t, r.out)
		if r.code != exitFailed || len(refused.Problems) != 1 || refused.Problems[0]["row"] != 4.0 || refused.Written {
			t.Errorf("a bad file: exit code %d, %+v", r.code, refused)
		}
		noCanary(t, "the refusal", r.out+r.err)
		r = d.run(t, "", "import", "bad.csv", "--study", "A", "--yes")
		if r.code != exitFailed || !strings.Contains(r.out, "email") || !strings.Contains(r.err, "--skip-bad") {
			t.Errorf("a bad file: exit code %d\n%s%s", r.code, r.out, r.err)
		}
		noCanary(t, "the refusal", r.out+r.err)
		if all := answer[[]patientView](t, d, "patient", "list"); len(all) != 0 {
			t.Fatalf("%d patients after a dry run and two refusals", len(all))
		}

		done := answer[imported](t, d, "import", "bad.csv", "--study", "A", "--skip-bad", "--yes")
		if done.Rows != 2 || done.PatientsAdded != 2 || !done.Written {
			t.Errorf("with --skip-bad: %+v", done)
		}
		// Again, without --yes: there is nothing to ask about.
		again := answer[imported](t, d, "import", "patients.csv", "--study", "A")
		if again.PatientsAdded != 0 || again.Unchanged != 2 || again.Written {
			t.Errorf("again: %+v", again)
		}
		if out := d.must(t, "import", "patients.csv", "--study", "A"); !strings.Contains(out, "Nothing changed") {
			t.Errorf("again: %s", out)
		}
	})
}

func TestImportAsksWithTheExactCount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		terminal bool
		answer   string
		code     int
		patients int
		want     string
	}{
		{"nobody to ask", false, "", exitUsage, 0, "--yes"},
		{"yes", true, "y\n", exitFine, 2, "Import 2 rows into study \"A\"? [y/N]"},
		{"no", true, "n\n", exitFailed, 0, "nothing was done"},
		{"enter", true, "\n", exitFailed, 0, "nothing was done"},
		{"end of input", true, "", exitFailed, 0, "nothing was done"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, store.SQLite)
			d.must(t, "provider", "add", "--name", "Smith's Surgery", "--ods", "ABCD001")
			d.must(t, "study", "add", "--name", "A")
			d.write(t, "patients.csv", patientsCSV)
			d.sys.InTerminal = c.terminal
			r := d.run(t, c.answer, "import", "patients.csv", "--study", "A", "--json")
			if r.code != c.code || !strings.Contains(r.err, c.want) {
				t.Errorf("exit code %d\n%s", r.code, r.err)
			}
			if c.code == exitFine {
				oneValue[imported](t, r.out)
			} else if f := oneValue[failure](t, r.out); f.Error == "" {
				t.Errorf("output: %s", r.out)
			}
			if all := answer[[]patientView](t, d, "patient", "list"); len(all) != c.patients {
				t.Errorf("%d patients, not %d", len(all), c.patients)
			}
		})
	}
}

func TestImportFromStandardInput(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	d.must(t, "study", "add", "--name", "A")
	r := d.run(t, patientsCSV, "import", "-", "--study", "A", "--create-providers", "--yes", "--json")
	if got := oneValue[imported](t, r.out); r.code != exitFine || got.PatientsAdded != 2 {
		t.Fatalf("exit code %d, %+v, %s", r.code, got, r.err)
	}
}
