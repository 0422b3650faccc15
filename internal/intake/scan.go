package intake

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// encoding/csv stops being of use at the first stray or unclosed quote, and
// numbers lines, not rows. This scanner goes on at the next line: one broken
// row costs one row.

const (
	// A record longer than this, or one whose quoted text runs over more lines,
	// is a quote that somebody forgot to close: so much is looked at, no more.
	maxRecord = 64 << 10
	maxLines  = 200

	scanBuffer = 4 * maxRecord
)

// The ways in which a row cannot be told into cells.
const (
	faultUnclosed = "a quotation mark is opened here and not closed in this row"
	faultStray    = "a stray quotation mark: put the whole value into quotation marks and double those inside, or take it out"
	faultLong     = "the row is longer than 64 KiB"
)

// scanner reads CSV (RFC 4180, with any of three separators and line endings).
type scanner struct {
	r    io.Reader
	buf  []byte // buf[pos:end] is read and not used
	pos  int
	end  int
	eof  bool
	sep  byte
	row  int
	text []byte // the record's cells, unquoted, one after the other
	ends []int  // where each ends in text
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, scanBuffer), sep: ','}
}

// fill makes sure that the longest record allowed, and the byte after it, can
// be seen.
func (s *scanner) fill() error {
	if s.eof || s.end-s.pos > maxRecord+1 {
		return nil
	}
	copy(s.buf, s.buf[s.pos:s.end])
	s.pos, s.end = 0, s.end-s.pos
	for s.end < len(s.buf) {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if errors.Is(err, io.EOF) {
			s.eof = true
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// next gives the next row that is not blank. Blank rows are counted.
func (s *scanner) next(row *Row) error {
	for {
		if err := s.fill(); err != nil {
			return err
		}
		if s.pos == s.end {
			return io.EOF
		}
		s.row++
		*row = Row{Number: s.row, Lines: 1, Cells: row.Cells[:0]}
		if err := s.record(row); err != nil {
			return err
		}
		if row.Fault != "" || !blank(row.Cells) {
			return nil
		}
	}
}

// blank tells an empty line, and the rows of nothing but separators that
// spreadsheets write below their tables.
func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// record reads one record at pos.
func (s *scanner) record(row *Row) error {
	w := s.buf[s.pos:s.end]
	quoted := false
	for i, c := range w {
		switch c {
		case '"':
			quoted = true
		case '\r', '\n':
			if i > maxRecord {
				return s.fault(row, faultLong, 0, i)
			}
			if quoted {
				return s.quotedRecord(row, w)
			}
			s.split(row, w[:i])
			s.pos += i + newline(w[i:])
			return nil
		}
		if i > maxRecord {
			break
		}
	}
	switch {
	case quoted:
		return s.quotedRecord(row, w)
	case len(w) > maxRecord:
		return s.fault(row, faultLong, 0, maxRecord)
	}
	s.split(row, w) // the last line, without an end
	s.pos = s.end
	return nil
}

// newline is the length of the line break at the beginning of w; fill sees to
// it that a CR is never the last byte of w while its LF is still unread.
func newline(w []byte) int {
	if len(w) > 1 && w[0] == '\r' && w[1] == '\n' {
		return 2
	}
	return 1
}

// split takes a line without quotes into cells.
func (s *scanner) split(row *Row, line []byte) {
	text := string(line) // one allocation for all cells
	for {
		i := strings.IndexByte(text, s.sep)
		if i < 0 {
			row.Cells = append(row.Cells, text)
			return
		}
		row.Cells = append(row.Cells, text[:i])
		text = text[i+1:]
	}
}

// fault gives the row up and goes on at the line after the one that at is in.
func (s *scanner) fault(row *Row, reason string, cell, at int) error {
	row.Fault, row.FaultCell, row.Cells = reason, cell, row.Cells[:0]
	s.pos += at
	for {
		if i := bytes.IndexAny(s.buf[s.pos:s.end], "\r\n"); i >= 0 {
			s.pos += i
			// The LF of a CR at the very end may be unread.
			if err := s.fill(); err != nil {
				return err
			}
			s.pos += newline(s.buf[s.pos:s.end])
			return nil
		}
		s.pos = s.end
		if s.eof {
			return nil
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// quotedRecord reads a record that has quotes in its first line.
func (s *scanner) quotedRecord(row *Row, w []byte) error {
	s.text, s.ends = s.text[:0], s.ends[:0]
	for i := 0; ; {
		cell := len(s.ends)
		if i < len(w) && w[i] == '"' {
			open := i
			after, lines, ok := s.quotedCell(w, i, row.Lines)
			if !ok {
				return s.fault(row, faultUnclosed, cell, open)
			}
			if after < len(w) && w[after] != s.sep && w[after] != '\r' && w[after] != '\n' {
				if lines > row.Lines {
					// The closing quote looks like another row's opening one.
					return s.fault(row, faultUnclosed, cell, open)
				}
				return s.fault(row, faultStray, cell, after)
			}
			i, row.Lines = after, lines
		} else {
			from := i
			for i < len(w) && i <= maxRecord && w[i] != s.sep && w[i] != '\r' && w[i] != '\n' {
				if w[i] == '"' {
					return s.fault(row, faultStray, cell, i)
				}
				i++
			}
			s.text = append(s.text, w[from:i]...)
		}
		s.ends = append(s.ends, len(s.text))
		switch {
		case i >= len(w): // fill would have read more: the file ends here
			s.pos = s.end
		case i > maxRecord:
			return s.fault(row, faultLong, 0, i)
		case w[i] == s.sep:
			i++
			continue
		default:
			s.pos += i + newline(w[i:])
		}
		break
	}
	text, from := string(s.text), 0
	for _, end := range s.ends {
		row.Cells = append(row.Cells, text[from:end])
		from = end
	}
	return nil
}

// quotedCell reads the quoted cell that opens at i and gives the place behind
// its closing quote and how many lines the record has by then; !ok where no
// closing quote is in reach.
func (s *scanner) quotedCell(w []byte, i, lines int) (after, linesNow int, ok bool) {
	i++
	for {
		reach := w[i:min(len(w), max(i, maxRecord))]
		j := bytes.IndexByte(reach, '"')
		if j < 0 {
			return 0, 0, false
		}
		lines += lineBreaks(reach[:j])
		if lines > maxLines {
			return 0, 0, false
		}
		s.text = append(s.text, reach[:j]...)
		i += j + 1
		if i >= len(w) || w[i] != '"' {
			return i, lines, true
		}
		s.text = append(s.text, '"')
		i++
	}
}

func lineBreaks(b []byte) int {
	n := bytes.Count(b, []byte{'\n'})
	for i, c := range b {
		if c == '\r' && (i+1 == len(b) || b[i+1] != '\n') {
			n++
		}
	}
	return n
}
