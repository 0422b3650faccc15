package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// Package is what `go list -json` says about one package.
type Package struct {
	ImportPath string
	Dir        string
	Doc        string
	GoFiles    []string
	Imports    []string // of the non-test files
}

const module = "studymail"

// layers says how far out a package is. Arrows point to smaller numbers.
var layers = map[string]int{
	"internal/sealed":      0,
	"":                     1, // the nouns
	"internal/config":      2,
	"internal/when":        2,
	"internal/compose":     2,
	"internal/dkim":        2,
	"internal/bounce":      2,
	"internal/bearer":      2,
	"internal/logs":        2,
	"internal/smtpout":     3,
	"internal/maildir":     3,
	"internal/ses":         3,
	"internal/store":       3,
	"internal/statedir":    3,
	"internal/domaincheck": 3,
	"internal/account":     4,
	"internal/audience":    4,
	"internal/outbox":      4,
	"internal/limiter":     4,
	"internal/intake":      4,
	"internal/feedback":    4,
	"internal/seed":        4,
	"internal/holdings":    4,
	"internal/seslist":     4,
	"internal/jobs":        5,
	"internal/web":         5,
	"internal/app":         6,
	"internal/cli":         7,
	"cmd/studymail":        8,
}

// forTests are linked into tests only; with what is below them.
var forTests = []string{"internal/storetest", "internal/smtptest", "internal/sestest", "internal/archtest", "internal/e2e", "internal/webtest", "internal/canary", "internal/interop", "bench", "deploy"}

// onlyIn lists the dependencies that have a place, by import path prefix. The
// first rule that fits an import counts.
var onlyIn = []struct {
	dependency string
	packages   []string
}{
	{"github.com/riverqueue/river", []string{"internal/jobs"}},
	{"modernc.org/sqlite", []string{"internal/store"}},
	// River's PostgreSQL driver takes a pgx pool, for LISTEN and NOTIFY.
	{"github.com/jackc/pgx/v5/pgxpool", []string{"internal/store", "internal/jobs"}},
	{"github.com/jackc/pgx", []string{"internal/store"}},
	{"github.com/lib/pq", []string{"internal/store"}},
	{"net/http", []string{"internal/web", "internal/app", "internal/ses"}},
	{"github.com/emersion/go-msgauth/dmarc", []string{"internal/domaincheck"}},
	{"github.com/aws", []string{"internal/ses"}},
	{"github.com/emersion/go-msgauth", []string{"internal/dkim"}},
	{"blitiri.com.ar/go/spf", []string{"internal/domaincheck"}},
	{"github.com/emersion/go-smtp", []string{"internal/feedback"}},
	{"github.com/emersion/go-imap", []string{"internal/feedback"}},
	{"github.com/alexedwards/scs", []string{"internal/web"}},
	{"github.com/aymanbagabas/go-udiff", []string{"internal/web"}},
	{"github.com/alexedwards/argon2id", []string{"internal/account"}},
	{"github.com/pquerna/otp", []string{"internal/account"}},
	{"github.com/prometheus/client_golang", []string{"internal/web"}},
	{"github.com/spf13/cobra", []string{"internal/cli"}},
	{"github.com/xuri/excelize", []string{"internal/intake"}},
	{"github.com/tink-crypto/tink-go", []string{"internal/sealed"}},
}

// onlyImports lists what these packages may import besides the standard library.
var onlyImports = map[string][]string{
	"internal/sealed": {"github.com/tink-crypto/tink-go", "golang.org/x/text", "golang.org/x/crypto"},
	"":                {module + "/internal/sealed", "golang.org/x/text", "golang.org/x/net/idna", "github.com/google/uuid"},
}

// pure packages do no input or output: they may not import these.
var pure = []string{"", "internal/sealed", "internal/when", "internal/compose", "internal/dkim", "internal/bounce"}

var inputOutput = []string{"os", "os/exec", "net", "net/http", "net/smtp", "database/sql", "syscall"}

// Check gives every broken rule, as sentences.
func Check(packages []Package) []string {
	var broken []string
	say := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	for _, p := range packages {
		name, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours || name != "" && name[0] != '/' {
			continue
		}
		name = strings.TrimPrefix(name, "/")
		if len(p.GoFiles) > 0 && strings.TrimSpace(p.Doc) == "" {
			say("%s has no package doc comment", p.ImportPath)
		}
		if under(name, forTests) {
			continue
		}
		layer, known := layers[name]
		if !known {
			say("%s has no layer: give it one in internal/archtest", p.ImportPath)
			continue
		}
		for _, i := range p.Imports {
			checkArrow(name, layer, i, say)
			checkPlace(name, i, say)
			if slices.Contains(pure, name) && slices.Contains(inputOutput, i) {
				say("%s is pure and imports %s", p.ImportPath, i)
			}
		}
	}
	return broken
}

func checkArrow(name string, layer int, imported string, say func(string, ...any)) {
	other, ours := strings.CutPrefix(imported, module)
	if !ours || (other != "" && other[0] != '/') {
		return
	}
	other = strings.TrimPrefix(other, "/")
	if under(other, forTests) {
		say("%s imports %s, which is for tests only", full(name), imported)
		return
	}
	to, known := layers[other]
	switch {
	case !known: // said where that package itself is checked
	case to == layer:
		say("%s imports %s of its own layer (%d)", full(name), imported, layer)
	case to > layer:
		say("%s (layer %d) imports %s (layer %d): arrows point inwards", full(name), layer, imported, to)
	}
}

func checkPlace(name, imported string, say func(string, ...any)) {
	for _, rule := range onlyIn {
		if !within(imported, rule.dependency) {
			continue
		}
		if !slices.Contains(rule.packages, name) {
			say("%s imports %s, which only %s may", full(name), imported, strings.Join(rule.packages, " and "))
		}
		break
	}
	allowed, limited := onlyImports[name]
	if !limited || !strings.Contains(firstElement(imported), ".") && firstElement(imported) != module {
		return // not limited, or of the standard library
	}
	if !slices.ContainsFunc(allowed, func(a string) bool { return within(imported, a) }) {
		say("%s imports %s; it may import only %s", full(name), imported, strings.Join(allowed, ", "))
	}
}

func full(name string) string { return strings.TrimSuffix(module+"/"+name, "/") }

func firstElement(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// within says whether path is root or below it.
func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

func under(name string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return within(name, root) })
}

// MaxLines is the length at which a file is split.
const MaxLines = 800

// CheckLength says so when a file is too long.
func CheckLength(file string, content []byte) []string {
	lines := strings.Count(string(content), "\n")
	if lines <= MaxLines {
		return nil
	}
	return []string{fmt.Sprintf("%s has %d lines: split it (at most %d)", file, lines, MaxLines)}
}
