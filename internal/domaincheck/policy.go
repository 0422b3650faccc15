package domaincheck

import (
	"context"
	"net"
	"strings"

	"studymail"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/dmarc"
)

// spf looks at which servers may send for the domain of the return path (RFC 7208).
func (c *checker) spf(ctx context.Context, relay []net.IP) studymail.Check {
	const name = "SPF"
	domain, want := c.envelope(), "one record that names the relay"
	all, err := c.txt(ctx, domain)
	if err != nil {
		return bad(name, unanswered(err), want, mendDNS)
	}
	var records []string
	for _, text := range all {
		if text == "v=spf1" || strings.HasPrefix(text, "v=spf1 ") {
			records = append(records, text)
		}
	}
	switch {
	case len(records) == 0:
		return bad(name, domain+" has no record", want, `publish a TXT record of `+domain+`, such as "v=spf1 `+c.mechanism()+` -all"`)
	case len(records) > 1: // RFC 7208 §4.5
		return bad(name, domain+" has more than one record, which is none", want, "keep one TXT record that begins with v=spf1, with everything in it")
	case permits(records[0]):
		return bad(name, domain+" lets everybody send for it (+all)", want, "end the record with -all or ~all")
	}
	for _, ip := range relay {
		ctx, cancel := context.WithTimeout(ctx, Patience)
		res, err := spf.CheckHostWithSender(ip, c.s.Relay, "bounce@"+domain, spf.WithContext(ctx), spf.WithResolver(c.dns))
		cancel()
		switch res {
		case spf.Pass:
		case spf.PermError:
			return bad(name, domain+": a record that cannot be read ("+err.Error()+")", want, "mend the TXT record of "+domain)
		case spf.TempError:
			return bad(name, "DNS does not answer", want, mendDNS)
		default:
			return bad(name, domain+" does not let "+ip.String()+" of "+c.s.Relay+" send for it ("+string(res)+")", want,
				`add `+c.mechanism()+` to the TXT record of `+domain+`, or what the relay's keeper says where mail leaves from other addresses`)
		}
	}
	if len(relay) == 0 {
		return fine(name, domain+" has a record; whether it names the relay cannot be told: that has no public address", want)
	}
	return fine(name, domain+" lets "+c.s.Relay+" send for it", want)
}

// mechanism is what would let the relay in.
func (c *checker) mechanism() string {
	if c.s.Relay == "" {
		return "include:amazonses.com"
	}
	if ip := net.ParseIP(c.s.Relay); ip != nil {
		if ip.To4() == nil {
			return "ip6:" + c.s.Relay
		}
		return "ip4:" + c.s.Relay
	}
	return "a:" + c.s.Relay
}

func permits(record string) bool {
	for _, term := range strings.Fields(record) {
		if term == "all" || term == "+all" {
			return true
		}
	}
	return false
}

// dkim looks whether the keys that we sign with are published (RFC 6376 §3.6). A mail
// program's unsubscribe button needs both List-Unsubscribe fields under a signature
// (RFC 8058 §4); ours covers them.
func (c *checker) dkim(ctx context.Context) studymail.Check {
	const name, want = "DKIM keys in DNS", "a signature of the sender's domain, over List-Unsubscribe too"
	if c.s.Signs == "" {
		return fine(name, "not signed here: the relay must, with List-Unsubscribe and List-Unsubscribe-Post among the signed fields", want)
	}
	for _, k := range c.s.Keys {
		all, err := c.txt(ctx, k.Name)
		if err != nil {
			return bad(name, unanswered(err), want, mendDNS)
		}
		switch key := tag(strings.Join(all, ""), "p"); {
		case len(all) == 0:
			return bad(name, k.Name+" is not published", want, `publish a TXT record of that name: "`+k.Text+`"`)
		case key != tag(k.Text, "p"):
			return bad(name, k.Name+" is another key than DKIM_KEY_FILE", want, `publish instead: "`+k.Text+`"`)
		}
	}
	if !aligned(c.s.Signs, c.s.From) {
		return bad(name, "signed for "+c.s.Signs+", but sent from "+c.s.From, want, "sign for the sender's domain (DKIM_DOMAIN): DMARC takes no other")
	}
	return fine(name, c.s.Signs+": our keys are published, and cover List-Unsubscribe", want)
}

// tag gives a tag of a list as DKIM has them, without its white space.
func tag(list, name string) string {
	for part := range strings.SplitSeq(list, ";") {
		if k, v, ok := strings.Cut(part, "="); ok && strings.TrimSpace(k) == name {
			return strings.Join(strings.Fields(v), "")
		}
	}
	return ""
}

// dmarc looks at what the sender's domain wants done (RFC 7489): Gmail and Yahoo take
// bulk mail only from domains that say it.
func (c *checker) dmarc(ctx context.Context) studymail.Check {
	const name, want = "DMARC", "a policy, and a return path or signature of the same domain"
	for _, domain := range []string{c.s.From, organization(c.s.From)} {
		all, err := c.txt(ctx, "_dmarc."+domain)
		if err != nil {
			return bad(name, unanswered(err), want, mendDNS)
		}
		var records []string
		for _, text := range all {
			if strings.HasPrefix(text, "v=DMARC1") {
				records = append(records, text)
			}
		}
		switch {
		case len(records) == 0:
			continue
		case len(records) > 1: // RFC 7489 §6.6.3
			return bad(name, "_dmarc."+domain+" has more than one record, which is none", want, "keep one TXT record that begins with v=DMARC1")
		}
		r, err := dmarc.Parse(records[0])
		if err != nil {
			return bad(name, "_dmarc."+domain+" cannot be read ("+err.Error()+")", want, "mend the TXT record of _dmarc."+domain)
		}
		if !aligned(c.envelope(), c.s.From) && c.s.Signs == "" {
			return bad(name, "bounces go to "+c.envelope()+", mail comes from "+c.s.From+": only a signature of the relay can vouch for it", want,
				"make BOUNCE_DOMAIN a part of "+organization(c.s.From)+", or sign (DKIM_DOMAIN)")
		}
		return fine(name, "_dmarc."+domain+" says "+string(r.Policy), want)
	}
	return bad(name, "_dmarc."+c.s.From+" has no record", want, `publish a TXT record of _dmarc.`+organization(c.s.From)+`, to begin with "v=DMARC1; p=none"`)
}
