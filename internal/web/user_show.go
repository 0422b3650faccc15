package web

import (
	"net/http"

	"studymail"
	"studymail/internal/store"
)

type userShowPage struct {
	Heading   heading
	ID        studymail.ID
	Facts     []fact
	Form      *form
	Roles     []option
	Active    bool
	TwoFactor bool
	You       bool
	History   []entry
}

func (s *site) userShow(v *visit) error {
	u, err := s.userOf(v)
	if err != nil {
		return err
	}
	return s.showUser(v, http.StatusOK, &u, nil, false)
}

func (s *site) userShowAddress(v *visit) error {
	u, err := s.userOf(v)
	if err != nil {
		return err
	}
	err = v.write(func(tx *store.Tx) error { return v.event(tx, "details shown", u.ID, "address") })
	if err != nil {
		return err
	}
	return s.showUser(v, http.StatusOK, &u, nil, true)
}

func (s *site) showUser(v *visit, status int, u *studymail.User, f *form, shown bool) error {
	if f == nil {
		f = newForm().Set("role", string(u.Role)).SetYes("active", u.Active)
		f.Version = version(u.UpdatedAt)
	}
	masks, err := s.addressOf(u, false)
	if err != nil {
		return err
	}
	address := masked{Text: masks, Action: "/users/" + u.ID.String() + "/show", What: "address", Shown: shown}
	if address.Text, err = s.addressOf(u, shown); err != nil {
		return err
	}
	p := userShowPage{
		Heading: heading{Title: "User " + masks, Up: link{"Users", "/users"}},
		ID:      u.ID, Form: f, Roles: roleOptions(), Active: u.Active, TwoFactor: u.TwoFactor, You: u.ID == v.user.ID,
		Facts: []fact{
			{"Address", address},
			{"State", userState(u)},
			{"Role", u.Role.Name() + ": " + u.Role.Words()},
			{"Last signed in", s.timeOf(u.SignedInAt)},
			{"Password set", s.timeOf(u.PasswordAt)},
			{"Added", s.timeOf(u.CreatedAt)},
			{"UUID", u.ID.String()},
		},
	}
	if p.History, err = s.history(v, u.ID); err != nil {
		return err
	}
	return v.pageAs(status, "user_show", "User "+masks, p)
}

func (s *site) userEdit(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	u, err := s.userOf(v)
	if err != nil {
		return err
	}
	role, err := studymail.ParseRole(f.Get("role"))
	if err != nil {
		f.Problem("role", "choose one of these")
		return s.showUser(v, http.StatusUnprocessableEntity, &u, f, false)
	}
	if !f.Edited().Equal(u.UpdatedAt) {
		f.Collides(u.UpdatedAt, "role", string(u.Role))
		return s.showUser(v, http.StatusConflict, &u, f, false)
	}
	other := u.Role != role
	if err = s.Accounts.SetRole(v.ctx(), v.actor(), &u, role); err == nil {
		err = s.Accounts.SetActive(v.ctx(), v.actor(), &u, f.Yes("active"))
	}
	if err == nil && other {
		err = s.beginAgain(v, &u)
	}
	if err != nil {
		if err := f.Fail(err); err != nil {
			return err
		}
		return s.showUser(v, http.StatusConflict, &u, f, false)
	}
	v.flash("The user is saved.")
	return v.redirect("/users/" + u.ID.String())
}

// beginAgain ends the sessions of a user who may do other things now: a token from
// before is worth nothing. One's own goes on under a new one.
func (s *site) beginAgain(v *visit, u *studymail.User) error {
	if _, err := s.Accounts.SignOutEverywhere(v.ctx(), v.actor(), u, studymail.ID{}); err != nil || u.ID != v.user.ID {
		return err
	}
	return s.begin(v, u, sessionUser, "/")
}

func (s *site) userSignOut(v *visit) error {
	u, err := s.userOf(v)
	if err != nil {
		return err
	}
	except := studymail.ID{}
	if u.ID == v.user.ID {
		except = v.session.ID
	}
	n, err := s.Accounts.SignOutEverywhere(v.ctx(), v.actor(), &u, except)
	if err != nil {
		return err
	}
	v.flash("Signed out in %s.", countOf(int64(n), "browser"))
	return v.redirect("/users/" + u.ID.String())
}

func (s *site) userSecondFactorOff(v *visit) error {
	u, err := s.userOf(v)
	if err != nil {
		return err
	}
	if err := s.Accounts.RemoveSecondFactor(v.ctx(), v.actor(), &u); err != nil {
		return err
	}
	v.flash("The second factor is off: the next sign-in asks for the password alone.")
	return v.redirect("/users/" + u.ID.String())
}
