package intake

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// column is one of the columns that an import knows.
type column int

const (
	unknownColumn column = iota - 1
	usernameColumn
	firstNameColumn
	lastNameColumn
	emailColumn
	odsCodeColumn
	statusColumn
	cancelledColumn
	externalIDColumn
	columnCount

	requiredColumns = statusColumn // those before it
)

var columnNames = [columnCount]string{
	"username", "first_name", "last_name", "email", "ods_code", "status", "cancelled", "external_id",
}

// maxLength is in characters: a username's is the predecessor's, an external
// id's and a name's are generous. The address's limits are RFC 5321's (address.go).
var maxLength = [columnCount]int{150, 200, 200, 1000, 100, 100, 100, 100}

// String gives the name.
func (c column) String() string { return columnNames[c] }

// columnOf tells which column a header cell names: case, spaces, underscores
// and hyphens do not matter.
func columnOf(cell string) (column, bool) {
	name := plain(cell)
	for c, known := range columnNames {
		if name == plain(known) {
			return column(c), true
		}
	}
	return unknownColumn, false
}

func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '_', '-', '\u00A0', '\t':
			return -1
		}
		return r
	}, s)
	return strings.ToLower(s)
}

// layout is what a header says about the rows below.
type layout struct {
	columns []column // of each cell; unknownColumn for one that is ignored
	at      [columnCount]int
}

// name is how a problem names a cell: its column, or the letter that a
// spreadsheet shows. Never the header's own text: in a file without a header
// that is a patient.
func (l *layout) name(cell int) string {
	if cell < 0 || cell >= len(l.columns) {
		return ""
	}
	if c := l.columns[cell]; c != unknownColumn {
		return c.String()
	}
	return letter(cell)
}

// letter is a spreadsheet's name of a column: A … Z, AA ….
func letter(cell int) string {
	var b []byte
	for n := cell + 1; n > 0; n = (n - 1) / 26 {
		b = append([]byte{byte('A' + (n-1)%26)}, b...)
	}
	return string(b)
}

// readHeader reads the header row. Columns that are not known are ignored, with
// a warning.
func readHeader(row *Row) (*layout, []Problem, error) {
	refuse := func(column, reason string) (*layout, []Problem, error) {
		return nil, nil, &RefusedError{row.Number, column, reason}
	}
	if row.Fault != "" {
		return refuse(letter(row.FaultCell), "the header cannot be read: "+row.Fault)
	}
	l := &layout{}
	for i := range l.at {
		l.at[i] = -1
	}
	var warnings []Problem
	for i, cell := range row.Cells {
		if !utf8.ValidString(cell) || strings.ContainsAny(cell, "\x00\uFFFD") {
			return refuse(letter(i), "the header cannot be read: it is neither UTF-8 nor UTF-16; save the file as “CSV UTF-8”")
		}
		c, known := columnOf(cell)
		l.columns = append(l.columns, c)
		switch {
		case !known && strings.TrimSpace(cell) != "":
			warnings = append(warnings, Problem{row.Number, letter(i), "not a column that an import knows: ignored"})
		case known && l.at[c] >= 0:
			return refuse(c.String(), "the header has this column twice ("+letter(l.at[c])+" and "+letter(i)+"): leave one of them")
		case known:
			l.at[c] = i
		}
	}
	var missing []string
	for c := range requiredColumns {
		if l.at[c] < 0 {
			missing = append(missing, c.String())
		}
	}
	if len(missing) == int(requiredColumns) {
		return refuse("", "the first row is not a header: it must name the columns "+strings.Join(columnNames[:requiredColumns], ", ")+
			" (and may name "+strings.Join(columnNames[requiredColumns:], ", ")+")")
	}
	if len(missing) > 0 {
		return refuse("", "the header lacks "+strings.Join(missing, ", "))
	}
	return l, warnings, nil
}

// wrongCount says that a row has more or fewer cells than the header.
func (l *layout) wrongCount(row *Row) string {
	few := "too few cells: "
	if len(row.Cells) > len(l.columns) {
		few = "too many cells: "
	}
	text := few + strconv.Itoa(len(row.Cells)) + ", and the header has " + strconv.Itoa(len(l.columns))
	if row.Lines > 1 {
		text += "; the row runs over " + strconv.Itoa(row.Lines) + " lines, perhaps a quotation mark is not closed"
	}
	return text
}
