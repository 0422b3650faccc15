package compose

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// markdownHTML gives the HTML of a Markdown body (CommonMark, with tables and
// with bare web addresses as links), marks still in it. A bare
// {{ unsubscribe_url }} becomes a link, too.
func markdownHTML(body *scanned, p *problems) string {
	if !boundedMarkdown(body, p) {
		return ""
	}
	source := []byte(body.marked)
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Linkify))
	doc := md.Parser().Parse(text.NewReader(source))
	m := markdown{source: source, body: body, problems: p}
	var bare []*ast.Text
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			if m.hasBareURL(n) {
				bare = append(bare, n)
			}
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		default:
			m.check(n)
		}
		return ast.WalkContinue, nil
	})
	for _, t := range bare {
		m.linkBareURLs(t)
	}
	var out bytes.Buffer
	if err := md.Renderer().Render(&out, source, doc); err != nil {
		p.add(-1, "the Markdown cannot be rendered")
	}
	return m.restoreMarks(out.String())
}

// boundedMarkdown refuses what goldmark would chew on for minutes: its work grows
// with the square of a paragraph's length, and it fills each row of a table up
// to the columns of its head.
func boundedMarkdown(body *scanned, p *problems) bool {
	const maxParagraph, maxCells = 16 << 10, 100_000
	at, paragraph, lines, columns := 0, 0, 0, 0
	for line := range strings.SplitSeq(body.marked, "\n") {
		lines++
		columns = max(columns, strings.Count(line, "|"))
		if strings.TrimSpace(line) == "" {
			paragraph = at + len(line) + 1
		}
		at += len(line) + 1
		if at-paragraph > maxParagraph {
			p.add(body.origin(paragraph), "a paragraph of more than %d bytes; put blank lines between paragraphs", maxParagraph)
			return false
		}
	}
	if lines*columns > maxCells {
		p.add(-1, "too many bars and lines for a table")
		return false
	}
	return true
}

type markdown struct {
	source   []byte
	body     *scanned
	problems *problems
}

// check refuses what Markdown could bring in that we cannot vouch for.
func (m *markdown) check(n ast.Node) {
	at := m.body.origin(max(n.Pos(), 0))
	switch n := n.(type) {
	case *ast.HTMLBlock:
		m.problems.add(at, "raw HTML in Markdown is not let through; write it as Markdown, or choose the html format")
	case *ast.RawHTML:
		if n.Segments.Len() > 0 {
			at = m.body.origin(n.Segments.At(0).Start)
		}
		m.problems.add(at, "raw HTML in Markdown is not let through; write it as Markdown, put it between backquotes to show it, or choose the html format")
	case *ast.Link:
		checkAddress(string(n.Destination), inLink, m.body, at, m.problems)
	case *ast.Image:
		checkAddress(string(n.Destination), inImage, m.body, at, m.problems)
	case *ast.AutoLink:
		// <someone@example.org> is a link, too; its address has no scheme yet.
		if n.AutoLinkType == ast.AutoLinkURL {
			checkAddress(string(n.URL(m.source)), inLink, m.body, at, m.problems)
		}
	}
}

func (m *markdown) hasBareURL(t *ast.Text) bool {
	for up := t.Parent(); up != nil; up = up.Parent() {
		switch up.(type) {
		case *ast.Link, *ast.Image, *ast.AutoLink, *ast.CodeSpan:
			return false
		}
	}
	for _, r := range string(t.Segment.Value(m.source)) {
		if m.isURL(r) {
			return true
		}
	}
	return false
}

func (m *markdown) isURL(r rune) bool {
	o, ok := m.body.of(r)
	return ok && o.placeholder == UnsubscribeURL
}

// linkBareURLs makes links of the unsubscribe_urls in a text: the text is cut
// before and behind each, the last piece keeps the line break behind it.
func (m *markdown) linkBareURLs(t *ast.Text) {
	parent := t.Parent()
	from := t.Segment.Start
	for i := t.Segment.Start; i < t.Segment.Stop; {
		r, n := utf8.DecodeRune(m.source[i:t.Segment.Stop])
		if m.isURL(r) {
			if i > from {
				parent.InsertBefore(parent, t, ast.NewTextSegment(text.NewSegment(from, i)))
			}
			link := ast.NewLink()
			link.Destination = []byte(string(r))
			link.AppendChild(link, ast.NewTextSegment(text.NewSegment(i, i+n)))
			parent.InsertBefore(parent, t, link)
			from = i + n
		}
		i += n
	}
	// Padding and the flags for line breaks are those of the original.
	t.Segment = text.NewSegment(from, t.Segment.Stop)
}

// restoreMarks puts marks back where goldmark percent-encoded them: as the
// whole address of a link. Nothing that staff write can look like this: a
// quotation mark in text is written as &quot;.
func (m *markdown) restoreMarks(html string) string {
	const href = `href="%F4%8`
	if !strings.Contains(html, href) {
		return html
	}
	var pairs []string
	for i, o := range m.body.occurrences {
		if o.placeholder == UnsubscribeURL {
			mark := string(markBase + rune(i))
			pairs = append(pairs, fmt.Sprintf(`href="%%%X%%%X%%%X%%%X"`, mark[0], mark[1], mark[2], mark[3]), `href="`+mark+`"`)
		}
	}
	return strings.NewReplacer(pairs...).Replace(html)
}

// Where an address stands.
const (
	inLink  = "a link"
	inImage = "an image"
)

// checkAddress checks the address of a link or image: a mail has no page that
// it could be relative to, and no business with scripts. It tells whether the
// address is a placeholder.
func checkAddress(address, of string, body *scanned, at int, p *problems) bool {
	if r, n := utf8.DecodeRuneInString(address); isMark(r) && n == len(address) {
		o, ok := body.of(r)
		if ok && o.placeholder == UnsubscribeURL && of == inLink {
			return true
		}
		if ok && o.placeholder != literal {
			p.addOf(o, "{{ %s }} cannot be the address of %s; only {{ unsubscribe_url }} can be that of a link", o.placeholder, of)
		}
		return true
	}
	for _, r := range address {
		if o, ok := body.of(r); ok {
			p.addOf(o, "a value cannot be part of an address; only {{ unsubscribe_url }} can be a link's whole address")
			return false
		}
	}
	lower := strings.ToLower(strings.TrimSpace(address))
	scheme, rest, found := strings.Cut(lower, ":")
	if found && rest != "" {
		switch scheme {
		case "https", "http":
			if len(rest) > 2 && strings.HasPrefix(rest, "//") {
				return false
			}
		case "mailto", "tel":
			if of == inLink {
				return false
			}
		}
	}
	if of == inLink && len(lower) > 1 && lower[0] == '#' {
		return false
	}
	if of == inImage {
		p.add(at, "an image's address must be whole and begin with https:// (found %s)", quoted(address))
	} else {
		p.add(at, "a link's address must be whole and begin with https://, http://, mailto: or tel: (found %s)", quoted(address))
	}
	return false
}
