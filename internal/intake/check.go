package intake

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"studymail"
	"studymail/internal/sealed"

	"golang.org/x/text/unicode/norm"
)

// Record is one row that is right in itself.
type Record struct {
	Row        int
	Details    studymail.Details
	ODSCode    string
	Status     studymail.Status
	Cancelled  studymail.Cancelled
	ExternalID sealed.Name
}

// checked is a row after the checks that need nothing but the row.
type checked struct {
	Record
	problems []Problem
	named    bool // the username is right: the person can be told
}

// check reads a row.
func (l *layout) check(row *Row) checked {
	c := checked{Record: Record{Row: row.Number}}
	add := func(column, reason string) {
		c.problems = append(c.problems, Problem{row.Number, column, reason})
	}
	if row.Fault != "" {
		add(l.name(row.FaultCell), row.Fault)
		return c
	}
	if len(row.Cells) != len(l.columns) {
		add("", l.wrongCount(row))
		return c
	}
	var v [columnCount]string
	var bad [columnCount]bool
	for i, cell := range row.Cells {
		col := l.columns[i]
		reason := damaged(cell)
		if col != unknownColumn {
			if reason == "" {
				v[col], reason = clean(cell, maxLength[col])
			}
			bad[col] = reason != ""
		}
		if reason != "" {
			add(l.name(i), reason)
		}
	}
	fail := func(col column, reason string) {
		if !bad[col] && reason != "" {
			bad[col] = true
			add(col.String(), reason)
		}
	}
	if v[usernameColumn] == "" {
		fail(usernameColumn, "empty: every person needs a username")
	}
	email := v[emailColumn]
	if email != "" {
		var reason string
		email, reason = readAddress(email)
		fail(emailColumn, reason)
	}
	var err error
	if v[odsCodeColumn] == "" {
		fail(odsCodeColumn, "empty: every patient needs a care provider")
	}
	c.ODSCode, err = studymail.ParseODSCode(v[odsCodeColumn])
	fail(odsCodeColumn, reasonOf(err))
	if v[statusColumn] != "" { // as a rule it is: then New
		c.Status, err = studymail.ParseStatus(v[statusColumn])
		fail(statusColumn, reasonOf(err))
	}
	if v[cancelledColumn] != "" {
		c.Cancelled, err = studymail.ParseCancelled(v[cancelledColumn])
		fail(cancelledColumn, reasonOf(err))
	}
	c.Details = studymail.Details{
		Username:  sealed.NewName(v[usernameColumn]),
		FirstName: sealed.NewName(v[firstNameColumn]),
		LastName:  sealed.NewName(v[lastNameColumn]),
		Email:     sealed.NewEmail(email),
	}
	c.ExternalID = sealed.NewName(v[externalIDColumn])
	c.named = !bad[usernameColumn]
	return c
}

// reasonOf gives the text of an error of the root package's parsers, which
// never quote what they were given.
func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// damaged tells what no cell may have, in columns that are ignored, too: it
// means that the file is not what it seems.
func damaged(cell string) string {
	switch {
	case strings.IndexByte(cell, 0) >= 0:
		return "a NUL character"
	case !utf8.ValidString(cell):
		return "not valid UTF-8: save the file as “CSV UTF-8”"
	case strings.ContainsRune(cell, utf8.RuneError):
		return "a replacement character (U+FFFD): a letter was lost when the file was made"
	}
	return ""
}

// What spreadsheets show where a formula has no value.
var formulaErrors = []string{"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}

// clean gives a value without outer spaces in the usual composed form (NFC),
// so that the same name is the same bytes, or why it cannot be taken.
func clean(cell string, most int) (value, reason string) {
	for _, r := range cell {
		switch {
		case r >= ' ' && r < 0x7F: // most of them
		case r == '\n', r == '\r', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
			return "", "a line break inside the value"
		case unicode.IsControl(r):
			return "", "a control character inside the value"
		case r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
			// They turn the text around them: a mail or a page would read wrong.
			return "", "a control character inside the value (it changes the direction of writing)"
		}
	}
	value = norm.NFC.String(strings.TrimSpace(cell))
	if strings.HasPrefix(value, "#") && slices.Contains(formulaErrors, value) {
		return "", "a formula's error in the place of a value: mend it in the spreadsheet"
	}
	if utf8.RuneCountInString(value) > most {
		return "", "longer than " + strconv.Itoa(most) + " characters"
	}
	return value, ""
}
