package config

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/joho/godotenv"

	"studymail"
)

// entry is one line of .env.
type entry struct {
	line  int // the first of its lines, from 1
	name  string
	value string
}

const (
	maxEnv       = 256 << 10 // bytes
	maxEnvValue  = 200       // lines of one value
	dollarInside = "\x00"    // stands for $ while godotenv reads: see below
)

// parseEnv reads .env. Values are taken as they are: godotenv would put a
// variable's value for a $NAME in them, which quietly changes passwords. Its
// errors quote the line, which may be a secret, so that only the number is told.
func parseEnv(src []byte) ([]entry, error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	switch {
	case len(src) > maxEnv:
		return nil, studymail.Errorf(studymail.Invalid, ".env: longer than %d kB; it is not a configuration", maxEnv>>10)
	case !utf8.Valid(src), bytes.IndexByte(src, 0) >= 0:
		return nil, studymail.Errorf(studymail.Invalid, ".env: not a text file in UTF-8; save it as one")
	}
	text := strings.ReplaceAll(strings.ReplaceAll(string(src), "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(strings.ReplaceAll(text, "$", dollarInside), "\n")
	var entries []entry
	for i := 0; i < len(lines); i++ {
		if trimmed := strings.TrimSpace(lines[i]); trimmed == "" || trimmed[0] == '#' {
			continue
		}
		// One line, or more if quotes stay open.
		first := i
		values, err := godotenv.Unmarshal(lines[i])
		for err != nil && strings.Contains(err.Error(), "unterminated quoted value") && i+1 < len(lines) && i-first < maxEnvValue {
			i++
			values, err = godotenv.Unmarshal(strings.Join(lines[first:i+1], "\n"))
		}
		if _, nameless := values[""]; err != nil || nameless || len(values) != 1 {
			return nil, studymail.Errorf(studymail.Invalid, ".env, line %d: not NAME=value; put a value with spaces, quotes or # in it into quotes, and close them", first+1)
		}
		for name, value := range values {
			entries = append(entries, entry{first + 1, name, strings.ReplaceAll(value, dollarInside, "$")})
		}
	}
	return entries, nil
}

// nameLike is what is quoted of a name that nobody knows: a key pasted onto a
// line of its own looks otherwise.
var nameLike = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,39}$`)

// nearest gives the known name that differs by the fewest letters, if those are few.
func nearest(name string, known []string) string {
	best, least := "", 4
	for _, k := range known {
		if d := distance(name, k); d < least && d*3 <= len(k) {
			best, least = k, d
		}
	}
	return best
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
