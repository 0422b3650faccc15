package web

import (
	"encoding/base64"
	"html/template"
	"net/http"

	"studymail/internal/sealed"
	"studymail/internal/store"
)

type secondFactorPage struct {
	On      bool
	Codes   int // recovery codes that are left
	QR      template.URL
	Secret  string // for who types it; "": not begun
	Begin   *form
	Confirm *form
	Off     *form
}

type recoveryPage struct{ Codes []string }

func (s *site) secondFactorShow(v *visit) error {
	return s.showSecondFactor(v, http.StatusOK, secondFactorPage{})
}

func (s *site) showSecondFactor(v *visit, status int, p secondFactorPage) error {
	for _, f := range []**form{&p.Begin, &p.Confirm, &p.Off} {
		if *f == nil {
			*f = newForm()
		}
	}
	p.On = v.user.TwoFactor
	err := v.read(func(tx *store.Tx) (err error) {
		p.Codes, err = tx.RecoveryCodes(v.ctx(), v.user.Key)
		return err
	})
	if err != nil {
		return err
	}
	pending, err := s.Accounts.PendingSecondFactor(v.ctx(), &v.user)
	if err != nil {
		return err
	}
	if pending != nil {
		p.QR = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(pending.QR)) //nolint:gosec // base64 of a picture that we drew
		p.Secret = pending.Secret.Reveal()
	}
	return v.pageAs(status, "account_secondfactor", "Second factor", p)
}

func (s *site) secondFactorBegin(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	if err := s.Accounts.BeginSecondFactor(v.ctx(), &v.user, sealed.NewSecret(f.Get("password"))); err != nil {
		status := statusOf(err)
		if err := f.Fail(err); err != nil {
			return err
		}
		return s.showSecondFactor(v, status, secondFactorPage{Begin: f})
	}
	return v.redirect("/account/second-factor")
}

func (s *site) secondFactorConfirm(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	codes, err := s.Accounts.ConfirmSecondFactor(v.ctx(), &v.user, f.Get("code"))
	if err != nil {
		status := statusOf(err)
		if err := f.Fail(err); err != nil {
			return err
		}
		f.Set("code", "")
		return s.showSecondFactor(v, status, secondFactorPage{Confirm: f})
	}
	if err := s.sessions.RenewToken(v.ctx()); err != nil { // this session is worth more now
		return err
	}
	return s.showRecovery(v, codes)
}

func (s *site) secondFactorOff(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	if err := s.Accounts.EndSecondFactor(v.ctx(), &v.user, sealed.NewSecret(f.Get("password"))); err != nil {
		status := statusOf(err)
		if err := f.Fail(err); err != nil {
			return err
		}
		return s.showSecondFactor(v, status, secondFactorPage{Off: f})
	}
	v.flash("Your second factor is off.")
	return v.redirect("/account")
}

func (s *site) recoveryCodesNew(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	codes, err := s.Accounts.NewRecoveryCodes(v.ctx(), &v.user, sealed.NewSecret(f.Get("password")))
	if err != nil {
		status := statusOf(err)
		if err := f.Fail(err); err != nil {
			return err
		}
		return s.showSecondFactor(v, status, secondFactorPage{Off: f})
	}
	return s.showRecovery(v, codes)
}

// showRecovery answers a POST with a page: the codes are shown this once, and are
// nowhere but in it.
func (s *site) showRecovery(v *visit, codes []sealed.Secret) error {
	var p recoveryPage
	for _, c := range codes {
		p.Codes = append(p.Codes, c.Reveal())
	}
	return v.page("account_recovery", "Recovery codes", p)
}
