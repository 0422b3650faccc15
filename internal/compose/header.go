package compose

import (
	"bytes"
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"studymail"
)

// Address is a name and an address, as in From. It prints [redacted].
type Address struct {
	redacted
	Name    string // shown to people; may be ""
	Address string
}

// Header is what a message says beside its letter. It prints [redacted].
type Header struct {
	redacted
	From      Address
	To        Address
	ReplyTo   Address // no Reply-To without an address
	MessageID studymail.ID
	Domain    string    // the right side of the Message-ID
	Date      time.Time // in the zone in which it is to be shown

	// Where a mail program sends a patient's wish to opt out (RFC 2369); "" for
	// none. An https address also gives List-Unsubscribe-Post (RFC 8058): its
	// page must take a POST.
	UnsubscribeURL    string
	UnsubscribeMailto string // a whole mailto: address
}

// UTF8 tells whether the header itself needs SMTPUTF8: an address in it is not ASCII.
func (h *Header) UTF8() bool {
	return AddressUTF8(h.To.Address) || AddressUTF8(h.From.Address) || AddressUTF8(h.ReplyTo.Address)
}

// Pack gives the header but for the message's ID, behind a version: to be
// sealed with the message.
func (h *Header) Pack() []string {
	return []string{
		headerVersion,
		h.From.Name, h.From.Address, h.To.Name, h.To.Address, h.ReplyTo.Name, h.ReplyTo.Address,
		h.Domain, h.Date.Format(time.RFC3339), h.UnsubscribeURL, h.UnsubscribeMailto,
	}
}

const packedHeader = 11

// UnpackHeader reads what Pack gave.
func UnpackHeader(message studymail.ID, packed []string) (Header, error) {
	if len(packed) != packedHeader || packed[0] != headerVersion {
		return Header{}, studymail.Errorf(studymail.Internal, "message %s: the header kept with it is of an unknown version; a newer studymail wrote it", message)
	}
	date, err := time.Parse(time.RFC3339, packed[8])
	if err != nil {
		return Header{}, studymail.Errorf(studymail.Internal, "message %s: the date kept with it is damaged", message)
	}
	return Header{
		From:      Address{Name: packed[1], Address: packed[2]},
		To:        Address{Name: packed[3], Address: packed[4]},
		ReplyTo:   Address{Name: packed[5], Address: packed[6]},
		MessageID: message, Domain: packed[7], Date: date,
		UnsubscribeURL: packed[9], UnsubscribeMailto: packed[10],
	}, nil
}

// PackSent gives header and values in one list; UnpackSent reads it.
func PackSent(h *Header, v *Values) []string { return append(h.Pack(), v.Pack()...) }

// UnpackSent gives back what PackSent was given: with the template version it
// is exactly what was sent.
func UnpackSent(message studymail.ID, packed []string) (Header, Values, error) {
	n := min(packedHeader, len(packed))
	h, err := UnpackHeader(message, packed[:n])
	if err != nil {
		return h, Values{}, err
	}
	v, err := Unpack(packed[n:])
	return h, v, err
}

// headerLine is where header lines are folded (RFC 5322 §2.1.1 asks for 78;
// RFC 2047 §2 for 76 where there is an encoded word).
const headerLine = 76

// appendText appends a field of unstructured text, such as Subject; the text
// is clean. It is folded at spaces, or written as encoded words.
func appendText(dst []byte, field string, text []byte) []byte {
	dst = append(dst, field...)
	if foldable(len(field), text) {
		dst = appendFolded(dst, len(field), text)
	} else {
		dst, _ = appendEncodedWords(dst, len(field), text)
	}
	return append(dst, "\r\n"...)
}

// foldable: ASCII whose words fit on lines, without what unfolding or a reader
// of encoded words would change.
func foldable(column int, text []byte) bool {
	word := column // of the line taken by the word so far and what must stand before it
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' || c >= 0x7f:
			return false
		case c == ' ':
			if i == 0 || i+1 == len(text) || text[i+1] == ' ' {
				return false
			}
			word = 0
		case c == '=' && i+1 < len(text) && text[i+1] == '?':
			return false
		}
		if word++; word > headerLine {
			return false
		}
	}
	return true
}

func appendFolded(dst []byte, column int, text []byte) []byte {
	for i := 0; i < len(text); {
		end := bytes.IndexByte(text[i+1:], ' ') // a word with the space before it
		if end < 0 {
			end = len(text)
		} else {
			end += i + 1
		}
		if i > 0 && column+end-i > headerLine {
			dst = append(dst, "\r\n"...)
			column = 0
		}
		dst = append(dst, text[i:end]...)
		column += end - i
		i = end
	}
	return dst
}

// appendEncodedWords appends text as encoded words of RFC 2047, Q where
// people can still read it, else B. No character is split between two (§5), and only
// what is also allowed in a phrase stands for itself (§5 (3)).
func appendEncodedWords(dst []byte, column int, text []byte) ([]byte, int) {
	const q, b, tail = "=?utf-8?q?", "=?utf-8?b?", "?="
	quoted := 0
	for i := range len(text) {
		if !wordOctet[text[i]] && text[i] != ' ' {
			quoted++
		}
	}
	useQ := quoted*3 <= len(text)
	const smallest = len(q) + 4*3 + len(tail) // a character of four octets
	for first := true; len(text) > 0; first = false {
		if !first || column+smallest > headerLine {
			dst = append(dst, "\r\n "...)
			column = 1
		}
		room := min(headerLine-column, 75) - len(q) - len(tail)
		n := wordLength(text, room, useQ)
		if useQ {
			dst = append(dst, q...)
			start := len(dst)
			for i := range n {
				switch c := text[i]; {
				case wordOctet[c]:
					dst = append(dst, c)
				case c == ' ':
					dst = append(dst, '_')
				default:
					dst = append(dst, '=', hexDigits[c>>4], hexDigits[c&15])
				}
			}
			column += len(dst) - start
		} else {
			dst = append(dst, b...)
			start := len(dst)
			dst = base64.StdEncoding.AppendEncode(dst, text[:n])
			column += len(dst) - start
		}
		dst = append(dst, tail...)
		column += len(q) + len(tail)
		text = text[n:]
	}
	return dst, column
}

// wordLength tells how many octets of text, whole characters, one encoded word
// has room for.
func wordLength(text []byte, room int, useQ bool) int {
	n, used := 0, 0
	for n < len(text) {
		_, size := utf8.DecodeRune(text[n:])
		if useQ {
			for i := range size {
				used++
				if c := text[n+i]; !wordOctet[c] && c != ' ' {
					used += 2
				}
			}
		} else {
			used = (n + size + 2) / 3 * 4
		}
		if used > room {
			break
		}
		n += size
	}
	return n
}

// wordOctet: what stands for itself in a Q-encoded word in a phrase (RFC 2047 §5 (3)).
var wordOctet = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' ||
			strings.IndexByte("!*+-/", byte(c)) >= 0
	}
	return t
}()

// appendMailbox appends a field with one name and address (RFC 5322 §3.4).
// The caller has checked the address.
func appendMailbox(dst []byte, field string, a *Address) []byte {
	dst = append(dst, field...)
	column := len(field)
	name := Clean(a.Name)
	if name == "" {
		dst = append(dst, a.Address...)
		return append(dst, "\r\n"...)
	}
	dst, column = appendPhrase(dst, column, name)
	if column+len(" <>")+len(a.Address) > headerLine {
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, " <"...)
	dst = append(dst, a.Address...)
	return append(dst, ">\r\n"...)
}

// appendPhrase appends a display name: atoms, a quoted string, or encoded words.
func appendPhrase(dst []byte, column int, name string) ([]byte, int) {
	atoms, ascii := true, true
	for i := range len(name) {
		switch c := name[i]; {
		case c < ' ' || c >= 0x7f, c == '=' && i+1 < len(name) && name[i+1] == '?':
			ascii = false
		case c == ' ':
			atoms = atoms && name[i-1] != ' ' // the name is clean: i > 0
		case !atomOctet[c]:
			atoms = false
		}
	}
	if !ascii || len(name) > 60 {
		var room [256]byte
		return appendEncodedWords(dst, column, append(room[:0], name...))
	}
	if atoms {
		return append(dst, name...), column + len(name)
	}
	start := len(dst)
	dst = append(dst, '"')
	for i := range len(name) {
		if c := name[i]; c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, name[i])
	}
	dst = append(dst, '"')
	return dst, column + len(dst) - start
}
