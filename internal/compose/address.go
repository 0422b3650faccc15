package compose

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// AddressUTF8 tells whether an address needs the SMTPUTF8 extension and
// RFC 6532 headers: it is not ASCII. (A name never needs it.)
func AddressUTF8(address string) bool {
	for i := range len(address) {
		if address[i] >= 0x80 {
			return true
		}
	}
	return false
}

// The local part of return paths, before the token.
const returnPathPrefix = "b+"

// ReturnPath gives a message's own return path (VERP): "b+<token>@domain". With
// a token of 60 characters (sealed.BounceToken) the local part has 62 octets of
// the 64 allowed (RFC 5321 §4.5.3.1.1). The plus lets servers with
// sub-addressing take all of them into one mailbox "b".
func ReturnPath(token, domain string) string { return returnPathPrefix + token + "@" + domain }

// ReturnPathToken reads the token from an address that ReturnPath made.
func ReturnPathToken(address, domain string) (token string, ok bool) {
	return tokenOf(address, returnPathPrefix, domain)
}

func tokenOf(address, prefix, domain string) (token string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	if at < len(prefix) || !strings.EqualFold(address[at+1:], domain) || !strings.EqualFold(address[:len(prefix)], prefix) {
		return "", false
	}
	token = address[len(prefix):at]
	return token, token != ""
}

// optOutPrefix: mail to such an address opts out.
const optOutPrefix = "u+"

// OptOutAddress gives the address to which a patient, or their mail program, writes
// to opt out: "u+<token>@domain", with a token of sealed.UnsubscribeToken.
func OptOutAddress(token, domain string) string { return optOutPrefix + token + "@" + domain }

// OptOutToken reads the token from an address that OptOutAddress made.
func OptOutToken(address, domain string) (token string, ok bool) {
	return tokenOf(address, optOutPrefix, domain)
}

// The limits of an address (RFC 5321 §4.5.3.1).
const (
	maxLocal  = 64
	maxDomain = 255
)

// writable tells whether an address can stand between < and > in a header:
// dot-atom or quoted string, then a domain or an address literal (RFC 5322
// §3.4.1, RFC 6532 §3.2).
func writable(address string) bool {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at > maxLocal || len(address)-at-1 > maxDomain {
		return false
	}
	if AddressUTF8(address) {
		if !utf8.ValidString(address) || strings.ContainsFunc(address, invisible) {
			return false
		}
	}
	return writableLocal(address[:at]) && writableDomain(address[at+1:])
}

func writableLocal(s string) bool {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
		for i := 0; i < len(s); i++ {
			switch c := s[i]; {
			case c == '\\' && i+1 < len(s) && s[i+1] >= ' ' && s[i+1] < 0x7f:
				i++
			case c == '\\' || c == '"' || c < ' ' || c == 0x7f:
				return false
			}
		}
		return true
	}
	return dotAtom(s)
}

func writableDomain(s string) bool {
	if len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' {
		ip, err := netip.ParseAddr(strings.TrimPrefix(s[1:len(s)-1], "IPv6:")) // RFC 5321 §4.1.3
		return err == nil && ip.Zone() == ""
	}
	return dotAtom(s)
}

func dotAtom(s string) bool {
	before := byte('.')
	for i := range len(s) {
		c := s[i]
		if !atomOctet[c] && (c != '.' || before == '.') {
			return false
		}
		before = c
	}
	return before != '.'
}

// atomOctet: atext of RFC 5322 §3.2.3, with RFC 6532's octets.
var atomOctet = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x80 || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' ||
			strings.IndexByte("!#$%&'*+-/=?^_`{|}~", byte(c)) >= 0
	}
	return t
}()

// What an address in a header field may have at most: far below the 998 octets
// of a line.
const maxURL = 900

// writableURL tells whether a web address can stand in a header field between
// < and >, and in a link.
func writableURL(s string, schemes ...string) bool {
	if len(s) > maxURL {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ' || c >= 0x7f, c == '<', c == '>', c == '"', c == '\\', c == '`', c == '{', c == '}', c == '|', c == '^':
			return false
		}
	}
	for _, scheme := range schemes {
		if len(s) > len(scheme) && s[:len(scheme)] == scheme {
			return true
		}
	}
	return false
}

// writableMailto also wants an address behind the scheme (RFC 6068 §2). A comma
// would end it for readers of List-Unsubscribe.
func writableMailto(s string) bool {
	if !writableURL(s, "mailto:") || strings.IndexByte(s, ',') >= 0 {
		return false
	}
	address, _, _ := strings.Cut(s[len("mailto:"):], "?")
	return writable(address)
}
