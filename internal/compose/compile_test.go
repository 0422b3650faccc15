package compose

import (
	"errors"
	"strings"
	"testing"

	"studymail"
)

func TestCompileTellsEveryProblemWithItsPlace(t *testing.T) {
	t.Parallel()
	const md, htm = FormatMarkdown, FormatHTML
	const noScripts = "a mail runs no scripts"
	tests := []struct {
		name, format, subject, body string
		want                        []string // each begins so, or after the place contains so
	}{
		{"format", "text", "S", "b", []string{`body: the format is markdown or html, not "text"`}},
		{"empty subject", md, "", "b", []string{"subject: empty"}},
		{"blank subject", md, " \u00a0 ", "b", []string{"subject: empty"}},
		{"empty body", md, "S", "\n \n", []string{"body: empty"}},
		{"nothing to read", md, "S", "[x]: https://example.org\n", []string{"body: there is nothing to read"}},
		{"nothing to read in HTML", htm, "S", `<p><img src="https://example.org/x.png"></p>`, []string{"body: there is nothing to read"}},
		{"line break", md, "Hello\nBcc: x", "b", []string{"subject, line 1, column 6: a line break"}},
		{"carriage return", md, "Hello\rBcc: x", "b", []string{"subject, line 1, column 6: a line break"}},
		{"separator", md, "é\u2028x", "b", []string{"subject, line 1, column 2: a line break"}},
		{"control in subject", md, "a\tb\x00", "b", []string{"subject, line 1, column 2: a control character (U+0009)", "subject, line 1, column 4: a control character (U+0000)"}},
		{"control in body", md, "S", "ok\nb\x07", []string{"body, line 2, column 2: a control character (U+0007)"}},
		{"not UTF-8", md, "a\xff", "b\n\xc3(", []string{"subject, line 1, column 2: not UTF-8", "body, line 2, column 1: not UTF-8"}},
		{"private use", md, "S", "a\U00100000", []string{"body, line 1, column 2: a private-use character"}},
		{"private use by number", md, "S", "a &#x100000; &#1048576 &#13; &#99999999999;", []string{"column 3: &#x100000", "column 14: &#1048576", "column 24: &#13", "column 30: &#99999999999"}},
		{"overlong subject", md, strings.Repeat("x", 999), "b", []string{"subject: too long: 999 bytes"}},
		{"overlong body", md, "S", strings.Repeat("x\n\n", maxMarkdown/2), []string{"body: too long"}},
		{"overlong HTML", htm, "S", strings.Repeat("x", maxHTML+1), []string{"body: too long"}},
		{"endless paragraph", md, "S", "a\n\n" + strings.Repeat("[x](", 5000), []string{"body, line 3, column 1: a paragraph of more than"}},
		{"table that would fill the memory", md, "S", strings.Repeat("|", 1000) + "\n" + strings.Repeat("|-", 1000) + "\n" + strings.Repeat("|\n", 2000), []string{"body: too many bars"}},

		{"unknown", md, "{{ name_of_dog }}", "b", []string{`subject, line 1, column 1: there is no placeholder "name_of_dog"; there are patient_username`}},
		{"nearly known", md, "S", "é\r\nDear {{ pateint_first_nam }}", []string{`body, line 2, column 6: there is no placeholder "pateint_first_nam"; did you mean {{ patient_first_name }}?`}},
		{"without its owner", md, "S", "{{first_name}} {{ .PatientLastName }}", []string{"did you mean {{ patient_first_name }}?", "did you mean {{ patient_last_name }}?"}},
		{"empty placeholder", md, "S", "{{  }}", []string{"body, line 1, column 1: an empty placeholder"}},
		{"unclosed", md, "{{ study_name", "a\n{{ study_name }\n}}", []string{`subject, line 1, column 1: "{{" without "}}"`, `body, line 2, column 1: "{{" without "}}"`, `body, line 3, column 1: "}}" without "{{"`}},
		{"unclosed before the next", md, "S", "{{ study_name {{ study_name }}", []string{`body, line 1, column 1: "{{" without "}}" before the next`}},
		{"unopened", md, "S", "study_name }}", []string{`body, line 1, column 12: "}}" without "{{"`}},
		{"single braces", md, "S", "Dear { patient_first_name },", []string{"body, line 1, column 6: single braces; write {{ patient_first_name }}"}},
		{"triple braces", md, "S", "{{{ study_name }}}", []string{"did you mean {{ study_name }}"}},
		{"opt-out in the subject", md, "{{ unsubscribe_url }}", "b", []string{"subject, line 1, column 1: {{ unsubscribe_url }} does not belong"}},
		{"subject and body", md, "", "{{ x }}", []string{"subject: empty", "body, line 1, column 1: there is no placeholder"}},

		{"raw HTML block", md, "S", "a\n\n<div>\nb\n</div>", []string{"body, line 3, column 1: raw HTML in Markdown"}},
		{"raw HTML inline", md, "S", "a\n{{ study_name }} <b>x</b>", []string{"body, line 2, column 18: raw HTML in Markdown", "body, line 2, column 22: raw HTML"}},
		{"comment in Markdown", md, "S", "a <!-- {{ study_name }} -->", []string{"column 3: raw HTML", "column 8: {{ study_name }} would not appear"}},
		{"script address", md, "S", "\n[x](javascript:alert)", []string{"body, line 2, column 1: a link's address must"}},
		{"relative link", md, "S", "[x](page.html)", []string{"body, line 1, column 1: a link's address must"}},
		{"ftp", md, "S", "<ftp://example.org>", []string{"a link's address must"}},
		{"data image", md, "S", "x ![x](data:image/png;base64,AAAA)", []string{"body, line 1, column 3: an image's address"}},
		{"value as address", md, "S", "a [x]({{ patient_username }})", []string{"body, line 1, column 7: {{ patient_username }} cannot be the address of a link"}},
		{"value in an address", md, "S", "[x](https://example.org/{{ patient_username }})", []string{"body, line 1, column 25: a value cannot be part of a web address"}},
		{"value behind an address", md, "S", "see https://example.org/?u={{ patient_username }}", []string{"body, line 1, column 28: a value cannot be part of a web address"}},
		{"opt-out as image", md, "S", "![x]({{ unsubscribe_url }})", []string{"cannot be the address of an image"}},
		{"value in a title", md, "S", `[x](https://example.org "{{ study_name }}")`, []string{"body, line 1, column 26: a placeholder cannot stand in a tag"}},
		{"value in alt", md, "S", `x ![{{ study_name }}](https://example.org/x.png)`, []string{"body, line 1, column 5: a placeholder cannot stand in a tag"}},
		{"value in a fence's language", md, "S", "```{{study_name}}\nx\n```", []string{"body, line 1, column 4: a placeholder cannot stand in a tag"}},
		{"value in an unused reference", md, "S", "x\n\n[a]: https://example.org '{{ study_name }}'", []string{"body, line 3, column 27: {{ study_name }} would not appear"}},
		{"deep", md, "S", strings.Repeat("> ", 600) + "x", []string{"body: the elements are nested too deeply"}},

		{"unclosed element", htm, "S", "<p>a\n<b>b</p>", []string{"body, line 2, column 1: <b> is not closed before </p>"}},
		{"never closed", htm, "S", "a<p>b", []string{"body, line 1, column 2: <p> is never closed"}},
		{"not opened", htm, "S", "a</p>", []string{"body, line 1, column 2: </p> without <p>"}},
		{"leading space", htm, "S", "\n\n a</p>", []string{"body, line 3, column 3: </p> without <p>"}},
		{"crossed", htm, "S", "<b><i>x</b></i>", []string{"column 4: <i> is not closed before </b>", "column 12: </i> without <i>"}},
		{"void with an end", htm, "S", "a</br>", []string{"</br>: this element has no end tag"}},
		{"self-closing", htm, "S", "a<div/>", []string{"column 2: <div/> does not close itself"}},
		{"cut off", htm, "S", "a <b", []string{`column 3: "<" without ">"`}},
		{"comment not closed", htm, "S", "a <!-- b", []string{`column 3: a comment without "-->"`}},
		{"script", htm, "S", "a<script>alert(1)</script>", []string{"column 2: <script> is not an element of a letter"}},
		{"iframe and form", htm, "S", `a<iframe src="https://e.org"></iframe><form></form>`, []string{"<iframe> is not", "<form> is not"}},
		{"slip of the pen", htm, "S", "a <stong>x</stong>", []string{"<stong> is not an element"}},
		{"event handlers", htm, "S", `<p onclick="x()" ONLOAD=y>a</p>`, []string{"<p onclick>: " + noScripts, "<p onload>: " + noScripts}},
		{"script link", htm, "S", `<a href=" JavaScript:x">a</a>`, []string{"a link's address must"}},
		{"script link by entity", htm, "S", `<a href="&#106;avascript:x">a</a>`, []string{"a link's address must"}},
		{"refresh", htm, "S", `<meta http-equiv="Refresh" content="0"><p>a</p>`, []string{"refresh"}},
		{"charset", htm, "S", `<meta charset="latin1"><p>a</p>`, []string{"sent as UTF-8"}},
		{"value in a tag", htm, "S", `<p {{ study_name }}>a</p>`, []string{"column 4: a placeholder cannot stand in a tag"}},
		{"value in a style attribute", htm, "S", `<p style="{{ study_name }}">a</p>`, []string{"column 11: a placeholder cannot stand in a tag"}},
		{"value in <style>", htm, "S", `<style>{{ study_name }}</style><p>a</p>`, []string{"column 8: a placeholder cannot stand in <style>"}},
		{"value in a comment", htm, "S", `a<!-- {{ study_name }} -->`, []string{"column 7: a placeholder cannot stand in a comment"}},
		{"value as a tag", htm, "S", `a <{{ study_name }}>`, []string{`column 4: a value cannot follow "<"`}},
		{"value as an end tag", htm, "S", `a </{{ study_name }}>`, []string{`a placeholder cannot stand in a comment`}},
		{"value in a tag's name", htm, "S", `a <b{{ study_name }}>`, []string{`<b…> is not an element`, "<b…> is never closed", `a placeholder cannot stand in a tag`}},
		{"value behind an ampersand", htm, "S", `a &{{ study_name }} &#x{{ study_name }} &am{{ study_name }} &amp;{{ study_name }}`, []string{`column 4: a value cannot follow "&"`, `column 24: a value`, `column 44: a value`}},
		{"value as address in HTML", htm, "S", `<a href="{{ care_provider_phone }}">a</a>`, []string{"column 10: {{ care_provider_phone }} cannot be the address"}},
		{"opt-out without quotation marks", htm, "S", `<a href={{ unsubscribe_url }}>a</a>`, []string{"column 9: put the link's address in quotation marks"}},
		{"opt-out with more", htm, "S", `<a href="{{ unsubscribe_url }}?x">a</a>`, []string{"column 10: a value cannot be part of an address"}},
		{"opt-out in another attribute", htm, "S", `<a href="{{ unsubscribe_url }}" title="{{ unsubscribe_url }}">a</a>`, []string{"column 10: a placeholder cannot stand in a tag", "column 40: a placeholder cannot stand in a tag"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Compile(tt.format, tt.subject, tt.body)
			var e *studymail.Error
			var got Problems
			if !errors.As(err, &e) || e.Code != studymail.Invalid || !errors.As(err, &got) {
				t.Fatalf("error is %#v", err)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("%d problems, want %d:\n%v", len(got), len(tt.want), got)
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i].String(), want) {
					t.Errorf("problem %d is %q, want %q", i, got[i], want)
				}
				if !strings.Contains(e.Message, got[i].String()) {
					t.Errorf("the message does not tell it: %q", e.Message)
				}
			}
		})
	}
}

func TestManyProblemsAreCounted(t *testing.T) {
	t.Parallel()
	_, err := Compile(FormatMarkdown, "S", strings.Repeat("}}\n", 3*maxProblems))
	var got Problems
	if !errors.As(err, &got) || len(got) != maxProblems+1 || !strings.Contains(got[maxProblems].Text, "and 200 more") {
		t.Fatalf("%d problems, the last %v", len(got), got[len(got)-1])
	}
}

func TestCompileTakesWhatIsFine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, format, body string
		text               string // with the examples
		needs              []Placeholder
	}{
		{"spacing of placeholders", FormatMarkdown, "{{study_name}} {{  study_name\t}}", "Study A Study A", []Placeholder{StudyName}},
		{"escaped braces", FormatMarkdown, `\{{ study_name \}}`, "{{ study_name }}", nil},
		{"backslash before a placeholder", FormatMarkdown, `\\{{ study_name }}`, `\Study A`, []Placeholder{StudyName}},
		{"emphasis around a placeholder", FormatMarkdown, "**{{ study_name }}**, _{{ study_name }}_", "Study A, Study A", []Placeholder{StudyName}},
		{"in code", FormatMarkdown, "`{{ study_name }} {{ unsubscribe_url }}`\n\n    {{ study_name }}", "Study A https://studymail.example/u/example\n\nStudy A", []Placeholder{StudyName, UnsubscribeURL}},
		{"in angle brackets", FormatMarkdown, "<{{ study_name }}> &{{ study_name }};", "<Study A> &Study A;", []Placeholder{StudyName}},
		{"byte order mark", FormatMarkdown, "\ufeff# Head", "Head\n====", nil},
		{"reference", FormatMarkdown, "[out][o]\n\n[o]: {{ unsubscribe_url }}", "out (https://studymail.example/u/example)", []Placeholder{UnsubscribeURL}},
		{"address by itself", FormatMarkdown, "<https://example.org/a_b_c> <a@example.org> [a@example.org](mailto:a@example.org)", "https://example.org/a_b_c a@example.org a@example.org", nil},
		{"entities", FormatMarkdown, "&lt;b&gt; &copy; &#8217;", "<b> © ’", nil},
		{"style with braces", FormatHTML, "<style>@media x{p{a:b}}</style><p>a</p>", "a", nil},
		{"fragment", FormatHTML, "a &lt; b<br>c", "a < b\nc", nil},
		{"single quotes", FormatHTML, "<a href='{{ unsubscribe_url }}'>out</a>", "out (https://studymail.example/u/example)", []Placeholder{UnsubscribeURL}},
		{"anchor", FormatHTML, `<p><a href="#end">down</a></p><p id="end">x</p>`, "down\n\nx", nil},
		{"comment", FormatHTML, `<!--[if mso]><p>x</p><![endif]-->a`, "a", nil},
		{"unlike a placeholder", FormatMarkdown, "{x} { y } a}b{c", "{x} { y } a}b{c", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := mustCompile(t, tt.format, "S", tt.body)
			v := Examples()
			if got := l.Parts(&v).Text; got != tt.text {
				t.Errorf("text %q, want %q", got, tt.text)
			}
			got := l.Needs().List()
			if len(got) != len(tt.needs) {
				t.Fatalf("needs %v, want %v", got, tt.needs)
			}
			for i := range got {
				if got[i] != tt.needs[i] {
					t.Fatalf("needs %v, want %v", got, tt.needs)
				}
			}
			checkMail(t, l, testHeader(), &v)
		})
	}
}

func TestBareOptOutBecomesALink(t *testing.T) {
	t.Parallel()
	l := mustCompile(t, FormatMarkdown, "S", "a {{ unsubscribe_url }}, **{{unsubscribe_url}}**\nb [c {{ unsubscribe_url }}](https://example.org)")
	var v Values
	v.Set(UnsubscribeURL, "https://s.example/?a&b")
	const link = `<a href="https://s.example/?a&amp;b">https://s.example/?a&amp;b</a>`
	want := `<p>a ` + link + `, <strong>` + link + "</strong>\nb " + `<a href="https://example.org">c https://s.example/?a&amp;b</a></p>`
	if got := l.Parts(&v).HTML; !strings.Contains(got, want) {
		t.Fatalf("got %s\nwant %s", got, want)
	}
}
