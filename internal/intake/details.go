package intake

import (
	"studymail"
	"studymail/internal/sealed"
)

// CheckDetails holds what was typed of one person to the rules of an import. A
// problem's column names what it is about; it never has the value.
func CheckDetails(username, firstName, lastName, email, externalID string) (studymail.Details, sealed.Name, []Problem) {
	var (
		problems []Problem
		typed    = [columnCount]string{usernameColumn: username, firstNameColumn: firstName, lastNameColumn: lastName, emailColumn: email, externalIDColumn: externalID}
		v        [columnCount]string
	)
	bad := func(c column, reason string) {
		if reason != "" {
			problems = append(problems, Problem{Column: c.String(), Reason: reason})
		}
	}
	for _, c := range []column{usernameColumn, firstNameColumn, lastNameColumn, emailColumn, externalIDColumn} {
		reason := damaged(typed[c])
		if reason == "" {
			v[c], reason = clean(typed[c], maxLength[c])
		}
		bad(c, reason)
		if reason != "" {
			continue
		}
		switch {
		case c == usernameColumn && v[c] == "":
			bad(c, "empty: every person needs a username")
		case c == emailColumn && v[c] != "":
			v[c], reason = readAddress(v[c])
			bad(c, reason)
		}
	}
	return studymail.Details{
		Username: sealed.NewName(v[usernameColumn]), FirstName: sealed.NewName(v[firstNameColumn]),
		LastName: sealed.NewName(v[lastNameColumn]), Email: sealed.NewEmail(v[emailColumn]),
	}, sealed.NewName(v[externalIDColumn]), problems
}
