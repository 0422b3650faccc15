package web

import (
	"errors"
	"net/http"
	"strconv"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/store"
)

type templateFormPage struct {
	Heading      heading
	Form         *form
	ID           string // "" for a new one
	Path         string
	Back         string
	Button       string
	Kinds        []option
	Formats      []option
	Placeholders []placeholderRow
	Sample       sampleFields
	Preview      previewed
	Collision    *collision
}

// placeholderRow is a placeholder of the palette.
type placeholderRow struct {
	Words, Description, Example string
	Personal                    bool
}

// collision is what two editors of one letter wrote.
type collision struct {
	By      link
	Number  int
	Theirs  []diffLine // what somebody else changed, since this editor opened it
	Between []diffLine // from what is stored now to what was typed
}

func placeholderRows() (all []placeholderRow) {
	for _, p := range compose.Placeholders() {
		all = append(all, placeholderRow{placeholderWords(p.Placeholder), p.Description, p.Example, p.Personal})
	}
	return all
}

func (s *site) templateNew(v *visit) error {
	f := newForm().Set("kind", string(studymail.Invitation)).Set("format", compose.FormatMarkdown)
	f.Set("body", "Dear {{ patient_full_name }},\n\n\n\nYours sincerely\n\n{{ care_provider_contact }}\n{{ care_provider_name }}\n\n[I do not want to hear about this]({{ unsubscribe_url }})\n")
	f.Set("subject", "About {{ study_name }}")
	return s.showTemplateForm(v, http.StatusOK, nil, f, nil)
}

// showTemplateForm shows the editor with what is typed so far, and how it looks.
func (s *site) showTemplateForm(v *visit, status int, m *studymail.Template, f *form, c *collision) error {
	p := templateFormPage{
		Form: f, Path: "/templates", Back: "/templates", Button: "Add the template", Kinds: letterKindOptions, Formats: letterFormatOptions,
		Placeholders: placeholderRows(), Heading: heading{Title: "Write a template", Up: link{"Templates", "/templates"}}, Collision: c,
	}
	if m != nil {
		p.ID, p.Path = m.ID.String(), "/templates/"+m.ID.String()
		p.Back, p.Button = p.Path, "Save as a new version"
		p.Heading = heading{Title: "Edit " + m.Name, Up: link{m.Name, p.Path}, Words: "Saving makes a new version. Campaigns that exist keep the one that they were made with."}
		f.Set("kind", string(m.Kind))
	}
	sm, err := s.readSample(v, f, false)
	if err != nil {
		return err
	}
	if p.Preview, err = s.preview(v, readDraft(f), &sm, false); err != nil {
		return err
	}
	if p.Sample, err = s.sampleChoices(v); err != nil {
		return err
	}
	v.frames()
	return v.pageAs(status, "template_form", p.Heading.Title, p)
}

// readLetter reads and checks a letter that is to be saved.
func readLetter(f *form) studymail.TemplateVersion {
	f.Choice("format", compose.FormatMarkdown, compose.FormatHTML)
	d := readDraft(f)
	_, err := compose.Compile(d.format, d.subject, d.body)
	if all, wrong := errors.AsType[compose.Problems](err); wrong && f.problems["format"] == "" {
		where := map[string]int{}
		for i := range all {
			where[all[i].Where]++
			f.Problem(all[i].Where, "%s", all[i].String())
		}
		for name, n := range where {
			if n > 1 {
				f.problems[name] += " And " + countOf(int64(n-1), "more problem") + ", listed beside the preview."
			}
		}
	}
	return studymail.TemplateVersion{Format: d.format, Subject: d.subject, Body: d.body}
}

func (s *site) templateAdd(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	m := studymail.Template{Name: f.Required("name")}
	if m.Kind, err = studymail.ParseLetterKind(f.Get("kind")); err != nil {
		f.Problem("kind", "choose one of these")
	}
	text := readLetter(f)
	if !f.OK() {
		return s.showTemplateForm(v, http.StatusUnprocessableEntity, nil, f, nil)
	}
	err = v.write(func(tx *store.Tx) error {
		row, version := m, text
		if err := tx.AddTemplate(v.ctx(), &row, &version); err != nil {
			return err
		}
		m.ID = row.ID
		return v.event(tx, "template added", row.ID, "version 1")
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		// A double click finds the one that the first click added.
		f.Problem("name", "there is a template of this name already: look for it in the list, or choose another name")
		return s.showTemplateForm(v, http.StatusUnprocessableEntity, nil, f, nil)
	}
	if err != nil {
		return err
	}
	v.flash("Template %s is added.", m.Name)
	return v.redirect("/templates/" + m.ID.String())
}

// templateOf finds the template of the path.
func (s *site) templateOf(v *visit) (studymail.Template, error) {
	id, err := v.id("id")
	if err != nil {
		return studymail.Template{}, err
	}
	return s.templateByID(v, id)
}

func (s *site) templateByID(v *visit, id studymail.ID) (m studymail.Template, err error) {
	err = v.read(func(tx *store.Tx) error {
		m, err = tx.TemplateByID(v.ctx(), id)
		return err
	})
	if studymail.CodeOf(err) == studymail.NotFound {
		err = studymail.Errorf(studymail.NotFound, "there is no such template; look for it among the templates")
	}
	return m, err
}

// versionOf reads one version of a template.
func (s *site) versionOf(v *visit, m *studymail.Template, number int) (text studymail.TemplateVersion, err error) {
	err = v.read(func(tx *store.Tx) error {
		text, err = tx.TemplateVersion(v.ctx(), m.Key, number)
		return err
	})
	if studymail.CodeOf(err) == studymail.NotFound {
		err = studymail.Errorf(studymail.NotFound, "there is no such version; the template's page lists them")
	}
	return text, err
}

// versionShown reads the version that a form stood beside; the newest, if it does not say.
func (s *site) versionShown(v *visit, f *form, m *studymail.Template) (studymail.TemplateVersion, error) {
	number, err := strconv.Atoi(f.Get("version_shown"))
	if err != nil {
		number = m.Versions
	}
	return s.versionOf(v, m, number)
}

var errArchived = studymail.Errorf(studymail.Conflict, "this template is archived, so nothing was changed; take it back on its page first")

func (s *site) templateEditForm(v *visit) error {
	m, err := s.templateOf(v)
	if err != nil {
		return err
	}
	if m.Archived {
		return errArchived
	}
	text, err := s.versionOf(v, &m, m.Versions)
	if err != nil {
		return err
	}
	f := sampleForm(v)
	f.Set("format", text.Format).Set("subject", text.Subject).Set("body", text.Body)
	f.Version = strconv.Itoa(m.Versions)
	return s.showTemplateForm(v, http.StatusOK, &m, f, nil)
}

// templateEdit saves a new version, if the one that was edited is still the newest.
func (s *site) templateEdit(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	stored, err := s.templateOf(v)
	if err != nil {
		return err
	}
	if stored.Archived {
		return errArchived
	}
	text := readLetter(f)
	if !f.OK() {
		return s.showTemplateForm(v, http.StatusUnprocessableEntity, &stored, f, nil)
	}
	last, err := s.versionOf(v, &stored, stored.Versions)
	if err != nil {
		return err
	}
	path := "/templates/" + stored.ID.String()
	if text.Format == last.Format && text.Subject == last.Subject && text.Body == last.Body {
		v.flash("Nothing was changed.")
		return v.redirect(path)
	}
	seen := stored
	if seen.Versions, err = strconv.Atoi(f.Version); err != nil || seen.Versions < 1 || seen.Versions > stored.Versions {
		return studymail.Errorf(studymail.Invalid, "this form is not whole; open the page again")
	}
	number := 0
	err = v.write(func(tx *store.Tx) error {
		row, version := seen, text
		if err := tx.AddTemplateVersion(v.ctx(), &row, &version); err != nil {
			return err
		}
		number = version.Number
		return v.event(tx, "template edited", row.ID, "version "+strconv.Itoa(number))
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		return s.collide(v, f, &stored, seen.Versions, &text)
	}
	if err != nil {
		return err
	}
	v.flash("Version %d is saved.", number)
	return v.redirect(path)
}

// collide tells the second of two editors what the first one changed, beside what
// they typed themselves. Sending the form again saves theirs behind the other's.
func (s *site) collide(v *visit, f *form, m *studymail.Template, seen int, typed *studymail.TemplateVersion) error {
	now, err := s.templateOf(v) // as somebody else left it
	if err != nil {
		return err
	}
	before, err := s.versionOf(v, m, seen)
	if err != nil {
		return err
	}
	theirs, err := s.versionOf(v, m, now.Versions)
	if err != nil {
		return err
	}
	writers, err := s.writersOf(v, m)
	if err != nil {
		return err
	}
	f.conflict = true
	f.Version = strconv.Itoa(now.Versions)
	return s.showTemplateForm(v, http.StatusConflict, &now, f, &collision{
		By: writers[now.Versions], Number: now.Versions, Theirs: diffOf(&before, &theirs), Between: diffOf(&theirs, typed),
	})
}
