package bounce

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // text in the charsets of the world
	"github.com/emersion/go-message/textproto"
)

// The bounds on what is looked at. Reports are small and stand before what they
// return; whoever sends more wants to keep us busy.
const (
	MaxSize   = 16 << 20  // of a mail; a larger one is not understood
	MaxKept   = 2 << 20   // of it in memory: the rest is only counted
	maxHeader = 256 << 10 // of one header
	maxFields = 1000      // in one header
	maxParts  = 50        // of one mail
	maxDepth  = 4         // of multiparts in multiparts
	maxText   = 24 << 10  // of text in one part, decoded
)

// errTooLarge means that a mail has more than MaxSize octets.
var errTooLarge = errors.New("bounce: too large")

// take reads a mail: what is kept of it, with line ends of one kind, and without
// NULs and an mbox's first line.
func take(r io.Reader) ([]byte, error) {
	kept, err := io.ReadAll(io.LimitReader(r, MaxKept))
	if err != nil {
		return nil, err
	}
	if len(kept) == MaxKept {
		rest, err := io.Copy(io.Discard, io.LimitReader(r, MaxSize-MaxKept+1))
		if err != nil {
			return nil, err
		}
		if rest > MaxSize-MaxKept {
			return nil, errTooLarge
		}
	}
	return tidy(kept), nil
}

// tidy works in place. Old mail has CR alone, broken gateways have CR CR LF.
func tidy(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case 0:
		case '\r':
			for i+1 < len(b) && b[i+1] == '\r' && hasLineFeed(b[i+1:]) {
				i++
			}
			if i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
			out = append(out, '\n')
		default:
			out = append(out, c)
		}
	}
	out = bytes.TrimPrefix(out, []byte("\xef\xbb\xbf"))
	out = withoutBlankLines(out)
	for bytes.HasPrefix(out, []byte("From ")) || bytes.HasPrefix(out, []byte(">From ")) {
		_, rest, _ := bytes.Cut(out, []byte("\n"))
		out = rest
	}
	return out
}

// withoutBlankLines takes off what stands before a header where a mail was copied out
// of a page: lines of nothing, or of spaces.
func withoutBlankLines(b []byte) []byte {
	for {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok || len(bytes.TrimRight(line, " \t")) > 0 {
			return b
		}
		b = rest
	}
}

// hasLineFeed tells whether a run of CRs ends in LF; a run is looked at once.
func hasLineFeed(b []byte) bool {
	for i := 0; i < len(b) && i < 8; i++ {
		if b[i] != '\r' {
			return b[i] == '\n'
		}
	}
	return false
}

// part is one piece of a mail, or the whole.
type part struct {
	header message.Header
	kind   string // media type, in lower case
	excess bool   // its header is longer than any honest one
	params map[string]string
	body   []byte // as it came
}

// open reads the header of a mail or of a part of one. Lines that are no
// header fields are passed over: real mails have them.
func open(b []byte) part {
	header, body, excess := split(b)
	p := part{body: body, excess: excess}
	if h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(header))); err == nil {
		p.header = message.Header{Header: h}
	}
	var err error
	if p.kind, p.params, err = p.header.ContentType(); err != nil || p.kind == "" {
		p.kind, p.params = looseType(p.header.Get("Content-Type"))
	}
	p.kind = strings.ToLower(p.kind)
	return p
}

// looseType reads what is no proper Content-Type as well as it can be.
func looseType(s string) (kind string, params map[string]string) {
	kind, rest, _ := strings.Cut(s, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if !strings.Contains(kind, "/") {
		kind = "text/plain"
	}
	params = map[string]string{}
	for p := range strings.SplitSeq(rest, ";") {
		if name, value, ok := strings.Cut(p, "="); ok {
			params[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return kind, params
}

// split parts a header from its body, and leaves in the header what is one.
// excess tells that there was more than the bounds allow.
func split(b []byte) (header, body []byte, excess bool) {
	header = make([]byte, 0, min(len(b), 4096))
	fields, valid := 0, false
	for len(b) > 0 {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		if len(bytes.TrimRight(line, " \t")) == 0 {
			return append(header, '\n'), rest, excess
		}
		switch {
		case line[0] == ' ' || line[0] == '\t':
		case bytes.HasSuffix(header, []byte(";\n")) && bytes.IndexByte(line, '=') > 0 && !isField(line):
			line = append([]byte{' '}, line...) // a parameter that was not folded
		case isField(line):
			fields++
			valid = fields <= maxFields
			excess = excess || !valid
		default:
			valid = false
		}
		switch {
		case !valid:
		case len(header)+len(line) >= maxHeader:
			excess = true
		case len(header) > 0 || line[0] != ' ' && line[0] != '\t':
			header = append(append(header, line...), '\n')
		}
		b = rest
	}
	return append(header, '\n'), nil, excess
}

// isField tells a line that begins a header field (RFC 5322 §2.2).
func isField(line []byte) bool {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || colon > 76 {
		return false
	}
	for _, c := range bytes.TrimRight(line[:colon], " \t") {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// pieces parts the body of a multipart (RFC 2046 §5.1.1), at most so many.
func (p *part) pieces(most int) (all [][]byte) {
	boundary := p.params["boundary"]
	if boundary == "" || len(boundary) > 200 {
		return nil
	}
	mark := []byte("--" + boundary)
	rest := p.body
	start := -1 // of the part that is open
	for at := 0; at <= len(rest); {
		i := bytes.Index(rest[at:], mark)
		if i < 0 {
			break
		}
		i += at
		end := i + len(mark)
		at = end
		if i > 0 && rest[i-1] != '\n' {
			continue
		}
		line, _, more := bytes.Cut(rest[end:], []byte("\n"))
		closing := bytes.HasPrefix(line, []byte("--"))
		if !closing && len(bytes.TrimRight(line, " \t")) > 0 {
			continue // the boundary of another multipart, which begins alike
		}
		if start >= 0 {
			all = append(all, rest[start:max(start, i-1)])
		}
		if closing || len(all) == most || !more {
			return all
		}
		start = end + len(line) + 1
		at = start
	}
	if start >= 0 && start <= len(rest) { // cut off, or never closed
		all = append(all, rest[start:])
	}
	return all
}

// text decodes a part, up to maxText octets.
func (p *part) text() string {
	e, err := message.New(p.header, bytes.NewReader(p.body))
	if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return ""
	}
	b, _ := io.ReadAll(io.LimitReader(e.Body, maxText)) // what could be decoded counts
	return strings.ToValidUTF8(string(b), "�")
}

// contents are the parts of a mail that matter.
type contents struct {
	mail     part
	plain    strings.Builder // what was written for people, up to what is returned
	html     strings.Builder
	status   []string // message/delivery-status
	feedback string   // message/feedback-report
	receipt  bool     // message/disposition-notification
	disposed string   // its fields
	returned []message.Header
	raw      []byte // the whole mail
	inside   bool   // the report stands in a multipart that is none
	report   string // report-type
	parts    int
	excess   bool // more parts, or deeper ones, than any honest mail has
}

func read(b []byte) *contents {
	c := &contents{raw: b, mail: open(b)}
	c.excess = c.mail.excess
	c.walk(&c.mail, 0)
	return c
}

func (c *contents) walk(p *part, depth int) {
	c.parts++
	switch {
	case strings.HasPrefix(p.kind, "multipart/"):
		if p.kind == "multipart/report" && c.report == "" {
			c.report = strings.ToLower(p.params["report-type"])
			if c.report == "" {
				c.report = "?"
			}
			c.inside = depth > 0
		}
		if depth == maxDepth {
			c.excess = true
			return
		}
		pieces := p.pieces(maxParts + 1)
		if len(pieces) == 0 && depth == 0 { // no boundary that is used: what there is
			c.plain.WriteString(string(p.body[:min(len(p.body), maxText)]))
		}
		for _, piece := range pieces {
			if c.parts >= maxParts {
				c.excess = true
				return
			}
			inner := open(piece)
			c.walk(&inner, depth+1)
		}
	case p.kind == "message/delivery-status" || p.kind == "message/global-delivery-status":
		c.status = append(c.status, p.text())
	case p.kind == "message/feedback-report":
		c.feedback += p.text()
	case p.kind == "message/disposition-notification" || p.kind == "message/global-disposition-notification":
		c.receipt = true
		c.disposed += p.text()
	case strings.HasPrefix(p.kind, "message/") || p.kind == "text/rfc822-headers" || p.kind == "text/rfc822-header" || p.kind == "message/global-headers":
		c.giveBack(p)
	case p.kind == "text/html":
		c.addText(&c.html, unmark(p.text()))
	case strings.HasPrefix(p.kind, "text/"):
		c.addText(&c.plain, p.text())
	}
}

// giveBack keeps the header of a returned mail, for its tokens. Nothing else
// in there counts.
func (c *contents) giveBack(p *part) {
	if len(c.returned) >= 3 {
		return
	}
	body := p.body
	if enc := p.header.Get("Content-Transfer-Encoding"); enc != "" && !strings.EqualFold(enc, "7bit") && !strings.EqualFold(enc, "8bit") {
		body = []byte(p.text())
	}
	inner := open(body[:min(len(body), maxHeader)])
	c.returned = append(c.returned, inner.header)
}

func (c *contents) addText(to *strings.Builder, s string) {
	if room := 2*maxText - to.Len(); room > 0 && len(c.returned) == 0 {
		to.WriteString(s[:min(len(s), room)])
		to.WriteByte('\n')
	}
}

// words is what was written for people.
func (c *contents) words() string {
	if strings.TrimSpace(c.plain.String()) != "" {
		return c.plain.String()
	}
	return c.html.String()
}
