package bounce

import (
	_ "embed" // the table
	"fmt"
	"strings"
	"sync"
)

// The table: what words and codes mean, each row with its source.
var (
	//go:embed phrases.tsv
	phrasesTSV string
	//go:embed codes.tsv
	codesTSV string
)

// set is a set of meanings.
type set uint64

// What a phrase can mean: one of the classes that a delivery can end in, or a
// mark that changes how others are read.
const (
	noMailbox set = 1 << iota
	noDomain
	disabled
	full
	policyBlock
	reputation
	contentRefused
	tooLarge
	greylisted
	rate
	routing
	configuration
	security
	challenge
	stillTrying
	senderSide // about the sender's address, not the recipient's
	hint       // one word that speaks of a policy: not enough for itself, enough against hard
	tryAgain   // temporary, whatever else it says
	afterMail  // the reply was to MAIL
	afterRcpt
	afterData // to DATA or to the text
	pipelined // to DATA, or to the RCPT before it
)

const hard = noMailbox | noDomain

// meanings are the first column of the table.
var meanings = map[string]set{
	string(NoMailbox): noMailbox, string(NoDomain): noDomain, string(Disabled): disabled, string(Full): full,
	string(PolicyBlock): policyBlock, string(Reputation): reputation, string(ContentRefused): contentRefused,
	string(TooLarge): tooLarge, string(Greylisted): greylisted, string(Rate): rate, string(Routing): routing,
	string(Configuration): configuration, string(Security): security, string(Challenge): challenge,
	string(StillTrying): stillTrying,
	"sender":            senderSide, "hint": hint, "try again": tryAgain,
	"after MAIL": afterMail, "after RCPT": afterRcpt, "after DATA": afterData, "pipelined": pipelined,
}

// phrase is one row about words. Its text is matched from the start of a word
// on; its last word may go on ("exceed" is also "exceeded"); " * " stands for
// up to eighty octets of other words.
type phrase struct {
	means   set
	certain bool   // says so whatever else is said
	vague   bool   // counts in a reply only, and only where nothing clear is said
	code    string // only beside this RFC 3463 code; "" for any
	text    string // as simplify writes it, up to the first *
	rest    []string
	whole   bool // the last word may not go on
	raw     bool // looked for in the text as it is, in lower case
	source  string
}

// What " * " stands for at most. It is less where a row says that the mailbox is not
// there: "The following address failed: …" may stand in front of anything.
const (
	gap     = 80
	hardGap = 50
)

type book struct {
	byStart map[string][]phrase // by the first three octets
	raw     []phrase            // not words: markers of programs, languages without spaces
	codes   map[string]codeRow
	rows    []phrase
}

type codeRow struct {
	class  Class
	source string
}

var table = sync.OnceValue(func() *book {
	b := &book{byStart: map[string][]phrase{}, codes: map[string]codeRow{}}
	for _, row := range rows(phrasesTSV, 4) {
		word, vague := strings.CutSuffix(row[0], "?")
		word, certain := strings.CutSuffix(word, "!")
		p := phrase{means: meanings[word], vague: vague, certain: certain, source: row[3]}
		if p.means == 0 {
			panic(fmt.Sprintf("bounce: phrases.tsv: %q is no class", row[0])) //nolint:forbidigo // a fault of the built-in table: every test fails
		}
		if row[1] != "-" {
			p.code = row[1]
		}
		if text, raw := strings.CutPrefix(row[2], "raw:"); raw {
			p.raw, p.text = true, strings.ToLower(text)
			b.raw = append(b.raw, p)
		} else {
			text, p.whole = strings.CutSuffix(text, "$")
			parts := strings.Split(text, "*")
			for i := range parts {
				parts[i] = simplify(parts[i]) // with a space before it
			}
			p.text, p.rest = parts[0][1:], parts[1:]
			key := (p.text + " ")[:3]
			b.byStart[key] = append(b.byStart[key], p)
		}
		b.rows = append(b.rows, p)
	}
	for _, row := range rows(codesTSV, 3) {
		b.codes[row[0]] = codeRow{Class(row[1]), row[2]}
	}
	return b
})

// rows splits a table: tabs between the columns, # for a comment.
func rows(tsv string, columns int) (all [][]string) {
	for line := range strings.Lines(tsv) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) != columns {
			panic(fmt.Sprintf("bounce: a row of %d columns, not %d: %s", len(row), columns, line)) //nolint:forbidigo // as above
		}
		all = append(all, row)
	}
	return all
}

// said is all that the words of a text mean.
type said struct {
	clear, vague set
	exactly      set // by rows that are certain, or count only beside their code
}

func (s *said) add(p *phrase) {
	switch {
	case p.certain || p.code != "":
		s.exactly |= p.means
	case p.vague:
		s.vague |= p.means
	default:
		s.clear |= p.means
	}
}

// read gives all that the words of a text mean, beside a code.
func (b *book) read(text, code string) said {
	var found said
	s := simplify(text)
	for i := 0; i+4 <= len(s); i++ {
		if s[i] != ' ' {
			continue
		}
		rest := s[i+1:]
		for j := range b.byStart[rest[:3]] {
			if p := &b.byStart[rest[:3]][j]; p.fits(code) && p.at(rest) {
				found.add(p)
			}
		}
	}
	lower := strings.Join(strings.Fields(strings.ToLower(text)), " ") // reports break lines anywhere
	for i := range b.raw {
		if p := &b.raw[i]; p.fits(code) && strings.Contains(lower, p.text) {
			found.add(p)
		}
	}
	return found
}

func (p *phrase) fits(code string) bool { return p.code == "" || p.code == code }

// at tells whether a text begins with the phrase.
func (p *phrase) at(s string) bool {
	if !strings.HasPrefix(s, p.text) {
		return false
	}
	s = s[len(p.text):]
	if len(p.rest) > 0 && (s == "" || s[0] != ' ') {
		return false
	}
	most := gap
	if p.means&hard != 0 {
		most = hardGap
	}
	for _, next := range p.rest {
		within := s[:min(len(s), most+len(next))]
		i := strings.Index(within, next)
		if i < 0 {
			return false
		}
		s = s[i+len(next):]
	}
	return !p.whole || s == "" || s[0] == ' '
}
