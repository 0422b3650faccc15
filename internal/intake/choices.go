package intake

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"studymail"
)

// Choices say how a file is to be read, and what is to happen with it. They are
// stored with an import, as JSON.
type Choices struct {
	// Columns names the column of each cell of a row, "" for one that is ignored.
	// Without them the header does.
	Columns         []string `json:"columns,omitempty"`
	NoHeader        bool     `json:"no_header,omitempty"` // the first row is a patient; Columns are needed
	SkipBad         bool     `json:"skip_bad,omitempty"`
	CreateProviders bool     `json:"create_providers,omitempty"`
	Recontact       bool     `json:"recontact,omitempty"`
}

// ReadChoices reads what Text gave.
func ReadChoices(text string) (Choices, error) {
	var c Choices
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, studymail.Errorf(studymail.Internal, "the choices of an import cannot be read; a newer studymail wrote them")
	}
	return c, nil
}

// Text gives the choices as they are stored.
func (c *Choices) Text() string {
	b, _ := json.Marshal(c) // of strings and truths: it cannot fail
	return string(b)
}

// Columns lists the columns that an import knows; the first of them are needed.
func Columns() (all []string, needed int) {
	return append([]string(nil), columnNames[:]...), int(requiredColumns)
}

// CheckColumns tells what is wrong with a choice of columns; "" for nothing.
func CheckColumns(names []string) string {
	seen := map[string]bool{}
	for _, n := range names {
		if n == "" {
			continue
		}
		if c, ok := columnOf(n); !ok || c.String() != n {
			return "choose one of the columns that an import knows"
		}
		if seen[n] {
			return n + " is chosen twice: leave one of them"
		}
		seen[n] = true
	}
	var missing []string
	for _, n := range columnNames[:requiredColumns] {
		if !seen[n] {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		return "nothing is chosen for " + strings.Join(missing, ", ")
	}
	return ""
}

// chosenLayout is the layout of columns that a person chose.
func chosenLayout(names []string) (*layout, error) {
	if reason := CheckColumns(names); reason != "" {
		return nil, &RefusedError{Row: 1, Reason: reason}
	}
	l := &layout{}
	for i := range l.at {
		l.at[i] = -1
	}
	for i, n := range names {
		c, known := columnOf(n)
		l.columns = append(l.columns, c)
		if known {
			l.at[c] = i
		}
	}
	return l, nil
}

// Other names that headers have for the columns, squeezed as by plain. They only
// suggest: a person says yes.
var otherNames = map[string]column{
	"user": usernameColumn, "userid": usernameColumn, "login": usernameColumn, "nhsnumber": usernameColumn, "participant": usernameColumn, "participantid": usernameColumn,
	"forename": firstNameColumn, "givenname": firstNameColumn, "first": firstNameColumn, "forenames": firstNameColumn, "firstnames": firstNameColumn,
	"surname": lastNameColumn, "familyname": lastNameColumn, "last": lastNameColumn,
	"mail": emailColumn, "emailaddress": emailColumn, "address": emailColumn,
	"ods": odsCodeColumn, "practice": odsCodeColumn, "practicecode": odsCodeColumn, "surgery": odsCodeColumn, "surgerycode": odsCodeColumn, "careprovider": odsCodeColumn, "provider": odsCodeColumn,
	"state": statusColumn, "cancellation": cancelledColumn, "cancelledreason": cancelledColumn,
	"externalreference": externalIDColumn, "reference": externalIDColumn, "id": externalIDColumn, "recordid": externalIDColumn,
}

// Head is the beginning of a file, for a person to say what its columns are.
type Head struct {
	Cells   []HeadCell
	Rows    [][]string // the rows below, a few of them: personal details
	Whole   bool       // the header names every column that is needed, and no other: nothing is to be asked
	Patient bool       // the first row looks like a patient, not like a header
}

// HeadCell is a cell of the first row.
type HeadCell struct {
	Letter  string // as a spreadsheet names the column
	Text    string // what stands there; a personal detail where the row looks like a patient
	Suggest string // the column that it probably is; "" for none
}

const headRows = 3

// ReadHead reads the beginning of a file. A *RefusedError says that it cannot be read
// as a table.
func ReadHead(src Source) (Head, error) {
	var (
		h    Head
		row  Row
		rows = src.Rows()
	)
	err := rows.Next(&row)
	switch {
	case errors.Is(err, io.EOF):
		return h, &RefusedError{Row: 1, Reason: "the file is empty"}
	case err != nil:
		return h, err
	case row.Fault != "":
		return h, &RefusedError{Row: row.Number, Column: letter(row.FaultCell), Reason: "the first row cannot be read: " + row.Fault}
	}
	seen, unknown := [columnCount]bool{}, false
	for i, text := range row.Cells {
		if damaged(text) != "" {
			return h, &RefusedError{Row: row.Number, Column: letter(i), Reason: "the first row cannot be read: it is neither UTF-8 nor UTF-16; save the file as “CSV UTF-8”"}
		}
		cell := HeadCell{Letter: letter(i), Text: strings.TrimSpace(text)}
		if c, known := columnOf(text); known && !seen[c] {
			cell.Suggest, seen[c] = c.String(), true
		} else if cell.Text != "" {
			unknown = true
		}
		h.Patient = h.Patient || strings.Contains(text, "@")
		h.Cells = append(h.Cells, cell)
	}
	h.Whole = !unknown
	for c := range requiredColumns {
		h.Whole = h.Whole && seen[c]
	}
	for i := range h.Cells { // what is named exactly goes first
		c, like := otherNames[plain(h.Cells[i].Text)]
		if h.Patient {
			c, like = emailColumn, strings.Contains(h.Cells[i].Text, "@")
		}
		if like && h.Cells[i].Suggest == "" && !seen[c] {
			h.Cells[i].Suggest, seen[c] = c.String(), true
		}
	}
	for len(h.Rows) < headRows {
		err := rows.Next(&row)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return h, err
		}
		if row.Fault == "" {
			h.Rows = append(h.Rows, append([]string(nil), row.Cells...))
		}
	}
	return h, nil
}

// RowsWith reads the cells of some rows, by their numbers, in order; nil for a row
// whose cells cannot be told apart. It reads no further than the last of them.
func RowsWith(src Source, numbers []int) (map[int][]string, error) {
	found := make(map[int][]string, len(numbers))
	wanted := make(map[int]bool, len(numbers))
	last := 0
	for _, n := range numbers {
		wanted[n] = true
		last = max(last, n)
	}
	var row Row
	for rows := src.Rows(); row.Number < last; {
		err := rows.Next(&row)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if wanted[row.Number] {
			found[row.Number] = append([]string(nil), row.Cells...)
		}
	}
	return found, nil
}

// CellOf gives the place of a column, by the name that a problem has for it, in the
// rows of a file that is read with these choices; -1 where it has none.
func (c *Choices) CellOf(header []string, name string) int {
	names := c.Columns
	if len(names) == 0 {
		names = header
	}
	for i, n := range names {
		if known, ok := columnOf(n); ok && known.String() == name || letter(i) == name {
			return i
		}
	}
	return -1
}
