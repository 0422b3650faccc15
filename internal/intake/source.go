package intake

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"studymail"
)

// Source is a table file. It can be read more than once and gives the same
// rows each time; where it cannot, Next fails.
type Source interface {
	// Rows begins a reading from the first row, the header.
	Rows() Rows
}

// Rows is one reading of a Source.
type Rows interface {
	// Next reads the next row that is not blank into row, whose cells are good
	// until the next call. It gives io.EOF after the last. A *RefusedError means
	// that the file as a whole cannot be read, any other error that reading failed.
	Next(row *Row) error
	// Progress tells how much of the file was read, in bytes; total is 0 while
	// it is not known.
	Progress() (done, total int64)
}

// Row is one row as it stands in the file.
type Row struct {
	Number    int      // as a spreadsheet numbers it: the header is 1
	Lines     int      // how many lines it runs over; 1 as a rule
	Cells     []string // not trimmed
	Fault     string   // why the cells cannot be told apart; "" as a rule
	FaultCell int      // the cell where that is, from 0
}

// RefusedError says why a file as a whole cannot be imported.
type RefusedError struct {
	Row    int
	Column string
	Reason string
}

// Error gives the reason.
func (r *RefusedError) Error() string { return r.Reason }

const blockSize = 256 << 10

// blocks is where the bytes of a Source are kept: numbered pieces of blockSize,
// the last one shorter.
type blocks interface {
	// block reads the block of a number into b; the last one is followed by io.EOF.
	block(n int, b []byte) (int, error)
	size() int64 // 0: not known
}

var errChanged = &studymail.Error{
	Code:    studymail.Conflict,
	Message: "the file was changed while it was being imported; what was written stays and is right: import the file again when it is complete",
}

// file is a regular file; it remembers the hash of each block that it gave, and
// gives no other bytes later.
type file struct {
	f     *os.File
	bytes int64
	sums  [][sha256.Size]byte
	whole bool // sums has all
}

func openFile(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, studymail.Errorf(studymail.NotFound, "no such file: %s", path)
	case errors.Is(err, fs.ErrPermission):
		return nil, nil, studymail.Errorf(studymail.Invalid, "no permission to read the file %s", path)
	case err != nil:
		return nil, nil, fmt.Errorf("open the file to import: %w", err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = studymail.Errorf(studymail.Invalid, "%s is a folder; name the CSV file in it", path)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

func (f *file) size() int64 { return f.bytes }

func (f *file) block(n int, b []byte) (int, error) {
	got, err := f.f.ReadAt(b, int64(n)*blockSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read the file to import: %w", err)
	}
	if got == 0 {
		if f.whole && n != len(f.sums) {
			return 0, errChanged
		}
		f.whole = true
		return 0, io.EOF
	}
	sum := sha256.Sum256(b[:got])
	switch {
	case n < len(f.sums):
		if sum != f.sums[n] {
			return 0, errChanged
		}
	case f.whole:
		return 0, errChanged
	default:
		f.sums = append(f.sums, sum)
	}
	return got, nil
}

// blockReader reads blocks in order.
type blockReader struct {
	from blocks
	n    int
	buf  []byte
	rest []byte
	done int64
}

// Read implements io.Reader.
func (r *blockReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.buf == nil {
			r.buf = make([]byte, blockSize)
		}
		got, err := r.from.block(r.n, r.buf)
		if err != nil {
			return 0, err
		}
		r.rest = r.buf[:got]
		r.n++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	r.done += int64(n)
	return n, nil
}
