package store

import (
	"strconv"
	"strings"

	"studymail"
)

// PatientFilter says which patients; the zero value is all.
type PatientFilter struct {
	Study     int64 // row key; 0: any
	Provider  int64 // row key; 0: any
	Status    *studymail.Status
	Cancelled *studymail.Cancelled
	InStudy   *bool
	Outcome   *studymail.State // of the newest message: Queued for all that wait, 0 for patients without one
	People    []int64          // row keys; nil: any
	After     int64            // row key of the last one of the page before
	Limit     int              // 0: 1,000
}

// params are a statement's parameters, put together with it.
type params []any

// add adds a parameter and gives its name.
func (p *params) add(v any) string {
	*p = append(*p, v)
	return "$" + strconv.Itoa(len(*p))
}

// where gives the filter as SQL that goes on with AND, on a table that has a
// patient's columns and an expression for the outcome. After is not in it.
func (f *PatientFilter) where(table, outcome string, p *params) string {
	var b strings.Builder
	and := func(condition string) { b.WriteString(" AND " + condition) }
	if f.Study != 0 {
		and(table + ".study_id = " + p.add(f.Study))
	}
	if f.Provider != 0 {
		and(table + ".provider_id = " + p.add(f.Provider))
	}
	if f.Status != nil {
		and(table + ".status = " + p.add(int(*f.Status)))
	}
	if f.Cancelled != nil {
		and(table + ".cancelled = " + p.add(int(*f.Cancelled)))
	}
	if f.InStudy != nil {
		if *f.InStudy {
			and(table + ".status = 0 AND " + table + ".cancelled = 0")
		} else {
			and("(" + table + ".status <> 0 OR " + table + ".cancelled <> 0)")
		}
	}
	if f.Outcome != nil {
		and(outcome + " = " + p.add(int(*f.Outcome)))
	}
	if f.People != nil {
		var in []string
		for _, k := range f.People {
			in = append(in, p.add(k))
		}
		and(table + ".person_id IN (" + strings.Join(append(in, "NULL"), ", ") + ")")
	}
	return b.String()
}

// anyStanding tells whether status and cancelled do not matter.
func (f *PatientFilter) anyStanding() bool {
	return f.Status == nil && f.Cancelled == nil && f.InStudy == nil
}
