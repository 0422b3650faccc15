package web

import (
	"net/http"
	"strings"

	"studymail"
	"studymail/internal/store"
)

type studyFormPage struct {
	Heading heading
	Form    *form
	Path    string
	Back    string
	Button  string
	Hours   bool // send hours are set, or wrong: shown
}

func (s *site) studyNew(v *visit) error {
	return s.showStudyForm(v, http.StatusOK, nil, newForm())
}

func (s *site) showStudyForm(v *visit, status int, c *studymail.Study, f *form) error {
	p := studyFormPage{
		Form: f, Hours: hoursIn(f), Path: "/studies", Back: "/studies", Button: "Add the study",
		Heading: heading{Title: "Add a study", Up: link{"Studies", "/studies"}},
	}
	if c != nil {
		p.Path, p.Button = "/studies/"+c.ID.String(), "Save"
		p.Back = p.Path
		p.Heading = heading{Title: "Edit study " + c.Name, Up: link{"Study " + c.Name, p.Path}}
	}
	return v.pageAs(status, "study_form", p.Heading.Title, p)
}

// studyFields are the fields that a form has of a study, with what is stored.
func studyFields(c *studymail.Study) []string {
	shared := ""
	if c.AllowSharedAddress {
		shared = "yes"
	}
	return append([]string{
		"name", c.Name, "approval", c.ApprovalReference, "from_name", c.FromName, "opens_on", string(c.OpensOn), "closes_on", string(c.ClosesOn), "shared_address", shared,
	}, hoursFields(&c.SendHours)...)
}

func (s *site) readStudy(f *form, c *studymail.Study) {
	c.Name, c.ApprovalReference, c.FromName = f.Required("name"), f.Line("approval"), f.Line("from_name")
	c.OpensOn, c.ClosesOn, c.AllowSharedAddress = f.Date("opens_on"), f.Date("closes_on"), f.Yes("shared_address")
	if c.OpensOn != "" && c.ClosesOn != "" && c.OpensOn > c.ClosesOn {
		f.Problem("closes_on", "that is before the day on which the study opens")
	}
	s.readHours(f, &c.SendHours)
}

func (s *site) studyAdd(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	c := studymail.Study{Active: true}
	s.readStudy(f, &c)
	if !f.OK() {
		return s.showStudyForm(v, http.StatusUnprocessableEntity, nil, f)
	}
	err = v.write(func(tx *store.Tx) error {
		row := c
		if err := tx.AddStudy(v.ctx(), &row); err != nil {
			return err
		}
		c.ID = row.ID
		return v.event(tx, "study added", row.ID, "")
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		// A double click finds the one that the first click added.
		f.Problem("name", "there is a study of this name already: look for it in the list, or choose another name")
		return s.showStudyForm(v, http.StatusUnprocessableEntity, nil, f)
	}
	if err != nil {
		return err
	}
	v.flash("Study %s is added.", c.Name)
	return v.redirect("/studies/" + c.ID.String())
}

func (s *site) studyEditForm(v *visit) error {
	c, err := s.studyOf(v)
	if err != nil {
		return err
	}
	f := newForm()
	fill(f, studyFields(&c))
	f.Version = version(c.UpdatedAt)
	return s.showStudyForm(v, http.StatusOK, &c, f)
}

func (s *site) studyEdit(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	stored, err := s.studyOf(v)
	if err != nil {
		return err
	}
	c := stored
	s.readStudy(f, &c)
	if !f.OK() {
		return s.showStudyForm(v, http.StatusUnprocessableEntity, &stored, f)
	}
	changed := edited(studyFields(&stored), studyFields(&c))
	if len(changed) == 0 {
		v.flash("Nothing was changed.")
		return v.redirect("/studies/" + c.ID.String())
	}
	c.UpdatedAt = f.Edited()
	taken := false
	err = v.write(func(tx *store.Tx) error {
		other, err := tx.StudyByName(v.ctx(), c.Name)
		if taken = err == nil && other.ID != c.ID; taken {
			return nil
		}
		row := c
		if err := tx.UpdateStudy(v.ctx(), &row); err != nil {
			return err
		}
		return v.event(tx, "study edited", row.ID, strings.Join(changed, ", "))
	})
	switch {
	case err == nil && taken:
		f.Problem("name", "there is a study of this name already; choose another name")
		return s.showStudyForm(v, http.StatusUnprocessableEntity, &stored, f)
	case studymail.CodeOf(err) == studymail.Conflict:
		f.Collides(stored.UpdatedAt, studyFields(&stored)...)
		return s.showStudyForm(v, http.StatusConflict, &stored, f)
	case err != nil:
		return err
	}
	v.flash("Study %s is saved.", c.Name)
	return v.redirect("/studies/" + c.ID.String())
}
