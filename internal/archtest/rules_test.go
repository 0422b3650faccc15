package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheRepositoryKeepsItsRules(t *testing.T) {
	t.Parallel()
	packages := list(t)
	if len(packages) < 5 {
		t.Fatalf("go list found %d packages only", len(packages))
	}
	for _, broken := range Check(packages) {
		t.Error(broken)
	}
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		seen++
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		for _, broken := range CheckLength(path, content) {
			t.Error(broken)
		}
		return err
	})
	if err != nil || seen == 0 {
		t.Fatalf("read %d files, error %v", seen, err)
	}
}

func TestEachRuleCanFail(t *testing.T) {
	t.Parallel()
	p := func(path string, imports ...string) Package {
		return Package{ImportPath: path, Doc: "Package doc.", GoFiles: []string{"a.go"}, Imports: imports}
	}
	tests := []struct {
		name string
		p    Package
		want string // "" means that nothing is broken
	}{
		{"downwards", p("studymail/internal/outbox", "fmt", "studymail", "studymail/internal/store"), ""},
		{"upwards", p("studymail/internal/store", "studymail/internal/outbox"), "arrows point inwards"},
		{"sideways", p("studymail/internal/outbox", "studymail/internal/audience"), "of its own layer"},
		{"the nouns know nobody", p("studymail", "studymail/internal/store"), "arrows point inwards"},
		{"the nouns and sealed", p("studymail", "studymail/internal/sealed", "github.com/google/uuid", "time"), ""},
		{"the nouns and a library", p("studymail", "github.com/dustin/go-humanize"), "may import only"},
		{"sealed and Tink", p("studymail/internal/sealed", "github.com/tink-crypto/tink-go/v2/aead"), ""},
		{"sealed and another", p("studymail/internal/sealed", "github.com/google/uuid"), "may import only"},
		{"Tink elsewhere", p("studymail/internal/cli", "github.com/tink-crypto/tink-go/v2/aead"), "which only internal/sealed may"},
		{"River in jobs", p("studymail/internal/jobs", "github.com/riverqueue/river/riverdriver/riversqlite"), ""},
		{"River elsewhere", p("studymail/internal/app", "github.com/riverqueue/river"), "which only internal/jobs may"},
		{"a driver in store", p("studymail/internal/store", "modernc.org/sqlite"), ""},
		{"a driver elsewhere", p("studymail/internal/cli", "github.com/jackc/pgx/v5/stdlib"), "which only internal/store may"},
		{"the pool for River", p("studymail/internal/jobs", "github.com/jackc/pgx/v5/pgxpool"), ""},
		{"the pool elsewhere", p("studymail/internal/app", "github.com/jackc/pgx/v5/pgxpool"), "which only internal/store and internal/jobs may"},
		{"net/http in web", p("studymail/internal/web", "net/http"), ""},
		{"net/http elsewhere", p("studymail/internal/jobs", "net/http/pprof"), "which only internal/web and internal/app and internal/ses may"},
		{"a test package in the product", p("studymail/internal/app", "studymail/internal/smtptest"), "for tests only"},
		{"a test package below another", p("studymail/internal/app", "studymail/internal/storetest/pgtest"), "for tests only"},
		{"a test package may import all", p("studymail/internal/storetest", "studymail/internal/store", "github.com/jackc/pgx/v5"), ""},
		{"pure with input and output", p("studymail/internal/when", "os"), "is pure"},
		{"pure with mail addresses", p("studymail/internal/compose", "net/mail", "net/url"), ""},
		{"unknown", p("studymail/internal/helpers"), "has no layer"},
		{"no doc", Package{ImportPath: "studymail/internal/when", GoFiles: []string{"a.go"}}, "no package doc comment"},
		{"tests only, no doc", Package{ImportPath: "studymail/deploy"}, ""},
		{"not ours", p("studymailer/internal/store", "net/http"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(Check([]Package{tt.p}), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestALongFileIsFound(t *testing.T) {
	t.Parallel()
	if got := CheckLength("a.go", bytes.Repeat([]byte("\n"), MaxLines)); got != nil {
		t.Errorf("got %q for a file of the greatest length", got)
	}
	if got := CheckLength("a.go", bytes.Repeat([]byte("\n"), MaxLines+1)); len(got) != 1 {
		t.Errorf("got %q for a file that is too long", got)
	}
}

// list asks the go command about all of our packages.
func list(t *testing.T) []Package {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Doc,GoFiles,Imports", "./...")
	cmd.Dir = moduleRoot(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []Package
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return root
}
