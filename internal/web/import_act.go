package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"

	"studymail"
	"studymail/internal/intake"
	"studymail/internal/store"
)

// importCheck has a file checked again, with other choices.
func (s *site) importCheck(v *visit) error {
	i, err := s.importOf(v)
	if err != nil {
		return err
	}
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	if i.State != studymail.ImportChecked && i.State != studymail.ImportFailed {
		return errImportMoved
	}
	c, err := intake.ReadChoices(i.Choices)
	if err != nil {
		return err
	}
	c.CreateProviders, c.Recontact, c.SkipBad = f.Yes("create_providers"), f.Yes("recontact"), false
	i.Choices = c.Text()
	return s.importGoesOn(v, &i, studymail.ImportChecking, "import checked again")
}

// importConfirm has a checked file imported: what was seen, or nothing.
func (s *site) importConfirm(v *visit) error {
	i, err := s.importOf(v)
	if err != nil {
		return err
	}
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	if i.State == studymail.ImportWriting || i.State == studymail.ImportDone {
		return v.redirect("/imports/" + i.ID.String()) // the second click
	}
	if i.State != studymail.ImportChecked {
		return errImportMoved
	}
	if f.Get("expect") != i.Result {
		return s.showImport(v, http.StatusConflict, &i, false, "Meanwhile the file was checked again: the numbers below are new. Nothing was written yet.")
	}
	n, err := intake.ReadNumbers(i.Result)
	if err != nil {
		return err
	}
	if n.Refused || n.Rows == 0 {
		return studymail.Errorf(studymail.Conflict, "there is nothing to import in this file; nothing was written")
	}
	c, err := intake.ReadChoices(i.Choices)
	if err != nil {
		return err
	}
	c.SkipBad = n.BadRows > 0
	i.Choices = c.Text()
	return s.importGoesOn(v, &i, studymail.ImportWriting, "import confirmed")
}

// importDiscard ends an import that was not confirmed.
func (s *site) importDiscard(v *visit) error {
	i, err := s.importOf(v)
	if err != nil {
		return err
	}
	if i.State == studymail.ImportDiscarded {
		return v.redirect("/imports")
	}
	err = v.write(func(tx *store.Tx) error {
		row := i.Import
		if err := tx.DiscardImport(v.ctx(), &row); err != nil {
			return err
		}
		return v.event(tx, "import discarded", row.ID, "")
	})
	if studymail.CodeOf(err) == studymail.Conflict {
		return errImportMoved
	}
	if err != nil {
		return err
	}
	v.flash("The import is discarded, and its file is gone. Nothing was written by it.")
	return v.redirect("/imports")
}

// importProblems sends the list of problems and warnings: rows, columns and reasons.
func (s *site) importProblems(v *visit) error {
	i, err := s.importOf(v)
	if err != nil {
		return err
	}
	var packed []byte
	err = v.read(func(tx *store.Tx) (err error) {
		packed, _, err = tx.ImportFindings(v.ctx(), i.Key)
		return err
	})
	if err != nil {
		return err
	}
	found, err := intake.UnpackFindings(packed)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="problems-`+shortID(i.ID)+`.csv"`)
	_, _ = v.w.Write([]byte("\ufeff")) // spreadsheets take it for UTF-8 then
	w := csv.NewWriter(v.w)
	_ = w.Write([]string{"kind", "row", "column", "reason"})
	for _, list := range []struct {
		kind string
		all  []intake.Problem
	}{{"problem", found.Problems}, {"warning", found.Warnings}} {
		for _, p := range list.all {
			_ = w.Write([]string{list.kind, strconv.Itoa(p.Row), columnWord(p.Column), inert(reasonWords.Replace(p.Reason))})
		}
	}
	w.Flush() // the reader went away
	return nil
}

// importLive tells a page whenever its import is further.
func (s *site) importLive(v *visit) error {
	i, err := s.importOf(v)
	if err != nil {
		return err
	}
	return v.live(func() (state string, more bool, err error) {
		err = v.read(func(tx *store.Tx) error {
			i, err = tx.ImportByID(v.ctx(), i.ID)
			return err
		})
		return fmt.Sprintf("%d %s %d %t", i.State, i.Stage, i.Done, i.Claimed), i.State.Working(), err
	})
}
