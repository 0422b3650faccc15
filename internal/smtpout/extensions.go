package smtpout

import (
	"strconv"
	"strings"
)

// Extensions is what a server offered in its last EHLO.
type Extensions struct {
	Pipelining bool
	Chunking   bool
	StartTLS   bool
	EightBit   bool
	UTF8       bool
	Enhanced   bool
	DSN        bool
	Size       bool
	MaxSize    int64    // 0: no fixed limit, or none that makes sense
	Auth       []string // mechanisms, upper case
}

// parseEHLO reads the lines behind the first (RFC 5321 §4.1.1.1).
func parseEHLO(r reply) Extensions {
	var x Extensions
	first := true
	r.each(func(text []byte) {
		if first {
			first = false
			return
		}
		line := strings.ToUpper(string(text))
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "PIPELINING":
			x.Pipelining = true
		case "CHUNKING":
			x.Chunking = true
		case "STARTTLS":
			x.StartTLS = true
		case "8BITMIME":
			x.EightBit = true
		case "SMTPUTF8":
			x.UTF8 = true
		case "ENHANCEDSTATUSCODES":
			x.Enhanced = true
		case "DSN":
			x.DSN = true
		case "SIZE":
			x.Size = true
			// A negative or absurd limit is no limit: the server will say.
			if n, err := strconv.ParseInt(strings.TrimSpace(rest), 10, 64); err == nil && n > 0 {
				x.MaxSize = n
			}
		case "AUTH":
			x.Auth = append(x.Auth, strings.Fields(rest)...)
		default:
			if old, ok := strings.CutPrefix(line, "AUTH="); ok { // before RFC 2554
				x.Auth = append(x.Auth, strings.Fields(old)...)
			}
		}
	})
	return x
}

func (x Extensions) offersAuth(mechanism string) bool {
	for _, m := range x.Auth {
		if m == mechanism {
			return true
		}
	}
	return false
}
