package smtpout

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var (
	errTextEmpty = errors.New("the message is empty")
	errTextBare  = errors.New("the message has a bare CR or LF")
	errTextLong  = errors.New("the message has a line over 998 octets (RFC 5321 section 4.5.3.1.6)")
	errTextNUL   = errors.New("the message has a NUL")
)

// traits is what one look at a message tells.
type traits struct {
	eightBit bool // BODY=8BITMIME is due
	dots     bool // some line begins with a dot
	unended  bool // the last line lacks its CRLF
}

// examine looks a message over once. Bare CRs and LFs are refused: servers
// differ in what they take for a line, and mail has been smuggled through that.
func examine(data []byte) (traits, error) {
	t := traits{eightBit: hasHighBit(data)}
	if len(data) == 0 {
		return t, errTextEmpty
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return t, errTextNUL
	}
	lines := 0
	for rest := data; len(rest) > 0; lines++ {
		if rest[0] == '.' {
			t.dots = true
		}
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			t.unended = true
			if len(rest) > maxLine {
				return t, errTextLong
			}
			break
		}
		if end == 0 || rest[end-1] != '\r' {
			return t, errTextBare
		}
		if end-1 > maxLine {
			return t, errTextLong
		}
		rest = rest[end+1:]
	}
	// Each line ends with a CR, so any other is bare.
	if bytes.Count(data, []byte{'\r'}) != lines {
		return t, errTextBare
	}
	return t, nil
}

// maxLine is without its CRLF (RFC 5321 §4.5.3.1.6).
const maxLine = 998

func hasHighBit(b []byte) bool {
	for len(b) >= 8 {
		if binary.NativeEndian.Uint64(b)&0x8080808080808080 != 0 {
			return true
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// nextRun splits a message for dot-stuffing (RFC 5321 §4.5.2): run is what can
// be sent as it is, and rest begins, if not empty, with a dot that opens a line
// and must be doubled.
func nextRun(data []byte) (run, rest []byte) {
	if i := bytes.Index(data[1:], []byte("\n.")); i >= 0 {
		return data[:i+2], data[i+2:]
	}
	return data, nil
}
