package web

import (
	"strconv"
	"time"

	"studymail"
	"studymail/internal/store"
)

// halfTime is how long a code may take after the password was right.
const halfTime = 10 * time.Minute

type loginCodePage struct{ Form *form }

// half gives whose password was right a moment ago.
func (s *site) half(v *visit) (u studymail.User, ok bool, err error) {
	key, _ := strconv.ParseInt(s.sessions.GetString(v.ctx(), sessionHalf), 10, 64)
	since, _ := strconv.ParseInt(s.sessions.GetString(v.ctx(), sessionSince), 10, 64)
	if key == 0 || s.Now().Sub(time.Unix(since, 0)) > halfTime {
		return u, false, nil
	}
	err = v.read(func(tx *store.Tx) error {
		u, err = tx.UserByKey(v.ctx(), key)
		return err
	})
	return u, err == nil && u.Active, err
}

func (s *site) loginCodeForm(v *visit) error {
	if _, ok, err := s.half(v); err != nil || !ok {
		return firstOf(err, v, "/login")
	}
	return v.page("login_code", "Enter your code", loginCodePage{newForm()})
}

func (s *site) loginCode(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	u, ok, err := s.half(v)
	if err != nil || !ok {
		return firstOf(err, v, "/login?why=late")
	}
	if err := s.Accounts.SecondStep(v.ctx(), &u, f.Get("code")); err != nil {
		status := statusOf(err)
		if err := f.Fail(err); err != nil {
			return err
		}
		f.Set("code", "")
		return v.pageAs(status, "login_code", "Enter your code", loginCodePage{f})
	}
	next := sameSite(s.sessions.GetString(v.ctx(), sessionNext))
	if err := s.begin(v, &u, sessionUser, next); err != nil {
		return err
	}
	return v.redirect(next)
}

// firstOf gives the error, or goes elsewhere without one.
func firstOf(err error, v *visit, path string) error {
	if err != nil {
		return err
	}
	v.redirectTo(path)
	return nil
}
