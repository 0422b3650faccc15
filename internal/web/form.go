package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"studymail"
	"studymail/internal/store"
)

// form is one form: what was typed, what is wrong with it, and what the part
// "field" needs to show both.
//
// A page makes one with newForm (empty, or with what is stored: Set) and reads one
// that was sent with sentForm. The readers (Line, Choice, …) note what is wrong;
// when OK says no, the page is shown again with pageAs(422, …) and the same form.
type form struct {
	values   url.Values
	problems map[string]string
	theirs   map[string]string // what is stored now, where somebody else changed it
	order    []string          // of the problems
	general  string
	conflict bool

	Token   string // hidden field "form": makes a double click act once
	Version string // hidden field "version": what was edited
}

func newForm() *form {
	return &form{values: url.Values{}, problems: map[string]string{}, theirs: map[string]string{}, Token: studymail.NewID().String()}
}

// sentForm reads the form that was sent.
func (v *visit) sentForm() (*form, error) {
	f := newForm()
	var err error
	if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/") {
		err = v.r.ParseMultipartForm(bodyLimit)
	} else {
		err = v.r.ParseForm()
	}
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		return nil, err
	}
	if err != nil {
		return nil, studymail.Errorf(studymail.Invalid, "that form did not arrive whole; go back and send it again")
	}
	f.values = v.r.PostForm
	f.Version = f.values.Get("version")
	if token := f.values.Get("form"); token != "" {
		f.Token = token
	}
	return f, nil
}

// Set puts a value into a form that is shown first.
func (f *form) Set(name, value string) *form {
	f.values.Set(name, value)
	return f
}

// SetYes ticks a box, or not.
func (f *form) SetYes(name string, yes bool) *form {
	f.values.Del(name)
	if yes {
		f.values.Set(name, "yes")
	}
	return f
}

// Get gives what was typed, unchecked.
func (f *form) Get(name string) string { return f.values.Get(name) }

// All gives all values of a name: of boxes that were ticked.
func (f *form) All(name string) []string { return f.values[name] }

// Yes tells whether a box is ticked.
func (f *form) Yes(name string) bool { return f.values.Get(name) != "" }

// Problem notes what is wrong with a field, and what to do.
func (f *form) Problem(name, format string, args ...any) {
	if _, there := f.problems[name]; !there {
		f.order = append(f.order, name)
		f.problems[name] = sentence(fmt.Sprintf(format, args...))
	}
}

// Fail notes what is wrong with the whole, where an error says something to the
// user (invalid, conflict, too many tries): then nil, and the page is shown again.
// Other errors come back.
func (f *form) Fail(err error) error {
	e, ok := errors.AsType[*studymail.Error](err)
	if !ok || e.Code == studymail.Internal {
		return err
	}
	f.general = sentence(e.Message)
	return nil
}

// OK tells whether nothing is wrong so far.
func (f *form) OK() bool { return len(f.problems) == 0 && f.general == "" && !f.conflict }

const maxLine = 200 // characters of a name, a phone number, …

// Line takes one line of text: trimmed, without control characters, not endless.
func (f *form) Line(name string) string {
	value := strings.TrimSpace(f.values.Get(name))
	switch {
	case !utf8.ValidString(value):
		f.Problem(name, "this is not text; type it anew")
	case utf8.RuneCountInString(value) > maxLine:
		f.Problem(name, "at most %d characters", maxLine)
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		f.Problem(name, "one line of text, without line breaks or control characters")
	}
	return value
}

// Required is Line, and something must be there.
func (f *form) Required(name string) string {
	value := f.Line(name)
	if value == "" {
		f.Problem(name, "fill this in")
	}
	return value
}

// Address takes the address of a mailbox that staff read; "" for none.
func (f *form) Address(name string) string {
	value := f.Line(name)
	if value == "" {
		return ""
	}
	a, err := mail.ParseAddress(value)
	if err != nil || a.Name != "" || a.Address != value || strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII }) {
		f.Problem(name, "write an address alone, like surgery@example.org")
	}
	return value
}

// Number takes a whole number.
func (f *form) Number(name string, least, most int) int {
	n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(f.values.Get(name)), ",", ""))
	if err != nil || n < least || n > most {
		f.Problem(name, "a whole number from %d to %d", least, most)
	}
	return n
}

// Date takes a day; "" for none.
func (f *form) Date(name string) studymail.Date {
	d, err := studymail.ParseDate(strings.TrimSpace(f.values.Get(name)))
	if err != nil {
		f.Problem(name, "%s", err.Error())
	}
	return d
}

// Choice takes one of some values.
func (f *form) Choice(name string, allowed ...string) string {
	value := f.values.Get(name)
	for _, a := range allowed {
		if value == a {
			return value
		}
	}
	f.Problem(name, "choose one of these")
	return ""
}

// once has a form act once, however often it is clicked: in the transaction that
// acts. done is true when it acted before: then go to result, and do nothing.
func (v *visit) once(tx *store.Tx, f *form, result string) (done bool, where string, err error) {
	token, err := studymail.ParseID(f.Token)
	if err != nil {
		return false, "", studymail.Errorf(studymail.Invalid, "this form is not whole; open the page again")
	}
	before, err := tx.UseForm(v.ctx(), token, result)
	if before != "" {
		return true, before, err
	}
	return false, result, err
}

// version is a row's version as a form carries it.
func version(updated time.Time) string { return strconv.FormatInt(updated.UnixMilli(), 10) }

// Edited gives the version that was edited. Put it into the noun as its UpdatedAt:
// the store refuses (Conflict) when somebody else was quicker.
func (f *form) Edited() time.Time {
	n, err := strconv.ParseInt(f.Version, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// Collides shows that somebody else changed it meanwhile: what was typed stays, what
// is stored now (name, value, …) stands beside each field that differs, and sending
// the form again replaces it.
func (f *form) Collides(now time.Time, stored ...string) {
	f.conflict = true
	f.Version = version(now)
	for i := 0; i+1 < len(stored); i += 2 {
		if typed := strings.TrimSpace(f.values.Get(stored[i])); typed != stored[i+1] {
			f.theirs[stored[i]] = stored[i+1]
			if stored[i+1] == "" {
				f.theirs[stored[i]] = "(nothing)"
			}
		}
	}
}
