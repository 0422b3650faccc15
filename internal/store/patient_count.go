package store

import (
	"context"
	"database/sql"
	"fmt"

	"studymail"
)

// Patients are counted by adding up patient_counts, which triggers keep: a few
// thousand rows instead of a million.

// patientCounts is the table to read: on PostgreSQL some of it is still to be
// added up.
var patientCounts = both{
	sqlite: `patient_counts c`,
	postgres: `(SELECT study_id, provider_id, status, cancelled, outcome, patients FROM patient_counts
		UNION ALL SELECT study_id, provider_id, status, cancelled, outcome, patients FROM patient_count_changes) c`,
}

// patientSums are the same numbers without the care provider: fewer rows to add up.
var patientSums = both{
	sqlite: `patient_sums c`,
	postgres: `(SELECT study_id, status, cancelled, outcome, patients FROM patient_sums
		UNION ALL SELECT study_id, status, cancelled, outcome, patients FROM patient_count_changes) c`,
}

// numbersOf is the smaller of the two that a filter can be counted by.
func (t *Tx) numbersOf(f *PatientFilter) string {
	if f.Provider != 0 {
		return t.pick(patientCounts)
	}
	return t.pick(patientSums)
}

// CountPatients counts the patients of a filter; After and Limit do not matter.
func (t *Tx) CountPatients(ctx context.Context, f PatientFilter) (int, error) {
	var (
		p     params
		n     int
		query string
	)
	if f.People != nil {
		query = `SELECT count(*) FROM patients pa LEFT JOIN last_messages lm ON lm.patient_id = pa.id WHERE 1 = 1` + f.where("pa", "coalesce(lm.outcome, 0)", &p)
	} else {
		query = `SELECT coalesce(sum(patients), 0) FROM ` + t.numbersOf(&f) + ` WHERE 1 = 1` + f.where("c", "c.outcome", &p)
	}
	_, err := t.one(ctx, "count patients", query, p, &n)
	return n, err
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
	return t.PatientStandings(ctx, PatientFilter{Study: study})
}

// PatientStandings counts the patients of a filter by study, status and cancelled.
func (t *Tx) PatientStandings(ctx context.Context, f PatientFilter) ([]PatientCount, error) {
	var p params
	where := f.where("c", "c.outcome", &p)
	all := []PatientCount{}
	err := t.each(ctx, fmt.Sprintf("count the patients of study number %d", f.Study),
		`SELECT study_id, status, cancelled, sum(patients) FROM `+t.numbersOf(&f)+` WHERE 1 = 1`+where+`
		GROUP BY study_id, status, cancelled HAVING sum(patients) <> 0 ORDER BY study_id, status, cancelled`, p,
		func(rows *sql.Rows) error {
			var c PatientCount
			err := rows.Scan(&c.Study, &c.Status, &c.Cancelled, &c.Patients)
			all = append(all, c)
			return err
		})
	return all, err
}

// PatientFacets count the patients of a filter by each word that it can have: how
// many there would be with that one instead, the others as they are.
type PatientFacets struct {
	Total     int
	Study     map[int64]int // by row key
	Provider  map[int64]int // by row key
	Status    map[studymail.Status]int
	Cancelled map[studymail.Cancelled]int
	InStudy   map[bool]int
	Outcome   map[studymail.State]int // 0: no message yet
}

// PatientFacets counts by each word of a filter.
func (t *Tx) PatientFacets(ctx context.Context, f PatientFilter) (PatientFacets, error) {
	counts := PatientFacets{
		Study: map[int64]int{}, Provider: map[int64]int{}, Status: map[studymail.Status]int{},
		Cancelled: map[studymail.Cancelled]int{}, InStudy: map[bool]int{}, Outcome: map[studymail.State]int{},
	}
	// Three sums instead of all groups: rows cost more than the database's adding up.
	var p params
	ofDesk := PatientFilter{Study: f.Study, Provider: f.Provider}
	where := ofDesk.where("c", "c.outcome", &p)
	err := t.each(ctx, "count patients by each filter", `SELECT status, cancelled, outcome, sum(patients) FROM `+t.numbersOf(&ofDesk)+`
		WHERE 1 = 1`+where+` GROUP BY status, cancelled, outcome`, p, func(rows *sql.Rows) error {
		var (
			c studymail.Patient
			o studymail.State
			n int
		)
		if err := rows.Scan(&c.Status, &c.Cancelled, &o, &n); err != nil {
			return err
		}
		counts.add(&f, &c, o, n)
		return nil
	})
	if err != nil {
		return counts, err
	}
	ofStudies, ofProviders := f, f
	ofStudies.Study, ofProviders.Provider = 0, 0
	for _, k := range []struct {
		column string
		from   string
		filter PatientFilter
		counts map[int64]int
	}{{"study_id", t.numbersOf(&ofStudies), ofStudies, counts.Study}, {"provider_id", t.pick(patientCounts), ofProviders, counts.Provider}} {
		p = nil
		where = k.filter.where("c", "c.outcome", &p)
		err := t.each(ctx, "count patients by "+k.column, `SELECT `+k.column+`, sum(patients) FROM `+k.from+`
			WHERE 1 = 1`+where+` GROUP BY `+k.column, p, func(rows *sql.Rows) error {
			var (
				key int64
				n   int
			)
			err := rows.Scan(&key, &n)
			k.counts[key] = n
			return err
		})
		if err != nil {
			return counts, err
		}
	}
	return counts, nil
}

// add counts n patients who stand alike.
func (c *PatientFacets) add(f *PatientFilter, p *studymail.Patient, outcome studymail.State, n int) {
	status := f.Status == nil || *f.Status == p.Status
	cancelled := f.Cancelled == nil || *f.Cancelled == p.Cancelled
	inStudy := f.InStudy == nil || *f.InStudy == p.InStudy()
	became := f.Outcome == nil || *f.Outcome == outcome
	if cancelled && inStudy && became {
		c.Status[p.Status] += n
	}
	if status && inStudy && became {
		c.Cancelled[p.Cancelled] += n
	}
	if status && cancelled && became {
		c.InStudy[p.InStudy()] += n
	}
	if status && cancelled && inStudy {
		c.Outcome[outcome] += n
	}
	if status && cancelled && inStudy && became {
		c.Total += n
	}
}

// OfWhom counts patients of a study or a care provider, and how many of them are
// in study.
type OfWhom struct{ Patients, InStudy int }

// PatientsOfStudies counts the patients of each study, by row key.
func (t *Tx) PatientsOfStudies(ctx context.Context) (map[int64]OfWhom, error) {
	return t.patientsOf(ctx, "study_id", t.pick(patientSums))
}

// PatientsOfProviders counts the patients of each care provider, by row key.
func (t *Tx) PatientsOfProviders(ctx context.Context) (map[int64]OfWhom, error) {
	return t.patientsOf(ctx, "provider_id", t.pick(patientCounts))
}

func (t *Tx) patientsOf(ctx context.Context, column, from string) (map[int64]OfWhom, error) {
	all := map[int64]OfWhom{}
	err := t.each(ctx, "count patients by "+column, `SELECT `+column+`, sum(patients), sum(CASE WHEN status = 0 AND cancelled = 0 THEN patients ELSE 0 END)
		FROM `+from+` GROUP BY `+column, nil, func(rows *sql.Rows) error {
		var (
			k int64
			n OfWhom
		)
		err := rows.Scan(&k, &n.Patients, &n.InStudy)
		all[k] = n
		return err
	})
	return all, err
}
