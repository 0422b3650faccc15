package web

import (
	"strings"

	"studymail"
	"studymail/internal/when"
)

// When the mail of a study or a care provider may leave. This is the one place of
// the pages for it: what its page tells, what its form has, and how that is read.

// hoursFacts are rows of a care provider's or a study's page.
func (s *site) hoursFacts(h *studymail.SendHours) []fact {
	hours, err := when.ParseHours(*h)
	if err != nil {
		return []fact{{"Send hours", badge{"bad", "They cannot be read, so no mail leaves: edit them"}}}
	}
	facts := []fact{{"Send hours", hours.Words()}}
	if closed := when.ClosedUntil(s.Now(), hours); !closed.IsZero() {
		facts = append(facts, fact{"Mail waits until", s.timeOf(closed)})
	}
	return facts
}

// hoursFields are fields of the forms, with what is stored.
func hoursFields(h *studymail.SendHours) []string {
	return []string{"send_hours", h.Hours, "send_zone", h.Zone, "closed_on", h.ClosedOn}
}

// readHours reads them.
func (s *site) readHours(f *form, h *studymail.SendHours) {
	h.Hours, h.Zone, h.ClosedOn = f.Line("send_hours"), f.Line("send_zone"), f.Line("closed_on")
	switch {
	case h.Always():
		h.Zone = ""
	case h.Zone == "":
		h.Zone = s.Config.TimeZone.String()
	}
	if _, err := when.ParseHours(*h); err != nil {
		name := "send_hours"
		switch words := err.Error(); {
		case strings.Contains(words, "zone"):
			name = "send_zone"
		case h.Hours == "" || strings.Contains(words, "closed"):
			name = "closed_on"
		}
		f.Problem(name, "%s", err)
	}
}

// hoursIn tells whether a form has something to show of send hours.
func hoursIn(f *form) bool {
	for _, name := range []string{"send_hours", "send_zone", "closed_on"} {
		if f.Get(name) != "" || f.problems[name] != "" {
			return true
		}
	}
	return false
}
