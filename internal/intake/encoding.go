package intake

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// utf8Reader gives a file's text as UTF-8. It knows UTF-8 with and without a
// byte order mark, and UTF-16 of both orders, which Excel calls "Unicode text",
// with a mark or told by the zero bytes of the header's first letters. What is
// wrong in UTF-16 comes out as U+FFFD, which the checks name.
func utf8Reader(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 4096)
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, magic := range [][]byte{[]byte("PK\x03\x04"), {0xD0, 0xCF, 0x11, 0xE0}} {
		if bytes.HasPrefix(head, magic) {
			return nil, &RefusedError{Row: 1, Reason: "this is a workbook (or a ZIP file), not CSV: save the sheet as “CSV UTF-8” and import that"}
		}
	}
	utf16 := func(order unicode.Endianness, mark int) (io.Reader, error) {
		_, err := b.Discard(mark)
		return transform.NewReader(b, unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder()), err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		_, err := b.Discard(3)
		return b, err
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return utf16(unicode.LittleEndian, 2)
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return utf16(unicode.BigEndian, 2)
	case len(head) == 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return utf16(unicode.LittleEndian, 0)
	case len(head) == 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return utf16(unicode.BigEndian, 0)
	}
	return b, nil
}
