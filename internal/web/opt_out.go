package web

import (
	"net/http"
	"slices"

	"studymail"
)

// The page on which patients opt out. Its token is all that it needs: no login, no
// cookie, nothing about the patient on it or in its address. To look at it changes
// nothing, however often a scanner does; a POST opts out at once (RFC 8058 §3.2),
// without asking again and without sending the browser elsewhere.

const optOutPath = "/u/{token}"

type optOutPage struct {
	Done    string // what was done; "": nothing yet
	Choices []optOutChoice
	Problem string
}

type optOutChoice struct {
	Scope   studymail.OptOutScope
	Text    string
	Checked bool
}

// optOutWords are the scopes in plain words: what one asks for, and what was done.
var optOutWords = map[studymail.OptOutScope]struct{ asks, done string }{
	studymail.OptOutStudy:    {"Letters about this study", "You will get no more letters about this study."},
	studymail.OptOutProvider: {"Letters about any study from the same practice", "You will get no more letters about studies from this practice."},
	studymail.OptOutAll:      {"All letters about research studies", "You will get no more letters about research studies from us."},
}

func optOutChoices(chosen studymail.OptOutScope) (all []optOutChoice) {
	for _, scope := range studymail.OptOutScopes() {
		all = append(all, optOutChoice{scope, optOutWords[scope].asks, scope == chosen})
	}
	return all
}

const optOutTitle = "Stop letters about research studies"

func (s *site) optOutForm(v *visit) error {
	if _, err := s.Feedback.OptOutMessage(v.r.PathValue("token")); err != nil {
		return s.noOptOut(v, http.StatusNotFound)
	}
	return v.page("opt_out", optOutTitle, optOutPage{Choices: optOutChoices(studymail.OptOutStudy)})
}

// optOut is the form's answer, and what a mail program sends by itself when
// somebody presses its button: that has no scope, and means the letter's study.
func (s *site) optOut(v *visit) error {
	message, err := s.Feedback.OptOutMessage(v.r.PathValue("token"))
	if err != nil {
		return s.noOptOut(v, http.StatusNotFound)
	}
	scope := studymail.OptOutScope(v.r.PostFormValue("scope")) // of either way to send a form (RFC 8058 §3.2)
	if scope == "" {
		scope = studymail.OptOutStudy
	}
	if !slices.Contains(studymail.OptOutScopes(), scope) {
		return v.pageAs(http.StatusUnprocessableEntity, "opt_out", optOutTitle, optOutPage{
			Choices: optOutChoices(studymail.OptOutStudy), Problem: "Nothing was changed yet: choose one of these.",
		})
	}
	// Where the patient's browser is, is nobody's business.
	taken, err := s.Feedback.OptOut(studymail.WithOrigin(v.ctx(), ""), studymail.FromLink, message, scope)
	if err != nil {
		s.Log.Error("an opt-out could not be stored", "message", message, "code", string(studymail.CodeOf(err)), "error", err)
		return s.noOptOut(v, http.StatusServiceUnavailable)
	}
	if taken.Message.IsZero() { // as after a restore from an older copy
		return s.noOptOut(v, http.StatusNotFound)
	}
	return v.page("opt_out", optOutTitle, optOutPage{Done: optOutWords[scope].done, Choices: optOutChoices(studymail.OptOutAll)})
}

// noOptOut tells a patient what to do when a link does not work.
func (s *site) noOptOut(v *visit, status int) error {
	p := errorPage{
		Heading: "This link does not work",
		Text:    "It may have been cut off: try to open the whole link from the letter. Or answer the letter, or tell your practice, that you want no more of them.",
	}
	if status == http.StatusServiceUnavailable {
		p.Heading = "That could not be saved just now"
		p.Text = "Nothing was changed. Please try again in a few minutes. Or answer the letter, or tell your practice, that you want no more of them."
	}
	return v.pageAs(status, "error", p.Heading, p)
}
