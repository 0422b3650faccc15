package config

import (
	"net"
	"net/netip"
)

// LettersURL is where the links of letters lead: PUBLIC_URL. Mails in a Maildir stay on
// this machine: without PUBLIC_URL theirs lead to the pages here, so that a trial shows
// how patients opt out. "" is nowhere.
func (c *Config) LettersURL() string {
	if c.PublicURL != "" || c.MailTransport != Maildir {
		return c.PublicURL
	}
	host, port, err := net.SplitHostPort(c.HTTPAddr)
	if err != nil {
		return ""
	}
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "" || host == "localhost" || err == nil && addr.IsUnspecified():
		host = "localhost"
	case err != nil || !addr.IsLoopback():
		return ""
	}
	return "http://" + net.JoinHostPort(host, port)
}
