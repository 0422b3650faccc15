package web

import (
	"net/http"
	"strings"

	"studymail"
	"studymail/internal/store"
)

type providerFormPage struct {
	Heading heading
	Form    *form
	Path    string
	Back    string
	New     bool
	ODSCode string
	Button  string
	Hours   bool // send hours are set, or wrong: shown
}

func (s *site) providerNew(v *visit) error {
	return s.showProviderForm(v, http.StatusOK, nil, newForm())
}

func (s *site) showProviderForm(v *visit, status int, c *studymail.Provider, f *form) error {
	p := providerFormPage{
		Form: f, Hours: hoursIn(f), New: c == nil, Path: "/providers", Back: "/providers", Button: "Add the care provider",
		Heading: heading{Title: "Add a care provider", Up: link{"Care providers", "/providers"}},
	}
	if c != nil {
		p.Path, p.ODSCode, p.Button = "/providers/"+c.ID.String(), c.ODSCode, "Save"
		p.Back = p.Path
		p.Heading = heading{Title: "Edit " + c.Name, Up: link{c.Name, p.Path}}
	}
	return v.pageAs(status, "provider_form", p.Heading.Title, p)
}

// providerFields are the fields that a form has of a care provider, with what is
// stored.
func providerFields(c *studymail.Provider) []string {
	return append([]string{
		"name", c.Name, "contact", c.Contact, "contact_name", c.ContactName, "from_name", c.FromName, "reply_to", c.ReplyTo, "phone", c.Phone,
	}, hoursFields(&c.SendHours)...)
}

func (s *site) readProvider(f *form, c *studymail.Provider) {
	c.Name, c.Contact, c.ContactName = f.Required("name"), f.Line("contact"), f.Line("contact_name")
	c.FromName, c.ReplyTo, c.Phone = f.Line("from_name"), f.Address("reply_to"), f.Line("phone")
	s.readHours(f, &c.SendHours)
}

func (s *site) providerAdd(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	c := studymail.Provider{Active: true}
	if c.ODSCode, err = studymail.ParseODSCode(f.Get("ods_code")); err != nil {
		f.Problem("ods_code", "%s", err)
	}
	s.readProvider(f, &c)
	if !f.OK() {
		return s.showProviderForm(v, http.StatusUnprocessableEntity, nil, f)
	}
	err = v.write(func(tx *store.Tx) error {
		row := c
		if err := tx.AddProvider(v.ctx(), &row); err != nil {
			return err
		}
		c.ID = row.ID
		return v.event(tx, "care provider added", row.ID, row.ODSCode)
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		// A double click finds the one that the first click added.
		f.Problem("ods_code", "there is a care provider with this ODS code already: look for it in the list, and edit it")
		return s.showProviderForm(v, http.StatusUnprocessableEntity, nil, f)
	}
	if err != nil {
		return err
	}
	v.flash("%s is added.", c.Name)
	return v.redirect("/providers/" + c.ID.String())
}

func (s *site) providerEditForm(v *visit) error {
	c, err := s.providerOf(v)
	if err != nil {
		return err
	}
	f := newForm()
	fill(f, providerFields(&c))
	f.Version = version(c.UpdatedAt)
	return s.showProviderForm(v, http.StatusOK, &c, f)
}

// fill puts what is stored (name, value, …) into a form.
func fill(f *form, stored []string) {
	for i := 0; i+1 < len(stored); i += 2 {
		f.Set(stored[i], stored[i+1])
	}
}

func (s *site) providerEdit(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	stored, err := s.providerOf(v)
	if err != nil {
		return err
	}
	c := stored
	s.readProvider(f, &c)
	if !f.OK() {
		return s.showProviderForm(v, http.StatusUnprocessableEntity, &stored, f)
	}
	changed := edited(providerFields(&stored), providerFields(&c))
	if len(changed) == 0 {
		v.flash("Nothing was changed.")
		return v.redirect("/providers/" + c.ID.String())
	}
	c.UpdatedAt = f.Edited()
	err = v.write(func(tx *store.Tx) error {
		row := c
		if err := tx.UpdateProvider(v.ctx(), &row); err != nil {
			return err
		}
		return v.event(tx, "care provider edited", row.ID, strings.Join(changed, ", "))
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		f.Collides(stored.UpdatedAt, providerFields(&stored)...)
		return s.showProviderForm(v, http.StatusConflict, &stored, f)
	}
	if err != nil {
		return err
	}
	v.flash("%s is saved.", c.Name)
	return v.redirect("/providers/" + c.ID.String())
}

// edited gives the names of the fields that differ: events have them.
func edited(before, after []string) (names []string) {
	for i := 0; i+1 < len(before); i += 2 {
		if before[i+1] != after[i+1] {
			names = append(names, strings.ReplaceAll(before[i], "_", " "))
		}
	}
	return names
}
