package smtpout

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Bounds of one reply. RFC 5321 §4.5.3.1.5 allows 512 octets a line and sets
// no number of lines; real ones stay far below these.
const (
	maxReplyLines = 128
	maxReplyLine  = 4 << 10
	maxReplyBytes = 32 << 10
	maxWords      = 1000 // of a reply that we hand on
)

// reply is one reply, all of its lines as they came.
type reply struct {
	code int
	raw  []byte
}

// parseReply reads one reply from the front of b. n is its length; 0 means
// that b does not yet hold all of it.
func parseReply(b []byte) (r reply, n int, err error) {
	for lines := 1; ; lines++ {
		end := bytes.IndexByte(b[n:], '\n')
		if end < 0 {
			if len(b)-n > maxReplyLine || len(b) > maxReplyBytes {
				return reply{}, 0, protocolError("a reply without an end")
			}
			if bytes.IndexByte(b[n:], 0) >= 0 {
				return reply{}, 0, protocolError("a NUL in a reply")
			}
			return reply{}, 0, nil
		}
		line := b[n : n+end]
		n += end + 1
		if end > maxReplyLine || n > maxReplyBytes || lines > maxReplyLines {
			return reply{}, 0, protocolError("a reply beyond all bounds")
		}
		if len(line) > 0 && line[len(line)-1] == '\r' {
			line = line[:len(line)-1]
		}
		if bytes.IndexByte(line, 0) >= 0 {
			return reply{}, 0, protocolError("a NUL in a reply")
		}
		code := replyCode(line)
		if code == 0 || (lines > 1 && code != r.code) {
			return reply{}, 0, protocolError("a line that is no reply")
		}
		r.code = code
		// RFC 5321 §4.2.1: a client takes a line that is a bare code, too.
		if len(line) == 3 || line[3] == ' ' {
			r.raw = b[:n]
			return r, n, nil
		}
	}
}

// replyCode gives a line's code, or 0 if it is no line of a reply.
func replyCode(line []byte) int {
	if len(line) < 3 || (len(line) > 3 && line[3] != ' ' && line[3] != '-') {
		return 0
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return 0
		}
	}
	if line[0] < '2' || line[0] > '5' { // RFC 5321 §4.2.1: SMTP has no 1yz
		return 0
	}
	return int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
}

func (r reply) positive() bool { return r.code >= 200 && r.code < 300 }
func (r reply) goAhead() bool  { return r.code >= 300 && r.code < 400 }
func (r reply) negative() bool { return r.code >= 400 }

// each calls f with the text of every line behind its code.
func (r reply) each(f func(text []byte)) {
	for rest := r.raw; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		line = bytes.TrimRight(line, "\r")
		if len(line) > 3 {
			f(line[4:])
		} else {
			f(nil)
		}
	}
}

// words gives the reply as one line of printable text, code first, and its
// enhanced code. The usual short reply costs one allocation.
func (r reply) words() (text, enhanced string) {
	raw := bytes.TrimRight(r.raw, "\r\n")
	if len(raw) > maxWords || !plain(raw) {
		raw = r.clean()
	}
	text = string(raw)
	if len(text) > 4 {
		enhanced = enhancedCode(r.code, text[4:])
	}
	return text, enhanced
}

func plain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// clean joins the lines, makes control characters blanks and bytes that are
// no UTF-8 question marks, and cuts to the bound.
func (r reply) clean() []byte {
	out := make([]byte, 0, maxWords)
	out = append(out, r.raw[:3]...)
	r.each(func(text []byte) {
		out = append(out, ' ')
		for len(text) > 0 && len(out) < maxWords {
			c, n := utf8.DecodeRune(text)
			switch {
			case c == utf8.RuneError && n <= 1:
				out = append(out, '?')
			case c < ' ' || (c >= 0x7f && c < 0xa0) || c == '\u2028' || c == '\u2029':
				out = append(out, ' ')
			case len(out)+n <= maxWords:
				out = append(out, text[:n]...)
			default:
				text = text[:n]
			}
			text = text[n:]
		}
	})
	return out[:min(len(out), maxWords)]
}

// enhancedCode gives the RFC 3463 code at the front of text, if there is one
// and its class is the reply's (RFC 2034 §4).
func enhancedCode(code int, text string) string {
	word, _, _ := strings.Cut(text, " ")
	if len(word) < 5 || len(word) > 9 || int(word[0]-'0') != code/100 {
		return ""
	}
	dots, digits := 0, 0
	for i := range len(word) {
		switch c := word[i]; {
		case c == '.':
			if digits == 0 || dots == 2 {
				return ""
			}
			dots, digits = dots+1, 0
		case c >= '0' && c <= '9' && digits < 3:
			digits++
		default:
			return ""
		}
	}
	if dots != 2 || digits == 0 {
		return ""
	}
	return word
}
