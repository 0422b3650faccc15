package web

import (
	"net/http"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

type accountPage struct {
	Facts     []fact
	Form      *form // to change the password
	Codes     int   // recovery codes that are left
	TwoFactor bool
	Required  bool // a second factor is
	Sessions  []accountSession
}

type accountSession struct {
	ID      studymail.ID
	Current bool
	Origin  string
	Began   moment
	Seen    moment
	Ends    moment
}

func (s *site) accountShow(v *visit) error { return s.showAccount(v, http.StatusOK, newForm()) }

func (s *site) showAccount(v *visit, status int, f *form) error {
	email, err := s.Accounts.Address(&v.user) // their own
	if err != nil {
		return err
	}
	p := accountPage{Form: f, TwoFactor: v.user.TwoFactor, Required: s.Config.SecondFactor == config.SecondFactorRequired}
	p.Facts = []fact{
		{"E-mail address", email.Reveal()},
		{"Role", v.user.Role.Name() + ": " + v.user.Role.Words()},
		{"Password set", s.timeOf(v.user.PasswordAt)},
		{"Signed in", s.timeOf(v.user.SignedInAt)},
	}
	var all []studymail.Session
	err = v.read(func(tx *store.Tx) (err error) {
		if p.Codes, err = tx.RecoveryCodes(v.ctx(), v.user.Key); err != nil {
			return err
		}
		all, err = tx.UserSessions(v.ctx(), v.user.Key, s.Config.SessionIdle)
		return err
	})
	if err != nil {
		return err
	}
	for _, row := range all {
		p.Sessions = append(p.Sessions, accountSession{
			row.ID, row.ID == v.session.ID, row.Origin, s.timeOf(row.CreatedAt), s.agoOf(row.SeenAt), s.timeOf(row.ExpiresAt),
		})
	}
	return v.pageAs(status, "account", "Your account", p)
}

func (s *site) accountPassword(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	if f.Get("password") != f.Get("again") {
		f.Problem("again", "the two passwords differ; type the same twice")
	}
	if !f.OK() {
		return s.showAccount(v, http.StatusUnprocessableEntity, f)
	}
	err = s.Accounts.ChangePassword(v.ctx(), &v.user, sealed.NewSecret(f.Get("old")), sealed.NewSecret(f.Get("password")))
	if err != nil {
		status := statusOf(err)
		if err := f.Fail(err); err != nil {
			return err
		}
		return s.showAccount(v, status, f)
	}
	// All sessions ended, this one, too: begin it anew.
	if err := s.begin(v, &v.user, sessionUser, "/"); err != nil {
		return err
	}
	v.flash("Your password is changed. You were signed out in all other browsers.")
	return v.redirect("/account")
}

func (s *site) accountSignOutEverywhere(v *visit) error {
	n, err := s.Accounts.SignOutEverywhere(v.ctx(), v.actor(), &v.user, v.session.ID)
	if err != nil {
		return err
	}
	v.flash("Signed out in %s.", countOf(int64(n), "other browser"))
	return v.redirect("/account")
}

func (s *site) accountEndSession(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	err = v.write(func(tx *store.Tx) error {
		ended, err := tx.EndUserSession(v.ctx(), v.user.Key, id)
		if err != nil || !ended {
			return err
		}
		return v.event(tx, "session ended", v.user.ID, "")
	})
	if err != nil {
		return err
	}
	v.flash("Signed out in that browser.")
	return v.redirect("/account")
}
