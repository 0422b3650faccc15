package web

import (
	"net/http"

	"studymail"
	"studymail/internal/sealed"
)

type setupPage struct {
	Form   *form
	Action string
	First  bool   // makes the first administrator
	Masked string // of whom it is else
	Role   string
}

func (s *site) setupPage(v *visit, f *form) (setupPage, error) {
	p := setupPage{Form: f, Action: v.r.URL.Path}
	u, first, err := s.Accounts.LinkUser(v.ctx(), v.r.PathValue("token"))
	if err != nil {
		return p, err
	}
	if p.First = first; first {
		return p, nil
	}
	email, err := s.Accounts.Address(&u)
	p.Masked, p.Role = email.Masked(), u.Role.Name()
	return p, err
}

func (s *site) setupForm(v *visit) error {
	p, err := s.setupPage(v, newForm())
	if err != nil {
		return err
	}
	return v.page("setup", "Set your password", p)
}

func (s *site) setup(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	p, err := s.setupPage(v, f)
	if err != nil {
		return err
	}
	var email sealed.Email
	if p.First {
		if email, err = studymail.ParseUserAddress(f.Get("email")); err != nil {
			f.Problem("email", "%s", err)
		}
	}
	if f.Get("password") != f.Get("again") {
		f.Problem("again", "the two passwords differ; type the same twice")
	}
	if f.OK() {
		u, err := s.Accounts.FollowLink(v.ctx(), v.r.PathValue("token"), email, sealed.NewSecret(f.Get("password")))
		if err == nil {
			return s.enter(v, &u, "/", "Your password is set.")
		}
		if studymail.CodeOf(err) != studymail.Invalid {
			return err
		}
		f.Problem("password", "%s", err)
	}
	return v.pageAs(http.StatusUnprocessableEntity, "setup", "Set your password", p)
}
