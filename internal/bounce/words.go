package bounce

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// simplify writes a text as the table's phrases are written: lower-case words
// with one space before each, no punctuation, no codes; "@" for an address,
// "host" for a domain name or a number address, "url" for a link. So words in
// somebody's address, or in the name of the server that spoke, count for nothing
// (mx.antispam.example said: user unknown).
func simplify(s string) string {
	var b strings.Builder
	b.Grow(min(len(s), maxText) + 8)
	for token := range strings.FieldsFuncSeq(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '<' || r == '>' || r == '"' || r == '|' || r == ','
	}) {
		if b.Len() > maxText {
			break
		}
		appendToken(&b, strings.ToLower(token))
	}
	return b.String()
}

// edges is what may stand around a word.
const edges = "()[]{}<>.,;:!?*#'`’‘“”\"=-–—_/\\"

func appendToken(b *strings.Builder, token string) {
	// "550-5.1.1" and "550-user": lines of a reply of several.
	if len(token) > 3 && token[3] == '-' && isReplyCode(token[:3]) {
		token = token[4:]
	}
	scrubbed := strings.Contains(token, "[address]") // as our scrubber leaves one
	token = strings.Trim(token, edges)
	// "found:ben@example.org", "refused:192.0.2.1": a word without a space behind it.
	if word, rest, ok := strings.Cut(token, ":"); ok && len(word) > 4 && allLetters(word) && !strings.HasPrefix(rest, "//") {
		appendToken(b, word)
		token = rest
	}
	switch {
	case token == "" || isReplyCode(token) || isEnhanced(token):
		return
	case strings.Contains(token, "://"):
		b.WriteString(" url")
		return
	case strings.IndexByte(token, '@') >= 0 || token == "address" && scrubbed:
		b.WriteString(" @")
		if i := strings.LastIndexByte(token, ':'); i > strings.IndexByte(token, '@') && allLetters(token[i+1:]) {
			appendToken(b, token[i+1:]) // Barracuda: (ben@example.org:blocked)
		}
		return
	case isHost(token):
		b.WriteString(" host")
		return
	}
	token = strings.ReplaceAll(token, "e-mail", "email")
	if r, n := utf8.DecodeRuneInString(token); len(token) > n+1 && unicode.IsLetter(r) && (strings.HasPrefix(token[n:], "'") || strings.HasPrefix(token[n:], "’")) {
		token = token[:n] + " " + token[n+1:] // l'adresse
	}
	open := false
	for _, r := range token {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if !open {
				b.WriteByte(' ')
				open = true
			}
			b.WriteRune(r)
		case r == '\'' || r == '’' || r == '`':
			// "doesn't" is one word
		default:
			open = false
		}
	}
}

// isReplyCode tells an SMTP reply code (RFC 5321 §4.2.1).
func isReplyCode(s string) bool {
	return len(s) == 3 && (s[0] == '2' || s[0] == '4' || s[0] == '5') && s[1] >= '0' && s[1] <= '5' && digit(s[2])
}

// isEnhanced tells an enhanced status code (RFC 3463 §2).
func isEnhanced(s string) bool {
	if len(s) < 5 || len(s) > 9 || s[1] != '.' || (s[0] != '2' && s[0] != '4' && s[0] != '5') {
		return false
	}
	subject, detail, ok := strings.Cut(s[2:], ".")
	return ok && allDigits(subject) && allDigits(detail)
}

func allLetters(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return s != ""
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func allDigits(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= 3
}

// isHost tells a domain name, or an IPv4 or IPv6 address.
func isHost(s string) bool {
	dots, colons, letters := 0, 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			if i == 0 || s[i-1] == '.' {
				return false
			}
			dots++
			letters = 0
		case c == ':':
			colons++
		case c >= 'a' && c <= 'z':
			letters++
		case digit(c):
		case c == '-' || c == '_' || c == '[' || c == ']' || c == '(' || c == ')' || c == '/':
			// mx.example.org[192.0.2.1]
		case c >= utf8.RuneSelf:
			letters++
		default:
			return false
		}
	}
	switch {
	case dots == 3 && letters == 0:
		return true
	case colons >= 2 && dots == 0:
		return true
	case dots == 0 || s[len(s)-1] == '.':
		return false
	}
	last := s[strings.LastIndexByte(s, '.')+1:]
	return dots >= 2 || len(last) >= 2 && letters == len(last)
}
