package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table prints aligned columns. A long one is printed in pieces (end after
// each): columns never get narrower than they were.
type table struct {
	out    io.Writer
	widths []int
	rows   [][]string
}

func (e *env) table(header ...string) *table {
	t := &table{out: e.Out}
	cells := make([]any, len(header))
	for i, h := range header {
		cells[i] = strings.ToUpper(h)
	}
	t.row(cells...)
	return t
}

// row adds a row; nothing shows as –.
func (t *table) row(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
		if row[i] == "" {
			row[i] = "–"
		}
		if i == len(t.widths) {
			t.widths = append(t.widths, 0)
		}
		t.widths[i] = max(t.widths[i], utf8.RuneCountInString(row[i]))
	}
	t.rows = append(t.rows, row)
}

// end prints the rows that were not printed yet.
func (t *table) end() error {
	var b strings.Builder
	for _, row := range t.rows {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 { // no blanks at the end of a line
				b.WriteString(strings.Repeat(" ", t.widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	t.rows = t.rows[:0]
	_, err := io.WriteString(t.out, b.String())
	return cannotPrint(err)
}
