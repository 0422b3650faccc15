package intake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"studymail"
)

// Numbers are what an import did, or would do, without the lists of a Result.
type Numbers struct {
	Rows             int      `json:"rows"`     // good ones
	BadRows          int      `json:"bad_rows"` // rows with problems
	Problems         int      `json:"problems"`
	Warnings         int      `json:"warnings"`
	PeopleAdded      int      `json:"people_added"`
	PatientsAdded    int      `json:"patients_added"`
	DetailsUpdated   int      `json:"details_updated"`
	ExternalIDsAdded int      `json:"external_ids_added"`
	Unchanged        int      `json:"unchanged"`
	NewAddresses     int      `json:"new_addresses_not_contactable"`
	Recontacted      int      `json:"recontacted"`
	ProvidersCreated []string `json:"providers_created"` // ODS codes
	Refused          bool     `json:"refused"`           // the file itself is the problem
	Written          bool     `json:"written"`           // something was
}

// Numbers gives the numbers of a result.
func (r *Result) Numbers() Numbers {
	problems, warnings := r.Count()
	return Numbers{
		Rows: r.Rows, BadRows: r.BadRows, Problems: problems, Warnings: warnings, PeopleAdded: r.PeopleAdded, PatientsAdded: r.PatientsAdded,
		DetailsUpdated: r.DetailsUpdated, ExternalIDsAdded: r.ExternalIDsAdded, Unchanged: r.Unchanged, NewAddresses: r.NewAddresses,
		Recontacted: r.Recontacted, ProvidersCreated: r.ProvidersCreated, Refused: r.RefusedAsAWhole, Written: r.Written,
	}
}

// Same tells whether another check found the same: what was confirmed is what is done.
func (n *Numbers) Same(o *Numbers) bool {
	a, b := *n, *o
	a.ProvidersCreated, b.ProvidersCreated = nil, nil
	a.Warnings, b.Warnings, a.Written, b.Written = 0, 0, false, false
	return slices.Equal(n.ProvidersCreated, o.ProvidersCreated) && fmt.Sprint(a) == fmt.Sprint(b)
}

// Changes tells whether there is anything to write.
func (n *Numbers) Changes() bool {
	return n.PeopleAdded+n.PatientsAdded+n.DetailsUpdated+n.ExternalIDsAdded+n.Recontacted+len(n.ProvidersCreated) > 0
}

// Text gives the numbers as they are stored.
func (n *Numbers) Text() string {
	b, _ := json.Marshal(n) // of numbers and strings: it cannot fail
	return string(b)
}

// ReadNumbers reads what Text gave; zero Numbers of nothing.
func ReadNumbers(text string) (n Numbers, err error) {
	if text == "" {
		return n, nil
	}
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return n, studymail.Errorf(studymail.Internal, "the numbers of an import cannot be read; a newer studymail wrote them")
	}
	return n, nil
}

// Findings are the problems and warnings of an import: rows, columns and reasons,
// never a value.
type Findings struct {
	Problems []Problem `json:"problems"`
	Warnings []Problem `json:"warnings"`
}

// Brief is what a page shows of them: how often each kind is there, and the first ones.
type Brief struct {
	Findings            // of the first rows that have any
	ProblemKinds []Kind `json:"problem_kinds"`
	WarningKinds []Kind `json:"warning_kinds"`
}

// Kind is a kind of problem in a column. Numbers in a reason do not tell kinds apart.
type Kind struct {
	Column string `json:"column"`
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Pack gives what was found, compressed, to be stored: the brief, then all of it.
func (r *Report) Pack() []byte {
	var b bytes.Buffer
	for _, part := range []any{
		Brief{Findings{firstRows(r.Problems), firstRows(r.Warnings)}, kindsOf(r.Problems), kindsOf(r.Warnings)},
		Findings{r.Problems, r.Warnings},
	} {
		z := gzip.NewWriter(&b)
		_ = json.NewEncoder(z).Encode(part) // into memory
		_ = z.Close()
	}
	return b.Bytes()
}

// firstRows gives the problems of the first rows that have some.
func firstRows(all []Problem) []Problem {
	rows := map[int]bool{}
	for i := range all {
		if rows[all[i].Row] = true; len(rows) > inPlace {
			return all[:i]
		}
	}
	return all
}

var digits = regexp.MustCompile(`\d+`)

// kindsOf counts problems by kind, the most frequent first.
func kindsOf(all []Problem) []Kind {
	kinds := []Kind{}
	place := map[Kind]int{}
	for i := range all {
		key := Kind{Column: all[i].Column, Reason: all[i].Reason}
		if strings.Contains(key.Reason, "row ") || strings.Contains(key.Reason, "cells") {
			key.Reason = digits.ReplaceAllString(key.Reason, "…")
		}
		at, there := place[key]
		if !there {
			at = len(kinds)
			place[key] = at
			kinds = append(kinds, key)
		}
		kinds[at].Count++
	}
	slices.SortStableFunc(kinds, func(a, b Kind) int { return b.Count - a.Count })
	return kinds
}

// UnpackBrief reads what a page shows of what Pack gave; nothing of nothing.
func UnpackBrief(packed []byte) (f Brief, err error) {
	return f, unpack(packed, &f)
}

// UnpackFindings reads all of what Pack gave; nothing of nothing.
func UnpackFindings(packed []byte) (f Findings, err error) {
	return f, unpack(packed, new(Brief), &f)
}

const maxFindings = 256 << 20 // 200,000 of them take a tenth

// unpack reads the parts of a pack, in order, no further than is asked for.
func unpack(packed []byte, parts ...any) error {
	if len(packed) == 0 {
		return nil
	}
	from := bytes.NewReader(packed)
	z, err := gzip.NewReader(from)
	for i := 0; err == nil && i < len(parts); i++ {
		if i > 0 {
			if err = z.Reset(from); err != nil {
				break
			}
		}
		z.Multistream(false)
		var b []byte
		if b, err = io.ReadAll(io.LimitReader(z, maxFindings)); err == nil {
			err = json.Unmarshal(b, parts[i])
		}
	}
	if err != nil {
		return studymail.Errorf(studymail.Internal, "the problems of an import cannot be read: they are damaged")
	}
	return nil
}
