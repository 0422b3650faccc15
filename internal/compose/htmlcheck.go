package compose

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// The elements that a letter may have. What is not here is refused: it does not
// work in mail, could run or send something, or is a slip of the pen.
var elements = set(`html head body title meta style
	a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup
	dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd
	li main mark nav ol p pre q s samp section small span strike strong sub sup
	table tbody td tfoot th thead time tr tt u ul var wbr`)

var voidElements = set(`br col hr img meta wbr`)

// Attributes that load, send or run something; those that begin with "on" are
// refused by that.
var refusedAttributes = set(`action background data dynsrc formaction longdesc lowsrc ping poster srcdoc srcset usemap xlink:href`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// opensReference: the text ends in an ampersand and what a value behind it could
// make a character reference of.
func opensReference(text string) bool {
	name := strings.TrimRight(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return strings.HasSuffix(name, "&") || strings.HasSuffix(name, "&#")
}

// checkHTML checks well-formedness and that placeholders stand only where a
// value is safe. It tells whether the text is a whole document, and which
// occurrences a reader will see. place turns an offset into one of the text as
// written, or unplaced.
func checkHTML(source string, body *scanned, place func(int) int, p *problems) (document bool, seen []bool) {
	c := &htmlChecker{source: source, body: body, place: place, problems: p, seen: make([]bool, len(body.occurrences))}
	z := html.NewTokenizer(strings.NewReader(source))
	at := 0
	for {
		kind := z.Next()
		raw := string(z.Raw()) // a copy: reading attributes works in place
		if kind == html.ErrorToken {
			if !errors.Is(z.Err(), io.EOF) || at < len(source) {
				c.add(at, `"<" without ">"`)
			}
			break
		}
		c.token(z, kind, raw, at)
		at += len(raw)
	}
	for _, e := range c.open {
		c.add(e.at, "<%s> is never closed", bounded(e.name))
	}
	return c.document, c.seen
}

type htmlChecker struct {
	source   string
	body     *scanned
	place    func(int) int
	problems *problems
	open     []openElement
	document bool
	seen     []bool
}

type openElement struct {
	name string
	at   int
}

func (c *htmlChecker) add(at int, format string, args ...any) {
	c.problems.add(c.place(at), format, args...)
}

func (c *htmlChecker) token(z *html.Tokenizer, kind html.TokenType, raw string, at int) {
	switch kind {
	case html.ErrorToken: // the end: the caller's
	case html.TextToken:
		c.text(raw, at)
	case html.StartTagToken, html.SelfClosingTagToken:
		name, more := z.TagName()
		c.start(z, string(name), more, kind == html.SelfClosingTagToken, raw, at)
	case html.EndTagToken:
		name, _ := z.TagName()
		c.end(string(name), at)
		c.refuseMarks(raw, "in a tag")
	case html.CommentToken:
		if strings.HasPrefix(raw, "<!--") && !strings.HasSuffix(raw, "-->") {
			c.add(at, `a comment without "-->"`)
		}
		c.refuseMarks(raw, "in a comment")
	case html.DoctypeToken:
		c.document = true
		c.refuseMarks(raw, "in a document type")
	}
}

// text checks what stands before each placeholder: values are escaped, but
// must not complete what the letter has begun.
func (c *htmlChecker) text(raw string, at int) {
	if len(c.open) > 0 {
		if top := c.open[len(c.open)-1].name; top == "style" || top == "title" || top == "head" {
			c.refuseMarks(raw, "in <"+top+">")
			return
		}
	}
	for i, r := range raw {
		o, ok := c.body.of(r)
		if !ok {
			continue
		}
		c.seen[r-markBase] = true
		switch before := c.source[:at+i]; {
		case strings.HasSuffix(before, "<"):
			c.problems.addOf(o, `a value cannot follow "<"; write &lt; for the character itself`)
		case opensReference(before):
			c.problems.addOf(o, `a value cannot follow "&"; write &amp; for the character itself`)
		}
	}
}

func (c *htmlChecker) refuseMarks(raw, where string) {
	for _, r := range raw {
		if o, ok := c.body.of(r); ok {
			c.seen[r-markBase] = true // said once is enough
			c.problems.addOf(o, "a placeholder cannot stand %s; only in text, and {{ unsubscribe_url }} as a link's whole address", where)
		}
	}
}

func (c *htmlChecker) start(z *html.Tokenizer, name string, more, selfClosing bool, raw string, at int) {
	switch {
	case !elements[name]:
		c.add(at, "<%s> is not an element of a letter; take it out", bounded(name))
	case selfClosing && !voidElements[name]:
		c.add(at, "<%s/> does not close itself in HTML; write <%s></%s>", name, name, name)
	}
	switch name {
	case "html", "head", "body":
		c.document = true
	}
	links := 0 // attributes that are a placeholder, as they may be
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if elements[name] && c.attribute(name, string(key), string(value), raw, at) {
			links++
		}
	}
	marks := 0
	for _, r := range raw {
		if _, ok := c.body.of(r); ok {
			marks++
		}
	}
	if marks > links {
		c.refuseMarks(raw, "in a tag")
	}
	if !voidElements[name] && !selfClosing {
		c.open = append(c.open, openElement{name, at})
	}
}

// attribute checks one and tells whether it is a link whose address is the
// opt-out placeholder, in quotation marks.
func (c *htmlChecker) attribute(element, key, value, raw string, at int) bool {
	switch {
	case strings.HasPrefix(key, "on"):
		c.add(at, "<%s %s>: a mail runs no scripts; take it out", bounded(element), bounded(key))
	case refusedAttributes[key]:
		c.add(at, "<%s %s>: not in a letter; take it out", bounded(element), bounded(key))
	case key == "http-equiv" && strings.EqualFold(strings.TrimSpace(value), "refresh"):
		c.add(at, "<meta http-equiv=refresh>: not in a letter; take it out")
	case key == "charset" && !strings.EqualFold(value, "utf-8"):
		c.add(at, "the letter is sent as UTF-8; write charset=\"utf-8\"")
	case key == "src" && element == "img":
		return checkAddress(value, inImage, c.body, c.place(at), c.problems)
	case key == "src":
		c.add(at, "<%s src>: not in a letter; take it out", bounded(element))
	case key == "href" && element == "a":
		if !checkAddress(value, inLink, c.body, c.place(at), c.problems) {
			return false
		}
		r, n := utf8.DecodeRuneInString(value)
		i := strings.Index(raw, value)
		if i < 1 || i+n >= len(raw) || raw[i-1] != raw[i+n] || raw[i-1] != '"' && raw[i-1] != '\'' {
			o, _ := c.body.of(r)
			c.problems.addOf(o, `put the link's address in quotation marks: href="{{ unsubscribe_url }}"`)
		}
		if o, ok := c.body.of(r); ok && o.placeholder != literal {
			c.seen[r-markBase] = true
		}
		return true
	}
	return false
}

func (c *htmlChecker) end(name string, at int) {
	if voidElements[name] {
		c.add(at, "</%s>: this element has no end tag; take it out", name)
		return
	}
	for i := len(c.open) - 1; i >= 0; i-- {
		if c.open[i].name != name {
			continue
		}
		for _, e := range c.open[i+1:] {
			c.add(e.at, "<%s> is not closed before </%s>", bounded(e.name), bounded(name))
		}
		c.open = c.open[:i]
		return
	}
	c.add(at, "</%s> without <%s> before it", bounded(name), bounded(name))
}

// bounded keeps absurd names out of messages.
func bounded(name string) string {
	var b strings.Builder
	for _, r := range name {
		if isMark(r) {
			r = '…'
		}
		if b.Len() > 30 {
			return b.String() + "…"
		}
		b.WriteRune(r)
	}
	return b.String()
}
