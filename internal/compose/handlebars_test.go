package compose

import (
	"strings"
	"testing"

	"studymail"
)

// asSES merges as Handlebars does: what stands in three braces, and nothing else.
func asSES(template string, data map[string]string) string {
	for name, value := range data {
		template = strings.ReplaceAll(template, "{{{"+name+"}}}", "\x00"+value+"\x00")
	}
	return strings.ReplaceAll(template, "\x00", "")
}

// What another system merges is what we would have merged. Seen to fail: with values
// that are not escaped in HTML, and with braces of the letter left as they are.
func TestHandlebarsMergeToTheSameLetter(t *testing.T) {
	t.Parallel()
	l, err := Compile(FormatHTML, `{About} {{ study_name }}`, `<html><head><style>p {color: red} a { b: c }</style></head>
<body><p>Dear {{ patient_full_name }}, {x} { \\ { {{ study_name }} \ {{ study_name }} } \</p></body></html>`)
	if err != nil {
		t.Fatal(err)
	}
	var v Values
	v.Set(StudyName, `A & B <c> "d"`)
	v.Set(PatientFullName, `Zoë O'Neil {{x}}`)
	want, got, data := l.Parts(&v), l.Handlebars(), l.HandlebarsData(&v)
	for _, p := range [][2]string{{asSES(got.Subject, data), want.Subject}, {asSES(got.Text, data), want.Text}, {asSES(got.HTML, data), want.HTML}} {
		if p[0] != p[1] {
			t.Errorf("got\n%s\nwant\n%s", p[0], p[1])
		}
	}
	// Nothing but what stands in three braces may look like the language.
	rest := got.Subject + got.Text + got.HTML
	for name := range data {
		rest = strings.ReplaceAll(rest, "{{{"+name+"}}}", "|")
	}
	for _, no := range []string{"{{", `\|`, "{|"} {
		if strings.Contains(rest, no) {
			t.Errorf("%q is left in %s", no, rest)
		}
	}
}

func TestFieldsAreOnOneLineEach(t *testing.T) {
	t.Parallel()
	h := Header{
		From: Address{Name: strings.Repeat("Ünited Practices ", 6), Address: "studies@example.org"}, ReplyTo: Address{Address: "smith@example.org"}, MessageID: studymail.NewID(),
		UnsubscribeURL: "https://studymail.example.org/u/token", UnsubscribeMailto: "mailto:u+token@bounce.example.org",
	}
	f := h.Fields()
	if strings.ContainsAny(f.From, "\r\n") || !strings.HasSuffix(f.From, "<studies@example.org>") || f.ReplyTo != "smith@example.org" {
		t.Errorf("%q, %q", f.From, f.ReplyTo)
	}
	want := [][2]string{
		{"Auto-Submitted", "auto-generated"},
		{"List-Unsubscribe", "<https://studymail.example.org/u/token>, <mailto:u+token@bounce.example.org>"},
		{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
	}
	if len(f.Others) != len(want) {
		t.Fatalf("%v", f.Others)
	}
	for i := range want {
		if f.Others[i] != want[i] {
			t.Errorf("got %v, want %v", f.Others[i], want[i])
		}
	}
}
