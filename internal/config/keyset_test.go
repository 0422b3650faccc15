package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/sealed"
)

// A keyset is put where it came from, and nothing else is touched. Seen to fail: with
// the first of two lines replaced, the last of which counts.
func TestAKeysetIsPutWhereItCameFrom(t *testing.T) {
	t.Parallel()
	master, hash, signing, err := sealed.NewKeysets()
	if err != nil {
		t.Fatal(err)
	}
	old := "  export MASTER_KEYSET = '" + master.Reveal() + "'"
	before := "# mine\nMASTER_KEYSET=" + master.Reveal() + "\nEMAIL=a@example.org\n" + old + "\n#HASH_KEYSET=x\nHASH_KEYSET_FILE=hash.txt\nDEBUG=True\n"
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	get := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	put(".env", before)
	put("hash.txt", hash.Reveal()+"\n")
	c, _, err := config.Load(dir, []string{"SIGNING_KEYSET=" + signing.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"MASTER_KEYSET", "HASH_KEYSET"} {
		if err := c.WriteKeyset(name, sealed.NewSecret("new")); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := get(".env"), strings.Replace(before, old, "MASTER_KEYSET=new", 1); got != want {
		t.Errorf(".env is\n%s", got)
	}
	if got := get("hash.txt"); got != "new\n" {
		t.Errorf("the file is %q", got)
	}
	if err := c.WriteKeyset("SIGNING_KEYSET", sealed.NewSecret("new")); studymail.CodeOf(err) != studymail.Conflict || !strings.Contains(err.Error(), "SIGNING_KEYSET_FILE") {
		t.Errorf("of the environment: %v", err)
	}
	files := c.KeyFiles()
	if len(files) != 2 || files[0] != filepath.Join(dir, ".env") || files[1] != filepath.Join(dir, "hash.txt") {
		t.Errorf("the files: %v", files)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".keys.new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	info, err := os.Stat(filepath.Join(dir, ".env"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the rights: %v, %v", info.Mode(), err)
	}
}
