package web

import (
	"studymail"
	"studymail/internal/intake"
	"studymail/internal/store"
)

const importsOnAPage = 50

type importListPage struct {
	Heading heading
	Form    *form
	Studies []option
	Rows    []importRow
	Empty   empty
	Pager   pager
}

type importRow struct {
	ID       studymail.ID
	Created  moment
	Study    link
	By       link
	State    badge
	Rows     int
	Problems int
	Added    int
}

func (s *site) importList(v *visit) error {
	var (
		all     []store.ImportRow
		studies []studymail.Study
		chosen  int64
	)
	err := v.read(func(tx *store.Tx) (err error) {
		if studies, err = tx.Studies(v.ctx()); err != nil {
			return err
		}
		for i := range studies {
			if studies[i].ID.String() == v.query("study") {
				chosen = studies[i].Key
			}
		}
		all, err = tx.Imports(v.ctx(), chosen, v.number("after", 0), importsOnAPage+1)
		return err
	})
	if err != nil {
		return err
	}
	p := importListPage{
		Form: newForm().Set("study", v.query("study")), Studies: []option{{Text: "All studies"}},
		Heading: heading{Title: "Imports", Words: "Patients come into a study from a file: CSV, or a workbook (.xlsx). It is checked as a whole, and nothing is written before you say so."},
		Empty:   empty{Heading: "No such imports", Text: "Take the filter away.", Link: link{"Show all imports", "/imports"}},
	}
	for i := range studies {
		p.Studies = append(p.Studies, option{Value: studies[i].ID.String(), Text: studies[i].Name})
	}
	may := v.may(studymail.MayEdit)
	if may {
		p.Heading.Actions = []link{{"Import a file", "/imports/new"}}
	}
	if len(all) == 0 && chosen == 0 && v.query("after") == "" {
		p.Empty = empty{Heading: "No imports yet", Text: "A coordinator imports patients from a file."}
		if may {
			p.Empty = empty{Heading: "No imports yet", Text: "Import the first file of patients.", Link: link{"Import a file", "/imports/new"}}
		}
	}
	var show int
	p.Pager, show = v.newPager("import", len(all), importsOnAPage, func(last int) int64 { return all[last].Key })
	for i := range all[:show] {
		it := &all[i]
		n, err := intake.ReadNumbers(it.Result)
		if err != nil {
			return err
		}
		row := importRow{
			ID: it.ID, Created: s.timeOf(it.CreatedAt), Study: link{it.StudyName, "/studies/" + it.StudyID.String()}, By: whoOf(it.Actor),
			State: importBadge(it.State), Rows: n.Rows + n.BadRows, Problems: n.Problems,
		}
		if it.State == studymail.ImportDone {
			row.Added = n.PatientsAdded
		}
		p.Rows = append(p.Rows, row)
	}
	return v.page("import_list", "Imports", p)
}
