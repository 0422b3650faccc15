package web

import (
	"net/http"
	"strings"

	"studymail"
	"studymail/internal/store"
)

type templateSettingsPage struct {
	Heading heading
	Form    *form
	Path    string
	Kinds   []option
}

func templateFields(m *studymail.Template) []string {
	return []string{"name", m.Name, "kind", string(m.Kind)}
}

func (s *site) templateSettingsForm(v *visit) error {
	m, err := s.templateOf(v)
	if err != nil {
		return err
	}
	f := newForm()
	fill(f, templateFields(&m))
	f.Version = version(m.UpdatedAt)
	return s.showTemplateSettings(v, http.StatusOK, &m, f)
}

func (s *site) showTemplateSettings(v *visit, status int, m *studymail.Template, f *form) error {
	path := "/templates/" + m.ID.String()
	p := templateSettingsPage{
		Form: f, Path: path, Kinds: letterKindOptions,
		Heading: heading{Title: "Name and kind of " + m.Name, Up: link{m.Name, path}},
	}
	return v.pageAs(status, "template_settings", p.Heading.Title, p)
}

func (s *site) templateSettings(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	stored, err := s.templateOf(v)
	if err != nil {
		return err
	}
	m := stored
	m.Name = f.Required("name")
	if m.Kind, err = studymail.ParseLetterKind(f.Get("kind")); err != nil {
		f.Problem("kind", "choose one of these")
	}
	if !f.OK() {
		return s.showTemplateSettings(v, http.StatusUnprocessableEntity, &stored, f)
	}
	path := "/templates/" + m.ID.String()
	changed := edited(templateFields(&stored), templateFields(&m))
	if len(changed) == 0 {
		v.flash("Nothing was changed.")
		return v.redirect(path)
	}
	m.UpdatedAt = f.Edited()
	taken := false
	err = v.write(func(tx *store.Tx) error {
		other, err := tx.TemplateByName(v.ctx(), m.Name)
		if taken = err == nil && other.ID != m.ID; taken {
			return nil
		}
		row := m
		if err := tx.UpdateTemplate(v.ctx(), &row); err != nil {
			return err
		}
		return v.event(tx, "template set", row.ID, strings.Join(changed, ", "))
	})
	switch {
	case err == nil && taken:
		f.Problem("name", "there is a template of this name already; choose another name")
		return s.showTemplateSettings(v, http.StatusUnprocessableEntity, &stored, f)
	case studymail.CodeOf(err) == studymail.Conflict:
		f.Collides(stored.UpdatedAt, templateFields(&stored)...)
		return s.showTemplateSettings(v, http.StatusConflict, &stored, f)
	case err != nil:
		return err
	}
	v.flash("Template %s is saved.", m.Name)
	return v.redirect(path)
}

// templateArchiveForm says what archiving means, or taking it back.
func (s *site) templateArchiveForm(v *visit) error {
	m, err := s.templateOf(v)
	if err != nil {
		return err
	}
	return s.showArchive(v, http.StatusOK, &m, "")
}

func (s *site) showArchive(v *visit, status int, m *studymail.Template, changed string) error {
	open := 0
	err := v.read(func(tx *store.Tx) error {
		all, err := tx.CampaignsOfTemplate(v.ctx(), m.Key, 10_000)
		for i := range all {
			switch all[i].State {
			case studymail.Draft, studymail.Scheduled, studymail.Running, studymail.Paused:
				open++
			case studymail.Finished, studymail.CampaignCanceled:
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	path := "/templates/" + m.ID.String()
	f := newForm()
	f.Version = version(m.UpdatedAt)
	p := confirmPage{
		Changed: changed, Heading: heading{Title: "Archive " + m.Name, Up: link{m.Name, path}},
		Confirm: confirm{
			Action: path + "/archive", Form: f, Back: path, Button: "Archive " + m.Name, Hidden: map[string]string{"to": "archived"},
			Text: "An archived template is not offered for new campaigns, and cannot be edited. The " + countOf(int64(open), "campaign") +
				" that use it and are not over go on. It stays readable, and can be taken back at any time.",
		},
	}
	switch {
	case m.Archived:
		p.Heading.Title = "Take " + m.Name + " back"
		p.Confirm.Text, p.Confirm.Button, p.Confirm.Hidden["to"] = "It can be edited again, and new campaigns can send it.", "Take "+m.Name+" back", "use"
	case open == 1:
		p.Confirm.Text = strings.Replace(p.Confirm.Text, "The 1 campaign that use it and are not over go on.", "The 1 campaign that uses it and is not over goes on.", 1)
	case open == 0:
		p.Confirm.Text = strings.Replace(p.Confirm.Text, "The 0 campaigns that use it and are not over go on.", "No campaign that is not over uses it.", 1)
	}
	return v.pageAs(status, "confirm", p.Heading.Title, p)
}

func (s *site) templateArchive(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	m, err := s.templateOf(v)
	if err != nil {
		return err
	}
	path := "/templates/" + m.ID.String()
	to, action, words := f.Get("to") == "archived", "template taken back", "Template %s is in use again."
	if to {
		action, words = "template archived", "Template %s is archived."
	}
	if to == m.Archived {
		v.flash(words, m.Name)
		return v.redirect(path)
	}
	row := m
	row.Archived, row.UpdatedAt = to, f.Edited()
	err = v.write(func(tx *store.Tx) error {
		again := row
		if err := tx.UpdateTemplate(v.ctx(), &again); err != nil {
			return err
		}
		return v.event(tx, action, m.ID, "")
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		return s.showArchive(v, http.StatusConflict, &m, "Meanwhile somebody changed it. Nothing was done yet.")
	}
	if err != nil {
		return err
	}
	v.flash(words, m.Name)
	return v.redirect(path)
}
