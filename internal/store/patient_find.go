package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"studymail"
)

// PatientOrder is what patients are sorted by. Names and addresses are sealed:
// nothing can be sorted by them.
type PatientOrder string

// The orders.
const (
	ByAdded   PatientOrder = "added"
	ByUpdated PatientOrder = "updated"
	ByID      PatientOrder = "id"
)

// PatientPlace is where a patient stands in an order: a page begins behind it.
type PatientPlace struct {
	Key     int64
	Updated time.Time // in ByUpdated
	ID      studymail.ID
}

// PatientQuery asks for one page of patients.
type PatientQuery struct {
	PatientFilter
	Order      PatientOrder
	Descending bool
	From       *PatientPlace // nil: the first page
	Limit      int
	Looks      int // how many patients it may look at; 0: 20,000
}

// PatientPage is one page.
type PatientPage struct {
	Rows  []PatientRow
	Next  *PatientPlace // where the next page begins; nil: this is the last
	Short bool          // the search stopped before the page was full: it goes on at Next
}

// maxLooked bounds how many patients one page looks at to find those of a filter
// that no index has. What it found until then is a page, too.
const maxLooked = 20_000

// FindPatients gives one page. Whatever the filter, it takes few steps: it goes
// through an index that has the filter, or through the smallest that has part of it.
func (t *Tx) FindPatients(ctx context.Context, q PatientQuery) (PatientPage, error) {
	var (
		page  PatientPage
		found found
		err   error
	)
	d, err := t.wayTo(ctx, &q.PatientFilter)
	if err != nil {
		return page, err
	}
	switch {
	case q.Order == ByAdded || q.Order == "":
		found, err = t.walk(ctx, &q, d.chunk)
	case d.size <= maxGathered && d.whole:
		found, err = t.gather(ctx, &q, d)
	default:
		found, err = t.walk(ctx, &q, inOrder)
	}
	if err != nil {
		return page, err
	}
	page.Short = found.short
	if page.Rows, err = t.patientsByKey(ctx, found.keys); err != nil {
		return page, err
	}
	switch {
	case found.short:
		page.Next = &found.last
	case found.more && len(page.Rows) > 0:
		last := &page.Rows[len(page.Rows)-1]
		page.Next = &PatientPlace{last.Key, last.UpdatedAt, last.ID}
	}
	return page, nil
}

// found are the row keys of a page.
type found struct {
	keys  []int64
	more  bool
	short bool
	last  PatientPlace // the last one that was looked at
}

// looked is a patient that a walk came by.
type looked struct {
	PatientPlace
	fits bool
}

// chunks makes the statement for the next patients of a walk; exact tells that all
// of them fit the filter.
type chunks func(t *Tx, q *PatientQuery, from PatientPlace, limit int, p *params) (query string, exact bool)

// walk goes through patients in order, chunk by chunk, until a page is full.
func (t *Tx) walk(ctx context.Context, q *PatientQuery, next chunks) (found, error) {
	var res found
	from := start(q)
	limit, sum := min(500, cmp.Or(q.Looks, maxLooked)), 0
	for {
		var (
			p    params
			all  []looked
			want = q.Limit + 1 - len(res.keys)
		)
		query, exact := next(t, q, from, limit, &p)
		if exact {
			p, limit = nil, want
			query, _ = next(t, q, from, limit, &p)
		}
		err := t.each(ctx, "find patients", query, p, func(rows *sql.Rows) error {
			var l looked
			err := rows.Scan(&l.Key, at{&l.Updated}, &l.ID, &l.fits)
			all = append(all, l)
			return err
		})
		if err != nil {
			return res, err
		}
		for _, l := range all {
			if l.fits {
				res.keys = append(res.keys, l.Key)
			}
			if len(res.keys) > q.Limit {
				res.keys, res.more = res.keys[:q.Limit], true
				return res, nil
			}
		}
		if len(all) < limit {
			return res, nil
		}
		from = all[len(all)-1].PatientPlace
		if sum += len(all); sum >= cmp.Or(q.Looks, maxLooked) {
			res.short, res.last = true, from
			return res, nil
		}
		limit *= 2
	}
}

// start is where a page begins.
func start(q *PatientQuery) PatientPlace {
	switch {
	case q.From != nil:
		return *q.From
	case q.Descending:
		return PatientPlace{math.MaxInt64, time.UnixMilli(math.MaxInt64 / 2), studymail.ID([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))}
	}
	return PatientPlace{Updated: time.UnixMilli(-1)}
}

func (q *PatientQuery) direction() (compare, order string) {
	if q.Descending {
		return "<", "DESC"
	}
	return ">", "ASC"
}

// by gives the columns of an order, and what to compare them with.
func (q *PatientQuery) by(table string, from PatientPlace, p *params) (columns []string, than string) {
	switch q.Order {
	case ByUpdated:
		return []string{table + ".updated_at", table + ".id"}, p.add(from.Updated.UnixMilli()) + ", " + p.add(from.Key)
	case ByID:
		return []string{table + ".uuid"}, p.add(from.ID[:])
	case ByAdded:
	}
	return []string{table + ".id"}, p.add(from.Key)
}

func ordered(columns []string, order string) string {
	return strings.Join(columns, " "+order+", ") + " " + order
}

const patientColumns = `id, uuid, person_id, study_id, provider_id, status, cancelled, updated_at`

// inOrder walks the index of an order, and looks whether who comes by fits.
func inOrder(_ *Tx, q *PatientQuery, from PatientPlace, limit int, p *params) (string, bool) {
	compare, order := q.direction()
	columns, than := q.by("pa", from, p)
	inner := fmt.Sprintf(`SELECT `+patientColumns+` FROM patients pa WHERE (%s) %s (%s) ORDER BY %s LIMIT %s`,
		strings.Join(columns, ", "), compare, than, ordered(columns, order), p.add(limit))
	where := q.where("w", "coalesce(lm.outcome, 0)", p)
	columns, _ = q.by("w", from, &params{})
	return fmt.Sprintf(`SELECT w.id, w.updated_at, w.uuid, CASE WHEN 1 = 1%s THEN 1 ELSE 0 END FROM (%s) w
		LEFT JOIN last_messages lm ON lm.patient_id = w.id ORDER BY %s`, where, inner, ordered(columns, order)), where == ""
}

// chunk walks the legs of a way side by side.
func (d *way) chunk(t *Tx, q *PatientQuery, from PatientPlace, limit int, p *params) (string, bool) {
	compare, order := q.direction()
	var legs []string
	for i := range d.legs {
		legs = append(legs, d.legs[i].query(p, compare, order, from.Key, limit))
	}
	inner := legs[0]
	if len(legs) > 1 {
		inner = fmt.Sprintf(`SELECT id FROM (%s) u ORDER BY id %s LIMIT %s`, strings.Join(legs, " UNION ALL "), order, p.add(limit))
	}
	if d.exact {
		return fmt.Sprintf(`SELECT w.id, NULL, NULL, 1 FROM (%s) w ORDER BY w.id %s`, inner, order), true
	}
	where := q.where("pa", "coalesce(lm.outcome, 0)", p)
	return fmt.Sprintf(`SELECT w.id, NULL, NULL, CASE WHEN 1 = 1%s THEN 1 ELSE 0 END FROM (%s) w
		CROSS JOIN patients pa LEFT JOIN last_messages lm ON lm.patient_id = pa.id WHERE pa.id = w.id ORDER BY w.id %s`, where, inner, order), false
}

// maxGathered bounds how many patients are gathered to be sorted.
const maxGathered = 5000

// gather finds a page in an order whose index does not have the filter, where there
// are few who could be on it: all of them are gathered and sorted.
func (t *Tx) gather(ctx context.Context, q *PatientQuery, d *way) (found, error) {
	var (
		res  found
		p    params
		legs []string
	)
	for i := range d.legs {
		legs = append(legs, d.legs[i].query(&p, ">", "ASC", 0, maxGathered+1))
	}
	compare, order := q.direction()
	where := q.where("pa", "coalesce(lm.outcome, 0)", &p)
	columns, than := q.by("pa", start(q), &p)
	query := fmt.Sprintf(`SELECT pa.id FROM (%s) w CROSS JOIN patients pa LEFT JOIN last_messages lm ON lm.patient_id = pa.id
		WHERE pa.id = w.id%s AND (%s) %s (%s) ORDER BY %s LIMIT %s`,
		strings.Join(legs, " UNION ALL "), where, strings.Join(columns, ", "), compare, than, ordered(columns, order), p.add(q.Limit+1))
	err := t.each(ctx, "find patients", query, p, func(rows *sql.Rows) error {
		var k int64
		err := rows.Scan(&k)
		res.keys = append(res.keys, k)
		return err
	})
	if len(res.keys) > q.Limit {
		res.keys, res.more = res.keys[:q.Limit], true
	}
	return res, err
}

var patientsByKey = both{
	sqlite:   patientQuery + ` WHERE pa.id IN (SELECT value FROM json_each($1))`,
	postgres: patientQuery + ` WHERE pa.id = ANY (ARRAY (SELECT value::bigint FROM json_array_elements_text($1::json)))`,
}

// patientsByKey gives patients in the order of their keys' list.
func (t *Tx) patientsByKey(ctx context.Context, keys []int64) ([]PatientRow, error) {
	rows := make([]PatientRow, 0, len(keys))
	if len(keys) == 0 {
		return rows, nil
	}
	place := make(map[int64]PatientRow, len(keys))
	err := t.each(ctx, "list patients", t.pick(patientsByKey), []any{keysJSON(keys)}, func(r *sql.Rows) error {
		var p PatientRow
		err := scanPatient(r, &p)
		place[p.Key] = p
		return err
	})
	for _, k := range keys {
		if p, there := place[k]; there {
			rows = append(rows, p)
		}
	}
	return rows, err
}
