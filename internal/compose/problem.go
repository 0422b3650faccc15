package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"studymail"
)

// Problem is one thing wrong with a template, with its place.
type Problem struct {
	Where  string `json:"where"`  // subject or body
	Line   int    `json:"line"`   // from 1; 0 when it is about the whole
	Column int    `json:"column"` // from 1, in characters
	Text   string `json:"text"`   // what is wrong, and what to write instead
}

// String gives the problem on one line.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.Where + ": " + p.Text
	}
	return fmt.Sprintf("%s, line %d, column %d: %s", p.Where, p.Line, p.Column, p.Text)
}

// Problems are all that is wrong with a template, in the order of their places.
// They are the cause of the error that Compile gives.
type Problems []Problem //nolint:errname // it reads as what it is: compose.Problems

// Error gives one line a problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].String()
	}
	return strings.Join(lines, "\n")
}

// What is noted of a template that is wrong all over; the rest is counted.
const maxProblems = 100

// problems gathers what is wrong with the subject or the body.
type problems struct {
	where string
	text  string // as written, to find places in
	found []placed
	more  int
}

type placed struct {
	offset int // below 0: about the whole
	text   string
}

// unplaced is the offset of what is found in the HTML made from Markdown: it has
// no place in what was written, and is told only where nothing better is.
const unplaced = -2

// addOf tells what is wrong with a placeholder: the first thing found is enough.
func (p *problems) addOf(o occurrence, format string, args ...any) {
	if !slices.ContainsFunc(p.found, func(f placed) bool { return f.offset == o.offset }) {
		p.add(o.offset, format, args...)
	}
}

func (p *problems) add(offset int, format string, args ...any) {
	if offset == unplaced && len(p.found) > 0 {
		return
	}
	if len(p.found) == maxProblems {
		p.more++
		return
	}
	one := placed{offset, fmt.Sprintf(format, args...)}
	if !slices.Contains(p.found, one) {
		p.found = append(p.found, one)
	}
}

// list gives them with places, in order.
func (p *problems) list() Problems {
	slices.SortStableFunc(p.found, func(a, b placed) int { return cmp.Compare(a.offset, b.offset) })
	all := make(Problems, 0, len(p.found))
	for _, f := range p.found {
		one := Problem{Where: p.where, Text: f.text}
		if f.offset >= 0 {
			before := p.text[:min(f.offset, len(p.text))]
			lineStart := strings.LastIndexByte(before, '\n') + 1
			one.Line = strings.Count(before, "\n") + 1
			one.Column = utf8.RuneCountInString(before[lineStart:]) + 1
		}
		all = append(all, one)
	}
	if p.more > 0 {
		all = append(all, Problem{Where: p.where, Text: fmt.Sprintf("and %d more", p.more)})
	}
	return all
}

// invalid makes the error of a template's problems; nil when there are none.
func invalid(all Problems) error {
	switch len(all) {
	case 0:
		return nil
	case 1:
		return &studymail.Error{Code: studymail.Invalid, Message: "the template has a problem: " + all[0].String(), Cause: all}
	}
	return &studymail.Error{
		Code:    studymail.Invalid,
		Message: fmt.Sprintf("the template has %d problems:\n", len(all)) + all.Error(),
		Cause:   all,
	}
}
