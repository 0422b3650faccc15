package intake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"slices"

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

// Pack gives what was found, compressed, to be stored.
func (r *Report) Pack() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_ = json.NewEncoder(z).Encode(Findings{r.Problems, r.Warnings}) // into memory
	_ = z.Close()
	return b.Bytes()
}

const maxFindings = 256 << 20 // 200,000 of them take a tenth

// UnpackFindings reads what Pack gave; nothing of nothing.
func UnpackFindings(packed []byte) (f Findings, err error) {
	if len(packed) == 0 {
		return f, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err == nil {
		err = json.NewDecoder(io.LimitReader(z, maxFindings)).Decode(&f)
	}
	if err != nil {
		return f, studymail.Errorf(studymail.Internal, "the problems of an import cannot be read: they are damaged")
	}
	return f, nil
}
