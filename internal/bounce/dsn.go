package bounce

import (
	"strconv"
	"strings"
)

// fields is one group of a delivery status (RFC 3464 §2.1): field names in lower
// case, each with its values in order.
type fields map[string][]string

func (f fields) first(name string) string {
	if v := f[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (f fields) has(name string) bool { return len(f[name]) > 0 }

// groups parts a delivery status or a feedback report in its groups of fields.
func groups(s string) (all []fields) {
	var (
		now  fields
		name string
	)
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n \t")
		switch {
		case line == "":
			now, name = nil, ""
		case line[0] == ' ' || line[0] == '\t':
			if v := now[name]; len(v) > 0 && len(v[len(v)-1]) < maxDiagnostic*4 {
				v[len(v)-1] += " " + strings.TrimSpace(line)
			}
		default:
			key, value, ok := strings.Cut(line, ":")
			key = strings.ToLower(strings.TrimSpace(key))
			if !ok || strings.ContainsAny(key, " \t<@") {
				// A server's reply that was not folded goes on here.
				if v := now[name]; len(v) > 0 && len(v[len(v)-1]) < maxDiagnostic*4 {
					v[len(v)-1] += " " + strings.TrimSpace(line)
				}
				continue
			}
			if now == nil {
				now = fields{}
				all = append(all, now)
			}
			name = key
			now[name] = append(now[name], strings.TrimSpace(value))
		}
	}
	return all
}

// untyped takes the type off a field: "rfc822; anna@example.org" (RFC 3464
// §2.1.2), and brackets and comments off what is left.
func untyped(s string) (kind, value string) {
	kind, value, ok := strings.Cut(s, ";")
	if !ok {
		kind, value = "", s
	}
	return strings.ToLower(strings.TrimSpace(kind)), strings.TrimSpace(value)
}

func addressOf(s string) string {
	_, s = untyped(s)
	if open := strings.IndexByte(s, '<'); open >= 0 {
		s = s[open+1:]
		if end := strings.IndexByte(s, '>'); end >= 0 {
			s = s[:end]
		}
	}
	if i := strings.IndexAny(s, " \t("); i > 0 {
		s = s[:i]
	}
	return strings.ToLower(strings.Trim(s, `<>"',; `))
}

// status is what a delivery status says, all its groups together.
type status struct {
	found      bool
	recipients map[string]bool // distinct
	action     string          // the worst: failed, delayed, then the good ones
	enhanced   string
	diagnostic string
	envelope   []string
	original   []string // recipients as we wrote them
}

// worse is the order of actions: the worst counts. "expired" is not of RFC 3464.
var worse = map[string]int{"failed": 5, "failure": 5, "expired": 5, "delayed": 4, "delivered": 3, "relayed": 2, "expanded": 1}

func readStatus(texts []string) *status {
	s := &status{recipients: map[string]bool{}}
	for _, text := range texts {
		for _, g := range rejoined(groups(text)) {
			s.add(g)
		}
	}
	return s
}

// rejoined puts together what an empty line in the middle of a recipient's fields
// has parted: an action without a recipient, then a recipient without an action.
func rejoined(all []fields) []fields {
	var out []fields
	for _, g := range all {
		if n := len(out); n > 0 && out[n-1].has("action") && !out[n-1].has("final-recipient") && g.has("final-recipient") && !g.has("action") {
			for name, values := range g {
				out[n-1][name] = append(out[n-1][name], values...)
			}
			continue
		}
		out = append(out, g)
	}
	return out
}

func (s *status) add(g fields) {
	s.envelope = append(s.envelope, g["original-envelope-id"]...)
	for _, name := range []string{"original-recipient", "x-original-to"} {
		s.original = append(s.original, g[name]...)
	}
	finals := g["final-recipient"]
	if len(finals) == 0 {
		finals = g["original-recipient"]
	}
	if len(finals) == 0 {
		finals = g["x-actual-recipient"]
	}
	_, hasAction := g["action"]
	_, hasStatus := g["status"]
	if len(finals) == 0 && !hasAction && !hasStatus {
		return
	}
	s.found = true
	for _, v := range finals {
		if a := addressOf(v); a != "" {
			s.recipients[a] = true
		}
	}
	action, _, _ := strings.Cut(strings.ToLower(g.first("action")), " ")
	action = strings.Trim(action, `"';(`)
	code := enhancedIn(g.first("status"))
	if worse[action] == 0 && code != "" {
		action = map[byte]string{'5': "failed", '4': "delayed", '2': "delivered"}[code[0]]
	}
	diagnostic := diagnosticOf(g)
	if !hasAction && !hasStatus {
		// Neither of the two fields that RFC 3464 §2.3 asks for: the reply says
		// whether it is over.
		switch reply, _ := replyIn(diagnostic); {
		case reply >= 500:
			action = "failed"
		case reply >= 400:
			action = "delayed"
		}
	}
	if s.action != "" && worse[action] <= worse[s.action] {
		return
	}
	s.action, s.enhanced, s.diagnostic = action, code, diagnostic
}

// diagnosticOf gives what the other side said.
func diagnosticOf(g fields) string {
	var lines []string
	for _, v := range g["diagnostic-code"] {
		kind, said := untyped(v)
		if strings.ContainsAny(kind, " <") { // no type at all
			said = v
		}
		if said != "" {
			lines = append(lines, said)
		}
	}
	return strings.Join(lines, "\n")
}

// enhancedIn finds the first code of RFC 3463 in a text.
func enhancedIn(s string) string {
	for i := 0; i+5 <= len(s); i++ {
		if c := s[i]; c != '2' && c != '4' && c != '5' || s[i+1] != '.' || i > 0 && (digit(s[i-1]) || s[i-1] == '.') {
			continue
		}
		end := i + 2
		for end < len(s) && (digit(s[end]) || s[end] == '.') {
			end++
		}
		code := strings.TrimRight(s[i:end], ".")
		if isEnhanced(code) {
			return code
		}
		i = end - 1
	}
	return ""
}

// replyIn finds the first negative SMTP reply code in a text, with the
// enhanced code beside it.
func replyIn(s string) (code int, enhanced string) {
	for i := 0; i+3 <= len(s); i++ {
		if !isReplyCode(s[i:i+3]) || s[i] == '2' || i > 0 && isWordByte(s[i-1]) || i > 0 && s[i-1] == '.' {
			continue
		}
		if i+3 < len(s) {
			if c := s[i+3]; isWordByte(c) || c == '.' && i+4 < len(s) && digit(s[i+4]) || c == ':' && i+4 < len(s) && digit(s[i+4]) {
				continue
			}
		}
		code, _ = strconv.Atoi(s[i : i+3])
		rest := strings.TrimLeft(s[i+3:], " -#'\"")
		if c := enhancedIn(rest[:min(len(rest), 10)]); c != "" && strings.HasPrefix(rest, c) {
			enhanced = c
		}
		return code, enhanced
	}
	return 0, ""
}

func isWordByte(c byte) bool {
	return digit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '@' || c == '/' || c == '='
}

// general tells a code that says no more than "failed".
func general(code string) bool {
	return code == "" || strings.HasSuffix(code, ".0.0") || strings.HasSuffix(code, ".5.0") || strings.HasSuffix(code, ".3.0") || strings.HasSuffix(code, ".1.0") || strings.HasSuffix(code, ".4.0")
}

// readDSN makes a report of a delivery status.
func (c *contents) readDSN(s *status) Report {
	r := Report{Format: DSN, Code: s.enhanced}
	r.Reply, _ = replyIn(s.diagnostic)
	said := enhancedIn(s.diagnostic)
	if _, near := replyIn(s.diagnostic); near != "" {
		said = near
	}
	if said != "" && said[0] != '2' && !general(said) || general(r.Code) && said != "" {
		r.Code = said
	}
	r.Diagnostic = s.diagnostic
	if r.Diagnostic == "" {
		r.Diagnostic = c.explanation()
	}
	switch {
	case len(s.recipients) > 1:
		// We send one recipient a mail: this is not about ours.
		r.Class = NotABounce
	case s.action == "delivered" || s.action == "relayed" || s.action == "expanded":
		r.Class = NotABounce
		r.Delivered = s.action == "delivered" // relayed, it may still come to nothing
	case worse[s.action] == 0: // neither an action nor a code: who knows
		r.Class = Unknown
	default:
		explanation := c.explanation()
		words := s.diagnostic
		if words == "" { // Exim, among others, says it only in words
			words = reason(explanation)
		}
		e := evidence{reply: r.Reply, enhanced: r.Code, words: words, around: explanation, givenUp: s.action != "delayed", coded: r.Reply != 0 && said == "" && simplify(s.diagnostic) != ""}
		r.Class = judge(&e)
		if s.action == "delayed" && r.Class.Kind() != Delayed {
			r.Class = StillTrying
		}
	}
	return r
}
