package compose

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The formats of a template's body.
const (
	FormatMarkdown = "markdown"
	FormatHTML     = "html"
)

// The limits of a template, in bytes. HTML that is much longer is cut off by
// the large mail services (at 102 kB).
const (
	maxSubject  = 998
	maxMarkdown = 64 << 10
	maxHTML     = 256 << 10
)

// Letter is a template version, compiled: literal pieces and placeholders for
// subject, text and HTML. It is immutable and safe for concurrent use.
type Letter struct {
	needs       Needs
	subject     []part
	text        []part
	html        []part
	subjectLine []byte // the whole header field, of a subject without placeholders
	textPieces  []piece
	htmlPieces  []piece
}

// part is a bit of a letter: literal text, then a placeholder or none.
type part struct {
	text        string
	placeholder Placeholder
}

// Compile compiles a template version. Its error is a *studymail.Error with
// code Invalid that lists everything that is wrong, with its place; the cause
// is the list itself, as Problems.
func Compile(format, subject, body string) (*Letter, error) {
	if format != FormatMarkdown && format != FormatHTML {
		return nil, invalid(Problems{{Where: "body", Text: fmt.Sprintf("the format is %s or %s, not %s", FormatMarkdown, FormatHTML, quoted(format))}})
	}
	l := &Letter{}
	all := l.compileSubject(subject)
	all = append(all, l.compileBody(format, body)...)
	if err := invalid(all); err != nil {
		return nil, err
	}
	for _, parts := range [][]part{l.subject, l.text, l.html} {
		for _, p := range parts {
			if p.placeholder != literal {
				l.needs |= 1 << p.placeholder
			}
		}
	}
	if len(l.subject) == 1 && l.subject[0].placeholder == literal {
		l.subjectLine = appendText(nil, "Subject: ", []byte(l.subject[0].text))
	}
	l.textPieces = encodePieces(l.text)
	l.htmlPieces = encodePieces(l.html)
	return l, nil
}

func (l *Letter) compileSubject(subject string) Problems {
	p := &problems{where: "subject", text: subject}
	if len(subject) > maxSubject {
		p.add(-1, "too long: %d bytes, at most %d (and mail programs show about 60 characters)", len(subject), maxSubject)
		return p.list()
	}
	s := scan(subject, FormatMarkdown, true, p)
	if strings.TrimSpace(s.marked) == "" && len(p.found) == 0 {
		p.add(-1, "empty; a mail needs a subject")
	}
	for _, o := range s.occurrences {
		if o.placeholder == UnsubscribeURL {
			p.addOf(o, "{{ unsubscribe_url }} does not belong in a subject; put it into the body")
		}
	}
	l.subject = split(strings.TrimSpace(s.marked), s)
	return p.list()
}

func (l *Letter) compileBody(format, body string) Problems {
	// What editors add or differ in; line numbers stay.
	body = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(body, "\ufeff"))
	p := &problems{where: "body", text: body}
	most := maxHTML
	if format == FormatMarkdown {
		most = maxMarkdown
	}
	if len(body) > most {
		p.add(-1, "too long: %d bytes, at most %d", len(body), most)
		return p.list()
	}
	if strings.TrimSpace(body) == "" {
		p.add(-1, "empty; write a letter")
		return p.list()
	}
	s := scan(body, format, false, p)
	html, place := strings.TrimSpace(s.marked), s.origin
	if lead := strings.Index(s.marked, html); lead > 0 {
		place = func(at int) int { return s.origin(at + lead) }
	}
	if format == FormatMarkdown {
		if html = strings.TrimSpace(markdownHTML(s, p)); html == "" && len(p.found) > 0 {
			return p.list()
		}
		place = func(int) int { return unplaced }
	}
	document, seen := checkHTML(html, s, place, p)
	for i, o := range s.occurrences {
		if !seen[i] && o.placeholder != literal {
			p.addOf(o, "{{ %s }} would not appear in the letter here", o.placeholder)
		}
	}
	if !document {
		html = documentHead + html + documentFoot
	}
	text := plainText(html, s, p)
	if strings.TrimSpace(text) == "" && len(p.found) == 0 {
		p.add(-1, "there is nothing to read in it")
	}
	l.text, l.html = split(text, s), split(html, s)
	return p.list()
}

// What a body without <html> stands in. The sizes are those of legible letters.
const (
	documentHead = `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
</head>
<body style="font-family: Arial, Helvetica, sans-serif; font-size: 16px; line-height: 1.5">
`
	documentFoot = `
</body>
</html>`
)

// split cuts marked text at its marks.
func split(marked string, s *scanned) []part {
	var parts []part
	from := 0
	for i, r := range marked {
		if o, ok := s.of(r); ok {
			parts = append(parts, part{marked[from:i], o.placeholder})
			from = i + utf8.RuneLen(r)
		}
	}
	if from < len(marked) {
		parts = append(parts, part{marked[from:], literal})
	}
	return parts
}

// Needs gives the placeholders used.
func (l *Letter) Needs() Needs { return l.needs }

// Parts is a letter with its values, as people read it: for previews and pages.
// Lines end with LF. It holds personal details and prints [redacted].
type Parts struct {
	redacted
	Subject string
	Text    string
	HTML    string // a whole document: show it in a frame of its own, sandboxed
}

// Parts merges values for a preview. Unlike Append it does not fail: what is
// missing shows as its placeholder.
func (l *Letter) Parts(v *Values) Parts {
	return Parts{
		Subject: merge(l.subject, v, func(s string) string { return s }),
		Text:    merge(l.text, v, func(s string) string { return s }),
		HTML:    merge(l.html, v, htmlEscaper.Replace),
	}
}

// The five that matter in text and in quoted attributes; as in appendHTMLValue.
var htmlEscaper = strings.NewReplacer(`&`, "&amp;", `<`, "&lt;", `>`, "&gt;", `"`, "&#34;", `'`, "&#39;")

func merge(parts []part, v *Values, escape func(string) string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
		switch {
		case p.placeholder == literal:
		case v.text[p.placeholder] == "":
			b.WriteString("{{ " + p.placeholder.String() + " }}")
		default:
			b.WriteString(escape(v.text[p.placeholder]))
		}
	}
	return b.String()
}
