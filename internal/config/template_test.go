package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"studymail/internal/config"
	"studymail/internal/sealed"
)

var update = flag.Bool("update", false, "write .env.template anew")

func TestTemplateIsFresh(t *testing.T) {
	t.Parallel()
	const path = "../../.env.template"
	if *update {
		if err := os.WriteFile(path, []byte(config.Template()), 0o644); err != nil { //nolint:gosec // no secrets in it
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != config.Template() {
		t.Fatal(".env.template is not what the options say; run: go test ./internal/config -run TemplateIsFresh -update")
	}
}

// TestTemplateWithAllTakenAsItStands takes every # away: the defaults that are
// shown must be right, and mean what leaving them out means.
func TestTemplateWithAllTakenAsItStands(t *testing.T) {
	t.Parallel()
	text := regexp.MustCompile(`(?m)^#([A-Z0-9_]+=)`).ReplaceAllString(config.Template(), "$1")
	c := mustLoad(t, text)
	if n := strings.Count(text, "\nDATABASE_URL="); n != 1 {
		t.Fatalf("DATABASE_URL stands there %d times", n)
	}
	if c.SMTPWindow != 16 || c.Email == "" {
		t.Fatalf("%+v", c)
	}
	for line := range strings.Lines(config.Template()) {
		if len(line) > 100 && !strings.Contains(line, "KEYSET=") {
			t.Errorf("a long line: %s", line)
		}
	}
}

func TestMarkdownHasEveryOption(t *testing.T) {
	t.Parallel()
	md := config.Markdown()
	for _, s := range mustLoad(t, "").Show() {
		if !strings.Contains(md, "| `"+s.Name+"` |") {
			t.Errorf("%s is missing", s.Name)
		}
	}
	for line := range strings.Lines(md) {
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 4 {
			t.Errorf("not three cells: %s", line)
		}
	}
}

func TestWriteEnv(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	created, err := config.WriteEnv(dir)
	if err != nil || !created {
		t.Fatalf("%v, %v", created, err)
	}
	path := filepath.Join(dir, ".env")
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	c, warnings, err := config.Load(dir, nil)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("what init writes loads without a word: %v, %v", warnings, err)
	}
	if _, err := sealed.ParseKeys(c.MasterKeyset, c.HashKeyset, c.SigningKeyset); err != nil {
		t.Fatal(err)
	}
	if len(c.SecretKey.Reveal()) < 43 {
		t.Fatal("SECRET_KEY is short")
	}
	created, err = config.WriteEnv(dir)
	again, _ := os.ReadFile(path)
	if err != nil || created || string(again) != string(first) {
		t.Fatalf("never overwritten: %v, %v", created, err)
	}
	if names := dirNames(t, dir); !slices.Equal(names, []string{".env"}) {
		t.Fatalf("left behind: %v", names)
	}
	other := t.TempDir()
	if _, err := config.WriteEnv(other); err != nil {
		t.Fatal(err)
	}
	second, _, err := config.Load(other, nil)
	if err != nil || second.SecretKey.Reveal() == c.SecretKey.Reveal() || second.MasterKeyset.Reveal() == c.MasterKeyset.Reveal() {
		t.Fatalf("keys are fresh each time: %v", err)
	}
	if _, err := config.WriteEnv(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "cannot be written: no such file") {
		t.Fatalf("got %v", err)
	}
}

func TestWriteEnvOnceHoweverManyTry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var made atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			created, err := config.WriteEnv(dir)
			if err != nil {
				t.Error(err)
			}
			if created {
				made.Add(1)
			}
			// Whoever comes back finds it whole.
			if c, _, err := config.Load(dir, nil); err != nil || c.MasterKeyset.IsEmpty() {
				t.Errorf("half an .env: %v", err)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 {
		t.Fatalf("made %d times", made.Load())
	}
}

func dirNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
