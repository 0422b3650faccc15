package web

import (
	"net/http"
	"strconv"

	"studymail"
	"studymail/internal/store"
)

// switched is what is switched off or on.
type switched struct {
	what, name, path string
	active           bool
	version          string
	filter           store.PatientFilter
	set              func(tx *store.Tx, active bool) error
	id               studymail.ID
}

func (s *site) providerSwitch(v *visit) (switched, error) {
	c, err := s.providerOf(v)
	return switched{
		"care provider", c.Name, "/providers/" + c.ID.String(), c.Active, version(c.UpdatedAt),
		store.PatientFilter{Provider: c.Key},
		func(tx *store.Tx, active bool) error {
			row := c
			row.Active = active
			return tx.UpdateProvider(v.ctx(), &row)
		}, c.ID,
	}, err
}

func (s *site) studySwitch(v *visit) (switched, error) {
	c, err := s.studyOf(v)
	return switched{
		"study", c.Name, "/studies/" + c.ID.String(), c.Active, version(c.UpdatedAt),
		store.PatientFilter{Study: c.Key},
		func(tx *store.Tx, active bool) error {
			row := c
			row.Active = active
			return tx.UpdateStudy(v.ctx(), &row)
		}, c.ID,
	}, err
}

func (s *site) providerActiveForm(v *visit) error { return s.askSwitch(v, s.providerSwitch) }
func (s *site) providerActive(v *visit) error     { return s.doSwitch(v, s.providerSwitch) }
func (s *site) studyActiveForm(v *visit) error    { return s.askSwitch(v, s.studySwitch) }
func (s *site) studyActive(v *visit) error        { return s.doSwitch(v, s.studySwitch) }

func (s *site) askSwitch(v *visit, of func(*visit) (switched, error)) error {
	it, err := of(v)
	if err != nil {
		return err
	}
	n, err := s.inStudyOf(v, it.filter)
	if err != nil {
		return err
	}
	return s.showSwitch(v, http.StatusOK, &it, n, newForm(), "")
}

// inStudyOf counts whom a switch is about.
func (s *site) inStudyOf(v *visit, f store.PatientFilter) (n int, err error) {
	yes := true
	f.InStudy = &yes
	err = v.read(func(tx *store.Tx) error {
		n, err = tx.CountPatients(v.ctx(), f)
		return err
	})
	return n, err
}

func (s *site) showSwitch(v *visit, status int, it *switched, n int, f *form, changed string) error {
	f.Version = it.version
	p := confirmPage{
		Changed: changed,
		Heading: heading{Title: "Deactivate " + it.name, Up: link{it.name, it.path}},
		Confirm: confirm{
			Action: it.path + "/active", Form: f, Back: it.path, Danger: true, Button: "Deactivate " + it.name,
			Text: "While a " + it.what + " is not active, nobody of it is mailed: this is about " + countOf(int64(n), "patient") +
				" in study. Letters that wait are skipped when their turn comes. All data stay, and it can be activated again at any time.",
			Hidden: map[string]string{"expect": strconv.Itoa(n), "to": "off"},
		},
	}
	if !it.active {
		p.Heading.Title = "Activate " + it.name
		p.Confirm.Button, p.Confirm.Danger, p.Confirm.Hidden["to"] = "Activate "+it.name, false, "on"
		p.Confirm.Text = "Campaigns can mail its patients again: " + countOf(int64(n), "patient") + " in study. Letters that were skipped meanwhile are not sent by this."
	}
	return v.pageAs(status, "confirm", p.Heading.Title, p)
}

func (s *site) doSwitch(v *visit, of func(*visit) (switched, error)) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	it, err := of(v)
	if err != nil {
		return err
	}
	n, err := s.inStudyOf(v, it.filter)
	if err != nil {
		return err
	}
	to := f.Get("to") == "on"
	if to == it.active {
		v.flash("%s is %s already.", it.name, activeBadge(it.active).Text)
		return v.redirect(it.path)
	}
	if f.Get("expect") != strconv.Itoa(n) || f.Version != it.version {
		return s.showSwitch(v, http.StatusConflict, &it, n, newForm(), "Meanwhile something changed: what is below is new. Nothing was done yet.")
	}
	action := it.what + " deactivated"
	if to {
		action = it.what + " activated"
	}
	err = v.write(func(tx *store.Tx) error {
		if err := it.set(tx, to); err != nil {
			return err
		}
		return v.event(tx, action, it.id, "patients="+strconv.Itoa(n))
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		return studymail.Errorf(studymail.Conflict, "somebody else changed it meanwhile; nothing was changed: open its page again")
	}
	if err != nil {
		return err
	}
	v.flash("%s is %s.", it.name, map[bool]string{true: "active", false: "not active"}[to])
	return v.redirect(it.path)
}
