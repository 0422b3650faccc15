package web

import (
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/store"

	"github.com/aymanbagabas/go-udiff"
)

// diffLine is a line of what is different between two versions of a letter.
type diffLine struct {
	Kind string // added, removed, same or gap
	Text string
}

// diffOf compares two versions, line by line, with some lines around each change;
// nothing where they say the same.
func diffOf(before, after *studymail.TemplateVersion) []diffLine {
	a, b := letterText(before), letterText(after)
	d, err := udiff.ToUnifiedDiff("", "", a, udiff.Lines(a, b), udiff.DefaultContextLines)
	if err != nil { // of edits that do not fit the text: these do
		return []diffLine{{"removed", a}, {"added", b}}
	}
	var all []diffLine
	for i, h := range d.Hunks {
		if i > 0 {
			all = append(all, diffLine{"gap", "…"})
		}
		for _, l := range h.Lines {
			kind := "same"
			switch l.Kind {
			case udiff.Insert:
				kind = "added"
			case udiff.Delete:
				kind = "removed"
			case udiff.Equal:
			}
			all = append(all, diffLine{kind, strings.TrimSuffix(l.Content, "\n")})
		}
	}
	return all
}

// letterText is a version as one text.
func letterText(v *studymail.TemplateVersion) string {
	return "Subject: " + v.Subject + "\nFormat: " + v.Format + "\n\n" + strings.TrimRight(v.Body, "\n") + "\n"
}

type templateDiffPage struct {
	Heading  heading
	Path     string
	Form     *form
	Versions []option
	From, To versionRow
	Lines    []diffLine
}

// templateDiff shows what is different between two versions: ?from=2&to=3.
func (s *site) templateDiff(v *visit) error {
	m, err := s.templateOf(v)
	if err != nil {
		return err
	}
	to := int(v.number("to", int64(m.Versions)))
	from := int(v.number("from", int64(max(to-1, 1))))
	rows, texts, err := s.versionsOf(v, &m)
	if err != nil {
		return err
	}
	p := templateDiffPage{
		Path: "/templates/" + m.ID.String(), Heading: heading{Title: "Versions of " + m.Name, Up: link{m.Name, "/templates/" + m.ID.String()}},
		Form: newForm().Set("from", strconv.Itoa(from)).Set("to", strconv.Itoa(to)),
	}
	var before, after *studymail.TemplateVersion
	for i := range rows {
		n := strconv.Itoa(rows[i].Number)
		p.Versions = append(p.Versions, option{Value: n, Text: "Version " + n})
		if rows[i].Number == from {
			before, p.From = &texts[i], rows[i]
		}
		if rows[i].Number == to {
			after, p.To = &texts[i], rows[i]
		}
	}
	if before == nil || after == nil {
		return studymail.Errorf(studymail.NotFound, "there is no such version; the template's page lists them")
	}
	p.Lines = diffOf(before, after)
	return v.page("template_diff", p.Heading.Title, p)
}

// versionRow is a version as the list of them shows it.
type versionRow struct {
	Number  int
	Written moment
	By      link
	Subject string
	Before  int // 0: the first
}

// versionsOf lists a template's versions, the newest first, with their texts.
func (s *site) versionsOf(v *visit, m *studymail.Template) (rows []versionRow, texts []studymail.TemplateVersion, err error) {
	err = v.read(func(tx *store.Tx) error {
		texts, err = tx.TemplateVersions(v.ctx(), m.Key)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	writers, err := s.writersOf(v, m)
	for i := range texts {
		t := &texts[i]
		rows = append(rows, versionRow{t.Number, s.timeOf(t.CreatedAt), writers[t.Number], t.Subject, t.Number - 1})
	}
	return rows, texts, err
}

// writersOf tells who wrote each version, by the events.
func (s *site) writersOf(v *visit, m *studymail.Template) (map[int]link, error) {
	who := map[int]link{}
	err := v.read(func(tx *store.Tx) error {
		for _, action := range []string{"template added", "template edited"} {
			all, err := tx.Events(v.ctx(), store.EventFilter{About: m.ID, Action: action, Limit: 1000})
			if err != nil {
				return err
			}
			for i := range all {
				if n, err := strconv.Atoi(strings.TrimPrefix(all[i].Detail, "version ")); err == nil {
					who[n] = whoOf(all[i].Actor)
				}
			}
		}
		return nil
	})
	return who, err
}
