package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studymail/internal/store"
)

// Seen to fail: with addresses that are not normalised, and without the event.
func TestAddressesAreSuppressedListedAndLifted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	r := d.run(t, "user.one@example.org\n\n User.Two@Example.org \n", "suppression", "add", "-", "anna@example.org", "--reason", "asked", "--json")
	if added := oneValue[[]suppressionView](t, r.out); len(added) != 3 || added[0].Reason != "asked" || added[0].Source != "by hand" {
		t.Errorf("%s", r.out)
	}
	if out := d.must(t, "suppression", "add", "USER.TWO@example.org", "--reason", "other"); out != "Newly suppressed: 0 of 1.\n" {
		t.Errorf("the same address again: %s", out)
	}
	list := d.must(t, "suppression", "list")
	if strings.Count(list, "asked") != 3 || strings.Contains(list, "@") {
		t.Errorf("%s", list)
	}
	all := answer[[]suppressionView](t, d, "suppression", "list", "--limit", "2")
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	lifted := answer[[]suppressionView](t, d, "suppression", "remove", all[0].ID.String(), "user.one@example.org", "--why", "mistake")
	if len(lifted) != 2 || len(answer[[]suppressionView](t, d, "suppression", "list")) != 1 {
		t.Errorf("%+v", lifted)
	}
	if out := d.must(t, "event", "list"); strings.Count(out, "suppression lifted") != 2 || strings.Count(out, "address suppressed") != 3 {
		t.Errorf("%s", out)
	}
	for _, wrong := range []string{"add --reason asked", "add anna@example.org", "add zoe --reason asked", "remove anna@example.org", "export file", "import file"} {
		if r := d.run(t, "", append([]string{"suppression"}, strings.Fields(wrong)...)...); r.code != exitUsage || strings.Contains(r.err, "zoe") {
			t.Errorf("%s: exit code %d, %s", wrong, r.code, r.err)
		}
	}
	if r := d.run(t, "", "suppression", "remove", "nobody@example.org", "--why", "other"); r.code != exitFailed {
		t.Errorf("nobody: exit code %d", r.code)
	}
}

const passphrase = "four words in a row\n"

// A list moves to an installation with keys of its own: who is there is compared at
// once, who comes later once the keys of both are in use. Seen to fail: without the
// look at the people (the first), and with the merged keys not taken in (the second).
func TestAListMovesToAnotherInstallation(t *testing.T) {
	t.Parallel()
	here, there := newDesk(t, store.SQLite), newDesk(t, store.SQLite)
	here.must(t, "suppression", "add", "user.one@example.org", "user.four@example.org", "--reason", "asked")
	box := filepath.Join(here.sys.Dir, "list.box")
	if r := here.run(t, passphrase, "suppression", "export", box, "--passphrase-stdin"); r.code != exitFine {
		t.Fatal(r.err)
	}
	if text, err := os.ReadFile(box); err != nil || strings.Contains(string(text), "hash_keyset") { //nolint:gosec // of the test
		t.Fatalf("%v, %s", err, text)
	}
	if r := here.run(t, passphrase, "suppression", "export", box, "--passphrase-stdin"); r.code != exitFailed {
		t.Error("a file was overwritten")
	}
	const header = "username,first_name,last_name,email,ods_code\n"
	there.must(t, "study", "add", "--name", "A")
	there.must(t, "provider", "add", "--name", "Smith's Surgery", "--ods", "ABCD001", "--contact", "Dr Smith")
	there.write(t, "people.csv", header+"userone,User,One,user.one@example.org,ABCD001\n")
	there.must(t, "import", "people.csv", "--study", "A", "--yes")
	if r := there.run(t, "another passphrase\n", "suppression", "import", box, "--passphrase-stdin"); r.code != exitFailed {
		t.Errorf("another passphrase: exit code %d", r.code)
	}
	r := there.run(t, passphrase, "suppression", "import", box, "--passphrase-stdin", "--json")
	done := oneValue[tookSuppressions](t, r.out)
	if done.Addresses != 2 || done.Added != 2 || done.Keyset == "" {
		t.Fatalf("%+v, %s", done, r.err)
	}
	if n := len(answer[[]suppressionView](t, there, "suppression", "list")); n != 3 {
		t.Errorf("%d suppressions: user.one is not compared", n)
	}

	there.sys.Environ = append(there.sys.Environ, "HASH_KEYSET_FILE="+done.Keyset)
	env := filepath.Join(there.sys.Dir, ".env")
	text, err := os.ReadFile(env) //nolint:gosec // of the test
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "HASH_KEYSET=") {
			lines = append(lines, line)
		}
	}
	there.write(t, ".env", strings.Join(lines, ""))
	there.write(t, "more.csv", header+"userfour,User,Four,user.four@example.org,ABCD001\n")
	there.must(t, "import", "more.csv", "--study", "A", "--yes")
	if n := len(answer[[]suppressionView](t, there, "suppression", "list")); n != 4 {
		t.Errorf("%d suppressions: who came later is not compared", n)
	}
	if r := there.run(t, passphrase, "suppression", "import", box, "--passphrase-stdin", "--json"); oneValue[tookSuppressions](t, r.out).Added != 0 {
		t.Errorf("again: %s", r.out)
	}
}
