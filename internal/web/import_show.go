package web

import (
	"fmt"
	"net/http"

	"studymail"
	"studymail/internal/intake"
	"studymail/internal/store"
)

type importShowPage struct {
	Heading    heading
	ID         studymail.ID
	StudyID    studymail.ID
	Path       string
	State      badge
	Facts      []fact
	Numbers    []fact
	Before     []link // the same file was imported then
	Working    bool
	Unclaimed  bool // no worker has it yet
	Progress   progress
	Checked    bool
	Failed     bool
	Refused    string // why the file as a whole cannot be read
	Nothing    bool   // it would change nothing
	Reasons    []reasonRow
	Problems   []problemRow
	MoreOf     int // problems that are not shown
	Warnings   []reasonRow
	Warned     []problemRow
	MoreWarn   int
	Shown      bool // values in full
	MayShow    bool
	MayEdit    bool
	MayDiscard bool
	Form       *form
	Confirm    string // what the button says; "": it cannot be confirmed
	Leave      string // what leaving rows out means
	Expect     string
	Changed    string
	Patients   string // the list of them, when it is done
	History    []entry
}

// problemRow is a problem in its place.
type problemRow struct {
	Row    int
	Column string
	Reason string
	Value  string // masked, or in full
}

func (s *site) importShow(v *visit) error {
	i, err := s.importOf(v)
	if err != nil {
		return err
	}
	return s.showImport(v, http.StatusOK, &i, false, "")
}

func (s *site) showImport(v *visit, status int, i *store.ImportRow, shown bool, changed string) error {
	n, err := intake.ReadNumbers(i.Result)
	if err != nil {
		return err
	}
	c, err := intake.ReadChoices(i.Choices)
	if err != nil {
		return err
	}
	p := importShowPage{
		Heading: heading{Title: "Import into study " + i.StudyName, Up: link{"Imports", "/imports"}}, ID: i.ID, StudyID: i.StudyID, Path: "/imports/" + i.ID.String(), State: importBadge(i.State),
		MayShow: v.may(studymail.MaySeeDetails), MayEdit: v.may(studymail.MayEdit), MayDiscard: i.State.Open() || i.State == studymail.ImportChecking, Shown: shown, Changed: changed, Expect: i.Result,
		Form: newForm().SetYes("create_providers", c.CreateProviders).SetYes("recontact", c.Recontact),
	}
	p.Facts = []fact{
		{"State", p.State},
		{"Study", link{i.StudyName, "/studies/" + i.StudyID.String()}},
		{"Uploaded", s.timeOf(i.CreatedAt)},
		{"By", whoOf(i.Actor).orText()},
		{"Over since", s.timeOf(i.EndedAt)},
		{"UUID", i.ID.String()},
	}
	if err := s.sameFile(v, &p, i); err != nil {
		return err
	}
	switch i.State {
	case studymail.ImportReceived:
		if p.MayEdit {
			return v.redirect(p.Path + "/columns")
		}
	case studymail.ImportChecking, studymail.ImportWriting:
		p.Working, p.Unclaimed, p.Progress = true, !i.Claimed, importProgress(&i.Import)
	case studymail.ImportChecked, studymail.ImportDone:
		if err := s.importFound(v, &p, i, &n, &c); err != nil {
			return err
		}
	case studymail.ImportFailed:
		p.Failed = true
	case studymail.ImportUploading, studymail.ImportDiscarded:
	}
	if p.History, err = s.history(v, i.ID); err != nil {
		return err
	}
	return v.pageAs(status, "import_show", p.Heading.Title, p)
}

// orText is a link where there is something to look at, else its words.
func (l link) orText() any {
	if l.Path == "" {
		return l.Text
	}
	return l
}

func importProgress(i *studymail.Import) progress {
	p := progress{Label: "Checking", Done: i.Done, All: max(i.Total, 1), Text: "Checking the file. Nothing is written."}
	if i.State == studymail.ImportChecking {
		if i.Total > 0 {
			p.Text = fmt.Sprintf("Checking the file: %d %% of it is looked through. Nothing is written.", 100*i.Done/i.Total)
		}
		return p
	}
	p.Label, p.Text = "Importing", "Importing: the file is looked through once more before anything is written."
	if i.Stage == string(intake.Writing) && i.Total > 0 {
		p.Text = fmt.Sprintf("Importing: %s of %s.", commas(int(i.Done)), countOf(i.Total, "row"))
	}
	return p
}

// sameFile tells when the same file was imported into the same study before.
func (s *site) sameFile(v *visit, p *importShowPage, i *store.ImportRow) error {
	if i.State == studymail.ImportDone || i.FileHash == nil {
		return nil
	}
	var all []store.ImportRow
	err := v.read(func(tx *store.Tx) (err error) {
		all, err = tx.ImportsOfFile(v.ctx(), i.Study, [][]byte{i.FileHash}, 3)
		return err
	})
	for k := range all {
		p.Before = append(p.Before, link{s.timeOf(all[k].EndedAt).Words, "/imports/" + all[k].ID.String()})
	}
	return err
}

// importFound fills what the checks found, or the import did.
func (s *site) importFound(v *visit, p *importShowPage, i *store.ImportRow, n *intake.Numbers, c *intake.Choices) error {
	done := i.State == studymail.ImportDone
	var packed, sample []byte
	err := v.read(func(tx *store.Tx) (err error) {
		packed, sample, err = tx.ImportFindings(v.ctx(), i.Key)
		return err
	})
	if err != nil {
		return err
	}
	found, err := intake.UnpackBrief(packed)
	if err != nil {
		return err
	}
	p.Checked = !done
	if n.Refused && len(found.Problems) > 0 {
		p.Refused = sentence(reasonWords.Replace(found.Problems[0].Reason))
		return nil
	}
	p.Numbers = importFacts(n, done)
	value, err := s.importValues(i, sample, c, p.Shown)
	if err != nil {
		return err
	}
	p.Reasons, p.Warnings = reasonRows(found.ProblemKinds), reasonRows(found.WarningKinds)
	p.Problems = problemRows(found.Problems, value)
	p.MoreOf = n.Problems - len(p.Problems)
	p.Warned = problemRows(found.Warnings, func(intake.Problem) string { return "" })
	p.MoreWarn = n.Warnings - len(p.Warned)
	if done {
		p.Patients = "/patients?study=" + i.StudyID.String() + "&sort=-updated"
		return nil
	}
	p.Nothing = !n.Changes()
	switch rows := n.Rows; {
	case rows == 0, p.Nothing && n.Problems == 0:
	case n.BadRows == 0:
		p.Confirm = "Import " + countOf(int64(rows), "row")
	default:
		p.Confirm = "Leave out " + countOf(int64(n.BadRows), "row") + " and import " + countOf(int64(rows), "row")
		p.Leave = "Or import what is right now: " + countOf(int64(n.BadRows), "row") + " with problems would be left out. The same file, mended, can be imported later: what is there already changes nothing."
	}
	return nil
}

func problemRows(all []intake.Problem, value func(intake.Problem) string) (rows []problemRow) {
	for _, p := range all {
		rows = append(rows, problemRow{p.Row, columnWord(p.Column), sentence(reasonWords.Replace(p.Reason)), value(p)})
	}
	return rows
}

// importValues gives what stands in the place of a problem: masked, or in full.
func (s *site) importValues(i *store.ImportRow, sample []byte, c *intake.Choices, shown bool) (func(intake.Problem) string, error) {
	none := func(intake.Problem) string { return "" }
	if len(sample) == 0 || i.Wrapped == nil {
		return none, nil
	}
	key, err := s.Opener.Key(i.ID, i.Wrapped)
	if err != nil {
		return none, err
	}
	rows, err := intake.OpenRows(key, i.ID, sample)
	if err != nil {
		return none, err
	}
	return func(p intake.Problem) string {
		cells := rows[p.Row]
		at := c.CellOf(rows[0], p.Column)
		if at < 0 || at >= len(cells) {
			return ""
		}
		if shown {
			return cells[at]
		}
		return maskedCell(cells[at])
	}, nil
}

// importRows shows the values in the places of problems, and writes that down first.
func (s *site) importRows(v *visit) error {
	i, err := s.importOf(v)
	if err != nil {
		return err
	}
	if i.State != studymail.ImportChecked {
		return errImportMoved
	}
	err = v.write(func(tx *store.Tx) error {
		return v.event(tx, "details shown", i.ID, "rows with problems")
	})
	if err != nil {
		return err
	}
	return s.showImport(v, http.StatusOK, &i, true, "")
}
