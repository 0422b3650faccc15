package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studymail/internal/store"
)

// From the key to mails that are signed: made once, for its owner alone, and
// doctor says what is on.
func TestAKeyIsMadeAndSigns(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"rsa", "ed25519"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, store.SQLite)
			d.sys.Environ = append(d.sys.Environ, "EMAIL=studies@example.org")
			if out := d.run(t, "", "doctor").out; !strings.Contains(out, "DKIM") || !strings.Contains(out, "off") {
				t.Errorf("doctor before: %s", out)
			}
			k := answer[newKey](t, d, "dkim", "new", "--selector", "s1", "--type", kind)
			if k.Name != "s1._domainkey.example.org" || !strings.HasPrefix(k.Record, "v=DKIM1; k="+kind+"; p=") || k.File != "dkim-s1.pem" {
				t.Errorf("%+v", k)
			}
			path := filepath.Join(d.sys.Dir, k.File)
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("the file: %v %v", info, err)
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r := d.run(t, "", "dkim", "new", "--selector", "s1")
			if after, err := os.ReadFile(path); err != nil || string(after) != string(before) || r.code != exitFailed || !strings.Contains(r.err, "never overwritten") {
				t.Errorf("the second time: %d %s %v", r.code, r.err, err)
			}
			d.sys.Environ = append(d.sys.Environ, "DKIM_SELECTOR=s1", "DKIM_KEY_FILE="+k.File)
			if out := d.run(t, "", "doctor").out; !strings.Contains(out, "signs for example.org with s1 ("+kind) {
				t.Errorf("doctor after: %s", out)
			}
			if out := d.must(t, "dkim", "new", "--selector", "next", "--domain", "other.example"); !strings.Contains(out, "next._domainkey.other.example. IN TXT (") ||
				!strings.Contains(out, "DKIM_KEY_FILE=dkim-next.pem") || strings.Contains(out, "PRIVATE") {
				t.Errorf("for people: %s", out)
			}
		})
	}
}

func TestKeysThatCannotBeMade(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"dkim", "new"}, exitUsage, "selector"},
		{[]string{"dkim", "new", "--selector", "a b"}, exitUsage, "--selector"},
		{[]string{"dkim", "new", "--selector", "../x"}, exitUsage, "--selector"},
		{[]string{"dkim", "new", "--selector", "s1", "--type", "dsa"}, exitUsage, "--type"},
		{[]string{"dkim", "new", "--selector", "s1", "--file", "no/such/folder/x.pem"}, exitFailed, "cannot be written"},
		{[]string{"dkim"}, exitUsage, "new"},
	} {
		if r := d.run(t, "", c.args...); r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%v: exit code %d, %s", c.args, r.code, r.err)
		}
	}
}
