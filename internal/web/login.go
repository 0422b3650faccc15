package web

import (
	"net/http"
	"strconv"

	"studymail"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

type loginPage struct {
	Form    *form
	Next    string
	NoUsers bool
	Why     string
}

// whyHere is what the login page says to who was sent there. It comes by the URL:
// nothing is stored for somebody who has not signed in.
var whyHere = map[string]string{
	"out":   "You are signed out.",
	"ended": "You were signed out. Sign in to go on.",
	"late":  "That took too long: begin again.",
}

func (s *site) loginForm(v *visit) error {
	next := sameSite(v.query("next"))
	if v.isSignedIn() {
		return v.redirect(next)
	}
	return s.showLogin(v, http.StatusOK, newForm(), next)
}

func (s *site) showLogin(v *visit, status int, f *form, next string) error {
	p := loginPage{Form: f, Next: next, Why: whyHere[v.query("why")]}
	err := v.read(func(tx *store.Tx) error {
		any, err := tx.AnyAdministrator(v.ctx())
		p.NoUsers = !any
		return err
	})
	if err != nil {
		return err
	}
	return v.pageAs(status, "login", "Sign in", p)
}

func (s *site) login(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	next := sameSite(f.Get("next"))
	u, err := s.Accounts.SignIn(v.ctx(), sealed.NewEmail(f.Get("email")), sealed.NewSecret(f.Get("password")))
	if err != nil {
		status := statusOf(err)
		if err := f.Fail(err); err != nil {
			return err
		}
		return s.showLogin(v, status, f, next)
	}
	return s.enter(v, &u, next, "")
}

// enter lets a user in who has shown who they are, by password or link. With a
// second factor they have that still to show.
func (s *site) enter(v *visit, u *studymail.User, next, flash string) error {
	as, to := sessionUser, next
	if u.TwoFactor {
		as, to = sessionHalf, "/login/code"
	}
	if err := s.begin(v, u, as, next); err != nil {
		return err
	}
	if flash != "" {
		v.flash("%s", flash)
	}
	return v.redirect(to)
}

// begin starts a session anew: a token that somebody else knew from before the
// sign-in is worth nothing after it.
func (s *site) begin(v *visit, u *studymail.User, as, next string) error {
	if err := s.sessions.Clear(v.ctx()); err != nil {
		return err
	}
	if err := s.sessions.RenewToken(v.ctx()); err != nil {
		return err
	}
	s.sessions.Put(v.ctx(), as, strconv.FormatInt(u.Key, 10))
	s.sessions.Put(v.ctx(), sessionNext, next)
	s.sessions.Put(v.ctx(), sessionSince, strconv.FormatInt(s.Now().Unix(), 10))
	return nil
}

// logout works for whoever is signed in, and says the same to who is not any more.
func (s *site) logout(v *visit) error {
	if v.isSignedIn() {
		if err := s.Accounts.SignedOut(v.ctx(), &v.user); err != nil {
			return err
		}
		if err := s.sessions.Destroy(v.ctx()); err != nil {
			return err
		}
	}
	return v.redirect("/login?why=out")
}

// statusOf is the status of an error that a form shows.
func statusOf(err error) int {
	switch studymail.CodeOf(err) {
	case studymail.Unavailable:
		return http.StatusTooManyRequests
	case studymail.Conflict:
		return http.StatusConflict
	default:
		return http.StatusUnprocessableEntity
	}
}
