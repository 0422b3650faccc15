package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"studymail/internal/store"
	"studymail/internal/storetest"
)

// desk is a folder with studymail in it, and someone who types commands.
type desk struct {
	sys System
}

// result is what a command did.
type result struct {
	code     int
	out, err string
}

// emptyDesk has no .env and no database yet.
func emptyDesk(tb testing.TB, kind store.Kind) *desk {
	tb.Helper()
	d := &desk{System{Dir: tb.TempDir(), User: "tester", Now: time.Now}}
	if kind == store.Postgres {
		d.sys.Environ = []string{"DATABASE_URL=" + storetest.URL(tb, kind)}
	}
	return d
}

// newDesk is ready for use.
func newDesk(tb testing.TB, kind store.Kind) *desk {
	tb.Helper()
	d := emptyDesk(tb, kind)
	d.must(tb, "init")
	return d
}

// run runs one command; input is what stands on standard input.
func (d *desk) run(tb testing.TB, input string, args ...string) result {
	tb.Helper()
	var out, err bytes.Buffer
	sys := d.sys
	sys.In, sys.Out, sys.Err = strings.NewReader(input), &out, &err
	code := Main(tb.Context(), sys, args)
	return result{code, out.String(), err.String()}
}

// must runs a command that must succeed and gives its output.
func (d *desk) must(tb testing.TB, args ...string) string {
	tb.Helper()
	r := d.run(tb, "", args...)
	if r.code != exitFine {
		tb.Fatalf("studymail %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// answer runs a command with --json that must succeed, and reads its answer.
func answer[T any](tb testing.TB, d *desk, args ...string) T {
	tb.Helper()
	return oneValue[T](tb, d.must(tb, append(args, "--json")...))
}

// oneValue reads a text that must be exactly one JSON value.
func oneValue[T any](tb testing.TB, text string) T {
	tb.Helper()
	var v T
	r := json.NewDecoder(strings.NewReader(text))
	if err := r.Decode(&v); err != nil {
		tb.Fatalf("not JSON: %v\n%s", err, text)
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		tb.Fatalf("more than one JSON value:\n%s", text)
	}
	return v
}

func (d *desk) write(tb testing.TB, name, text string) {
	tb.Helper()
	if err := os.WriteFile(filepath.Join(d.sys.Dir, name), []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func (d *desk) read(tb testing.TB, name string) string {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(d.sys.Dir, name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// Everything personal in the tests' file: none of it may be printed unasked.
const patientsCSV = `username,first_name,last_name,email,ods_code,external_id
canaryuser,Zebedee,Quixotic,zebedee.quixotic@canary.example.org,ABCD001,NHS-4711
user.two,User,Two,user.two@example.org,ABCD001,
`

var canaries = []string{"canaryuser", "Zebedee", "Quixotic", "quixotic", "canary.example", "NHS-4711", "user.two"}

// noCanary fails when a personal detail was printed.
func noCanary(tb testing.TB, what, text string) {
	tb.Helper()
	for _, c := range canaries {
		if strings.Contains(text, c) {
			tb.Errorf("%s shows %q:\n%s", what, c, text)
		}
	}
}

// clinic has a care provider, a study and two patients.
func clinic(tb testing.TB, kind store.Kind) *desk {
	tb.Helper()
	d := newDesk(tb, kind)
	d.must(tb, "provider", "add", "--name", "Smith's Surgery", "--ods", "ABCD001", "--contact", "Dr Smith")
	d.must(tb, "study", "add", "--name", "A")
	d.write(tb, "patients.csv", patientsCSV)
	d.must(tb, "import", "patients.csv", "--study", "A", "--yes")
	return d
}

// onBoth runs a test with each database.
func onBoth(t *testing.T, fn func(t *testing.T, kind store.Kind)) {
	t.Helper()
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			fn(t, kind)
		})
	}
}
