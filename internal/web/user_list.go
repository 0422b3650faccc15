package web

import (
	"studymail"
	"studymail/internal/store"
)

type userListPage struct {
	Heading heading
	Rows    []userRow
	Shown   bool // addresses are in full
}

type userRow struct {
	ID       studymail.ID
	Address  string
	Role     string
	State    badge
	Factor   badge
	SignedIn moment
	You      bool
}

func (s *site) userList(v *visit) error { return s.listUsers(v, false) }

// userListShow shows the addresses in full, and writes that down.
func (s *site) userListShow(v *visit) error {
	err := v.write(func(tx *store.Tx) error {
		all, err := tx.Users(v.ctx())
		if err != nil {
			return err
		}
		return v.event(tx, "details shown", studymail.ID{}, "users="+countOf(int64(len(all)), "address"))
	})
	if err != nil {
		return err
	}
	return s.listUsers(v, true)
}

func (s *site) listUsers(v *visit, shown bool) error {
	var all []studymail.User
	err := v.read(func(tx *store.Tx) (err error) {
		all, err = tx.Users(v.ctx())
		return err
	})
	if err != nil {
		return err
	}
	p := userListPage{
		Shown: shown,
		Heading: heading{
			Title: "Users", Words: "Who may sign in here, and what they may do.",
			Actions: []link{{"Add a user", "/users/new"}},
		},
	}
	for i := range all {
		u := &all[i]
		row := userRow{ID: u.ID, Role: u.Role.Name(), State: userState(u), Factor: badge{"quiet", "Off"}, SignedIn: s.agoOf(u.SignedInAt), You: u.ID == v.user.ID}
		if u.TwoFactor {
			row.Factor = badge{"good", "On"}
		}
		if row.Address, err = s.addressOf(u, shown); err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	return v.page("user_list", "Users", p)
}

// addressOf gives a user's address, masked unless shown.
func (s *site) addressOf(u *studymail.User, shown bool) (string, error) {
	email, err := s.Accounts.Address(u)
	if err != nil {
		return "", err
	}
	if shown {
		return email.Reveal(), nil
	}
	return email.Masked(), nil
}

func userState(u *studymail.User) badge {
	switch {
	case !u.Active:
		return badge{"bad", "Disabled"}
	case u.PasswordAt.IsZero():
		return badge{"warn", "No password yet"}
	default:
		return badge{"good", "Active"}
	}
}
