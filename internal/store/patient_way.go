package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"studymail"
)

// way is how to come by the patients of a filter: one or more legs, each a part of an
// index in some order.
type way struct {
	legs  []leg
	exact bool // whoever they give fits the filter
	known bool // size is
	size  int  // how many they give
}

// leg is a part of an index: where some columns have some values.
type leg struct {
	columns []string
	values  []any
	mail    bool // of last_messages, not of patients
	few     bool // in any order
}

const patientColumns = `id, updated_at, study_id, provider_id, status, cancelled`

// query gives the leg's patients from a place on.
func (l *leg) query(kind Kind, q *PatientQuery, from PatientPlace, limit int, p *params) string {
	table, key := "patients", "id"
	if l.mail {
		table, key = "last_messages", "patient_id"
	}
	where, by := l.part(kind, q, table, key, from, p)
	if !l.mail {
		return fmt.Sprintf(`SELECT * FROM (SELECT `+patientColumns+` FROM patients WHERE %s ORDER BY %s LIMIT %s) l`, where, by, p.add(limit))
	}
	return fmt.Sprintf(`SELECT pa.id, pa.updated_at, pa.study_id, pa.provider_id, pa.status, pa.cancelled
		FROM (SELECT patient_id FROM last_messages WHERE %s ORDER BY %s LIMIT %s) l CROSS JOIN patients pa WHERE pa.id = l.patient_id`,
		where, by, p.add(limit))
}

// part says which part of the index the leg is, and its order.
//
// PostgreSQL takes "study_id = 2 ORDER BY id" for a walk by the row keys, through the
// patients of all other studies: half a million, where studies came one after the other.
// Compared as rows, the study and the key can only be had from their index. Legs of more
// columns, of which many stand side by side, are left to it: it guesses how many rows are
// in such a comparison, and by that how to join them, wrongly.
func (l *leg) part(kind Kind, q *PatientQuery, table, key string, from PatientPlace, p *params) (where, by string) {
	if kind == SQLite || len(l.columns) != 1 || l.few {
		var is strings.Builder
		for i, column := range l.columns {
			is.WriteString(column + " = " + p.add(l.values[i]) + " AND ")
		}
		behind, by := q.order(table, key, from, p)
		return is.String() + behind, by
	}
	compare, bound, direction := ">", "<=", " ASC"
	if q.Descending {
		compare, bound, direction = "<", ">=", " DESC"
	}
	column, is := l.columns[0], p.add(l.values[0])
	columns, place := []string{column}, []string{is}
	if q.Order == ByUpdated {
		columns, place = append(columns, "updated_at"), append(place, p.add(from.Updated.UnixMilli()))
	}
	columns, place = append(columns, key), append(place, p.add(from.Key))
	where = fmt.Sprintf("(%s) %s (%s) AND %s %s %s", strings.Join(columns, ", "), compare, strings.Join(place, ", "), column, bound, is)
	return where, strings.Join(columns, direction+", ") + direction
}

// Legs are walked side by side: many are worth it only where nothing that they
// give is thrown away.
const (
	maxLegs      = 400
	maxLooseLegs = 100
)

// maxPassedBy is how many patients may be passed by for each who fits, where letters
// are gone through.
const maxPassedBy = 100

// wayTo chooses how to come by a filter's patients, of whom there are so many, in the
// order of adding.
func (t *Tx) wayTo(ctx context.Context, f *PatientFilter, total int) (*way, error) {
	if f.People != nil {
		w := &way{exact: f.Study == 0 && f.Provider == 0 && f.anyStanding() && f.Outcome == nil, known: true, size: len(f.People)}
		for _, k := range f.People {
			w.legs = append(w.legs, leg{columns: []string{"person_id"}, values: []any{k}, few: true})
		}
		if w.legs == nil {
			w.legs = []leg{nobody}
		}
		return w, nil
	}
	if f.Outcome != nil && *f.Outcome != 0 && f.Provider == 0 && f.anyStanding() {
		return t.byOutcome(ctx, f, total)
	}
	base, err := t.byStanding(ctx, f)
	if err != nil || f.Outcome == nil || *f.Outcome == 0 {
		return base, err
	}
	// By what became of the newest message: a campaign goes from patient to patient, so
	// letters that are alike lie side by side, with long stretches of others between
	// them, and statuses do not. Else whatever lets fewer through.
	became := PatientFilter{Study: f.Study, Outcome: f.Outcome}
	n, err := t.CountPatients(ctx, became)
	if err != nil || n > maxPassedBy*total && base.known && base.size <= n {
		return base, err
	}
	w, err := t.byOutcome(ctx, &became, n)
	w.exact = false
	return w, err
}

// byOutcome comes by patients by what became of their newest message, study by study.
func (t *Tx) byOutcome(ctx context.Context, f *PatientFilter, size int) (*way, error) {
	w := &way{exact: true, known: true, size: size}
	add := func(study int64) {
		w.legs = append(w.legs, leg{columns: []string{"outcome", "study_id"}, values: []any{int(*f.Outcome), study}, mail: true})
	}
	if f.Study != 0 {
		add(f.Study)
		return w, nil
	}
	err := t.each(ctx, "find studies", `SELECT id FROM studies ORDER BY id`, nil, func(rows *sql.Rows) error {
		var study int64
		err := rows.Scan(&study)
		add(study)
		return err
	})
	if len(w.legs) == 0 {
		w.legs = []leg{nobody}
	}
	return w, err
}

var (
	everybody = leg{}
	nobody    = leg{columns: []string{"study_id"}, values: []any{0}}
)

// byStanding comes by patients by study, care provider, status and cancelled.
func (t *Tx) byStanding(ctx context.Context, f *PatientFilter) (*way, error) {
	w := &way{exact: f.Outcome == nil, known: true}
	standing := *f
	standing.Outcome = nil
	var err error
	if w.size, err = t.CountPatients(ctx, standing); err != nil {
		return nil, err
	}
	ofStudy := leg{columns: []string{"study_id"}, values: []any{f.Study}}
	switch {
	case f.Provider != 0:
		err = t.addCells(ctx, w, f, "study_id", "provider_id", "status", "cancelled")
	case f.Study != 0 && f.anyStanding():
		w.legs = []leg{ofStudy}
	case !f.anyStanding():
		err = t.addCells(ctx, w, f, "study_id", "status", "cancelled")
	default:
		w.legs = []leg{everybody}
	}
	most := maxLegs
	if !w.exact {
		most = maxLooseLegs
	}
	if len(w.legs) > most {
		w.legs, w.exact, w.known = []leg{everybody}, false, false
		if f.Study != 0 {
			w.legs = []leg{ofStudy}
		}
	}
	return w, err
}

// wayByUpdated comes by patients in the order of their changes.
func wayByUpdated(f *PatientFilter) *way {
	w := &way{exact: f.Provider == 0 && f.anyStanding() && f.Outcome == nil, legs: []leg{everybody}}
	if f.Study != 0 {
		w.legs = []leg{{columns: []string{"study_id"}, values: []any{f.Study}}}
	}
	return w
}

// addCells makes a leg of each group of patients that has some of the filter.
func (t *Tx) addCells(ctx context.Context, w *way, f *PatientFilter, columns ...string) error {
	cells, err := t.cells(ctx, f, columns...)
	for _, c := range cells {
		values := make([]any, len(c))
		for i := range c {
			values[i] = c[i]
		}
		w.legs = append(w.legs, leg{columns: columns, values: values})
	}
	if len(w.legs) == 0 {
		w.legs = []leg{nobody}
	}
	return err
}

// cells gives the groups that have patients of a filter.
func (t *Tx) cells(ctx context.Context, f *PatientFilter, columns ...string) (all [][]int64, err error) {
	var p params
	where := f.where("c", "c.outcome", &p)
	by, from := strings.Join(columns, ", "), t.numbersOf(f)
	if slices.Contains(columns, "provider_id") {
		from = t.pick(patientCounts)
	}
	err = t.each(ctx, "find groups of patients", `SELECT `+by+` FROM `+from+` WHERE 1 = 1`+where+`
		GROUP BY `+by+` HAVING sum(patients) > 0 ORDER BY `+by, p, func(rows *sql.Rows) error {
		cell := make([]int64, len(columns))
		into := make([]any, len(columns))
		for i := range cell {
			into[i] = &cell[i]
		}
		err := rows.Scan(into...)
		all = append(all, cell)
		return err
	})
	return all, err
}

// PatientWalk goes through all patients of a filter who were there when it began,
// in no particular order, chunk by chunk; each chunk may be a transaction of its own.
type PatientWalk struct {
	filter PatientFilter
	way    *way
	upTo   int64
	leg    int
	after  int64
	IDs    []studymail.ID // of a list that was ticked, instead of a filter
}

// WalkPatients begins a walk.
func (t *Tx) WalkPatients(ctx context.Context, f PatientFilter) (PatientWalk, error) {
	w := PatientWalk{filter: f}
	total, err := t.CountPatients(ctx, f)
	if err != nil {
		return w, err
	}
	if w.way, err = t.wayTo(ctx, &f, total); err != nil {
		return w, err
	}
	_, err = t.one(ctx, "find the newest patient", `SELECT coalesce(max(id), 0) FROM patients`, nil, &w.upTo)
	return w, err
}

// walkAtOnce is how many patients a chunk looks at.
const walkAtOnce = 1000

// NextPatients gives the next patients of a walk, and where it goes on; there may
// be none in a chunk. The walk is over when Over says so.
func (t *Tx) NextPatients(ctx context.Context, w PatientWalk) ([]PatientRow, PatientWalk, error) {
	if w.way == nil {
		n := min(len(w.IDs), walkAtOnce)
		rows, err := t.PatientsByID(ctx, w.IDs[:n])
		w.IDs = w.IDs[n:]
		return rows, w, err
	}
	keys, next, err := t.NextPatientKeys(ctx, w)
	if err != nil {
		return nil, w, err
	}
	rows, err := t.patientsByKey(ctx, keys)
	return rows, next, err
}

// NextPatientKeys is NextPatients for who needs their row keys only.
func (t *Tx) NextPatientKeys(ctx context.Context, w PatientWalk) ([]int64, PatientWalk, error) {
	var keys []int64
	if w.way == nil {
		rows, w, err := t.NextPatients(ctx, w)
		for i := range rows {
			keys = append(keys, rows[i].Key)
		}
		return keys, w, err
	}
	var (
		p    params
		seen int
		last int64
	)
	one := way{legs: w.way.legs[w.leg : w.leg+1], exact: w.way.exact}
	query := one.chunk(t.kind, &PatientQuery{PatientFilter: w.filter}, PatientPlace{Key: w.after}, walkAtOnce, &p)
	err := t.each(ctx, "go through patients", query, p, func(rows *sql.Rows) error {
		var l looked
		err := rows.Scan(&l.Key, at{&l.Updated}, &l.fits)
		seen, last = seen+1, l.Key
		if l.fits && l.Key <= w.upTo {
			keys = append(keys, l.Key)
		}
		return err
	})
	if err != nil {
		return nil, w, err
	}
	if seen < walkAtOnce || last >= w.upTo {
		w.leg, w.after = w.leg+1, 0
	} else {
		w.after = last
	}
	return keys, w, nil
}

// Over tells that a walk has been everywhere.
func (w *PatientWalk) Over() bool {
	if w.way == nil {
		return len(w.IDs) == 0
	}
	return w.leg >= len(w.way.legs)
}

// PatientsByID gives the patients of some UUIDs, in their order; one that is not
// there is left out.
func (t *Tx) PatientsByID(ctx context.Context, ids []studymail.ID) ([]PatientRow, error) {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = hexOf(id[:])
	}
	text, err := rowsJSON(list)
	if err != nil {
		return nil, err
	}
	place := make(map[studymail.ID]PatientRow, len(ids))
	err = t.each(ctx, "find patients", t.pick(patientsByID), []any{text}, func(r *sql.Rows) error {
		var p PatientRow
		err := scanPatient(r, &p)
		place[p.ID] = p
		return err
	})
	rows := make([]PatientRow, 0, len(ids))
	for _, id := range ids {
		if p, there := place[id]; there {
			rows = append(rows, p)
			delete(place, id)
		}
	}
	return rows, err
}

var patientsByID = both{
	sqlite:   patientQuery + ` WHERE pa.uuid IN (SELECT unhex(value) FROM json_each($1))`,
	postgres: patientQuery + ` WHERE pa.uuid = ANY (ARRAY (SELECT decode(value, 'hex') FROM json_array_elements_text($1::json)))`,
}
