package store

import (
	"context"
	"database/sql"

	"studymail"
)

// PatientRow is a patient with the words that lists show, and the person's
// details, sealed, for those who may open them.
type PatientRow struct {
	studymail.Patient
	StudyName    string
	ProviderName string
	ODSCode      string
	Outcome      studymail.State // what became of the newest message to them; 0 without one
	Wrapped      []byte          // the person's data key; nil when erased
	Sealed       []byte          // studymail.Details
}

const patientQuery = `SELECT pa.id, pa.uuid, pa.person_id, pe.uuid, pa.study_id, pa.provider_id, pa.status, pa.cancelled, pa.external_id,
	pa.created_at, pa.updated_at, st.name, pr.name, pr.ods_code, coalesce(lm.outcome, 0), pe.wrapped_key, pe.details
	FROM patients pa
	JOIN people pe ON pe.id = pa.person_id
	JOIN studies st ON st.id = pa.study_id
	JOIN providers pr ON pr.id = pa.provider_id
	LEFT JOIN last_messages lm ON lm.patient_id = pa.id`

func scanPatient(row interface{ Scan(...any) error }, p *PatientRow) error {
	return row.Scan(&p.Key, &p.ID, &p.Person, &p.PersonID, &p.Study, &p.Provider, &p.Status, &p.Cancelled, &p.SealedExternal,
		at{&p.CreatedAt}, at{&p.UpdatedAt}, &p.StudyName, &p.ProviderName, &p.ODSCode, &p.Outcome, &p.Wrapped, &p.Sealed)
}

// AddPatient adds one patient and sets its ID (unless the caller made one to
// seal an external id under), Key and times. Who opted out of all studies of the
// care provider before is Opted out of this one.
func (t *Tx) AddPatient(ctx context.Context, p *studymail.Patient) error {
	if p.ID.IsZero() {
		p.ID = studymail.NewID()
	}
	p.CreatedAt, p.UpdatedAt = t.now, t.now
	optedOut, err := t.optedOut(ctx, p.Person, p.Provider)
	if err != nil {
		return err
	}
	if optedOut && p.Cancelled == studymail.NotCancelled {
		p.Cancelled = studymail.OptedOut
	}
	k, err := t.insert(ctx, "add patient "+p.ID.String(),
		`INSERT INTO patients (uuid, person_id, study_id, provider_id, status, cancelled, external_id, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		p.ID, p.Person, p.Study, p.Provider, int(p.Status), int(p.Cancelled), bytesOrNull(p.SealedExternal), ms(p.CreatedAt), ms(p.UpdatedAt))
	if unique(err) {
		return studymail.Errorf(studymail.Conflict, "person %s is a patient in that study already; nobody was added", p.PersonID)
	}
	p.Key = k
	if err != nil || !optedOut || p.Cancelled != studymail.OptedOut {
		return err
	}
	_, err = t.exec(ctx, "note what holds patient "+p.ID.String(), `INSERT INTO feedback_patients (feedback_id, patient_id, was, became)
		SELECT feedback_id, $1, 0, 30 FROM opt_outs WHERE person_id = $2 AND provider_id IN (0, $3)`, k, p.Person, p.Provider)
	return err
}

// optedOut tells whether a person said before that they want no mail of any study
// of a care provider.
func (t *Tx) optedOut(ctx context.Context, person, provider int64) (bool, error) {
	var one int
	return t.one(ctx, "look for an earlier opt-out", `SELECT 1 FROM opt_outs WHERE person_id = $1 AND provider_id IN (0, $2) LIMIT 1`,
		[]any{person, provider}, &one)
}

// PatientByID finds a patient.
func (t *Tx) PatientByID(ctx context.Context, id studymail.ID) (PatientRow, error) {
	var p PatientRow
	row := t.tx.QueryRowContext(ctx, patientQuery+` WHERE pa.uuid = $1`, id)
	return p, t.found("find patient "+id.String(), scanPatient(row, &p),
		"no patient %s; `studymail patient list` shows them", id)
}

// Patients gives one page of patients, in the order in which they came. The
// next page is the one after the last row's Key.
func (t *Tx) Patients(ctx context.Context, f PatientFilter) ([]PatientRow, error) {
	if f.Limit == 0 {
		f.Limit = 1000
	}
	var p params
	where := f.where("pa", "coalesce(lm.outcome, 0)", &p)
	query := patientQuery + ` WHERE pa.id > ` + p.add(f.After) + where + ` ORDER BY pa.id LIMIT ` + p.add(f.Limit)
	all := []PatientRow{}
	err := t.each(ctx, "list patients", query, p, func(rows *sql.Rows) error {
		var p PatientRow
		err := scanPatient(rows, &p)
		all = append(all, p)
		return err
	})
	return all, err
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

// SetExternalID gives a patient another external id, sealed with the person's key;
// nil takes it away. The old one must still be there.
func (t *Tx) SetExternalID(ctx context.Context, p *studymail.Patient, sealed []byte) error {
	what := "set the external id of patient " + p.ID.String()
	n, err := t.exec(ctx, what, t.pick(setExternalID), bytesOrNull(sealed), ms(t.now), p.Key, bytesOrNull(p.SealedExternal))
	if err == nil && n != 1 {
		return studymail.Errorf(studymail.Conflict, "someone else changed patient %s meanwhile; look again, then repeat your edit", p.ID)
	}
	return err
}

var setExternalID = both{
	sqlite:   `UPDATE patients SET external_id = $1, updated_at = $2 WHERE id = $3 AND external_id IS $4`,
	postgres: `UPDATE patients SET external_id = $1::bytea, updated_at = $2 WHERE id = $3 AND external_id IS NOT DISTINCT FROM $4::bytea`,
}
