package smtpout

import "strings"

// classify makes an outcome of a negative reply.
func classify(r reply, stage string) Outcome {
	text, enhanced := r.words()
	o := Outcome{Kind: Refused, Code: r.code, Enhanced: enhanced, Stage: stage, Reply: text}
	switch {
	case r.code >= 500:
	case throttles(r.code, enhanced, text):
		o.Kind = Throttled
	default:
		o.Kind = Later
	}
	return o
}

// rateWords are how servers say that mail comes too fast.
var rateWords = []string{
	"too many", "too much mail", "too fast", "too quickly", "too frequent", "slow down",
	"throttl", "ratelimit", "rate limit", "rate-limit", "rate_limit", "rate exceeded",
	"sending rate", "message rate", "connection rate", "mail rate", "unusual rate", "rate control",
	"connection limit", "concurrency limit", "sending limit", "sending quota", "server busy",
}

// throttles tells a rate's answer from an ordinary deferral: 421 always, a
// 45x when its enhanced code or its text speaks of a rate.
func throttles(code int, enhanced, text string) bool {
	if code == 421 {
		return true
	}
	if code < 450 || code > 459 {
		return false
	}
	switch {
	case enhanced == "4.7.28": // the registered "mail flood detected"
		return true
	case strings.HasPrefix(enhanced, "4.7.65"): // Microsoft: limited by reputation, 4.7.650 and 651
		return true
	case strings.HasPrefix(enhanced, "4.1."), // this address
		strings.HasPrefix(enhanced, "4.2."), // this mailbox: full, or itself too busy
		strings.HasPrefix(enhanced, "4.6."), // this content
		enhanced == "4.5.3":                 // "too many recipients" of one mail
		return false
	}
	text = strings.ToLower(text)
	for _, w := range rateWords {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// wantsAuth tells the codes by which a server says that not this mail but our
// login or encryption is wanting (RFC 4954 §6, RFC 3207 §4).
func wantsAuth(code int) bool {
	switch code {
	case 530, 534, 535, 538:
		return true
	}
	return false
}
