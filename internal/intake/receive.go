package intake

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"

	"studymail"
)

// What an upload may have at most. A million patients in CSV have about 80 MB; a
// workbook is held in memory while it is read.
const (
	MaxCSV  = 128 << 20
	MaxXLSX = 16 << 20
	MaxRows = 1_000_000
)

// Received is a file that was uploaded, turned into CSV where it was something else.
type Received struct {
	Sum   [sha256.Size]byte // of the file as it came
	Bytes int64             // of the CSV
	Notes []string          // what is to be said of it: other sheets that were not read
}

// errTooLarge is told whoever uploads.
var errTooLarge = &RefusedError{Reason: "the file is larger than 128 MB; split it, and import one part after the other"}

// Receive reads an uploaded file to its end: CSV as it is, a workbook (XLSX) turned
// into CSV; and hands it on in blocks, in order. A *RefusedError says why it cannot be
// imported; any other error that it did not arrive, or that keep failed.
func Receive(r io.Reader, keep func(n int, plain []byte) error) (Received, error) {
	var got Received
	hash := sha256.New()
	b := bufio.NewReaderSize(io.TeeReader(r, hash), blockSize)
	head, err := b.Peek(8)
	if err != nil && !errors.Is(err, io.EOF) {
		return got, notWhole(err)
	}
	w := &blockWriter{keep: keep}
	switch {
	case len(head) == 0:
		return got, &RefusedError{Row: 1, Reason: "the file is empty"}
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		got.Notes, err = receiveXLSX(b, w)
	default:
		if reason := noTable(head); reason != "" {
			return got, &RefusedError{Row: 1, Reason: reason}
		}
		err = receiveCSV(b, w)
	}
	if err == nil {
		err = w.end()
	}
	got.Bytes = w.bytes
	copy(got.Sum[:], hash.Sum(nil))
	return got, err
}

func notWhole(err error) error {
	return studymail.Errorf(studymail.Invalid, "the file did not arrive whole; nothing was kept, upload it again: %w", err)
}

func receiveCSV(r io.Reader, w *blockWriter) error {
	b := make([]byte, blockSize)
	for {
		n, err := r.Read(b)
		if w.bytes+int64(n) > MaxCSV {
			return errTooLarge
		}
		if _, err := w.Write(b[:n]); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return notWhole(err)
		}
	}
}

// noTable tells by the first bytes what is no table at all.
func noTable(head []byte) string {
	for _, k := range []struct{ magic, what string }{
		{"\xD0\xCF\x11\xE0", "this is a workbook of an old format (.xls), or one with a password: save it as .xlsx without a password, or as “CSV UTF-8”"},
		{"%PDF", "this is a PDF"},
		{"\x89PNG", "this is a picture"},
		{"\xFF\xD8\xFF", "this is a picture"},
		{"GIF8", "this is a picture"},
		{"\x1F\x8B", "this is a compressed file: unpack it first"},
		{"Rar!", "this is a compressed file: unpack it first"},
		{"7z\xBC\xAF", "this is a compressed file: unpack it first"},
		{"{\\rtf", "this is a text document"},
		{"<!DOCT", "this is a web page"},
		{"<html", "this is a web page"},
		{"<?xml", "this is an XML file"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			if bytes.ContainsRune([]byte(k.what), ':') {
				return k.what
			}
			return k.what + ", not a table: choose the CSV file or the workbook (.xlsx)"
		}
	}
	return ""
}

// blockWriter cuts what is written into blocks.
type blockWriter struct {
	keep  func(n int, plain []byte) error
	buf   []byte
	n     int
	bytes int64
}

// Write implements io.Writer.
func (w *blockWriter) Write(p []byte) (int, error) {
	w.bytes += int64(len(p))
	for rest := p; len(rest) > 0; {
		n := min(len(rest), blockSize-len(w.buf))
		w.buf, rest = append(w.buf, rest[:n]...), rest[n:]
		if len(w.buf) == blockSize {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

func (w *blockWriter) flush() error {
	err := w.keep(w.n, w.buf)
	w.n++
	w.buf = w.buf[:0]
	return err
}

func (w *blockWriter) end() error {
	if len(w.buf) == 0 {
		return nil
	}
	return w.flush()
}
