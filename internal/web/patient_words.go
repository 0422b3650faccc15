package web

import (
	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// outcomes are the ways in which a patient's newest message can have gone, as lists
// show them and as the URL of a filter has them.
var outcomes = []struct {
	state studymail.State
	name  string // in a URL
	badge badge
}{
	{0, "none", badge{"quiet", "No letter yet"}},
	{studymail.Queued, "waiting", badge{"info", "Waiting"}},
	{studymail.Deferred, "deferred", badge{"warn", "Waits for a later time"}},
	{studymail.Sent, "sent", badge{"good", "Sent"}},
	{studymail.Failed, "failed", badge{"bad", "Failed"}},
	{studymail.Skipped, "skipped", badge{"quiet", "Skipped"}},
	{studymail.Uncertain, "uncertain", badge{"warn", "Uncertain"}},
	{studymail.MessageCanceled, "cancelled", badge{"quiet", "Cancelled"}},
}

func outcomeBadge(s studymail.State) badge {
	if s == studymail.Claimed || s == studymail.Sending {
		s = studymail.Queued
	}
	for _, o := range outcomes {
		if o.state == s {
			return o.badge
		}
	}
	return badge{}
}

func parseOutcome(name string) (studymail.State, error) {
	for _, o := range outcomes {
		if o.name == name {
			return o.state, nil
		}
	}
	return 0, studymail.Errorf(studymail.Invalid, "choose one of these")
}

func statusBadge(s studymail.Status) badge {
	if s == studymail.New {
		return badge{"info", s.String()}
	}
	return badge{"good", s.String()}
}

func cancelledBadge(c studymail.Cancelled) badge {
	if c == studymail.NotCancelled {
		return badge{}
	}
	return badge{"warn", c.String()}
}

func inStudyBadge(p *studymail.Patient) badge {
	if p.InStudy() {
		return badge{"good", "Yes"}
	}
	return badge{"quiet", "No"}
}

func activeBadge(active bool) badge {
	if active {
		return badge{"good", "Active"}
	}
	return badge{"warn", "Not active"}
}

// standing words where a patient stands: "New", "New, Opted out".
func standing(status studymail.Status, cancelled studymail.Cancelled) string {
	if cancelled == studymail.NotCancelled {
		return status.String()
	}
	return status.String() + ", " + cancelled.String()
}

// opened are a patient's details, for who may see them in full or as masks.
type opened struct {
	Details    studymail.Details
	ExternalID sealed.Name
	Erased     bool
}

// open opens a patient's details.
func (s *site) open(p *store.PatientRow) (opened, error) {
	var o opened
	if p.Wrapped == nil {
		o.Erased = true
		return o, nil
	}
	key, err := s.Opener.Key(p.PersonID, p.Wrapped)
	if err != nil {
		return o, err
	}
	if o.Details, err = studymail.OpenDetails(key, p.PersonID, p.Sealed); err != nil || p.SealedExternal == nil {
		return o, err
	}
	text, err := key.Open(sealed.PatientDetails, p.ID, p.SealedExternal)
	if err == nil && len(text) == 1 {
		o.ExternalID = sealed.NewName(text[0])
	}
	return o, err
}

// words give names and an address, masked unless shown.
func (o *opened) words(shown bool) (name func(sealed.Name) string, email func(sealed.Email) string) {
	nameWords, emailWords := sealed.Name.Masked, sealed.Email.Masked
	if shown {
		nameWords, emailWords = sealed.Name.Reveal, sealed.Email.Reveal
	}
	name = func(n sealed.Name) string {
		if n.IsEmpty() {
			return ""
		}
		return nameWords(n)
	}
	email = func(e sealed.Email) string {
		if e.IsEmpty() {
			return ""
		}
		return emailWords(e)
	}
	return name, email
}

// username is how a list names a patient.
func (o *opened) username() string {
	if o.Erased {
		return "erased"
	}
	return o.Details.Username.Masked()
}
