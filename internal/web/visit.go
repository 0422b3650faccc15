package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/store"
)

// visit is one request as a page sees it: who asks, and the ways to answer. A page
// answers by the last call that it makes: page, pageAs, redirect, or an error.
type visit struct {
	*site
	route     route
	w         *answer
	r         *http.Request
	user      studymail.User // the zero User: nobody is signed in
	session   studymail.Session
	hadCookie bool
	loaded    bool // the session was: without it nothing can be put into it
}

func (v *visit) ctx() context.Context { return v.r.Context() }

func (v *visit) isSignedIn() bool { return !v.user.ID.IsZero() }

// may tells whether the user may do something: to leave out what they may not.
// What keeps them from it is the table of routes.
func (v *visit) may(p studymail.Permission) bool { return v.user.May(p) }

// actor names the user in events.
func (v *visit) actor() string { return v.user.ID.String() }

// read runs fn on one snapshot of the database.
func (v *visit) read(fn func(tx *store.Tx) error) error { return v.Store.Read(v.ctx(), fn) }

// write runs fn in one transaction. Write the event in it, too.
func (v *visit) write(fn func(tx *store.Tx) error) error { return v.Store.Write(v.ctx(), fn) }

// event notes what the user did, in the transaction that did it. Detail holds
// codes, counts and UUIDs only.
func (v *visit) event(tx *store.Tx, action string, about studymail.ID, detail string) error {
	return tx.AddEvent(v.ctx(), v.actor(), action, about, detail)
}

// id reads a UUID of the path: {id}. What is no UUID is no page.
func (v *visit) id(name string) (studymail.ID, error) { //nolint:unparam // a path may name another thing
	id, err := studymail.ParseID(v.r.PathValue(name))
	if err != nil {
		return id, studymail.Errorf(studymail.NotFound, "there is no such page")
	}
	return id, nil
}

// query gives a parameter of the URL.
func (v *visit) query(name string) string { return strings.TrimSpace(v.r.URL.Query().Get(name)) }

// number gives a parameter of the URL that is a whole number, or a default.
func (v *visit) number(name string, def int64) int64 {
	n, err := strconv.ParseInt(v.query(name), 10, 64)
	if err != nil {
		return def
	}
	return n
}

// with gives the page's own address with some parameters changed: name, value,
// name, value. An empty value takes one away.
func (v *visit) with(pairs ...string) string {
	q := v.r.URL.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return (&url.URL{Path: v.r.URL.Path, RawQuery: q.Encode()}).String()
}

// flash has the next page that the user sees say something: "Study A was added."
// It is kept in the session: no personal detail.
func (v *visit) flash(format string, args ...any) {
	if !v.loaded {
		return
	}
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ")
	if before := v.sessions.GetString(v.ctx(), sessionFlash); before != "" {
		text = before + "\n" + text
	}
	v.sessions.Put(v.ctx(), sessionFlash, text)
}

// takeFlash gives what is to be said, once.
func (v *visit) takeFlash() []string {
	if !v.loaded || v.sessions.GetString(v.ctx(), sessionFlash) == "" {
		return nil
	}
	return strings.Split(v.sessions.PopString(v.ctx(), sessionFlash), "\n")
}

// redirect answers a form that was done: the browser gets the page at path, and
// neither Back nor Reload sends the form again.
func (v *visit) redirect(path string) error {
	v.redirectTo(path)
	return nil
}

func (v *visit) redirectTo(path string) {
	v.w.Header().Set("Location", sameSite(path))
	v.w.WriteHeader(http.StatusSeeOther)
}

// sameSite gives a path of ours as it is, and / for anything else: where to go next
// may come from outside.
func sameSite(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return path
}

// isHTMX tells whether htmx asks, for a part of a page.
func (v *visit) isHTMX() bool { return v.r.Header.Get("HX-Request") == "true" }

// here is the page that the user is on, as a way back. It stands in links and
// forms, so it says nothing but what our own addresses do: somebody may have
// typed a name into one.
func (v *visit) here() string {
	if v.isHTMX() {
		if u, err := url.Parse(v.r.Header.Get("HX-Current-URL")); err == nil && u.Path != "" {
			return wayBack(u)
		}
	}
	if id := v.r.PathValue("id"); id != "" {
		if _, err := studymail.ParseID(id); err != nil {
			return "/"
		}
	}
	return wayBack(v.r.URL)
}

// keptInWayBack are the parameters by which our lists are filtered and paged.
// What is searched for by words is not among them.
var keptInWayBack = []string{
	"about", "action", "active", "actor", "after", "before", "campaign", "cancelled", "class", "does", "enabled", "in_study", "kind",
	"message", "outcome", "patient", "person", "provider", "queue", "reason", "runs", "seen", "since", "size", "source", "sort", "span", "state", "status", "step", "study",
	"until",
}

func wayBack(u *url.URL) string {
	kept := url.Values{}
	for name, values := range u.Query() {
		if slices.Contains(keptInWayBack, name) {
			kept[name] = values
		}
	}
	back := u.EscapedPath()
	if len(kept) > 0 {
		back += "?" + kept.Encode()
	}
	return sameSite(back)
}

// toLogin sends who is not signed in there, with the way back. What a form held is
// not kept: it might be the work of somebody else at this browser.
func (v *visit) toLogin() {
	if safe := v.r.Method == http.MethodGet || v.r.Method == http.MethodHead; safe || v.isHTMX() {
		q := url.Values{}
		if here := v.here(); here != "/" {
			q.Set("next", here)
		}
		if v.hadCookie {
			q.Set("why", "ended")
		}
		to := "/login"
		if len(q) > 0 {
			to += "?" + q.Encode()
		}
		if v.isHTMX() { // it would put the form where a part of the page is
			v.w.Header().Set("HX-Redirect", to)
			v.w.WriteHeader(http.StatusOK)
			return
		}
		v.redirectTo(to)
		return
	}
	v.showError(http.StatusUnauthorized, "Your session is over", errorPage{
		Heading: "Your session is over",
		Text:    "You were signed out before this was sent, so nothing was changed. Sign in and do it again.",
		Link:    link{"Sign in", "/login"},
	})
}

// showError answers with the page of an error, and plainly if even that fails.
func (v *visit) showError(status int, title string, p errorPage) {
	if err := v.pageAs(status, "error", title, p); err != nil {
		v.Log.Error("a page could not be rendered", "error", err)
		http.Error(v.w, "Something went wrong here. Try again.", http.StatusInternalServerError)
	}
}

// page answers with the template of that name in templates/.
func (v *visit) page(name, title string, data any) error {
	return v.pageAs(http.StatusOK, name, title, data)
}

// pageAs is page with another status: 422 for a form with problems.
func (v *visit) pageAs(status int, name, title string, data any) error {
	t, err := v.pages.get(name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout", v.frame(status, title, data)); err != nil {
		return studymail.Errorf(studymail.Internal, "render the page %s: %w", name, err)
	}
	v.w.send(status, "text/html; charset=utf-8", &b)
	return nil
}

// control reaches the connection: for answers that take long.
func (v *visit) control() *http.ResponseController { return http.NewResponseController(v.w) }
