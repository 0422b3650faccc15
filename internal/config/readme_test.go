package config_test

import (
	"os"
	"strings"
	"testing"

	"studymail/internal/config"
)

// Seen to fail: with another default in README.md's row of SWEEP_EVERY.
func TestREADMEHasTheTableOfOptions(t *testing.T) {
	t.Parallel()
	const (
		file  = "../../README.md"
		begin = "\n### Keys\n"
		end   = "\n## Where things live\n"
	)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), begin)
	table, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("README.md has no table between %q and %q", begin, end)
	}
	want := config.Markdown()
	if *update {
		if err := os.WriteFile(file, []byte(before+"\n"+want+end+after), 0o644); err != nil { //nolint:gosec // no secrets in it
			t.Fatal(err)
		}
		return
	}
	if strings.TrimPrefix(begin, "\n")+table != want {
		t.Fatal("README.md's table is not what the options say; run: go test ./internal/config -run README -update")
	}
}
