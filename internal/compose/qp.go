package compose

// Bodies are quoted-printable (RFC 2045 §6.7), always: it keeps lines short,
// passes every server, and '=' is never followed by '_' in it, so that a MIME
// boundary with "=_" cannot occur (RFC 2045 §6.7, last note).
//
// Literal text is encoded when the letter is compiled, as if it began a line.
// What stands before it is known only when values are put in; so where its
// first line does not fit behind that, a soft line break goes before it.
const (
	lineMax = 76          // RFC 2045 §6.7 (5), with the "=" of a soft line break
	lineFit = lineMax - 1 // without it
)

// piece is an encoded literal, then a placeholder or none.
type piece struct {
	text        string
	placeholder Placeholder
	first       int  // octets up to the first line break
	rest        int  // octets behind the last line break
	broken      bool // there is a line break in it
	dot         bool // begins with a dot
}

func encodePieces(parts []part) []piece {
	pieces := make([]piece, len(parts))
	for i, p := range parts {
		pieces[i] = encodePiece(p.text, i == len(parts)-1 && p.placeholder == literal)
		pieces[i].placeholder = p.placeholder
	}
	return pieces
}

func encodePiece(s string, last bool) piece {
	e := piece{dot: s != "" && s[0] == '.'}
	b := make([]byte, 0, len(s)+len(s)/8)
	column := 0
	if e.dot {
		column = 2 // a dot that comes to begin a line is written =2E
	}
	lineBreak := func(octets string) {
		b = append(b, octets...)
		if !e.broken {
			e.broken, e.first = true, len(b)-2
		}
		column = 0
	}
	for i := 0; i < len(s); {
		if s[i] == '\n' {
			lineBreak("\r\n")
			i++
			continue
		}
		n := 1 // octets to keep on one line: a character, so that people can read the source
		for i+n < len(s) && s[i+n]&0xc0 == 0x80 && n < 4 {
			n++
		}
		atEnd := i+n < len(s) && s[i+n] == '\n' || i+n == len(s) && last
		if column+width(s[i:i+n]) > lineFit {
			lineBreak("=\r\n")
		}
		for _, c := range []byte(s[i : i+n]) {
			start := len(b)
			if column == 0 && c == '.' || atEnd && (c == ' ' || c == '\t') {
				b = append(b, '=', hexDigits[c>>4], hexDigits[c&15])
			} else {
				b = appendOctet(b, c)
			}
			column += len(b) - start
		}
		i += n
	}
	e.text = string(b)
	e.rest = column
	if !e.broken {
		e.first = len(b)
	}
	return e
}

func width(s string) int {
	n := 0
	for i := range len(s) {
		if plainOctet[s[i]] {
			n++
		} else {
			n += 3
		}
	}
	return n
}

const hexDigits = "0123456789ABCDEF" // upper case: RFC 2045 §6.7 (1)

// plainOctet: octets that stand for themselves (RFC 2045 §6.7 (2), (3)).
var plainOctet = func() (t [256]bool) {
	for c := ' '; c <= '~'; c++ {
		t[c] = c != '='
	}
	t['\t'] = true
	return t
}()

// htmlEntity: what is escaped in HTML text and quoted attributes.
var htmlEntity = [256]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&#34;", '\'': "&#39;"}

// plainHTML: octets of a value that stand for themselves in encoded HTML.
var plainHTML = func() (t [256]bool) {
	for c := range t {
		t[c] = plainOctet[c] && htmlEntity[c] == ""
	}
	return t
}()

func appendOctet(dst []byte, c byte) []byte {
	if plainOctet[c] {
		return append(dst, c)
	}
	return append(dst, '=', hexDigits[c>>4], hexDigits[c&15])
}

// appendPieces appends an encoded body with its values.
func appendPieces(dst []byte, pieces []piece, v *Values, asHTML bool) []byte {
	column := 0
	for i := range pieces {
		p := &pieces[i]
		text := p.text
		if limit := lineFit; text != "" {
			if p.broken {
				limit = lineMax
			}
			if column+p.first > limit {
				dst = append(dst, "=\r\n"...)
				column = 0
			}
			if column == 0 && p.dot {
				dst = append(dst, "=2E"...)
				text = text[1:]
				column = 2
			}
			dst = append(dst, text...)
			if p.broken {
				column = p.rest
			} else {
				column += p.first
			}
		}
		if p.placeholder != literal {
			if asHTML {
				dst, column = appendHTMLValue(dst, column, v.text[p.placeholder])
			} else {
				dst, column = appendValue(dst, column, v.text[p.placeholder])
			}
		}
	}
	return dst
}

// appendValue appends a value in quoted-printable, from that column on. Values
// have no line breaks and no white space at their ends.
func appendValue(dst []byte, column int, s string) ([]byte, int) {
	for i := range len(s) {
		c := s[i]
		if plainOctet[c] && (c != '.' || column != 0 && column != lineFit) {
			if column == lineFit {
				dst = append(dst, "=\r\n"...)
				column = 0
			}
			dst = append(dst, c)
			column++
			continue
		}
		if column+3 > lineFit {
			dst = append(dst, "=\r\n"...)
			column = 0
		}
		dst = append(dst, '=', hexDigits[c>>4], hexDigits[c&15])
		column += 3
	}
	return dst, column
}

// appendHTMLValue does the same with the value escaped for HTML.
func appendHTMLValue(dst []byte, column int, s string) ([]byte, int) {
	for i := range len(s) {
		c := s[i]
		if plainHTML[c] && (c != '.' || column != 0 && column != lineFit) {
			if column == lineFit {
				dst = append(dst, "=\r\n"...)
				column = 0
			}
			dst = append(dst, c)
			column++
			continue
		}
		n := 3
		entity := htmlEntity[c]
		if entity != "" {
			n = len(entity)
		}
		if column+n > lineFit {
			dst = append(dst, "=\r\n"...)
			column = 0
		}
		if entity != "" {
			dst = append(dst, entity...)
		} else {
			dst = append(dst, '=', hexDigits[c>>4], hexDigits[c&15])
		}
		column += n
	}
	return dst, column
}
