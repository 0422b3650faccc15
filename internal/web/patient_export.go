package web

import (
	"bufio"
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"studymail"
	"studymail/internal/store"
)

type patientExportPage struct {
	Heading heading
	Words   string
	Hidden  []hidden
	Form    *form
	What    []option
	Changed string
	Button  string
	Back    string
}

// patientExport shows how many patients a file would have, and then sends it.
func (s *site) patientExport(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	var (
		sel  selection
		now  []store.PatientCount
		walk store.PatientWalk
	)
	err = v.read(func(tx *store.Tx) (err error) {
		if sel, err = v.readSelection(tx, f); err != nil {
			return err
		}
		if now, err = sel.standings(v.ctx(), tx); err != nil {
			return err
		}
		walk, err = sel.walk(v.ctx(), tx)
		return err
	})
	if err != nil {
		return err
	}
	n := patientsIn(now)
	if n == 0 {
		return studymail.Errorf(studymail.Conflict, "nobody of those is there any more; go back to the patients and choose again")
	}
	details := f.Get("what") == "details"
	if details && !v.may(studymail.MaySeeDetails) {
		v.forbidden(studymail.MaySeeDetails)
		return nil
	}
	if f.Get("expect") == strconv.Itoa(n) {
		return s.sendExport(v, walk, n, details)
	}
	p := patientExportPage{
		Heading: heading{Title: "Export patients", Up: link{"Patients", sel.back()}}, Form: f, Back: sel.back(),
		Words: "The file will have " + sel.words(n) + ", a row each.", Button: "Export " + countOf(int64(n), "patient"),
		What: []option{{Value: "ids", Text: "UUIDs, studies and statuses", Hint: "No personal details."}},
	}
	status := http.StatusOK
	if f.Get("expect") != "" {
		p.Changed, status = "Meanwhile something changed: the number below is new. Nothing was exported yet.", http.StatusConflict
	}
	if v.may(studymail.MaySeeDetails) {
		p.What = append(p.What, option{
			Value: "details", Text: "… and the personal details",
			Hint: "Usernames, names, addresses and external IDs, in clear. Each patient's history will say that you took them. Keep the file where only those may read it who may know them, and delete it when you are done.",
		})
	}
	if f.Get("what") == "" {
		f.Set("what", "ids")
	}
	p.Hidden = append(sel.hidden(), hidden{"expect", strconv.Itoa(n)})
	return v.pageAs(status, "patient_export", "Export patients", p)
}

// The columns of an export. Those of an import have the same names.
var (
	exportColumns  = []string{"patient", "person", "study", "ods_code", "status", "cancelled", "in_study", "last_letter", "added", "updated"}
	detailsColumns = []string{"username", "first_name", "last_name", "email", "external_id"}
)

// sendExport streams the file. The event, or each patient's where details are in
// it, is written before the row is on its way.
func (s *site) sendExport(v *visit, walk store.PatientWalk, n int, details bool) error {
	kind := "ids"
	columns := exportColumns
	if details {
		kind, columns = "details", append(append([]string{}, exportColumns...), detailsColumns...)
	}
	err := v.write(func(tx *store.Tx) error {
		return v.event(tx, "patients exported", studymail.ID{}, "patients="+strconv.Itoa(n)+" with="+kind)
	})
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="patients-`+s.Now().In(s.Config.TimeZone).Format("2006-01-02-1504")+`.csv"`)
	b := bufio.NewWriter(v.w)
	_, _ = b.WriteString("\ufeff") // spreadsheets take it for UTF-8 then
	w := csv.NewWriter(b)
	_ = w.Write(columns)
	// From here on something is on its way: an error can only cut the answer off, so
	// that nobody takes the file for whole.
	if err := s.exportRows(v, walk, details, w); err != nil {
		v.Log.Error("an export was cut off", "error", err)
		panic(http.ErrAbortHandler) //nolint:forbidigo // it is how net/http is told to cut the connection
	}
	_ = b.Flush() // the reader went away
	return nil
}

func (s *site) exportRows(v *visit, walk store.PatientWalk, details bool, w *csv.Writer) error {
	ctx := context.WithoutCancel(v.ctx()) // the limit of a request's time is not that of a file's
	for !walk.Over() {
		v.keepOpen()
		var (
			rows []store.PatientRow
			next store.PatientWalk
		)
		look := s.Store.Read
		if details {
			look = s.Store.Write
		}
		err := look(ctx, func(tx *store.Tx) (err error) {
			rows, next, err = tx.NextPatients(ctx, walk)
			if err != nil || !details {
				return err
			}
			events := make([]studymail.Event, len(rows))
			for i := range rows {
				events[i] = studymail.Event{Actor: v.actor(), Action: "details shown", About: rows[i].ID, Detail: "export"}
			}
			return tx.AddEvents(ctx, events)
		})
		if err != nil {
			return err
		}
		walk = next
		for i := range rows {
			record, err := s.exportRow(&rows[i], details)
			if err != nil {
				return err
			}
			_ = w.Write(record) // told by Error
		}
		if w.Flush(); w.Error() != nil {
			return w.Error()
		}
	}
	return nil
}

func (s *site) exportRow(p *store.PatientRow, details bool) ([]string, error) {
	yes := "no"
	if p.InStudy() {
		yes = "yes"
	}
	row := []string{
		p.ID.String(), p.PersonID.String(), inert(p.StudyName), p.ODSCode, p.Status.String(), p.Cancelled.String(), yes, outcomeBadge(p.Outcome).Text,
		p.CreatedAt.Format("2006-01-02T15:04:05Z07:00"), p.UpdatedAt.Format("2006-01-02T15:04:05Z07:00"),
	}
	if !details {
		return row, nil
	}
	o, err := s.open(p)
	if err != nil {
		return nil, err
	}
	name, email := o.words(true)
	return append(row, inert(name(o.Details.Username)), inert(name(o.Details.FirstName)), inert(name(o.Details.LastName)),
		inert(email(o.Details.Email)), inert(name(o.ExternalID))), nil
}

// inert keeps spreadsheets from taking a value for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
