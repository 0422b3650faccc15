package smtptest

import (
	"path"
	"strings"
	"sync"
	"time"
)

// Where a rule applies.
const (
	AtConnect = "connect"
	AtEHLO    = "ehlo"
	AtMail    = "mail" // Match is for the sender
	AtRcpt    = "rcpt"
	AtData    = "data" // the DATA command
	AtText    = "text" // in the middle of the text, before it has all come
	AtDot     = "dot"  // the end of the text, by dot or BDAT
)

// Rule makes the server do something else than accept.
type Rule struct {
	At    string
	Match string // path.Match pattern of the address, lower case; "" is everyone. At data, text and dot: of the recipient

	First int // only the first so many times for each address (1: greylisting)
	Every int // only each so-manieth time
	Times int // at most so many times in all
	After int // not the first so many times

	Delay time.Duration // wait first
	Code  int           // the reply; 0 with neither Close nor Code: as usual, after Delay
	Text  string        // its text; 421 closes
	Close bool          // close instead of replying (with Code: after replying)
	Book  bool          // at dot: enter the mail in the book all the same, so with Close it is accepted and not told
}

// rules keeps count of what was hit.
type rules struct {
	mu   sync.Mutex
	list []*ruleState
}

type ruleState struct {
	Rule
	seen, hit int
	each      map[string]int
}

func newRules(list []Rule) *rules {
	r := &rules{}
	for _, rule := range list {
		rule.Match = strings.ToLower(rule.Match)
		r.list = append(r.list, &ruleState{Rule: rule, each: map[string]int{}})
	}
	return r
}

// find gives the first rule that applies now.
func (r *rules) find(at, addr string) (Rule, bool) {
	if len(r.list) == 0 {
		return Rule{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.list {
		if s.At == at && s.applies(strings.ToLower(addr)) {
			s.hit++
			return s.Rule, true
		}
	}
	return Rule{}, false
}

func (s *ruleState) applies(addr string) bool {
	if s.Match != "" {
		if ok, err := path.Match(s.Match, addr); err != nil || !ok {
			return false
		}
	}
	if s.Times > 0 && s.hit >= s.Times {
		return false
	}
	s.seen++
	if s.seen <= s.After || s.Every > 0 && s.seen%s.Every != 0 {
		return false
	}
	if s.First > 0 {
		if s.each[addr] >= s.First {
			return false
		}
		s.each[addr]++
	}
	return true
}
