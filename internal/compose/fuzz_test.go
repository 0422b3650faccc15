package compose

import (
	"errors"
	"testing"

	"studymail"
)

// Whatever compiles renders, parses back, and shows its values as they are.
func FuzzCompileAppend(f *testing.F) {
	for _, body := range append([]string{"Dear {{ patient_full_name }},\n\n[opt out]({{ unsubscribe_url }}) {{unsubscribe_url}}"}, literals...) {
		f.Add(false, "For {{ patient_first_name }}", body, "Anna", "Smith")
	}
	f.Add(true, "S", `<p>Dear <b>{{ patient_full_name }}</b> &amp; <a href="{{ unsubscribe_url }}">x</a></p>`, "<i>", "&lt;")
	f.Add(true, "S", `<!DOCTYPE html><html><head><style>p{a:b}}</style></head><body><pre>{{ study_name }}
</pre><table><tr><td>a</td><td>{{study_name}}</td></tr></table></body></html>`, "a\r\nb", ".")
	f.Add(false, "{{study_name}}", "\\{{ x \\}} `{{ study_name }}`\n\n<{{ study_name }}>\n\n```\n{{ study_name }}\n```", "*", "_")
	f.Fuzz(func(t *testing.T, asHTML bool, subject, body, first, second string) {
		format := FormatMarkdown
		if asHTML {
			format = FormatHTML
		}
		l, err := Compile(format, subject, body)
		if err != nil {
			if studymail.CodeOf(err) != studymail.Invalid || err.Error() == "" {
				t.Fatalf("error without a code: %v", err)
			}
			return
		}
		var v Values
		for p := range placeholderCount {
			s := first
			if p%2 == 1 {
				s = second
			}
			if Clean(s) == "" {
				s = "x"
			}
			v.Set(Placeholder(p), s)
		}
		v.Set(UnsubscribeURL, "https://studymail.example/u/abc?d=e&f='")
		checkMail(t, l, testHeader(), &v)
	})
}

// Header encoding round-trips, for whatever can be written at all.
func FuzzHeader(f *testing.F) {
	for _, s := range nasty {
		f.Add(s, s, "user.one@example.org", "surgery.example")
	}
	f.Add("Zoë", "Größe", "zoë@exämple.org", "a.b")
	f.Add("a", "b", `"quoted local"@example.org`, "a.b")
	f.Add("a", "b", `x@[192.0.2.1]`, "a.b")
	l, err := Compile(FormatMarkdown, "{{ study_name }}", "x")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, subject, address, domain string) {
		h := testHeader()
		h.To = Address{Name: name, Address: address}
		h.From.Name = subject
		h.Domain = domain
		var v Values
		v.Set(StudyName, subject)
		if _, err := l.Append(nil, h, &v); err != nil {
			var e *studymail.Error
			if !errors.As(err, &e) {
				t.Fatalf("error without a code: %v", err)
			}
			return
		}
		checkMail(t, l, h, &v)
	})
}
