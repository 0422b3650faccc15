package bounce

import (
	"strings"

	"github.com/emersion/go-message"
)

const (
	tokenLength = 60   // of a signed token (internal/sealed)
	prefix      = "b+" // of the local part of our return paths (internal/compose)
	optPrefix   = "u+" // of that of our addresses for opt-outs
)

// places are where the address stands that a report came to, the most
// trustworthy first.
var places = []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "Original-Recipient", "To", "X-Delivered-To", "Resent-To", "Cc", "Apparently-To", "X-Forwarded-To"}

// tokens gathers what may name our message.
func (c *contents) tokens(s *status) (all []Token) {
	add := func(place Place, value string) {
		value = strings.ToLower(value)
		for _, t := range all {
			if t.Place == place && t.Value == value {
				return
			}
		}
		if value != "" && len(all) < 8 {
			all = append(all, Token{place, value})
		}
	}
	for _, name := range places {
		for _, v := range c.mail.header.Values(name) {
			add(ReturnPath, tokenIn(v, prefix))
			add(OptOut, tokenIn(v, optPrefix))
		}
	}
	for _, v := range c.mail.header.Values("Received") { // "for <b+…@…>"
		add(ReturnPath, tokenIn(v, prefix))
		add(OptOut, tokenIn(v, optPrefix))
	}
	if s != nil {
		for _, v := range s.envelope {
			add(EnvelopeID, uuidIn(xtext(v)))
		}
	}
	for _, h := range c.returned {
		for _, name := range []string{"Return-Path", "X-Envelope-From", "Sender", "Errors-To"} {
			add(ReturnPath, tokenIn(h.Get(name), prefix))
		}
	}
	for _, h := range c.returned {
		add(MessageID, messageID(&h))
	}
	if len(all) == 0 {
		c.tokensInText(add)
	}
	return all
}

// tokensInText looks in the returned mail where it stands in the text.
func (c *contents) tokensInText(add func(Place, string)) {
	text := c.words()
	add(ReturnPath, tokenIn(text, prefix))
	lower := strings.ToLower(text)
	if i := strings.Index(lower, "\nmessage-id:"); i >= 0 {
		line, _, _ := strings.Cut(lower[i+len("\nmessage-id:"):], "\n")
		add(MessageID, uuidIn(line))
	}
}

func messageID(h *message.Header) string {
	id := strings.TrimSpace(h.Get("Message-Id"))
	left, _, ok := strings.Cut(strings.TrimLeft(id, "<"), "@")
	if !ok || len(left) != 36 {
		return ""
	}
	return uuidIn(left)
}

// tokenIn finds the local part of one of our own addresses.
func tokenIn(s, prefix string) string {
	lower := strings.ToLower(s)
	for at := 0; ; {
		i := strings.Index(lower[at:], prefix)
		if i < 0 {
			return ""
		}
		at += i + len(prefix)
		end := at
		for end < len(lower) && end-at <= tokenLength && (lower[end] >= 'a' && lower[end] <= 'z' || lower[end] >= '2' && lower[end] <= '7') {
			end++
		}
		if end-at == tokenLength && end < len(lower) && (lower[end] == '@' || lower[end] == '=') {
			return lower[at:end]
		}
	}
}

// uuidIn finds a UUID in its usual spelling.
func uuidIn(s string) string {
	s = strings.ToLower(s)
	for i := 0; i+36 <= len(s); i++ {
		if isUUID(s[i:i+36]) && (i == 0 || !isWordByte(s[i-1])) {
			return s[i : i+36]
		}
	}
	return ""
}

func isUUID(s string) bool {
	for i := range 36 {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !digit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// xtext decodes RFC 3461 §4's way of writing an ENVID.
func xtext(s string) string {
	if !strings.Contains(s, "+2D") && !strings.Contains(s, "+2d") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "+2D", "-"), "+2d", "-")
}
