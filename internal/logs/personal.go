package logs

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shortest is the fewest characters a value must have to be looked for.
const shortest = 3

// mostWords is how many words of one value are looked for by themselves.
const mostWords = 16

// removePersonal takes the values out, in any case, in clear and in the
// encodings that could carry them: percent, quoted-printable, hex, base64.
func removePersonal(s string, personal []string) string {
	var few [32]string // enough for the usual two names, username and address
	look := few[:0]
	run := longestRun(s)
	for _, p := range personal {
		if !plain(p) {
			p = flatten(p)
		}
		look = appendForms(look, s, run, p)
	}
	if ascii(s) && !anyIn(s, look) {
		return s
	}
	needles := make([][]rune, len(look))
	for i, l := range look {
		needles[i] = folded([]rune(l))
	}
	runes := []rune(s)
	text := folded(runes)
	var out []rune // nil until the first hit
	done := 0
	for i := 0; i < len(text); {
		n := longestAt(text[i:], needles)
		if n == 0 {
			i++
			continue
		}
		out = append(append(out, runes[done:i]...), []rune(cutPersonal)...)
		i += n
		done = i
	}
	if out == nil {
		return s
	}
	return string(append(out, runes[done:]...))
}

// appendForms appends the value, its words and, of an address, the local part,
// each in clear and encoded.
func appendForms(all []string, s string, run int, p string) []string {
	all = appendEncodings(all, s, run, p)
	if local, _, ok := strings.Cut(p, "@"); ok {
		all = appendEncodings(all, s, run, local)
		p = local
	}
	if strings.Contains(p, " ") {
		words := strings.Fields(p)
		for _, word := range words[:min(len(words), mostWords)] {
			all = appendEncodings(all, s, run, word)
		}
	}
	return all
}

// appendEncodings appends the value as it may stand in s, whose longest run of
// letters and digits is run; what s has no room or no characters for is left out.
func appendEncodings(all []string, s string, run int, v string) []string {
	if utf8.RuneCountInString(v) < shortest || len(v) > len(s) {
		return all
	}
	all = append(all, v)
	if strings.IndexByte(s, '%') >= 0 {
		all = append(all, url.PathEscape(v), url.QueryEscape(v))
	}
	if strings.IndexByte(s, '=') >= 0 {
		all = append(all, quoted(v))
	}
	if 2*len(v) <= run {
		all = append(all, hex.EncodeToString([]byte(v)))
	}
	// Base64 looks different for each of the three places at which the value can
	// begin in a group; the characters that its neighbours change are left off.
	for skip := range 3 {
		from := (skip*8 + 5) / 6
		to := (skip + len(v)) * 8 / 6
		if n := to - from; n >= 6 && n <= run {
			e := base64.RawStdEncoding.EncodeToString([]byte("\x00\x00"[:skip] + v))
			all = append(all, e[from:to])
		}
	}
	return all
}

// quoted gives quoted-printable's form of the characters that need it (RFC 2045 §6.7).
func quoted(v string) string {
	var b strings.Builder
	for i := range len(v) {
		if c := v[i]; c <= ' ' || c > '~' || c == '=' {
			fmt.Fprintf(&b, "=%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// longestRun gives the length of the longest run of characters that base64 and
// hex are made of.
func longestRun(s string) int {
	longest, n := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '+', c == '/':
			n++
			longest = max(longest, n)
		default:
			n = 0
		}
	}
	return longest
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// anyIn is the quick look: whether one of them is in an ASCII text at all. It may
// say yes too often, never no.
func anyIn(s string, look []string) bool {
	for _, l := range look {
		if !ascii(l) {
			return true
		}
		for i := 0; i+len(l) <= len(s); i++ {
			if s[i]|0x20 == l[0]|0x20 && strings.EqualFold(s[i:i+len(l)], l) {
				return true
			}
		}
	}
	return false
}

// folded gives the runes without case, one for one.
func folded(s []rune) []rune {
	f := make([]rune, len(s))
	for i, r := range s {
		f[i] = unicode.ToLower(unicode.ToUpper(r))
	}
	return f
}

func longestAt(text []rune, needles [][]rune) int {
	longest := 0
	for _, n := range needles {
		if len(n) <= longest || len(n) > len(text) || n[0] != text[0] {
			continue
		}
		same := true
		for i := range n {
			if n[i] != text[i] {
				same = false
				break
			}
		}
		if same {
			longest = len(n)
		}
	}
	return longest
}
