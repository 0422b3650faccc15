package web

import (
	"errors"
	"net/http"

	"studymail"
	"studymail/internal/account"
)

// errorPage is what templates/error.html shows: what happened, that nothing was
// lost, and where to go on.
type errorPage struct {
	Heading string
	Text    string
	Link    link
}

type link struct{ Text, Path string }

// fail answers with what an error of ours says to a user. Everything else is our
// own fault: it is logged, and not shown.
func (v *visit) fail(err error) {
	if v.w.status != 0 {
		return // something is on its way already
	}
	if machine(v.route.path) {
		http.Error(v.w, "not found", http.StatusNotFound)
		return
	}
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		v.showError(http.StatusRequestEntityTooLarge, "Too large", errorPage{
			"That is too large", "What was sent is larger than this page takes. Nothing was changed.", v.home(),
		})
		return
	}
	text := ""
	if e, ok := errors.AsType[*studymail.Error](err); ok {
		text = sentence(e.Message)
	}
	status, heading := http.StatusInternalServerError, "Something went wrong here"
	switch studymail.CodeOf(err) {
	case studymail.NotFound:
		status, heading = http.StatusNotFound, "Not found"
	case studymail.Invalid:
		status, heading = http.StatusBadRequest, "That cannot be done"
	case studymail.Conflict:
		status, heading = http.StatusConflict, "That cannot be done now"
	case studymail.Unavailable:
		status, heading = http.StatusServiceUnavailable, "Not now"
		if errors.Is(err, account.ErrTooMany) {
			status, heading = http.StatusTooManyRequests, "Too many tries"
		}
	default:
		text = "This is a fault of studymail, not yours. Nothing was changed. Try again; if it comes again, tell whoever runs this installation when it was: the log has more."
	}
	if status >= http.StatusInternalServerError {
		v.Log.Error("a page failed", "route", v.route.path, "code", string(studymail.CodeOf(err)), "error", err)
	}
	v.showError(status, heading, errorPage{heading, text, v.home()})
}

// home is where a user can go on in any case.
func (v *visit) home() link {
	if v.isSignedIn() {
		return link{"Go to the home page", "/"}
	}
	return link{"Sign in", "/login"}
}

// forbidden says which right is missing, and who gives it.
func (v *visit) forbidden(needs studymail.Permission) {
	words := map[studymail.Permission]string{
		studymail.MayView: "look at pages", studymail.MayEdit: "change data and import", studymail.MayWrite: "write templates",
		studymail.MaySend: "send", studymail.MaySeeDetails: "see personal details", studymail.MayAdminister: "administer",
	}
	v.showError(http.StatusForbidden, "Not allowed", errorPage{
		"You may not do that",
		"Your role is " + v.user.Role.Name() + "; this needs the right to " + words[needs] + ". Nothing was changed. An administrator can give you another role.",
		v.home(),
	})
}

// sentence makes an error's words a sentence.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	switch s[len(s)-1] {
	case '.', '!', '?':
		return s
	}
	return s + "."
}
