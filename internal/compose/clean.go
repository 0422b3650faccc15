package compose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean gives a value as it may stand in a mail, on one line:
//
//   - line breaks, tabs and other control characters (C0, DEL, C1, U+2028,
//     U+2029) become one space together with the spaces around them;
//   - the characters that turn the writing direction of what follows (U+202A to
//     U+202E, U+2066 to U+2069) and byte order marks are dropped: left open in a
//     value, they would turn the rest of the letter round. Right-to-left names
//     do not need them; the marks that act on themselves only (U+200E, U+200F,
//     U+061C) and joiners stay;
//   - bytes that are not UTF-8 become U+FFFD;
//   - white space at both ends goes.
//
// It allocates nothing where there is nothing to do.
func Clean(s string) string {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return cleanSlowly(s)
		}
	}
	return strings.Trim(s, " ")
}

func cleanSlowly(s string) string {
	if !needsCleaning(s) {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	written, due := ' ', false // the last character; a control character's space
	for _, r := range s {
		switch {
		case breaks(r):
			due = true
			continue
		case turns(r), due && r == ' ':
			continue
		}
		if due && written != ' ' {
			b.WriteByte(' ')
		}
		due = false
		b.WriteRune(r) // utf8.RuneError for what is not UTF-8
		written = r
	}
	return strings.TrimSpace(b.String())
}

func needsCleaning(s string) bool {
	if !utf8.ValidString(s) {
		return true
	}
	for _, r := range s {
		if breaks(r) || turns(r) {
			return true
		}
	}
	return false
}

// breaks: line breaks and control characters, those of Unicode included.
func breaks(r rune) bool {
	return r < ' ' || r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029
}

// turns: embeddings, overrides and isolates of the bidirectional algorithm
// (UAX #9), and the byte order mark.
func turns(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff
}

// invisible: what has no place in an address even where RFC 6532 would allow it.
func invisible(r rune) bool {
	return breaks(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError
}
