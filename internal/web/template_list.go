package web

import (
	"strings"

	"studymail"
	"studymail/internal/store"
)

const templatesOnAPage = 100

type templateListPage struct {
	Heading heading
	Form    *form
	States  []option
	Rows    []templateRow
	Empty   empty
	Pager   pager
}

type templateRow struct {
	ID        studymail.ID
	Name      string
	Subject   string
	Kind      badge
	State     badge
	Versions  int
	Written   moment
	Campaigns int
}

func (s *site) templateList(v *visit) error {
	var all []store.TemplateRow
	err := v.read(func(tx *store.Tx) (err error) {
		all, err = tx.TemplateRows(v.ctx())
		return err
	})
	if err != nil {
		return err
	}
	f := newForm().Set("q", v.query("q")).Set("state", v.query("state"))
	p := templateListPage{
		Form: f, States: []option{{Text: "In use"}, {Value: "archived", Text: "Archived"}, {Value: "all", Text: "All"}},
		Heading: heading{Title: "Templates", Words: "The letters that campaigns send. Each edit makes a new version; what was sent stays as it was."},
		Empty:   empty{Heading: "No such templates", Text: "Take a filter away.", Link: link{"Show all templates", "/templates?state=all"}},
	}
	if v.may(studymail.MayWrite) {
		p.Heading.Actions = []link{{"Write a template", "/templates/new"}}
	}
	if len(all) == 0 {
		p.Empty = empty{Heading: "No templates yet", Text: "A coordinator writes them."}
		if v.may(studymail.MayWrite) {
			p.Empty = empty{Heading: "No templates yet", Text: "Write the first letter; then a campaign can send it.", Link: link{"Write a template", "/templates/new"}}
		}
	}
	var rows []templateRow
	q := strings.ToLower(f.Get("q"))
	for i := range all {
		m := &all[i]
		if state := f.Get("state"); state != "all" && (state == "archived") != m.Archived {
			continue
		}
		if !strings.Contains(strings.ToLower(m.Name), q) && !strings.Contains(strings.ToLower(m.Subject), q) {
			continue
		}
		rows = append(rows, templateRow{m.ID, m.Name, m.Subject, letterKindBadge(m.Kind), archivedBadge(m.Archived), m.Versions, s.timeOf(m.WrittenAt), m.Campaigns})
	}
	from := min(int(max(v.number("after", 0), 0)), len(rows))
	var show int
	p.Pager, show = v.newPager("template", len(rows)-from, templatesOnAPage, func(last int) int64 { return int64(from + last + 1) })
	p.Pager.Total = int64(len(rows))
	p.Rows = rows[from : from+show]
	return v.page("template_list", "Templates", p)
}
