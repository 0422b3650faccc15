package compose

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Where plain text is wrapped. Values are not known yet and count as long as
// their examples.
const textWidth = 74

// plainText makes the text part from a document's HTML, marks still in it:
// paragraphs wrapped, headings underlined, lists with bullets or numbers,
// quotations with "> ", links as "text (address)".
func plainText(document string, body *scanned, p *problems) string {
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		p.add(-1, "the elements are nested too deeply")
		return ""
	}
	w := &textWriter{body: body}
	w.children(root)
	w.flush()
	return w.out.String()
}

type textWriter struct {
	body   *scanned
	out    strings.Builder
	inline strings.Builder // of the block being read; \n is a <br>
	indent string          // before each line
	marker string          // before the next line, in the place of as much indent
	gap    bool            // a blank line before the next line,
	around string          // with this much of the indent
	lists  int             // how deep
	before int             // lines written
}

func (w *textWriter) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

func (w *textWriter) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.write(n.Data)
	case html.ElementNode:
		if !hidden(n) {
			w.element(n)
		}
	case html.DocumentNode:
		w.children(n)
	case html.ErrorNode, html.CommentNode, html.DoctypeNode, html.RawNode: // nothing to read
	}
}

// hidden: such as the preview text that some letters carry for the inbox list.
func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "hidden" || a.Key == "style" &&
			strings.Contains(strings.ReplaceAll(strings.ToLower(a.Val), " ", ""), "display:none") {
			return true
		}
	}
	return false
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func (w *textWriter) element(n *html.Node) {
	switch n.DataAtom {
	case atom.Head, atom.Style, atom.Title, atom.Script:
	case atom.Br:
		w.inline.WriteByte('\n')
	case atom.Img:
		w.write(attribute(n, "alt"))
	case atom.Q:
		w.write("“")
		w.children(n)
		w.write("”")
	case atom.A:
		w.link(n)
	case atom.Hr:
		w.block(func() { w.write(strings.Repeat("-", 20)) })
	case atom.H1, atom.H2:
		w.heading(n)
	case atom.P, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Dl, atom.Figure, atom.Address:
		w.block(func() { w.children(n) })
	case atom.Blockquote:
		w.block(func() { w.within("> ", func() { w.children(n) }) })
	case atom.Pre:
		w.block(func() { w.preformatted(n) })
	case atom.Ul, atom.Ol:
		w.list(n)
	case atom.Tr:
		w.row(n)
	case atom.Dd:
		w.line(func() { w.within("    ", func() { w.children(n) }) })
	case atom.Div, atom.Center, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Nav,
		atom.Aside, atom.Li, atom.Dt, atom.Caption, atom.Figcaption, atom.Body, atom.Html:
		w.line(func() { w.children(n) })
	default:
		w.children(n)
	}
}

// write takes inline text; white space collapses to one space.
func (w *textWriter) write(s string) {
	for _, r := range s {
		switch {
		case r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f':
			w.inline.WriteByte(' ')
		case breaks(r):
		default:
			w.inline.WriteRune(r)
		}
	}
}

// line: a block of its own lines; block: with blank lines around it.
func (w *textWriter) line(content func()) {
	w.flush()
	content()
	w.flush()
}

func (w *textWriter) block(content func()) {
	w.flush()
	w.leaveGap()
	content()
	w.flush()
	w.leaveGap()
}

// leaveGap asks for a blank line. It belongs to the outermost of the blocks
// that end and begin there: between a paragraph and a quotation it is empty,
// within the quotation it is quoted.
func (w *textWriter) leaveGap() {
	if !w.gap || len(w.indent) < len(w.around) {
		w.around = w.indent
	}
	w.gap = true
}

func (w *textWriter) within(prefix string, content func()) {
	w.flush()
	outer := w.indent
	w.indent += prefix
	content()
	w.flush()
	w.indent = outer
}

func (w *textWriter) heading(n *html.Node) {
	under := "="
	if n.DataAtom == atom.H2 {
		under = "-"
	}
	w.block(func() {
		before := w.before
		w.children(n)
		text := strings.TrimSpace(w.inline.String())
		w.flush()
		if w.before == before+1 {
			w.write(strings.Repeat(under, min(w.width(text), textWidth)))
		}
	})
}

func (w *textWriter) link(n *html.Node) {
	start := w.inline.Len()
	w.children(n)
	if w.inline.Len() < start {
		start = 0 // a block inside was written already
	}
	text := strings.TrimSpace(w.inline.String()[start:])
	address := strings.TrimSpace(attribute(n, "href"))
	address = strings.TrimPrefix(address, "mailto:")
	number, isNumber := strings.CutPrefix(address, "tel:")
	if isNumber {
		address = number
	}
	switch {
	case isNumber && strings.ContainsAny(text, "0123456789"): // as people write it
	case address == "" || address[0] == '#' || w.sameAddress(text, address):
	case text == "":
		w.write(address)
	default:
		w.write(" (" + address + ")")
	}
}

func (w *textWriter) sameAddress(text, address string) bool {
	if text == address {
		return true
	}
	a, _ := utf8.DecodeRuneInString(text)
	b, _ := utf8.DecodeRuneInString(address)
	if isMark(a) && isMark(b) && text == string(a) { // two occurrences of unsubscribe_url
		return true
	}
	bare := strings.NewReplacer("https://", "", "http://", "")
	return strings.TrimSuffix(bare.Replace(text), "/") == strings.TrimSuffix(bare.Replace(address), "/")
}

func (w *textWriter) list(n *html.Node) {
	content := func() {
		number, _ := strconv.Atoi(attribute(n, "start"))
		if attribute(n, "start") == "" || number < 0 || number > 1e6 {
			number = 1
		}
		w.lists++
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type != html.ElementNode || c.DataAtom != atom.Li {
				w.node(c)
				continue
			}
			w.flush()
			marker := "- "
			if n.DataAtom == atom.Ol {
				marker = strconv.Itoa(number) + ". "
				number++
			}
			outer := w.marker
			w.marker = outer + marker
			w.within(strings.Repeat(" ", len(marker)), func() { w.children(c) })
			if w.marker != "" { // an item without text
				w.marker = outer
			}
		}
		w.lists--
	}
	if w.lists > 0 {
		w.line(content)
	} else {
		w.block(content)
	}
}

// row: cells of plain text are parted by bars; cells with blocks in them, as
// letters use tables for their layout, stand on lines of their own.
func (w *textWriter) row(n *html.Node) {
	w.line(func() {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type != html.ElementNode {
				continue
			}
			if strings.TrimSpace(w.inline.String()) != "" {
				w.write(" | ")
			}
			w.children(c)
		}
	})
}

func (w *textWriter) preformatted(n *html.Node) {
	var b strings.Builder
	var gather func(*html.Node)
	gather = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch {
			case c.Type == html.TextNode:
				b.WriteString(c.Data)
			case c.Type == html.ElementNode && c.DataAtom == atom.Br:
				b.WriteByte('\n')
			default:
				gather(c)
			}
		}
	}
	gather(n)
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(b.String())
	for l := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		l = strings.Map(func(r rune) rune {
			if r != '\t' && breaks(r) {
				return -1
			}
			return r
		}, l)
		w.print(strings.TrimRight(l, " \t"))
	}
}

// flush writes the inline text read so far, wrapped.
func (w *textWriter) flush() {
	if w.inline.Len() == 0 {
		return
	}
	text := w.inline.String()
	w.inline.Reset()
	if strings.Trim(text, " \n") == "" {
		return
	}
	for l := range strings.SplitSeq(strings.Trim(text, " \n"), "\n") {
		w.wrap(l)
	}
}

// wrap breaks at ordinary spaces only.
func (w *textWriter) wrap(text string) {
	room := max(textWidth-utf8.RuneCountInString(w.indent), 20)
	var line strings.Builder
	used := 0
	for word := range strings.SplitSeq(text, " ") {
		if word == "" {
			continue
		}
		n := w.width(word)
		if used > 0 && used+1+n > room {
			w.print(line.String())
			line.Reset()
			used = 0
		}
		if used > 0 {
			line.WriteByte(' ')
			used++
		}
		line.WriteString(word)
		used += n
	}
	w.print(line.String())
}

func (w *textWriter) width(s string) int {
	n := 0
	for _, r := range s {
		if o, ok := w.body.of(r); ok && o.placeholder.known() {
			n += len(placeholders[o.placeholder].Example)
		} else {
			n++
		}
	}
	return n
}

func (w *textWriter) print(line string) {
	if w.before > 0 {
		w.out.WriteByte('\n')
		if w.gap {
			w.out.WriteString(strings.TrimRight(w.around, " "))
			w.out.WriteByte('\n')
		}
	}
	w.gap = false
	w.before++
	prefix := w.indent
	if w.marker != "" {
		prefix = strings.TrimSuffix(prefix, strings.Repeat(" ", len(w.marker))) + w.marker
		w.marker = ""
	}
	w.out.WriteString(strings.TrimRight(prefix+line, " "))
}
