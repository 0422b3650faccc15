package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studymail/internal/sealed"
	"studymail/internal/store"
)

func TestInitMakesAllThatIsNeededOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := emptyDesk(t, kind)
		d.must(t, "init")
		before := d.read(t, ".env")
		info, err := os.Stat(filepath.Join(d.sys.Dir, ".env"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf(".env: %v, %v", info.Mode(), err)
		}
		d.must(t, "study", "add", "--name", "A")
		out := d.must(t, "init")
		if !strings.Contains(out, "stays as it is") || !strings.Contains(out, "up to date") {
			t.Errorf("the second time it says: %s", out)
		}
		if d.read(t, ".env") != before {
			t.Error("the second init changed .env")
		}
		if out := d.must(t, "migrate"); !strings.Contains(out, "up to date") {
			t.Errorf("migrate says: %s", out)
		}
		studies := answer[[]map[string]any](t, d, "study", "list")
		if len(studies) != 1 {
			t.Errorf("after the second init there are %d studies, not 1 (and no sample data)", len(studies))
		}
	})
}

func TestInitUsesTheKeysThatThereAre(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t, store.SQLite)
	d.sys.Environ = append(d.sys.Environ, strings.Split(strings.TrimSpace(newKeys(t)), "\n")...)
	if out := d.must(t, "init"); !strings.Contains(out, "from the environment") {
		t.Errorf("with keys in the environment: %s", out)
	}
	if _, err := os.Lstat(filepath.Join(d.sys.Dir, ".env")); !os.IsNotExist(err) {
		t.Errorf("it made a .env all the same: %v", err)
	}
	d.must(t, "study", "list")

	d = emptyDesk(t, store.SQLite)
	d.write(t, ".env", "TIME_ZONE=Europe/London\n")
	r := d.run(t, "", "init")
	if r.code != exitFailed || !strings.Contains(r.err, "no keys") {
		t.Errorf("with a .env without keys: exit code %d, %s", r.code, r.err)
	}
	if got := d.read(t, ".env"); got != "TIME_ZONE=Europe/London\n" {
		t.Errorf(".env was changed: %s", got)
	}
}

func TestWrongConfigurationIsToldAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	d.sys.Environ = append(d.sys.Environ, "SWEEP_EVERY=often", "MAX_ATTEMPTS=-1")
	r := d.run(t, "", "study", "list")
	if r.code != exitFailed || !strings.Contains(r.err, "SWEEP_EVERY") || !strings.Contains(r.err, "MAX_ATTEMPTS") {
		t.Errorf("exit code %d, %s", r.code, r.err)
	}
}

func TestWithoutInitCommandsSayToRunIt(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"provider list", "migrate", "patient list --json"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			d := emptyDesk(t, store.SQLite)
			r := d.run(t, "", strings.Fields(args)...)
			if r.code != exitFailed || !strings.Contains(r.err, "studymail init") {
				t.Fatalf("exit code %d, %s", r.code, r.err)
			}
			left, err := os.ReadDir(d.sys.Dir)
			if err != nil || len(left) != 0 {
				t.Fatalf("it left %v, %v", left, err)
			}
		})
	}
}

func TestWithoutDatabaseNoneIsMade(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	if err := os.RemoveAll(filepath.Join(d.sys.Dir, "data")); err != nil {
		t.Fatal(err)
	}
	r := d.run(t, "", "study", "list")
	if r.code != exitFailed || !strings.Contains(r.err, "studymail init") {
		t.Fatalf("exit code %d, %s", r.code, r.err)
	}
	if _, err := os.Stat(filepath.Join(d.sys.Dir, "data")); !os.IsNotExist(err) {
		t.Fatalf("a folder for the database was made: %v", err)
	}
}

func TestPostgresWithoutTablesIsNotTouched(t *testing.T) {
	t.Parallel()
	d := emptyDesk(t, store.Postgres)
	d.write(t, ".env", newKeys(t))
	r := d.run(t, "", "study", "add", "--name", "A")
	if r.code != exitFailed || !strings.Contains(r.err, "studymail migrate") {
		t.Fatalf("exit code %d, %s", r.code, r.err)
	}
	d.must(t, "migrate")
	d.must(t, "study", "add", "--name", "A")
}

// The wrong keys must be refused by every command, init and migrate included,
// before anything is changed.
func TestWrongKeysChangeNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := clinic(t, kind)
		right := d.read(t, ".env")
		before := d.must(t, "event", "list", "--json")
		d.write(t, ".env", newKeys(t))
		for _, args := range []string{"init", "migrate", "study list", "study add --name B", "patient list", "import patients.csv --study A --yes"} {
			r := d.run(t, "", strings.Fields(args)...)
			if r.code != exitFailed || !strings.Contains(r.err, "MASTER_KEYSET is not the one") {
				t.Errorf("%s: exit code %d, %s", args, r.code, r.err)
			}
		}
		d.write(t, ".env", right)
		if after := d.must(t, "event", "list", "--json"); after != before {
			t.Errorf("something was changed:\n%s\nbefore:\n%s", after, before)
		}
		if all := answer[[]patientView](t, d, "patient", "list"); len(all) != 2 {
			t.Errorf("%d patients, not 2", len(all))
		}
	})
}

func newKeys(t *testing.T) string {
	t.Helper()
	master, hash, signing, err := sealed.NewKeysets()
	if err != nil {
		t.Fatal(err)
	}
	return "MASTER_KEYSET=" + master.Reveal() + "\nHASH_KEYSET=" + hash.Reveal() + "\nSIGNING_KEYSET=" + signing.Reveal() + "\n"
}
