package web

import (
	"net/http"

	"studymail"
	"studymail/internal/account"
	"studymail/internal/store"
)

type userNewPage struct {
	Heading heading
	Form    *form
	Roles   []option
}

func roleOptions() []option {
	var all []option
	for _, r := range studymail.Roles() {
		all = append(all, option{Value: string(r), Text: r.Name(), Hint: r.Words()})
	}
	return all
}

func (s *site) userNew(v *visit) error {
	return s.showUserNew(v, http.StatusOK, newForm().Set("role", string(studymail.Coordinator)))
}

func (s *site) showUserNew(v *visit, status int, f *form) error {
	return v.pageAs(status, "user_new", "Add a user", userNewPage{
		heading{Title: "Add a user", Up: link{"Users", "/users"}, Words: "They get a link by which they set their own password."}, f, roleOptions(),
	})
}

func (s *site) userAdd(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	email, err := studymail.ParseUserAddress(f.Get("email"))
	if err != nil {
		f.Problem("email", "%s", err)
	}
	role, err := studymail.ParseRole(f.Get("role"))
	if err != nil {
		f.Problem("role", "choose one of these")
	}
	if !f.OK() {
		return s.showUserNew(v, http.StatusUnprocessableEntity, f)
	}
	u, err := s.Accounts.Add(v.ctx(), v.actor(), email, role)
	if studymail.CodeOf(err) == studymail.Conflict {
		// A double click finds the user that the first one added.
		f.Problem("email", "%s", err)
		return s.showUserNew(v, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	return s.showLink(v, &u)
}

type userLinkPage struct {
	Heading heading
	Masked  string
	Link    string
	Until   moment
}

// showLink makes a link by which a user sets a password, and shows it this once.
func (s *site) showLink(v *visit, u *studymail.User) error {
	token, err := s.Accounts.Link(v.ctx(), v.actor(), u)
	if err != nil {
		return err
	}
	p := userLinkPage{Heading: heading{Title: "A link to set the password", Up: link{"Users", "/users"}}}
	if p.Masked, err = s.addressOf(u, false); err != nil {
		return err
	}
	p.Link, p.Until = v.base()+"/setup/"+token.Reveal(), s.timeOf(s.Now().Add(account.LinkTime))
	return v.page("user_link", "A link to set the password", p)
}

// base is how this browser reaches us: scheme and host.
func (v *visit) base() string {
	if v.secure(v.r) {
		return "https://" + v.r.Host
	}
	return "http://" + v.r.Host
}

func (s *site) userLink(v *visit) error {
	u, err := s.userOf(v)
	if err != nil {
		return err
	}
	if !u.Active {
		return studymail.Errorf(studymail.Conflict, "this user is disabled; enable them first")
	}
	return s.showLink(v, &u)
}

// userOf finds the user of the path.
func (s *site) userOf(v *visit) (u studymail.User, err error) {
	id, err := v.id("id")
	if err != nil {
		return u, err
	}
	err = v.read(func(tx *store.Tx) error {
		u, err = tx.UserByID(v.ctx(), id)
		return err
	})
	return u, err
}
