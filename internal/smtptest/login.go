package smtptest

import (
	"encoding/base64"
	"strings"
)

// auth knows PLAIN, LOGIN, OAUTHBEARER and XOAUTH2.
func (v *session) auth(rest string) error {
	mechanism, initial, _ := strings.Cut(rest, " ")
	ask := func(challenge string) (string, bool) {
		_ = v.say(334, base64.StdEncoding.EncodeToString([]byte(challenge)))
		line, err := v.in.ReadString('\n')
		if err != nil {
			return "", false
		}
		b, err := base64.StdEncoding.DecodeString(strings.TrimRight(line, "\r\n"))
		return string(b), err == nil
	}
	first, ok := "", true
	if initial != "" && initial != "=" {
		b, err := base64.StdEncoding.DecodeString(initial)
		first, ok = string(b), err == nil
	}
	switch strings.ToUpper(mechanism) {
	case "PLAIN":
		if initial == "" {
			first, ok = ask("")
		}
		if parts := strings.Split(first, "\x00"); ok && len(parts) == 3 {
			return v.loggedIn(v.cfg.Users[parts[1]] == parts[2] && parts[2] != "")
		}
	case "LOGIN":
		if initial == "" {
			first, ok = ask("Username:")
		}
		if ok {
			var password string
			password, ok = ask("Password:")
			if ok {
				return v.loggedIn(v.cfg.Users[first] == password && password != "")
			}
		}
	case "OAUTHBEARER":
		head, tail, found := strings.Cut(first, ",a=")
		user, _, _ := strings.Cut(tail, ",")
		_, token, bearer := strings.Cut(first, "auth=Bearer ")
		token = strings.TrimRight(token, "\x01")
		if head == "n" && found && bearer && token != "" && v.cfg.Users[user] == token {
			return v.loggedIn(true)
		}
		_, _ = ask(`{"status":"invalid_token"}`) // RFC 7628 §3.2.3
		return v.loggedIn(false)
	case "XOAUTH2":
		user, token, bearer := strings.Cut(strings.TrimPrefix(first, "user="), "\x01auth=Bearer ")
		token = strings.TrimSuffix(token, "\x01\x01")
		if bearer && token != "" && v.cfg.Users[user] == token {
			return v.loggedIn(true)
		}
		_, _ = ask(`{"status":"400","schemes":"Bearer"}`)
		return v.loggedIn(false)
	default:
		return v.say(504, "5.5.4 no such mechanism")
	}
	return v.say(501, "5.5.2 cannot be read")
}

func (v *session) loggedIn(ok bool) error {
	if !ok {
		return v.say(535, "5.7.8 not accepted")
	}
	v.login = true
	return v.say(235, "2.7.0 accepted")
}
