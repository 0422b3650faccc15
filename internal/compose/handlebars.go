package compose

import "strings"

// Handlebars is a letter for a system that merges values itself, in the template
// language of that name: Amazon SES. Values stand in three braces: nothing is escaped
// there, and what has to be is escaped here (HandlebarsData).
func (l *Letter) Handlebars() Parts {
	return Parts{Subject: handlebars(l.subject, "t_"), Text: handlebars(l.text, "t_"), HTML: handlebars(l.html, "h_")}
}

// HandlebarsData gives the values of such a template, by their names there.
func (l *Letter) HandlebarsData(v *Values) map[string]string {
	data := map[string]string{brace: "{", backslash: `\`}
	for _, p := range l.needs.List() {
		data["t_"+p.String()] = v.text[p]
		data["h_"+p.String()] = htmlEscaper.Replace(v.text[p])
	}
	return data
}

// What a letter's own text could be mistaken for the language by stands there as values.
const (
	brace     = "brace"
	backslash = "backslash"
)

func handlebars(parts []part, prefix string) string {
	var b strings.Builder
	for _, p := range parts {
		literalText(&b, p.text, p.placeholder != literal)
		if p.placeholder != literal {
			b.WriteString("{{{" + prefix + p.placeholder.String() + "}}}")
		}
	}
	return b.String()
}

// literalText writes text that stands before a value (or not) so that none of it is
// taken for the language: two braces open a value, and a backslash before them has them
// not opened.
func literalText(b *strings.Builder, text string, before bool) {
	for i := range len(text) {
		last := i == len(text)-1
		switch c := text[i]; {
		case c == '{' && (last && before || !last && text[i+1] == '{' || i > 0 && text[i-1] == '{'):
			b.WriteString("{{{" + brace + "}}}")
		case c == '\\' && (last && before || !last && (text[i+1] == '{' || text[i+1] == '\\') || i > 0 && text[i-1] == '\\'):
			b.WriteString("{{{" + backslash + "}}}")
		default:
			b.WriteByte(c)
		}
	}
}

// Fields are what a message says beside its letter, for a system that writes the header
// itself: each on one line.
type Fields struct {
	redacted
	From, ReplyTo string
	Others        [][2]string // names and values
}

// Fields gives them. Append has checked that they can be written.
func (h *Header) Fields() Fields {
	mailbox := func(a *Address) string {
		if a.Address == "" {
			return ""
		}
		return unfolded(appendMailbox(nil, "", a))
	}
	f := Fields{From: mailbox(&h.From), ReplyTo: mailbox(&h.ReplyTo), Others: [][2]string{{"Auto-Submitted", "auto-generated"}}}
	for line := range strings.Lines(unfoldedLines(appendUnsubscribe(nil, h))) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			f.Others = append(f.Others, [2]string{name, value})
		}
	}
	return f
}

func unfolded(field []byte) string { return strings.ReplaceAll(string(field), "\r\n", "") }

func unfoldedLines(fields []byte) string { return strings.ReplaceAll(string(fields), "\r\n ", " ") }
