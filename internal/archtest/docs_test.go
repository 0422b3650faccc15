package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"studymail/internal/cli"
)

// Seen to fail: with a link to docs/dokcer.md in README.md, with #bakcup behind
// docs/operations.md, and with internal/cli/campain.go in docs/flow.md.
func TestDocumentationLeadsSomewhere(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	read := readIn(root)
	pages := markdown(t, root)
	if len(pages) < 10 {
		t.Fatalf("found %d pages only", len(pages))
	}
	for file, content := range pages {
		for _, broken := range append(CheckLinks(file, content, read), CheckNamedFiles(file, content, read)...) {
			t.Error(broken)
		}
	}
}

// Seen to fail: with `studymail campaign begin` and with `studymail send --to` in
// README.md.
func TestEveryCommandInTheDocumentationExists(t *testing.T) {
	t.Parallel()
	seen := 0
	for file, content := range markdown(t, moduleRoot(t)) {
		for _, c := range Commands(content) {
			seen++
			help, ok := helpFor(t, c.Path)
			if !ok {
				t.Errorf("%s: there is no `studymail %s` (%s)", file, strings.Join(c.Path, " "), c.Text)
				continue
			}
			for _, flag := range c.Flags {
				if flag != "--help" && !regexp.MustCompile(flag+`\b`).MatchString(help) {
					t.Errorf("%s: `studymail %s` has no %s (%s)", file, strings.Join(c.Path, " "), flag, c.Text)
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("found %d commands only", seen)
	}
}

func helpFor(t *testing.T, path []string) (help string, ok bool) {
	t.Helper()
	var out bytes.Buffer
	sys := cli.System{In: strings.NewReader(""), Out: &out, Err: &out, Dir: t.TempDir()}
	code := cli.Main(t.Context(), sys, append(slices.Clone(path), "--help"))
	usage := regexp.MustCompile(`(?m)^  studymail ` + strings.Join(path, " ") + `\b`)
	return out.String(), code == 0 && usage.MatchString(out.String())
}

// Seen to fail: with goldmark's line taken away, and with a line for asynq.
func TestEveryDependencyHasItsLine(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	page, found := readIn(root)("docs/dependencies.md")
	if !found {
		t.Fatal("there is no docs/dependencies.md")
	}
	want := append(direct(t, root), direct(t, filepath.Join(root, "tools"))...)
	got := FirstCells(page)
	for _, module := range want {
		if !slices.Contains(got, module) {
			t.Errorf("docs/dependencies.md has no line for %s: why is it there, and why not our own code?", module)
		}
	}
	for _, module := range got {
		if !slices.Contains(want, module) {
			t.Errorf("docs/dependencies.md has a line for %s, which is no direct dependency", module)
		}
	}
}

// Seen to fail: with TestAfterAKil in docs/testing.md.
func TestEveryTestInTheDocumentationExists(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	named := regexp.MustCompile("`(Test[A-Z]\\w*|storetest\\.[A-Z]\\w*)`")
	defined := regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(`)
	there := map[string]bool{}
	walk(t, root, func(file string) {
		suite := strings.HasPrefix(filepath.ToSlash(file), "internal/storetest/")
		if !suite && !strings.HasSuffix(file, "_test.go") {
			return
		}
		content, _ := readIn(root)(filepath.ToSlash(file))
		for _, m := range defined.FindAllStringSubmatch(content, -1) {
			if suite {
				there["storetest."+m[1]] = true
			}
			there[m[1]] = true
		}
	})
	seen := 0
	for file, content := range markdown(t, root) {
		for _, m := range named.FindAllStringSubmatch(content, -1) {
			if seen++; !there[m[1]] {
				t.Errorf("%s names %s, and there is no such test", file, m[1])
			}
		}
	}
	if seen < 20 {
		t.Errorf("found %d tests only", seen)
	}
}

// direct lists what a module asks for by itself, and its tools.
func direct(t *testing.T, dir string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Tool []struct{ Path string }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range mod.Require {
		if !r.Indirect {
			all = append(all, r.Path)
		}
	}
	for _, tool := range mod.Tool {
		all = append(all, tool.Path)
	}
	return all
}

// Seen to fail: with `when` taken out of the table of layers.
func TestEveryPackageIsInTheArchitecture(t *testing.T) {
	t.Parallel()
	page, found := readIn(moduleRoot(t))("docs/architecture.md")
	if !found {
		t.Fatal("there is no docs/architecture.md")
	}
	for _, p := range list(t) {
		name, inside := strings.CutPrefix(p.ImportPath, module+"/internal/")
		if !inside || strings.Contains(name, "/") {
			continue
		}
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/architecture.md does not name %s", p.ImportPath)
		}
	}
}

// Comments, scripts and the container files send readers to pages, too.
func TestPagesThatAreNamedElsewhereExist(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	page := regexp.MustCompile(`docs/[A-Za-z0-9/_-]+\.md`)
	seen := 0
	walk(t, root, func(file string) {
		switch filepath.Ext(file) {
		case ".go", ".yaml", ".sh", ".sql", "":
		default:
			return
		}
		if filepath.Dir(file) == filepath.Join("internal", "archtest") {
			return // made-up names
		}
		content, found := readIn(root)(filepath.ToSlash(file))
		if !found {
			return
		}
		for _, name := range page.FindAllString(content, -1) {
			seen++
			if _, found := readIn(root)(name); !found {
				t.Errorf("%s names %s, which is not there", file, name)
			}
		}
	})
	if seen == 0 {
		t.Error("nothing was found: what is looked for?")
	}
}

func TestEachRuleOfTheDocumentationCanFail(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"docs/a.md": "# Title\n\n## What to do, then?\n", "docs/decisions": "", "internal/x.go": "package x", "README.md": "# Read\n",
	}
	read := func(name string) (string, bool) {
		if name == "internal/*.go" {
			name = "internal/x.go"
		}
		c, found := files[name]
		return c, found
	}
	tests := []struct {
		name, page, want string // "" means that nothing is broken
	}{
		{"a page", "[a](docs/a.md) and [b](https://example.org/nowhere)", ""},
		{"a page that is not there", "[a](docs/b.md)", "docs/b.md leads nowhere"},
		{"a folder", "[a](docs/decisions/)", ""},
		{"a heading", "[a](docs/a.md#what-to-do-then)", ""},
		{"a heading that is not there", "[a](docs/a.md#what-to-do)", "no such heading"},
		{"a heading of its own", "# Here\n[a](#here)", ""},
		{"a heading of its own that is not there", "# Here\n[a](#there)", "no such heading"},
		{"a heading in code", "```sh\n# Here\n```\n[a](#here)", "no such heading"},
		{"a link in code", "`[a](b.md)`", ""},
		{"a file", "see `internal/x.go` and `internal/`", "internal/, which is not there"},
		{"files", "see `internal/*.go`", ""},
		{"a file that is not there", "see `internal/y.go`", "internal/y.go, which is not there"},
		{"a pattern for people", "see `internal/<noun>.go`", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(append(CheckLinks("README.md", tt.page, read), CheckNamedFiles("README.md", tt.page, read)...), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCommandsAreFoundInPages(t *testing.T) {
	t.Parallel()
	page := "Run `studymail doctor`, not `studymail`.\n\n```sh\nmkdir a && studymail init   # makes .env\n" +
		"HTTP_ADDR=:1 bin/studymail campaign create --study \"Sleep study\" \\\n  --at=now --yes\n" +
		"docker exec studymail studymail import - --study A | less\nid=$(studymail study list --json)\n" +
		"pg_dump --username studymail --format=custom studymail > x\n```\n\n```json\n{\"studymail nothing\": 1}\n```\n" +
		"`studymail outbox resolve UUID --as sent|resend`\n"
	want := []Command{
		{"init", []string{"init"}, nil},
		{"campaign create --study \"Sleep study\"    --at=now --yes", []string{"campaign", "create"}, []string{"--study", "--at", "--yes"}},
		{"import - --study A", []string{"import"}, []string{"--study"}},
		{"study list --json)", []string{"study", "list"}, []string{"--json)"}},
		{"doctor", []string{"doctor"}, nil},
		{"outbox resolve UUID --as sent", []string{"outbox", "resolve"}, []string{"--as"}},
	}
	got := Commands(page)
	if len(got) != len(want) {
		t.Fatalf("found %q", got)
	}
	for i := range want {
		if got[i].Text != want[i].Text || !slices.Equal(got[i].Path, want[i].Path) || !slices.Equal(got[i].Flags, want[i].Flags) {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

// markdown reads all pages, by their paths in the repository.
func markdown(t *testing.T, root string) map[string]string {
	t.Helper()
	pages := map[string]string{}
	walk(t, root, func(file string) {
		if filepath.Ext(file) != ".md" {
			return
		}
		if content, found := readIn(root)(filepath.ToSlash(file)); found {
			pages[filepath.ToSlash(file)] = content
		}
	})
	return pages
}

// walk visits the repository's files, not what a run of the product left.
func walk(t *testing.T, root string, visit func(file string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		file, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "bin", "data", "logs", "mail", "node_modules", "state", "testdata"}, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		visit(file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readIn reads files below a folder.
func readIn(root string) Read {
	return func(name string) (string, bool) {
		names, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil || len(names) == 0 {
			return "", false
		}
		if info, err := os.Stat(names[0]); err != nil || info.IsDir() {
			return "", err == nil
		}
		content, err := os.ReadFile(names[0])
		return string(content), err == nil
	}
}
