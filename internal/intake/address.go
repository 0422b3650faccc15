package intake

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// RFC 5321 §4.5.3.1.1 and .2; a whole address fits the 256 octets of a path
// (§4.5.3.1.3) with its two brackets.
const (
	maxLocal   = 64
	maxDomain  = 255
	maxAddress = 254
	maxLabel   = 63 // RFC 1035 §2.3.4
)

// domains makes A-labels of U-labels (RFC 5890, by UTS #46).
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(true),
	idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// readAddress gives an address as it is mailed to, or the reason why it is
// none. It takes dot-atoms (RFC 5321 §4.1.2) at a domain of two labels or more;
// quoted local parts and domain literals are legal but, in a list of patients,
// always a mistake.
func readAddress(s string) (address, reason string) {
	switch {
	case strings.ContainsAny(s, "<>"):
		return "", "write the address alone, without a name and angle brackets"
	case strings.HasPrefix(s, `"`):
		return "", "an address with a quoted part before the @ is not supported"
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok {
		return "", "not an address: there is no @"
	}
	if strings.Contains(domain, "@") {
		return "", "more than one @: there must be one address only"
	}
	if reason := badLocal(local); reason != "" {
		return "", reason
	}
	domain, reason = readDomain(domain)
	if reason != "" {
		return "", reason
	}
	if len(local)+1+len(domain) > maxAddress {
		return "", "longer than 254 octets (RFC 5321)"
	}
	return local + "@" + domain, ""
}

func badLocal(local string) string {
	switch {
	case local == "":
		return "nothing before the @"
	case !ascii(local):
		return "letters outside of ASCII before the @ are not supported (the address would need SMTPUTF8)"
	case len(local) > maxLocal:
		return "more than 64 octets before the @ (RFC 5321)"
	case local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, ".."):
		return "a dot at the beginning, at the end, or twice in a row before the @"
	}
	for i := range len(local) {
		if !atext(local[i]) {
			return "a character that an address cannot have before the @ (a space, bracket, comma, …)"
		}
	}
	return ""
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// atext is RFC 5322 §3.2.3's, and the dot.
func atext(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) >= 0
}

func readDomain(domain string) (ascii7, reason string) {
	switch {
	case domain == "":
		return "", "nothing behind the @"
	case domain[0] == '[':
		return "", "an IP address behind the @ is not supported; a domain name is needed"
	}
	if !ascii(domain) || strings.Contains(strings.ToLower(domain), "xn--") {
		a, err := domains.ToASCII(domain)
		if err == nil { // what comes out must be a name itself
			var again string
			if again, err = domains.ToASCII(a); again != a {
				err = errors.New("not stable")
			}
		}
		if err != nil {
			// The error quotes the label: it is left out on purpose.
			return "", "the domain is not a valid internationalised name (IDNA)"
		}
		domain = a
	}
	if len(domain) > maxDomain {
		return "", "more than 255 octets behind the @ (RFC 5321)"
	}
	labels := strings.Split(domain, ".")
	for _, l := range labels {
		if reason := badLabel(l); reason != "" {
			return "", reason
		}
	}
	if len(labels) < 2 {
		return "", "the domain has no dot"
	}
	if strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return "", "the domain ends with a number"
	}
	return domain, ""
}

func badLabel(l string) string {
	switch {
	case l == "":
		return "a dot at the beginning, at the end, or twice in a row behind the @"
	case len(l) > maxLabel:
		return "a part of the domain has more than 63 octets (RFC 1035)"
	case l[0] == '-' || l[len(l)-1] == '-':
		return "a part of the domain begins or ends with a hyphen"
	}
	for i := range len(l) {
		c := l[i]
		if ('a' > c || c > 'z') && ('A' > c || c > 'Z') && ('0' > c || c > '9') && c != '-' {
			return "a character that a domain cannot have behind the @ (a space, underscore, bracket, …)"
		}
	}
	return ""
}
