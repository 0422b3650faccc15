package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"studymail"
)

// PatientRow is a patient with the words that lists show, and the person's
// details, sealed, for those who may open them.
type PatientRow struct {
	studymail.Patient
	StudyName    string
	ProviderName string
	ODSCode      string
	Wrapped      []byte // the person's data key; nil when erased
	Sealed       []byte // studymail.Details
}

const patientQuery = `SELECT pa.id, pa.uuid, pa.person_id, pe.uuid, pa.study_id, pa.provider_id, pa.status, pa.cancelled, pa.external_id,
	pa.created_at, pa.updated_at, st.name, pr.name, pr.ods_code, pe.wrapped_key, pe.details
	FROM patients pa
	JOIN people pe ON pe.id = pa.person_id
	JOIN studies st ON st.id = pa.study_id
	JOIN providers pr ON pr.id = pa.provider_id`

func scanPatient(row interface{ Scan(...any) error }, p *PatientRow) error {
	return row.Scan(&p.Key, &p.ID, &p.Person, &p.PersonID, &p.Study, &p.Provider, &p.Status, &p.Cancelled, &p.SealedExternal,
		at{&p.CreatedAt}, at{&p.UpdatedAt}, &p.StudyName, &p.ProviderName, &p.ODSCode, &p.Wrapped, &p.Sealed)
}

// AddPatient adds one patient and sets its ID (unless the caller made one to
// seal an external id under), Key and times.
func (t *Tx) AddPatient(ctx context.Context, p *studymail.Patient) error {
	if p.ID.IsZero() {
		p.ID = studymail.NewID()
	}
	p.CreatedAt, p.UpdatedAt = t.now, t.now
	k, err := t.insert(ctx, "add patient "+p.ID.String(),
		`INSERT INTO patients (uuid, person_id, study_id, provider_id, status, cancelled, external_id, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		p.ID, p.Person, p.Study, p.Provider, int(p.Status), int(p.Cancelled), bytesOrNull(p.SealedExternal), ms(p.CreatedAt), ms(p.UpdatedAt))
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "person %s is a patient in that study already; nobody was added", p.PersonID)
	}
	p.Key = k
	return err
}

// PatientByID finds a patient.
func (t *Tx) PatientByID(ctx context.Context, id studymail.ID) (PatientRow, error) {
	var p PatientRow
	row := t.tx.QueryRowContext(ctx, patientQuery+` WHERE pa.uuid = $1`, id)
	return p, t.found("find patient "+id.String(), scanPatient(row, &p),
		"no patient %s; `studymail patient list` shows them", id)
}

// PatientFilter says which patients; the zero value is all.
type PatientFilter struct {
	Study     int64 // row key; 0: any
	Provider  int64 // row key; 0: any
	Status    *studymail.Status
	Cancelled *studymail.Cancelled
	InStudy   *bool
	After     int64 // row key of the last one of the page before
	Limit     int   // 0: 1,000
}

func (f PatientFilter) where() (string, []any) {
	conditions, args := []string{`pa.id > $1`}, []any{f.After}
	add := func(condition string, arg any) {
		args = append(args, arg)
		conditions = append(conditions, condition+` $`+strconv.Itoa(len(args)))
	}
	if f.Study != 0 {
		add(`pa.study_id =`, f.Study)
	}
	if f.Provider != 0 {
		add(`pa.provider_id =`, f.Provider)
	}
	if f.Status != nil {
		add(`pa.status =`, int(*f.Status))
	}
	if f.Cancelled != nil {
		add(`pa.cancelled =`, int(*f.Cancelled))
	}
	if f.InStudy != nil {
		add(`CASE WHEN pa.status = 0 AND pa.cancelled = 0 THEN 1 ELSE 0 END =`, flag(*f.InStudy))
	}
	return ` WHERE ` + strings.Join(conditions, ` AND `), args
}

// Patients gives one page of patients, in the order in which they came. The
// next page is the one after the last row's Key.
func (t *Tx) Patients(ctx context.Context, f PatientFilter) ([]PatientRow, error) {
	if f.Limit == 0 {
		f.Limit = 1000
	}
	where, args := f.where()
	args = append(args, f.Limit)
	all := []PatientRow{}
	err := t.each(ctx, "list patients", patientQuery+where+` ORDER BY pa.id LIMIT $`+strconv.Itoa(len(args)), args, func(rows *sql.Rows) error {
		var p PatientRow
		err := scanPatient(rows, &p)
		all = append(all, p)
		return err
	})
	return all, err
}

// CountPatients counts the patients of a filter; After and Limit do not matter.
func (t *Tx) CountPatients(ctx context.Context, f PatientFilter) (int, error) {
	f.After = 0
	where, args := f.where()
	var n int
	_, err := t.one(ctx, "count patients", `SELECT count(*) FROM patients pa`+where, args, &n)
	return n, err
}

// SetPatient takes a patient from one status and cancelled to another. It
// fails with Conflict, and changes nothing, when the patient has others by now.
func (t *Tx) SetPatient(ctx context.Context, id studymail.ID,
	fromStatus studymail.Status, fromCancelled studymail.Cancelled, toStatus studymail.Status, toCancelled studymail.Cancelled,
) error {
	n, err := t.exec(ctx, "set patient "+id.String(),
		`UPDATE patients SET status = $1, cancelled = $2, updated_at = $3 WHERE uuid = $4 AND status = $5 AND cancelled = $6`,
		int(toStatus), int(toCancelled), ms(t.now), id, int(fromStatus), int(fromCancelled))
	if err != nil {
		return err
	}
	if n != 1 {
		if _, err := t.PatientByID(ctx, id); err != nil {
			return err
		}
		return studymail.Errorf(studymail.Conflict, "someone else changed patient %s meanwhile; look again with `studymail patient show %s`", id, id)
	}
	return nil
}

// PatientCount is how many patients of a study have one status and cancelled.
type PatientCount struct {
	Study     int64 // row key
	Status    studymail.Status
	Cancelled studymail.Cancelled
	Patients  int
}

// PatientCounts counts the patients of a study by status and cancelled, in
// their order; 0 is every study.
func (t *Tx) PatientCounts(ctx context.Context, study int64) ([]PatientCount, error) {
	all := []PatientCount{}
	err := t.each(ctx, fmt.Sprintf("count the patients of study number %d", study),
		`SELECT study_id, status, cancelled, count(*) FROM patients WHERE study_id = $1 OR $1 = 0
		GROUP BY study_id, status, cancelled ORDER BY study_id, status, cancelled`, []any{study},
		func(rows *sql.Rows) error {
			var c PatientCount
			err := rows.Scan(&c.Study, &c.Status, &c.Cancelled, &c.Patients)
			all = append(all, c)
			return err
		})
	return all, err
}
