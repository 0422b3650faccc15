package smtpout

import (
	"errors"
	"strings"
	"unicode/utf8"
)

var (
	errAddressLong   = errors.New("address too long (RFC 5321 section 4.5.3.1)")
	errAddressSyntax = errors.New("not an address by RFC 5321 section 4.1.2")
	errAddressUTF8   = errors.New("address is not ASCII and the mail is not marked SMTPUTF8")
)

// checkAddress tells whether an address may stand between < and >. It is
// also what keeps commands from being injected.
func checkAddress(addr string, allowUTF8 bool) error {
	if len(addr) > 254 { // a path has 256 with its brackets, RFC 5321 §4.5.3.1.3
		return errAddressLong
	}
	at := strings.LastIndexByte(addr, '@')
	if at < 1 || at == len(addr)-1 {
		return errAddressSyntax
	}
	local, domain := addr[:at], addr[at+1:]
	if len(local) > 64 {
		return errAddressLong
	}
	if !isASCII(addr) {
		if !allowUTF8 {
			return errAddressUTF8
		}
		if !utf8.ValidString(addr) {
			return errAddressSyntax
		}
	}
	if local[0] == '"' {
		if !isQuoted(local) {
			return errAddressSyntax
		}
	} else if !isDotted(local, isAtext) {
		return errAddressSyntax
	}
	if domain[0] == '[' {
		if !isLiteral(domain) {
			return errAddressSyntax
		}
		return nil
	}
	if !isDotted(domain, isLabelByte) {
		return errAddressSyntax
	}
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return errAddressSyntax
		}
	}
	return nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isDotted: one or more non-empty runs of ok bytes with single dots between.
func isDotted(s string, ok func(byte) bool) bool {
	last := byte('.')
	for i := range len(s) {
		c := s[i]
		if c == '.' && last == '.' || c != '.' && !ok(c) {
			return false
		}
		last = c
	}
	return last != '.'
}

func isAtext(c byte) bool {
	return isLabelByte(c) || strings.IndexByte("!#$%&'*+/=?^_`{|}~", c) >= 0
}

func isLabelByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c >= utf8.RuneSelf
}

func isQuoted(s string) bool {
	if len(s) < 2 || s[len(s)-1] != '"' {
		return false
	}
	for i := 1; i < len(s)-1; i++ {
		c := s[i]
		if c == '\\' {
			if i++; i == len(s)-1 {
				return false
			}
			c = s[i]
		} else if c == '"' {
			return false
		}
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

func isLiteral(s string) bool {
	if len(s) < 3 || s[len(s)-1] != ']' {
		return false
	}
	for i := 1; i < len(s)-1; i++ {
		if c := s[i]; c < '!' || c > '~' || c == '[' || c == ']' || c == '\\' || c == '<' || c == '>' {
			return false
		}
	}
	return true
}

// appendXtext writes s as xtext (RFC 3461 §4).
func appendXtext(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; c < '!' || c > '~' || c == '+' || c == '=' {
			b = append(b, '+', hex[c>>4], hex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return b
}
