package web

import "studymail"

// When the mail of a study or a care provider may leave. This is the one place of
// the pages for it: what its page tells, what its form has, and how that is read.

// hoursFacts are rows of a care provider's or a study's page.
func (s *site) hoursFacts(any) []fact { return nil }

// hoursFields are fields of the forms, with what is stored.
func hoursFields(any) []string { return nil }

// readHours reads them.
func readHours(*form, any) {}

var _ = studymail.SendHours{}
