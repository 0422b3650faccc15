package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/intake"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

type importColumnsPage struct {
	Heading heading
	Form    *form
	Path    string
	Columns []importColumn
	Patient bool // the first row looks like a patient
	Needed  string
}

// importColumn is a column of the file: what its first row says, some values masked,
// and what it is.
type importColumn struct {
	Letter  string
	Text    string
	Values  string
	Choice  field
	Suggest bool
}

// importOf finds the import of the path.
func (s *site) importOf(v *visit) (i store.ImportRow, err error) {
	id, err := v.id("id")
	if err != nil {
		return i, err
	}
	err = v.read(func(tx *store.Tx) error {
		i, err = tx.ImportByID(v.ctx(), id)
		return err
	})
	if studymail.CodeOf(err) == studymail.NotFound || err == nil && i.State == studymail.ImportUploading {
		err = studymail.Errorf(studymail.NotFound, "there is no such import; look for it among the imports")
	}
	return i, err
}

func (s *site) importBlock(v *visit, k int64) func(context.Context, int) ([]byte, error) {
	return func(_ context.Context, n int) (b []byte, err error) {
		err = v.read(func(tx *store.Tx) error {
			b, err = tx.ImportBlock(v.ctx(), k, n)
			return err
		})
		return b, err
	}
}

func (s *site) importHead(v *visit, i *studymail.Import) (intake.Head, error) {
	kept, err := s.importFile(v, i)
	if err != nil {
		return intake.Head{}, err
	}
	return intake.ReadHead(kept.Source())
}

var errImportMoved = studymail.Errorf(studymail.Conflict, "this import went on meanwhile, so nothing was changed; look at its page")

func (s *site) importColumnsForm(v *visit) error {
	i, err := s.importOf(v)
	if err != nil {
		return err
	}
	if !i.State.Open() {
		return errImportMoved
	}
	c, err := intake.ReadChoices(i.Choices)
	if err != nil {
		return err
	}
	head, err := s.importHead(v, &i.Import)
	if err != nil {
		return err
	}
	f := newForm().SetYes("no_header", c.NoHeader || len(c.Columns) == 0 && head.Patient)
	for n, cell := range head.Cells {
		chosen := cell.Suggest
		if n < len(c.Columns) {
			chosen = c.Columns[n]
		}
		f.Set("column-"+strconv.Itoa(n), chosen)
	}
	return s.showImportColumns(v, http.StatusOK, &i, &head, f)
}

func (s *site) showImportColumns(v *visit, status int, i *store.ImportRow, head *intake.Head, f *form) error {
	p := importColumnsPage{
		Form: f, Path: "/imports/" + i.ID.String(), Patient: head.Patient,
		Heading: heading{
			Title: "What the columns are", Up: link{"Import into study " + i.StudyName, "/imports/" + i.ID.String()},
			Words: "Say for each column of the file what it is. Those that an import does not need are left out.",
		},
	}
	all, needed := intake.Columns()
	options := []option{{Text: "Leave it out"}}
	for n, name := range all {
		words := columnWords[name]
		if n < needed {
			words += " (needed)"
		}
		options = append(options, option{Value: name, Text: words})
	}
	for n, cell := range head.Cells {
		// A first row that is a patient is masked like one.
		c := importColumn{Letter: cell.Letter, Text: cell.Text, Suggest: cell.Suggest != ""}
		if head.Patient {
			c.Text = maskedCell(cell.Text)
		}
		for _, row := range head.Rows {
			if n < len(row) && row[n] != "" {
				if c.Values != "" {
					c.Values += ", "
				}
				c.Values += maskedCell(row[n])
			}
		}
		c.Choice = f.Select("column-"+strconv.Itoa(n), "Column "+cell.Letter+" is", options)
		p.Columns = append(p.Columns, c)
	}
	return v.pageAs(status, "import_columns", p.Heading.Title, p)
}

// maskedCell shows enough of a value to tell what it is.
func maskedCell(text string) string {
	if text == "" {
		return ""
	}
	if strings.Contains(text, "@") {
		return sealed.NewEmail(text).Masked()
	}
	return sealed.NewName(text).Masked()
}

// importColumns takes what the columns are, and has the file checked.
func (s *site) importColumns(v *visit) error {
	i, err := s.importOf(v)
	if err != nil {
		return err
	}
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	if !i.State.Open() {
		return errImportMoved
	}
	c, err := intake.ReadChoices(i.Choices)
	if err != nil {
		return err
	}
	head, err := s.importHead(v, &i.Import)
	if err != nil {
		return err
	}
	c.Columns, c.NoHeader = nil, f.Yes("no_header")
	for n := range head.Cells {
		c.Columns = append(c.Columns, f.Get("column-"+strconv.Itoa(n)))
	}
	if reason := intake.CheckColumns(c.Columns); reason != "" {
		f.general = sentence(reason)
		return s.showImportColumns(v, http.StatusUnprocessableEntity, &i, &head, f)
	}
	i.Choices = c.Text()
	return s.importGoesOn(v, &i, studymail.ImportChecking, "import columns chosen")
}

// importGoesOn moves an import to where a worker takes it.
func (s *site) importGoesOn(v *visit, i *store.ImportRow, to studymail.ImportState, action string) error {
	err := v.write(func(tx *store.Tx) error {
		row := i.Import
		if err := tx.MoveImport(v.ctx(), &row, to); err != nil {
			return err
		}
		if err := s.QueueImport(v.ctx(), tx, row.ID); err != nil {
			return err
		}
		return v.event(tx, action, row.ID, "")
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		// The first of two clicks was quicker.
		if now, err := s.importOf(v); err != nil || now.State != to {
			return errors.Join(err, errImportMoved)
		}
		err = nil
	}
	if err != nil {
		return err
	}
	return v.redirect("/imports/" + i.ID.String())
}
