package compose

import (
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// While Markdown and HTML are read, each placeholder stands in the text as one
// mark: a private-use character of plane 16, numbered by its occurrence. To
// both languages it is a letter without a meaning, and it leads back to its
// place. A template that has such characters of its own is refused.
const (
	markBase = rune(0x100000)
	markLast = rune(0x10fffd)
)

func isMark(r rune) bool { return r >= markBase }

// occurrence is one placeholder in the text.
type occurrence struct {
	placeholder Placeholder // literal for one that is unknown
	offset      int         // in the text as written
}

// scanned is a subject or body with marks for placeholders.
type scanned struct {
	marked      string
	occurrences []occurrence
	shifts      []shift
}

// shift: from this offset of the marked text on, offsets differ by so much.
type shift struct{ at, by int }

// origin gives the offset in the text as written.
func (s *scanned) origin(at int) int {
	i := sort.Search(len(s.shifts), func(i int) bool { return s.shifts[i].at > at })
	if i == 0 {
		return at
	}
	return at + s.shifts[i-1].by
}

func (s *scanned) of(mark rune) (occurrence, bool) {
	i := int(mark - markBase)
	if i < 0 || i >= len(s.occurrences) {
		return occurrence{}, false
	}
	return s.occurrences[i], true
}

var (
	singleBraces  = regexp.MustCompile(`^\{\s*([a-z_]+)\s*\}`)
	charReference = regexp.MustCompile(`^&#(?:[xX]([0-9a-fA-F]+)|([0-9]+))`)
	styleElement  = regexp.MustCompile(`(?is)<style\b.*?</style`)
)

// scan puts marks for placeholders and notes what is wrong on the level of
// characters and braces. `\{{` and `\}}` stand for the braces themselves.
// A subject is one line.
func scan(text, format string, oneLine bool, p *problems) *scanned {
	s := &scanned{}
	var styles [][]int
	if format == FormatHTML {
		styles = styleElement.FindAllStringIndex(text, -1)
	}
	var b strings.Builder
	b.Grow(len(text))
	took := func(i, n int, as string) int { // n bytes as written became these
		b.WriteString(as)
		if n != len(as) {
			s.shifts = append(s.shifts, shift{b.Len(), i + n - b.Len()})
		}
		return i + n
	}
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, `\\`):
			i = took(i, 2, `\\`)
		case strings.HasPrefix(rest, `\{{`):
			i = took(i, 3, "{{")
		case strings.HasPrefix(rest, `\}}`):
			i = took(i, 3, "}}")
		case strings.HasPrefix(rest, "{{"):
			n, placeholder := readPlaceholder(text, i, p)
			if n == 0 || len(s.occurrences) > int(markLast-markBase) {
				i = took(i, 2, "")
				break
			}
			mark := markBase + rune(len(s.occurrences))
			s.occurrences = append(s.occurrences, occurrence{placeholder, i})
			i = took(i, n, string(mark))
		case strings.HasPrefix(rest, "}}") && !within(styles, i):
			p.add(i, `"}}" without "{{" before it; write \}} for the braces themselves`)
			i = took(i, 2, "")
		default:
			n := checkCharacter(text, i, oneLine, p)
			as := text[i : i+n]
			if r, w := utf8.DecodeRuneInString(as); r == utf8.RuneError && w < 2 || isMark(r) {
				as = string(utf8.RuneError)
			}
			i = took(i, n, as)
		}
	}
	s.marked = b.String()
	return s
}

func within(ranges [][]int, i int) bool {
	for _, r := range ranges {
		if i >= r[0] && i < r[1] {
			return true
		}
	}
	return false
}

// readPlaceholder reads "{{ name }}" at i and gives its length; 0 when it has no end.
func readPlaceholder(text string, i int, p *problems) (int, Placeholder) {
	inner := text[i+2:]
	end := strings.Index(inner, "}}")
	if line := strings.IndexByte(inner, '\n'); end < 0 || line >= 0 && line < end {
		p.add(i, `"{{" without "}}" on the same line`)
		return 0, literal
	}
	if again := strings.Index(inner[:end], "{{"); again >= 0 {
		p.add(i, `"{{" without "}}" before the next "{{"`)
		return 0, literal
	}
	n := 2 + end + 2
	name := strings.TrimSpace(inner[:end])
	if name == "" {
		p.add(i, "an empty placeholder; write its name between the braces, like {{ study_name }}")
		return n, literal
	}
	if glued(text[:i]) {
		p.add(i, "a value cannot be part of a web address: it would tell everyone on the way who the patient is")
	}
	if known, ok := placeholderNamed(name); ok {
		return n, known
	}
	if near, ok := nearest(name); ok {
		p.add(i, "there is no placeholder %s; did you mean {{ %s }}?", quoted(name), near)
	} else {
		p.add(i, "there is no placeholder %s; there are %s", quoted(name), placeholderNames())
	}
	return n, literal
}

// glued tells whether the text so far ends within a web address.
func glued(before string) bool {
	word := before[strings.LastIndexAny(before, " \t\n<>\"'()[]{}")+1:]
	return strings.Contains(word, "://") || strings.HasPrefix(word, "www.")
}

// checkCharacter checks what stands at i and gives its length.
func checkCharacter(text string, i int, oneLine bool, p *problems) int {
	r, n := utf8.DecodeRuneInString(text[i:])
	switch {
	case r == utf8.RuneError && n < 2:
		p.add(i, "not UTF-8; save the text as UTF-8")
	case isMark(r):
		p.add(i, "a private-use character (U+%04X); take it out", r)
	case oneLine && (r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029):
		p.add(i, "a line break; a subject is one line")
	case r == '\n' || r == '\t' && !oneLine:
	case breaks(r):
		p.add(i, "a control character (U+%04X); take it out", r)
	case r == '{':
		if m := singleBraces.FindStringSubmatch(text[i:]); m != nil {
			if _, ok := placeholderNamed(m[1]); ok {
				p.add(i, "single braces; write {{ %s }}", m[1])
			}
		}
	case r == '&' && !oneLine:
		if m := charReference.FindStringSubmatch(text[i:]); m != nil {
			if c := referenced(m[1], m[2]); c != '\t' && c != '\n' && breaks(c) || isMark(c) {
				p.add(i, "%s is a control or private-use character; write the character that you mean", m[0])
			}
		}
	}
	return n
}

func referenced(hex, decimal string) rune {
	base, digits := 16, hex
	if digits == "" {
		base, digits = 10, decimal
	}
	n, err := strconv.ParseUint(digits, base, 31)
	if err != nil {
		return markLast // absurdly large: refused like one
	}
	return rune(n) //nolint:gosec // 31 bits fit
}

// quoted shows a bit of the template, bounded.
func quoted(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return strconv.Quote(s)
}

func placeholderNames() string {
	names := make([]string, len(placeholders))
	for i := range placeholders {
		names[i] = placeholders[i].Name
	}
	return strings.Join(names, ", ")
}
