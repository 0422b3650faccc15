package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// detector finds words in bytes, in clear (in any case) and in the encodings in
// which a program could have written them. Its words need eight characters, so
// that random bytes do not have them by chance.
type detector struct {
	folded *matcher // forms of which the case does not matter
	exact  *matcher // base64
}

// needle is one form of a word.
type needle struct {
	text []byte
	name string // "vexandrine in hex"
}

// matcher looks for all its needles in one go.
type matcher struct {
	begins [1 << 16][]needle // by the first two bytes
}

func (m *matcher) add(text []byte, word, form string) {
	k := int(text[0])<<8 | int(text[1])
	for _, n := range m.begins[k] {
		if bytes.Equal(n.text, text) {
			return
		}
	}
	m.begins[k] = append(m.begins[k], needle{text, word + " " + form})
}

func (m *matcher) find(b []byte, found func(needle, int)) {
	for i := 0; i+1 < len(b); i++ {
		for _, n := range m.begins[int(b[i])<<8|int(b[i+1])] {
			if bytes.HasPrefix(b[i:], n.text) {
				found(n, i)
			}
		}
	}
}

func newDetector(words ...string) *detector {
	d := &detector{folded: &matcher{}, exact: &matcher{}}
	for _, w := range words {
		// What is encoded has the case that it was written in.
		for _, v := range []string{w, strings.ToLower(w), strings.ToUpper(w)} {
			for _, u := range []string{v, norm.NFD.String(v)} {
				d.addWord(w, u)
			}
		}
	}
	return d
}

func (d *detector) addWord(word, w string) {
	fold := func(form string, text []byte) { d.folded.add(lowerASCII(text), word, form) }
	fold("in clear", []byte(w))
	fold("in hex", []byte(hex.EncodeToString([]byte(w))))
	fold("in hex with spaces", fmt.Appendf(nil, "% x", w))
	fold("in Go's hex", fmt.Appendf(nil, "%# x", w))
	fold("in Go's list of bytes", []byte(strings.ReplaceAll(fmt.Sprintf("%# x", w), " ", ", ")))
	fold("as a list of bytes", []byte(strings.Trim(fmt.Sprint([]byte(w)), "[]")))
	fold("in quoted-printable", quotedPrintable(w, func(c byte) bool { return c > '~' || c <= ' ' || c == '=' }))
	fold("in quoted-printable throughout", quotedPrintable(w, func(byte) bool { return true }))
	fold("in a URL", []byte(url.PathEscape(w)))
	fold("in a query", []byte(url.QueryEscape(w)))
	fold("in a URL twice", []byte(url.QueryEscape(url.QueryEscape(w))))
	fold("in a URL throughout", bytes.ReplaceAll(quotedPrintable(w, func(byte) bool { return true }), []byte("="), []byte("%")))
	fold("escaped for Go", []byte(strings.Trim(fmt.Sprintf("%+q", w), `"`)))
	fold("escaped by bytes", escaped(w, func(b *strings.Builder, r rune) {
		for _, c := range []byte(string(r)) {
			fmt.Fprintf(b, `\x%02x`, c)
		}
	}))
	fold("escaped for SQL", escaped(w, func(b *strings.Builder, r rune) {
		for _, c := range []byte(string(r)) {
			fmt.Fprintf(b, `\%03o`, c)
		}
	}))
	fold("in HTML", escaped(w, func(b *strings.Builder, r rune) { fmt.Fprintf(b, "&#%d;", r) }))
	fold("in HTML by hex", escaped(w, func(b *strings.Builder, r rune) { fmt.Fprintf(b, "&#x%x;", r) }))
	var little, big, latin []byte
	for _, u := range utf16.Encode([]rune(w)) {
		little = append(little, byte(u), byte(u>>8))
		big = append(big, byte(u>>8), byte(u))
	}
	fold("in UTF-16 LE", little)
	fold("in UTF-16 BE", big)
	for _, r := range w {
		if r > 0xff {
			latin = nil
			break
		}
		latin = append(latin, byte(r))
	}
	if latin != nil {
		fold("in Latin-1", latin)
	}
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		// A word can begin at three places of a group of three bytes; the characters
		// that its neighbours change are left off.
		for skip := range 3 {
			text := e.EncodeToString([]byte("\x00\x00"[:skip] + w))
			d.exact.add([]byte(text[(skip*8+5)/6:(skip+len(w))*8/6]), word, "in base64")
		}
	}
}

// escaped replaces what is not ASCII.
func escaped(w string, how func(*strings.Builder, rune)) []byte {
	var b strings.Builder
	for _, r := range w {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			how(&b, r)
		}
	}
	return []byte(b.String())
}

func quotedPrintable(w string, needs func(byte) bool) []byte {
	var b []byte
	for i := range len(w) {
		if needs(w[i]) {
			b = fmt.Appendf(b, "=%02X", w[i])
		} else {
			b = append(b, w[i])
		}
	}
	return b
}

// lowerASCII leaves bytes beyond ASCII as they are: b need not be text.
func lowerASCII(b []byte) []byte {
	l := make([]byte, len(b))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		l[i] = c
	}
	return l
}

// lineBreaks are those of text, of quoted-printable, and of text in JSON or Go.
var lineBreaks = strings.NewReplacer("=\r\n", "", "=\n", "", "\r", "", "\n", "", `=\r\n`, "", `=\n`, "", `\r`, "", `\n`, "")

// find gives what was found in b, and where the first of each is.
func (d *detector) find(b []byte) []string {
	var all []string
	add := func(n needle, b []byte, i int) {
		if !slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, n.name) }) {
			all = append(all, fmt.Sprintf("%s: %q", n.name, b[max(0, i-60):min(len(b), i+len(n.text)+40)]))
		}
	}
	look := func(b []byte) {
		d.exact.find(b, func(n needle, i int) { add(n, b, i) })
		low := lowerASCII(b)
		d.folded.find(low, func(n needle, i int) { add(n, low, i) })
	}
	look(b)
	// Once more with lines joined: encodings break them.
	if joined := lineBreaks.Replace(string(b)); len(joined) < len(b) {
		look([]byte(joined))
	}
	return all
}

// tree looks into all files below a folder, and at their names. It gives what was
// found and how many bytes it read.
func (d *detector) tree(root string, skip func(path string) bool) (found []string, read int, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && skip != nil && skip(path) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if err == nil {
			name, relErr := filepath.Rel(root, path)
			if relErr != nil {
				return relErr
			}
			for _, f := range d.find([]byte(name)) {
				found = append(found, "the name of "+path+": "+f)
			}
			if !entry.Type().IsRegular() {
				return nil
			}
			var b []byte
			if b, err = os.ReadFile(path); err == nil {
				read += len(b)
				for _, f := range d.find(b) {
					found = append(found, path+": "+f)
				}
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a database at work removes files
		}
		return err
	})
	return found, read, err
}

// The detector is what the canary test stands on: each form is made by other
// means than the detector's, planted in a file, and found.
func TestTheCanaryDetectorFindsEveryForm(t *testing.T) {
	t.Parallel()
	d := newDetector(canaryWords()...)
	name, address := "Quillwöstra Vexandrine", "quillwostra.vexandrine.1@example.org"
	inJSON, err := json.Marshal(map[string]string{"a": "x\r\n" + name})
	if err != nil {
		t.Fatal(err)
	}
	base := func(e *base64.Encoding, before, s string) string {
		return e.EncodeToString([]byte(before + s + " and more"))
	}
	wide := func(s string, order func(b []byte, u uint16) []byte) string {
		var b []byte
		for _, u := range utf16.Encode([]rune(s)) {
			b = order(b, u)
		}
		return string(b)
	}
	lined := func(s string, at int, sep string) string {
		var b strings.Builder
		for i := 0; i < len(s); i += at {
			b.WriteString(s[i:min(i+at, len(s))] + sep)
		}
		return b.String()
	}
	planted := map[string]string{
		"name in clear":               "Dear " + name + ",",
		"name in capitals":            "DEAR QUILLWÖSTRA",
		"address in clear":            "<" + address + ">",
		"address in odd case":         "QuillWostra.VEXandrine.1@Example.ORG",
		"username":                    "user=XQ7vanquelle.1",
		"external id":                 "ext-Wimplotz-1",
		"decomposed":                  "Quillwo\u0308stra",
		"among zeros":                 strings.Repeat("\x00", 5000) + "vexandrine" + strings.Repeat("\xff", 5000),
		"quoted by Go":                fmt.Sprintf("%q", name+"\n"),
		"quoted in ASCII by Go":       fmt.Sprintf("%+q", "Quillwöstra"),
		"printed by %x":               fmt.Sprintf("%x", "a"+address),
		"printed by %X":               fmt.Sprintf("%X", address),
		"printed by % x":              fmt.Sprintf("% x", address),
		"printed by %# x":             fmt.Sprintf("%# x", address),
		"printed by %#v":              fmt.Sprintf("%#v", []byte("Quillwöstra")),
		"printed as bytes":            fmt.Sprint([]byte(address)),
		"PostgreSQL's hex":            `\x00ff` + hex.EncodeToString([]byte(name)),
		"PostgreSQL's octal":          `Quillw\303\266stra`,
		"JSON":                        string(inJSON),
		"JSON in ASCII":               `"Quillw\u00f6stra"`,
		"HTML":                        html.EscapeString("<" + name + ">"),
		"HTML in numbers":             "Quillw&#246;stra",
		"HTML in hex":                 "Quillw&#xF6;stra",
		"path of a URL":               "/p/" + url.PathEscape("Quillwöstra"),
		"query of a URL":              "?q=" + url.QueryEscape("QUILLWÖSTRA"),
		"URL in a URL":                "?next=" + url.QueryEscape("/?q="+url.QueryEscape("Quillwöstra")),
		"URL escaped throughout":      "%56%65%78%61%6E%64%72%69%6E%65",
		"URL in lower case":           "quillw%c3%b6stra",
		"quoted-printable":            "=?utf-8?q?Quillw=C3=B6stra_Vexandrine?=",
		"quoted-printable throughout": "=56=65=78=61=6E=64=72=69=6E=65",
		"quoted-printable, broken":    "and so on: quillwos=\r\ntra.vexa=\r\nndrine",
		"broken in a JSON string":     `"mail":"quillwos=\r\ntra.vexa=\r\nndrine"`,
		"UTF-16 LE":                   wide(name, func(b []byte, u uint16) []byte { return append(b, byte(u), byte(u>>8)) }),
		"UTF-16 BE":                   wide(name, func(b []byte, u uint16) []byte { return append(b, byte(u>>8), byte(u)) }),
		"Latin-1":                     "Quillw\xf6stra",
		"base64 in lines":             lined(base(base64.StdEncoding, strings.Repeat("x", 40), name), 76, "\r\n"),
		"base64 in short lines":       lined(base(base64.StdEncoding, "", address), 5, "\n"),
		"AUTH PLAIN":                  base64.StdEncoding.EncodeToString([]byte("\x00" + address + "\x00secret")),
		"base64 of capitals":          base(base64.StdEncoding, "1", strings.ToUpper(address)),
	}
	for i, before := range []string{"", "\xff", "\xfb\xff"} {
		for _, s := range []string{name, address, "xq7vanquelle", "Vexandrine", "wimplotz"} {
			planted[fmt.Sprintf("base64 of %s at %d", s, i)] = base(base64.StdEncoding, before, s)
			planted[fmt.Sprintf("base64 for URLs of %s at %d", s, i)] = base(base64.RawURLEncoding, before, s)
		}
	}
	dir := t.TempDir()
	for what, text := range planted {
		folder := filepath.Join(dir, strings.ReplaceAll(what, "/", "-"))
		if err := os.MkdirAll(filepath.Join(folder, "a"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "a", "file.bin"), []byte("before\n"+text+"\nafter"), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, _, err := d.tree(folder, nil); err != nil || len(found) == 0 || !strings.Contains(found[0], "file.bin") {
			t.Errorf("%s is not found: %v, %v", what, found, err)
		}
	}
	odd := filepath.Join(dir, "odd")
	if err := os.MkdirAll(filepath.Join(odd, "new"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(odd, "new", "1.vexandrine.mail"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if found, _, err := d.tree(odd, nil); err != nil || len(found) != 1 || !strings.Contains(found[0], "the name of") {
		t.Errorf("a file's name: %v, %v", found, err)
	}
	innocent := "q•••@e•••.org Q••• V••• x••• [redacted] [address] [removed] User One user.one@example.org Quill Vex canary " +
		"andrine quill.west@example.org xq7 vanquell 3a2b wimplot"
	if found := d.find([]byte(innocent)); len(found) > 0 {
		t.Errorf("found where there is none: %v", found)
	}
}
