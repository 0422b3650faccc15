package compose

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"studymail"

	"github.com/emersion/go-message/mail"
	"golang.org/x/net/html"
)

var testID = studymail.ID{0x01, 0x9a, 0x7c, 0x1e, 0x5f, 0x6b, 0x7c, 0x3d, 0x8e, 0x9f, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab}

const testIDText = "019a7c1e-5f6b-7c3d-8e9f-0123456789ab"

func testHeader() *Header {
	return &Header{
		From:              Address{Name: "Smith's Surgery", Address: "studies@surgery.example"},
		To:                Address{Name: "Anna Example", Address: "user.one@example.org"},
		ReplyTo:           Address{Address: "office@surgery.example"},
		MessageID:         testID,
		Domain:            "studymail.example",
		Date:              time.Date(2026, 3, 31, 9, 5, 7, 0, time.FixedZone("BST", 3600)),
		UnsubscribeURL:    "https://studymail.example/u/" + strings.Repeat("abcdefgh23", 6),
		UnsubscribeMailto: "mailto:opt-out+abc@studymail.example?subject=opt%20out",
	}
}

func mustCompile(t testing.TB, format, subject, body string) *Letter {
	t.Helper()
	l, err := Compile(format, subject, body)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	return l
}

// parsed is a mail as an independent parser (emersion/go-message) reads it.
type parsed struct {
	header     mail.Header
	text, html string
}

func parseMail(t testing.TB, raw []byte) parsed {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("parse: %v\n%s", err, raw)
	}
	p := parsed{header: r.Header}
	if kind, _, err := r.Header.ContentType(); err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type %q, %v", kind, err)
	}
	var kinds []string
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("parse a part: %v\n%s", err, raw)
		}
		content, err := io.ReadAll(part.Body)
		if err != nil {
			t.Fatalf("read a part: %v\n%s", err, raw)
		}
		head := part.Header.(*mail.InlineHeader)
		kind, params, err := head.ContentType()
		if err != nil || params["charset"] != "utf-8" || head.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Fatalf("part %q %v %v", kind, params, err)
		}
		kinds = append(kinds, kind)
		s := strings.ReplaceAll(string(content), "\r\n", "\n")
		if kind == "text/plain" {
			p.text = s
		} else {
			p.html = s
		}
	}
	if strings.Join(kinds, " ") != "text/plain text/html" {
		t.Fatalf("parts %q", kinds)
	}
	return p
}

// Each encoded word must make sense by itself (RFC 2047 §5): "=?" never stands
// for itself in a header of ours, nor in quoted-printable.
var encodedWord = regexp.MustCompile(`=\?[^ ]*\?=`)

// checkWire checks what the bytes promise, whatever is in them.
func checkWire(t testing.TB, raw []byte, utf8Header bool) {
	t.Helper()
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		t.Fatalf("does not end with CRLF")
	}
	inHeader := true
	for i, line := range strings.Split(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
		if line == "" {
			inHeader = false
		}
		limit := 76
		if inHeader {
			limit = 998
		}
		if len(line) > limit {
			t.Fatalf("line %d has %d octets:\n%s", i+1, len(line), line)
		}
		if strings.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("line %d has a bare CR, LF or NUL: %q", i+1, line)
		}
		if strings.HasPrefix(line, ".") {
			t.Fatalf("line %d begins with a dot: %q", i+1, line)
		}
		if !inHeader && strings.TrimRight(line, " \t") != line {
			t.Fatalf("line %d ends with white space: %q", i+1, line)
		}
		for _, word := range encodedWord.FindAllString(line, -1) {
			if got, err := new(mime.WordDecoder).Decode(word); !inHeader || len(word) > 75 || err != nil || !utf8.ValidString(got) {
				t.Fatalf("line %d: encoded word %q gives %q, %v", i+1, word, got, err)
			}
		}
		if inHeader && strings.Trim(line, " \t") == "" && line != "" {
			t.Fatalf("line %d folds to nothing", i+1)
		}
		for j := range len(line) {
			if c := line[j]; c < ' ' && c != '\t' || c == 0x7f || c >= 0x80 && !(utf8Header && inHeader) {
				t.Fatalf("line %d has octet %#x: %q", i+1, c, line)
			}
		}
	}
	if n := strings.Count(string(raw), "\r\n--=_"+testIDText); n != 3 {
		t.Fatalf("boundary occurs %d times, not 3", n)
	}
}

func checkAddressField(t testing.TB, h mail.Header, field string, want Address) {
	t.Helper()
	got, err := h.AddressList(field)
	if err != nil || len(got) != 1 {
		t.Fatalf("%s: %v, %d addresses in %q", field, err, len(got), h.Get(field))
	}
	if local, ok := strings.CutPrefix(want.Address, `"`); ok { // the parser gives the local part's meaning
		at := strings.LastIndex(local, `"@`)
		want.Address = regexp.MustCompile(`\\(.)`).ReplaceAllString(local[:at], "$1") + local[at+1:]
	}
	if got[0].Name != Clean(want.Name) || got[0].Address != want.Address {
		t.Fatalf("%s is %q <%s>, want %q <%s>", field, got[0].Name, got[0].Address, Clean(want.Name), want.Address)
	}
}

// shown gives what a browser shows of an HTML document, white space as it is,
// each link's address before its text.
func shown(t testing.TB, document string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatalf("parse HTML: %v", err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "title":
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && n.Data == "a":
			b.WriteString("<" + attribute(n, "href") + ">")
		}
	}
	return b.String()
}

// elementsOf gives the elements and attribute names of a document in order: a
// value must not change them.
func elementsOf(t testing.TB, document string) string {
	t.Helper()
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(document))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatal(z.Err())
			}
			return b.String()
		case html.TextToken:
		default:
			tok := z.Token()
			b.WriteString(tok.Type.String() + " " + tok.Data)
			for _, a := range tok.Attr {
				b.WriteString(" " + a.Key)
			}
			b.WriteByte('\n')
		}
	}
}
