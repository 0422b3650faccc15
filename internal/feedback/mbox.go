package feedback

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"studymail/internal/bounce"
)

// EachMail gives each mail of a file: one, or those of an mbox (RFC 4155), which
// begins with "From ". Of a mail that is larger than is understood no more is held
// than tells so.
func EachMail(r io.Reader, fn func(mail io.Reader) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	if start, err := in.Peek(len(fromLine)); string(start) != fromLine {
		if errors.Is(err, io.EOF) && len(start) == 0 {
			return nil
		}
		return fn(in)
	}
	var mail bytes.Buffer
	give := func() error {
		if mail.Len() == 0 {
			return nil
		}
		err := fn(bytes.NewReader(mail.Bytes()))
		mail.Reset()
		return err
	}
	begins, blank := true, true // a line begins; the one before was empty
	for {
		piece, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read an mbox: %w", err)
		}
		if begins && blank && bytes.HasPrefix(piece, []byte(fromLine)) {
			if err := give(); err != nil {
				return err
			}
		}
		if mail.Len() <= bounce.MaxSize {
			mail.Write(piece)
		}
		if errors.Is(err, io.EOF) {
			return give()
		}
		blank = begins && len(bytes.TrimRight(piece, "\r\n")) == 0
		begins = err == nil // else the line goes on
	}
}

const fromLine = "From "
