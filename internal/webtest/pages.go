package webtest

import (
	"strings"

	"studymail"
)

// Page is a row of the table of all pages.
type Page struct {
	Name string         // of its pictures
	As   studymail.Role // "": nobody
	At   string
	Of   func(w *World) string // the path, where it has a UUID in it
	Do   func(t *Tab)          // what to do there first, such as pressing a button that answers with a page
}

// Pages are all of them. Add yours.
func Pages() []Page {
	return []Page{
		{Name: "login", At: "/login"},
		{Name: "login-refused", At: "/login", Do: func(t *Tab) {
			t.Fill("E-mail address", "nobody@example.org").Fill("Password", "not a password at all").Go("Sign in").Sees("do not fit together")
		}},
		{Name: "home", As: studymail.Administrator, At: "/"},
		{Name: "account", As: studymail.Viewer, At: "/account"},
		{Name: "account-secondfactor", As: studymail.Viewer, At: "/account/second-factor"},
		{Name: "account-secondfactor-begun", As: studymail.Coordinator, At: "/account/second-factor", Do: func(t *Tab) {
			if strings.Contains(t.Text(), "Your password") { // the first time
				t.Fill("Your password", Password).Go("Begin")
			}
			t.Sees("Or type this key")
		}},
		{Name: "events", As: studymail.Administrator, At: "/events"},
		{Name: "events-none", As: studymail.Viewer, At: "/events?since=2020-01-01&until=2020-01-02"},
		{Name: "users", As: studymail.Administrator, At: "/users"},
		{Name: "users-new", As: studymail.Administrator, At: "/users/new"},
		{Name: "users-new-wrong", As: studymail.Administrator, At: "/users/new", Do: func(t *Tab) {
			t.Fill("E-mail address", Address(studymail.Viewer)).Go("Add the user").Sees("already")
		}},
		{Name: "user", As: studymail.Administrator, Of: func(w *World) string { return "/users/" + w.Users[studymail.Sender].ID.String() }},
		{Name: "user-link", As: studymail.Administrator, Of: func(w *World) string { return "/users/" + w.Users[studymail.Sender].ID.String() }, Do: func(t *Tab) {
			t.Go("Make a link to set a new password").Sees("is shown only now")
		}},
		{Name: "forbidden", As: studymail.Viewer, At: "/users"},
		{Name: "not-found", As: studymail.Viewer, At: "/nowhere"},
	}
}
