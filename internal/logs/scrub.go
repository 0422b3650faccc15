package logs

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxScrubbed bounds what Scrub gives, in bytes.
	maxScrubbed = 400
	// maxRead bounds what it looks at: a reply of a megabyte is not read through.
	maxRead = 8 << 10

	cutAddress  = "[address]"
	cutPersonal = "[removed]"
)

// Scrub makes text from outside fit for a log or a column: one line, at most 400
// bytes, no control characters, and nothing in it that looks like an e-mail
// address, however it is quoted or encoded. personal are further values to
// remove wherever they appear, in any case and in the usual encodings: the
// address, its local part, names, the username. Values under three characters
// are left, they would hit every text.
func Scrub(s string, personal ...string) string {
	if !plain(s) {
		s = removeAddresses(flatten(s))
	}
	if len(personal) > 0 {
		s = removePersonal(s, personal)
	}
	return bound(s)
}

// plain tells the usual case, "2.0.0 Ok: queued as 4F3A": nothing to do.
func plain(s string) bool {
	if len(s) > maxScrubbed {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return false
		case c == '@' || c == '%' || c == '=' || c == '+' || c == '&' || c == '\\':
			return false
		}
	}
	return true
}

// flatten gives one line of valid UTF-8 without control or invisible characters,
// in compatibility form (NFKC): a full-width ＠ becomes @, and a zero-width space
// does not hide an address.
func flatten(s string) string {
	if len(s) > maxRead {
		// Not in the middle of a word: half an address is not recognised as one.
		s = s[:maxRead]
		s = s[:strings.LastIndexAny(s, " \t\r\n")+1]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.In(r, unicode.Cf, unicode.Co):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	return strings.Join(strings.Fields(norm.NFKC.String(s)), " ")
}

func bound(s string) string {
	const more = "…"
	if len(s) <= maxScrubbed {
		return s
	}
	end := maxScrubbed - len(more)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + more
}

// encodedAt matches an @ in the forms that mail servers and programs write it: as
// an HTML entity, escaped in a string, percent-encoded (also twice), in
// quoted-printable, in xtext (RFC 3461 §4). The last three also appear by accident
// (SIZE=40960), so they count only before something like a domain.
var encodedAt = regexp.MustCompile(`(?i)^(?:&#0*64;?|&#x0*40;?|&commat;|\\+u\{?0*40\}?|\\+x40|\\+100|%(?:25)*40|[=+]40)`)

// nextAt finds the next @ or encoded @ from i on.
func nextAt(s string, i int) (start, end int, ok bool) {
	for ; i < len(s); i++ {
		switch s[i] {
		case '@':
			return i, i + 1, true
		case '&', '\\', '%', '=', '+':
			if m := encodedAt.FindStringIndex(s[i:]); m != nil {
				return i, i + m[1], true
			}
		}
	}
	return 0, 0, false
}

func removeAddresses(s string) string {
	var out strings.Builder
	done := 0
	for from := 0; ; {
		start, end, ok := nextAt(s, from)
		if !ok {
			break
		}
		from = end
		accidental := strings.IndexByte("%=+", s[start]) >= 0
		left := localStart(s, done, start, !accidental)
		right := domainEnd(s, end, !accidental)
		if accidental && (left == start || !likeDomain(s[end:right])) {
			continue
		}
		left, right = withDisplayName(s, done, left, right)
		out.WriteString(s[done:left])
		if !(left == done && strings.HasSuffix(out.String(), cutAddress)) {
			out.WriteString(cutAddress)
		}
		done, from = right, right
	}
	out.WriteString(s[done:])
	return out.String()
}

// ends tells what cannot stand in an address outside quotes (RFC 5322 §3.2.3,
// taken generously: rather a word too many than half an address).
func ends(c byte) bool { return strings.IndexByte(" <>()[],;\"", c) >= 0 }

// localStart walks from the @ at i to the left, no further than floor, over
// atoms, quoted strings, comments and escaped spaces.
func localStart(s string, floor, i int, space bool) int {
	if space && i-1 > floor && s[i-1] == ' ' {
		i-- // jane @ example.org
	}
	for i > floor {
		switch c := s[i-1]; {
		case c == '"':
			i = openingQuote(s, floor, i-1)
		case c == ')':
			open := strings.LastIndexByte(s[floor:i-1], '(')
			if open < 0 {
				return i
			}
			i = floor + open
			if i > floor && s[i-1] == ' ' {
				i--
			}
		case c == ' ' && i-2 >= floor && s[i-2] == '\\':
			i -= 2
		case ends(c):
			return i
		default:
			i--
		}
	}
	return i
}

// openingQuote finds where the quoted string that closes at q begins; without
// one, everything from floor on counts as quoted.
func openingQuote(s string, floor, q int) int {
	if q > floor && s[q-1] == '\\' { // quoted within a quoted text: \"jane doe\"@…
		return floor + max(0, strings.LastIndex(s[floor:q-1], `\"`))
	}
	for i := q - 1; i >= floor; i-- {
		if s[i] != '"' {
			continue
		}
		slashes := 0
		for i-1-slashes >= floor && s[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
	}
	return floor
}

// domainEnd walks from behind the @ to the right: a domain, or an address
// literal (RFC 5321 §4.1.3).
func domainEnd(s string, i int, space bool) int {
	if space && i+1 < len(s) && s[i] == ' ' && !ends(s[i+1]) {
		i++
	}
	if i < len(s) && s[i] == '(' {
		if n := strings.IndexByte(s[i:], ')'); n >= 0 {
			i += n + 1
		}
	}
	if i < len(s) && s[i] == '[' {
		if n := strings.IndexByte(s[i:], ']'); n >= 0 {
			return i + n + 1
		}
		i++
	}
	start := i
	for i < len(s) && !ends(s[i]) && s[i] != '@' {
		i++
	}
	// A sentence's own punctuation stays.
	for i > start && strings.IndexByte(".:!?'", s[i-1]) >= 0 {
		i--
	}
	return i
}

func likeDomain(s string) bool {
	for i, r := range s {
		if (unicode.IsLetter(r) || r == '[') && (i == 0 || s[i-1] == '.') {
			return true
		}
	}
	return false
}

// withDisplayName takes in the name of "Jane Doe" <jane@example.org>.
func withDisplayName(s string, floor, left, right int) (int, int) {
	if left-1 < floor || left == 0 || s[left-1] != '<' {
		return left, right
	}
	i := left - 1
	if i > floor && s[i-1] == ' ' {
		i--
	}
	if i <= floor || s[i-1] != '"' {
		return left, right
	}
	if right < len(s) && s[right] == '>' {
		right++
	}
	return openingQuote(s, floor, i-1), right
}
