package intake

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// CSV is a comma-separated file: UTF-8 or UTF-16, separated by semicolons,
// commas or tabs, whichever makes more columns of the header known.
type CSV struct {
	from  blocks
	close func() error
}

// OpenCSV opens a CSV file; "-" is standard input. What cannot be read twice
// (a pipe, a terminal) is spooled in spoolDir, "" for the system's own. The
// caller closes it.
func OpenCSV(path string, stdin io.Reader, spoolDir string) (*CSV, error) {
	if path == "-" {
		return ReadCSV(stdin, spoolDir)
	}
	f, info, err := openFile(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() {
		return &CSV{&file{f: f, bytes: info.Size()}, f.Close}, nil
	}
	c, err := ReadCSV(f, spoolDir)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return c, nil
}

// ReadCSV takes a CSV file from a reader, which it reads to its end. The caller
// closes the result.
func ReadCSV(r io.Reader, spoolDir string) (*CSV, error) {
	s, err := newSpool(r, spoolDir)
	if err != nil {
		return nil, err
	}
	return &CSV{s, s.f.Close}, nil
}

// Close closes the file; what was spooled is gone with it.
func (c *CSV) Close() error {
	err := c.close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// Rows begins a reading.
func (c *CSV) Rows() Rows { return &csvRows{bytes: &blockReader{from: c.from}, total: c.from.size()} }

type csvRows struct {
	bytes *blockReader
	total int64
	scan  *scanner
}

// Progress implements Rows.
func (c *csvRows) Progress() (done, total int64) { return c.bytes.done, c.total }

// Next implements Rows.
func (c *csvRows) Next(row *Row) error {
	if c.scan == nil {
		r, err := utf8Reader(c.bytes)
		if err != nil {
			return err
		}
		c.scan = newScanner(r)
		if err := c.scan.findSeparator(); err != nil {
			return err
		}
	}
	return c.scan.next(row)
}

var separators = []byte{';', ',', '\t'}

// findSeparator reads the header with each separator and keeps the one that
// makes most columns known, then the one that makes most columns.
func (s *scanner) findSeparator() error {
	if err := s.fill(); err != nil {
		return err
	}
	// Excel's own way to name the separator, in a line that it does not number.
	if w := s.buf[s.pos:s.end]; len(w) > 5 && bytes.EqualFold(w[:4], []byte("sep=")) &&
		bytes.IndexByte(separators, w[4]) >= 0 && (w[5] == '\r' || w[5] == '\n') {
		s.sep = w[4]
		s.pos += 5 + newline(w[5:])
		return nil
	}
	best, found := -1, s.sep
	for _, sep := range separators {
		// A trial that reads on could not be taken back: it sees what is in the
		// buffer, as if the file ended there.
		t := *s
		t.eof, t.sep, t.text, t.ends = true, sep, nil, nil
		var row Row
		if err := t.next(&row); err != nil {
			continue // no rows: Next says so
		}
		known := 0
		for _, c := range row.Cells {
			if _, ok := columnOf(c); ok {
				known++
			}
		}
		if score := known<<16 + min(len(row.Cells), 1<<16-1); score > best {
			best, found = score, sep
		}
	}
	s.sep = found
	return nil
}
