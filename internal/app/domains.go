package app

import (
	"context"
	"fmt"
	"net"
	"strings"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/dkim"
	"studymail/internal/domaincheck"

	"golang.org/x/net/idna"
)

// checkDomains asks DNS what those will ask who receive our mail. Mail that goes into
// a Maildir is received by nobody.
func (a *App) checkDomains(ctx context.Context) ([]studymail.Check, error) {
	if a.Config.MailTransport == config.Maildir {
		return nil, nil
	}
	s, err := senderOf(a.Config)
	if err != nil {
		return nil, err
	}
	return append(domaincheck.Check(ctx, net.DefaultResolver, s), wayOf(a.Config)...), nil
}

// senderOf says by the configuration which domains mail comes from.
func senderOf(c *config.Config) (domaincheck.Sender, error) {
	s := domaincheck.Sender{From: domainOf(c.Email), Bounce: c.BounceDomain, Signs: c.DKIMDomain, Receives: c.FeedbackSMTPAddr != ""}
	if c.MailTransport == config.SMTP {
		s.Relay = c.EmailHost
	}
	for _, k := range c.DKIM {
		name, text, err := dkim.Record(c.DKIMDomain, k.Selector, k.Key)
		if err != nil {
			return s, fmt.Errorf("look at the sender's domain: %w", err)
		}
		s.Keys = append(s.Keys, domaincheck.Record{Name: name, Text: text})
	}
	if len(c.DKIM) == 0 {
		s.Signs = ""
	}
	return s, nil
}

func domainOf(address string) string {
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		return ascii
	}
	return domain
}

// wayOf looks at what can be told without asking: whether mail is in clear on its way
// to the relay, and whether patients can reach the page on which they opt out.
func wayOf(c *config.Config) []studymail.Check {
	var all []studymail.Check
	if c.MailTransport == config.SMTP {
		t := studymail.Check{Name: "TLS to the relay", OK: true, Value: "EMAIL_TLS=" + string(c.EmailTLS), Limit: "never in clear over a network"}
		if c.InClear() {
			t.OK = false
			t.Mend = "set EMAIL_TLS=starttls-required, or tls: whoever is on the way can read the mail else"
			if c.EmailTLS == config.StartTLS {
				t.Value += ": in clear where the relay does not offer it, or somebody takes the offer away"
			}
		} else if c.RelayIsHere() {
			t.Value += ": the relay is on this machine"
		}
		all = append(all, t)
	}
	if domaincheck.Reserved(domainOf(c.Email)) { // a trial: no patient presses a button
		return all
	}
	p := studymail.Check{Name: "opt-out by one click", OK: true, Value: "PUBLIC_URL=" + c.PublicURL, Limit: "https"}
	if !strings.HasPrefix(c.PublicURL, "https://") {
		p.OK, p.Mend = false, "set PUBLIC_URL to the https address at which patients reach this installation: mail programs show their button only then (RFC 8058)"
		if c.PublicURL == "" {
			p.Value = "PUBLIC_URL is not set"
		}
	}
	return append(all, p)
}
