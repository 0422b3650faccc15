package domaincheck

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"studymail"

	"golang.org/x/net/publicsuffix"
)

// Resolver is what DNS is asked by; *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// Record is a TXT record that should be there.
type Record struct{ Name, Text string }

// Sender is whose domains are looked at. What is empty is not.
type Sender struct {
	From     string   // domain of the From address
	Bounce   string   // domain that bounces come back to; else they go to From's
	Relay    string   // host that mail is handed to
	Signs    string   // domain that we sign for; empty: we do not sign
	Keys     []Record // of our signatures
	Receives bool     // we take in mail for Bounce ourselves
}

// Patience is how long one question to DNS may take.
const Patience = 5 * time.Second

// Check looks at everything. A name server that does not answer is told as such: it
// says nothing about the domain.
func Check(ctx context.Context, dns Resolver, s Sender) []studymail.Check {
	if Reserved(s.From) {
		return []studymail.Check{fine("sender's domain in DNS", s.From+" is a name for examples: not looked up", "a domain of yours")}
	}
	c := &checker{dns: dns, s: s}
	relay, relayErr := c.relayAddresses(ctx)
	all := []studymail.Check{c.spf(ctx, relay), c.dkim(ctx), c.dmarc(ctx), c.mx(ctx)}
	if s.Relay != "" {
		all = append(all, c.reverse(ctx, relay, relayErr))
	}
	return all
}

// Reserved tells a name that nobody can have (RFC 2606, RFC 6761, RFC 6762): that of a trial.
func Reserved(domain string) bool {
	for _, r := range []string{"example", "test", "invalid", "localhost", "local", "example.com", "example.net", "example.org"} {
		if domain == r || strings.HasSuffix(domain, "."+r) {
			return true
		}
	}
	return domain == ""
}

type checker struct {
	dns Resolver
	s   Sender
}

// envelope is the domain of the return path: what SPF is about.
func (c *checker) envelope() string {
	if c.s.Bounce != "" {
		return c.s.Bounce
	}
	return c.s.From
}

func fine(name, found, want string) studymail.Check {
	return studymail.Check{Name: name, OK: true, Value: found, Limit: want}
}

func bad(name, found, want, mend string) studymail.Check {
	return studymail.Check{Name: name, Value: found, Limit: want, Mend: mend}
}

const mendDNS = "see whether this machine can ask its name server, and try again"

// txt asks for the texts of a name; none when there is no such name.
func (c *checker) txt(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	all, err := c.dns.LookupTXT(ctx, name)
	if missing(err) {
		return nil, nil
	}
	return all, err //nolint:wrapcheck // worded by unanswered
}

func missing(err error) bool {
	e, ok := errors.AsType[*net.DNSError](err)
	return ok && e.IsNotFound
}

// unanswered words what a resolver says when it cannot answer.
func unanswered(err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.Err != "" {
		return "DNS does not answer: " + e.Err
	}
	return "DNS does not answer"
}

// aligned tells whether DMARC takes two domains for one (RFC 7489 §3.1, relaxed):
// both belong to the same registered domain.
func aligned(a, b string) bool { return a == b || organization(a) == organization(b) }

func organization(domain string) string {
	if org, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return org
	}
	return domain
}

// relayAddresses are the relay's own, if they are public: then it may well be that
// mail leaves from them.
func (c *checker) relayAddresses(ctx context.Context) ([]net.IP, error) {
	if c.s.Relay == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	all, err := c.dns.LookupIPAddr(ctx, c.s.Relay)
	var public []net.IP
	for _, a := range all {
		if a.IP.IsGlobalUnicast() && !a.IP.IsPrivate() {
			public = append(public, a.IP)
		}
	}
	return public, err //nolint:wrapcheck // worded by unanswered
}

func (c *checker) mx(ctx context.Context) studymail.Check {
	const name = "MX of the bounce domain"
	domain := c.envelope()
	want := "a server that takes bounces"
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	all, err := c.dns.LookupMX(ctx, domain)
	if err != nil && !missing(err) {
		return bad(name, unanswered(err), want, mendDNS)
	}
	var hosts []string
	for _, m := range all {
		hosts = append(hosts, strings.TrimSuffix(m.Host, "."))
	}
	slices.Sort(hosts)
	switch {
	case len(hosts) == 0 && c.s.Receives:
		return bad(name, domain+" has none", want, "publish an MX record of "+domain+" that names the machine where FEEDBACK_SMTP_ADDR listens, and open port 25 there")
	case len(hosts) == 0:
		return bad(name, domain+" has none", want, "publish an MX record of "+domain+": bounces go there, and a sender's domain without one is refused by many")
	case len(hosts) == 1 && hosts[0] == "": // RFC 7505
		return bad(name, domain+" takes no mail (null MX)", want, "publish an MX record of "+domain+" that names a server: bounces go there")
	}
	return fine(name, domain+": "+strings.Join(hosts, ", "), want)
}

// reverse looks at the name of the relay's address: many servers take nothing from one
// that has none, or whose name does not lead back to it.
func (c *checker) reverse(ctx context.Context, relay []net.IP, err error) studymail.Check {
	const name, want = "reverse name of the relay", "a name that leads back to the address"
	switch {
	case err != nil && !missing(err):
		return bad(name, unanswered(err), want, mendDNS)
	case len(relay) == 0:
		return fine(name, c.s.Relay+" has no public address: not looked up", want)
	}
	for _, ip := range relay {
		if c.leadsBack(ctx, ip) {
			continue
		}
		return bad(name, ip.String()+" of "+c.s.Relay+" has none that leads back to it", want,
			"have whoever gave you the address publish a PTR record, and give that name an A or AAAA record; a relay that sends from other addresses than it receives at needs it for those")
	}
	return fine(name, c.s.Relay+" has one", want)
}

func (c *checker) leadsBack(ctx context.Context, ip net.IP) bool {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	names, err := c.dns.LookupAddr(ctx, ip.String())
	if err != nil {
		return false
	}
	for _, n := range names {
		all, err := c.dns.LookupIPAddr(ctx, strings.TrimSuffix(n, "."))
		if err == nil && slices.ContainsFunc(all, func(a net.IPAddr) bool { return a.IP.Equal(ip) }) {
			return true
		}
	}
	return false
}
