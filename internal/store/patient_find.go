package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"
)

// PatientOrder is what patients are sorted by. Names and addresses are sealed:
// nothing can be sorted by them; and UUIDs are in the order of adding anyway.
type PatientOrder string

// The orders.
const (
	ByAdded   PatientOrder = "added"
	ByUpdated PatientOrder = "updated"
)

// PatientPlace is where a patient stands in an order: a page begins behind it.
type PatientPlace struct {
	Key     int64
	Updated time.Time // in ByUpdated
}

// PatientQuery asks for one page of patients.
type PatientQuery struct {
	PatientFilter
	Order      PatientOrder
	Descending bool
	From       *PatientPlace // nil: the first page
	Limit      int
	Looks      int // how many patients it may look at; 0: 20,000
	Total      int // how many match, where that is known; 0: it counts them
}

// PatientPage is one page.
type PatientPage struct {
	Rows  []PatientRow
	Next  *PatientPlace // where the next page begins; nil: this is the last
	Short bool          // the search stopped before the page was full: it goes on at Next
}

// A page does not look for those of a filter that no index has for ever: what it
// found until then is a page, too.
const (
	maxLooked   = 20_000
	maxLooking  = 30 * time.Millisecond
	maxGathered = 5000 // who are sorted, where no index has both filter and order
)

// FindPatients gives one page. Whatever the filter, it takes few steps: it goes
// through an index that has the filter, or through the smallest that has part of it.
func (t *Tx) FindPatients(ctx context.Context, q PatientQuery) (PatientPage, error) {
	var (
		page PatientPage
		err  error
	)
	total := q.Total
	if total == 0 {
		if total, err = t.CountPatients(ctx, q.PatientFilter); err != nil || total == 0 {
			return page, err
		}
	}
	found, ok, err := t.pickOut(ctx, &q, total)
	if err == nil && !ok {
		found, err = t.findByWay(ctx, &q, total)
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
		page.Next = &PatientPlace{last.Key, last.UpdatedAt}
	}
	return page, nil
}

// pickedOut is how many patients are gone through for a page when so many of all match
// that a page is found among them.
const pickedOut = 6000

// pickOut goes through all patients in order, whatever the filter, where that is
// likely to fill the page soon; false when it is not, or did not.
func (t *Tx) pickOut(ctx context.Context, q *PatientQuery, total int) (foundPatients, bool, error) {
	if q.People != nil || q.Study != 0 {
		return foundPatients{}, false, nil
	}
	var all int // about: some are gone
	if _, err := t.one(ctx, "find patients", `SELECT coalesce(max(id), 0) FROM patients`, nil, &all); err != nil {
		return foundPatients{}, false, err
	}
	if 2*all*(q.Limit+1) > pickedOut*total {
		return foundPatients{}, false, nil
	}
	some := *q
	some.Looks = min(pickedOut, cmp.Or(q.Looks, maxLooked))
	found, err := t.walk(ctx, &some, &way{legs: []leg{everybody}, exact: q.Provider == 0 && q.anyStanding() && q.Outcome == nil})
	return found, !found.short, err
}

// findByWay goes by the indexes that the filter has.
func (t *Tx) findByWay(ctx context.Context, q *PatientQuery, total int) (foundPatients, error) {
	w, err := t.wayTo(ctx, &q.PatientFilter, total)
	if err != nil {
		return foundPatients{}, err
	}
	switch {
	case q.Order != ByUpdated:
		return t.walk(ctx, q, w)
	case w.known && w.size <= maxGathered:
		return t.gather(ctx, q, w)
	}
	return t.walk(ctx, q, wayByUpdated(&q.PatientFilter))
}

// foundPatients are the row keys of a page.
type foundPatients struct {
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

// walk goes through the legs of a way side by side, in order, chunk by chunk, until a
// page is full.
func (t *Tx) walk(ctx context.Context, q *PatientQuery, w *way) (foundPatients, error) {
	var res foundPatients
	from, began, sum := start(q), t.clock(), 0
	most := cmp.Or(q.Looks, maxLooked)
	for limit := w.firstChunk(q, most); ; limit = min(2*limit, w.largestChunk(q)) {
		var p params
		all := make([]looked, 0, limit)
		err := t.each(ctx, "find patients", w.chunk(t.kind, q, from, limit, &p), p, func(rows *sql.Rows) error {
			var l looked
			err := rows.Scan(&l.Key, at{&l.Updated}, &l.fits)
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
		if sum += len(all); sum >= most || t.clock().Sub(began) > maxLooking {
			res.short, res.last = true, from
			return res, nil
		}
	}
}

// firstChunk and largestChunk are how many patients a walk asks for at once: a page
// where all fit, else more and more, so that few legs or many look at about as many.
func (w *way) firstChunk(q *PatientQuery, most int) int {
	if w.exact {
		return q.Limit + 1
	}
	return min(max(500/len(w.legs), q.Limit+1), most)
}

func (w *way) largestChunk(q *PatientQuery) int { return max(2000/len(w.legs), q.Limit+1) }

// start is where a page begins.
func start(q *PatientQuery) PatientPlace {
	switch {
	case q.From != nil:
		return *q.From
	case q.Descending:
		return PatientPlace{math.MaxInt64, time.UnixMilli(math.MaxInt64 / 2)}
	}
	return PatientPlace{Updated: time.UnixMilli(-1)}
}

// order gives the columns of an order, the comparison with a place, and how to sort.
func (q *PatientQuery) order(table, key string, from PatientPlace, p *params) (behind, by string) {
	compare, way := ">", "ASC"
	if q.Descending {
		compare, way = "<", "DESC"
	}
	if q.Order == ByUpdated {
		behind = fmt.Sprintf("(%[1]s.updated_at, %[1]s.%[2]s) %[3]s (%[4]s, %[5]s)", table, key, compare, p.add(from.Updated.UnixMilli()), p.add(from.Key))
		return behind, fmt.Sprintf("%[1]s.updated_at %[3]s, %[1]s.%[2]s %[3]s", table, key, way)
	}
	return fmt.Sprintf("%s.%s %s %s", table, key, compare, p.add(from.Key)), fmt.Sprintf("%s.%s %s", table, key, way)
}

// chunk makes the statement for the next patients of a walk, with whether they fit.
func (w *way) chunk(kind Kind, q *PatientQuery, from PatientPlace, limit int, p *params) string {
	legs := make([]string, len(w.legs))
	for i := range w.legs {
		legs[i] = w.legs[i].query(kind, q, from, limit, p)
	}
	_, by := q.order("w", "id", from, &params{})
	inner := legs[0]
	if len(legs) > 1 {
		inner = fmt.Sprintf(`SELECT * FROM (%s) w ORDER BY %s LIMIT %s`, strings.Join(legs, " UNION ALL "), by, p.add(limit))
	}
	if w.exact {
		return fmt.Sprintf(`SELECT w.id, w.updated_at, 1 FROM (%s) w ORDER BY %s`, inner, by)
	}
	f := q.PatientFilter
	f.People = nil // the legs have them
	join := ""
	if f.Outcome != nil {
		join = " LEFT JOIN last_messages lm ON lm.patient_id = w.id"
	}
	return fmt.Sprintf(`SELECT w.id, w.updated_at, CASE WHEN 1 = 1%s THEN 1 ELSE 0 END FROM (%s) w%s ORDER BY %s`,
		f.where("w", "coalesce(lm.outcome, 0)", p), inner, join, by)
}

// gather finds a page in an order whose index does not have the filter, where there
// are few who could be on it: all of them are gathered and sorted.
func (t *Tx) gather(ctx context.Context, q *PatientQuery, w *way) (foundPatients, error) {
	var (
		res foundPatients
		p   params
	)
	all := *q
	all.Order, all.Descending, all.From = ByAdded, false, nil
	legs := make([]string, len(w.legs))
	for i := range w.legs {
		legs[i] = w.legs[i].query(t.kind, &all, start(&all), maxGathered+1, &p)
	}
	f := q.PatientFilter
	f.People = nil
	where := f.where("w", "coalesce(lm.outcome, 0)", &p)
	behind, by := q.order("w", "id", start(q), &p)
	query := fmt.Sprintf(`SELECT w.id FROM (%s) w LEFT JOIN last_messages lm ON lm.patient_id = w.id WHERE %s%s ORDER BY %s LIMIT %s`,
		strings.Join(legs, " UNION ALL "), behind, where, by, p.add(q.Limit+1))
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
