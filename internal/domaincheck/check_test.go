package domaincheck

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/foxcpp/go-mockdns"
)

const record = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

// good is the DNS of a clinic that has everything.
func good() map[string]mockdns.Zone {
	return map[string]mockdns.Zone{
		"clinic.nhs.uk.":                 {TXT: []string{"google-site-verification=x", "v=spf1 mx -all"}, MX: []net.MX{{Host: "mx.clinic.nhs.uk.", Pref: 10}}},
		"bounce.clinic.nhs.uk.":          {TXT: []string{"v=spf1 a:relay.clinic.nhs.uk -all"}, MX: []net.MX{{Host: "relay.clinic.nhs.uk.", Pref: 10}}},
		"_dmarc.clinic.nhs.uk.":          {TXT: []string{"v=DMARC1; p=quarantine"}},
		"s1._domainkey.clinic.nhs.uk.":   {TXT: []string{record}},
		"relay.clinic.nhs.uk.":           {A: []string{"203.0.113.7"}},
		"7.113.0.203.in-addr.arpa.":      {PTR: []string{"relay.clinic.nhs.uk."}},
		"inside.clinic.nhs.uk.":          {A: []string{"10.0.0.7"}},
		"mx.clinic.nhs.uk.":              {A: []string{"203.0.113.8"}},
		"bounce.elsewhere.org.uk.":       {TXT: []string{"v=spf1 a:relay.clinic.nhs.uk -all"}, MX: []net.MX{{Host: "relay.clinic.nhs.uk."}}},
		"s1._domainkey.elsewhere.co.uk.": {TXT: []string{record}},
	}
}

func sender() Sender {
	return Sender{
		From: "clinic.nhs.uk", Bounce: "bounce.clinic.nhs.uk", Relay: "relay.clinic.nhs.uk", Signs: "clinic.nhs.uk",
		Keys: []Record{{"s1._domainkey.clinic.nhs.uk", record}},
	}
}

// ask asks a real name server on this machine.
func ask(t *testing.T, zones map[string]mockdns.Zone, s Sender) map[string]string {
	t.Helper()
	srv, err := mockdns.NewServerWithLogger(zones, silent{}, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, srv.LocalAddr().String())
	}}
	all := map[string]string{}
	for _, c := range Check(t.Context(), r, s) {
		if c.OK != (c.Mend == "") {
			t.Errorf("%s: OK is %v, the mend %q", c.Name, c.OK, c.Mend)
		}
		words := "ok: " + c.Value
		if !c.OK {
			words = c.Value + " -> " + c.Mend
		}
		all[c.Name] = words
	}
	return all
}

type silent struct{}

func (silent) Printf(string, ...any) {}

func TestADomainThatHasEverything(t *testing.T) {
	t.Parallel()
	for name, words := range ask(t, good(), sender()) {
		if !strings.HasPrefix(words, "ok: ") {
			t.Errorf("%s: %s", name, words)
		}
	}
}

func TestWhatIsMissingIsToldWithItsMend(t *testing.T) {
	t.Parallel()
	const bounce = "bounce.clinic.nhs.uk."
	for _, tt := range []struct {
		name  string
		zones func(map[string]mockdns.Zone)
		of    func(*Sender)
		check string
		says  string
	}{
		{"no SPF", func(z map[string]mockdns.Zone) { z[bounce] = mockdns.Zone{MX: z[bounce].MX} }, nil, "SPF", `has no record -> publish a TXT record of bounce.clinic.nhs.uk, such as "v=spf1 a:relay.clinic.nhs.uk -all"`},
		{"two SPF records", func(z map[string]mockdns.Zone) {
			z[bounce] = mockdns.Zone{TXT: []string{"v=spf1 -all", "v=spf1 mx -all"}}
		}, nil, "SPF", "more than one record"},
		{"open to all", func(z map[string]mockdns.Zone) { z[bounce] = mockdns.Zone{TXT: []string{"v=spf1 +all"}} }, nil, "SPF", "lets everybody send"},
		{"another relay", func(z map[string]mockdns.Zone) {
			z[bounce] = mockdns.Zone{TXT: []string{"v=spf1 ip4:198.51.100.1 -all"}}
		}, nil, "SPF", "does not let 203.0.113.7 of relay.clinic.nhs.uk send for it (fail) -> add a:relay.clinic.nhs.uk"},
		{"not readable", func(z map[string]mockdns.Zone) { z[bounce] = mockdns.Zone{TXT: []string{"v=spf1 nonsense:x -all"}} }, nil, "SPF", "cannot be read"},
		{"a relay inside", nil, func(s *Sender) { s.Relay = "inside.clinic.nhs.uk" }, "SPF", "ok: bounce.clinic.nhs.uk has a record; whether it names the relay cannot be told"},
		{"a relay inside has no reverse name", nil, func(s *Sender) { s.Relay = "inside.clinic.nhs.uk" }, "reverse name of the relay", "ok: inside.clinic.nhs.uk has no public address"},
		{"no bounce domain", nil, func(s *Sender) { s.Bounce = ""; s.Relay = "203.0.113.8" }, "SPF", "ok: clinic.nhs.uk lets 203.0.113.8"},
		{"no key", func(z map[string]mockdns.Zone) { delete(z, "s1._domainkey.clinic.nhs.uk.") }, nil, "DKIM keys in DNS", `is not published -> publish a TXT record of that name: "v=DKIM1; k=ed25519; p=11qY`},
		{"another key", func(z map[string]mockdns.Zone) {
			z["s1._domainkey.clinic.nhs.uk."] = mockdns.Zone{TXT: []string{"v=DKIM1; p=AAAA"}}
		}, nil, "DKIM keys in DNS", "another key"},
		{"a key in pieces", func(z map[string]mockdns.Zone) {
			z["s1._domainkey.clinic.nhs.uk."] = mockdns.Zone{TXT: []string{strings.Replace(record, "VS/7", "VS /7", 1)}}
		}, nil, "DKIM keys in DNS", "ok: "},
		{"signed for another", nil, func(s *Sender) {
			s.Signs, s.Keys = "elsewhere.co.uk", []Record{{"s1._domainkey.elsewhere.co.uk", record}}
		}, "DKIM keys in DNS", "signed for elsewhere.co.uk, but sent from clinic.nhs.uk"},
		{"not signed here", nil, func(s *Sender) { s.Signs, s.Keys = "", nil }, "DKIM keys in DNS", "ok: not signed here: the relay must, with List-Unsubscribe"},
		{"no DMARC", func(z map[string]mockdns.Zone) { delete(z, "_dmarc.clinic.nhs.uk.") }, nil, "DMARC", `has no record -> publish a TXT record of _dmarc.clinic.nhs.uk, to begin with "v=DMARC1; p=none"`},
		{"DMARC of the organization", nil, func(s *Sender) { s.From = "studies.clinic.nhs.uk" }, "DMARC", "ok: _dmarc.clinic.nhs.uk says quarantine"},
		{"DMARC that nobody can read", func(z map[string]mockdns.Zone) {
			z["_dmarc.clinic.nhs.uk."] = mockdns.Zone{TXT: []string{"v=DMARC1; p=maybe"}}
		}, nil, "DMARC", "cannot be read"},
		{"nothing aligned", nil, func(s *Sender) { s.Bounce, s.Signs, s.Keys = "bounce.elsewhere.org.uk", "", nil }, "DMARC", "only a signature of the relay can vouch"},
		{"no MX", func(z map[string]mockdns.Zone) { z[bounce] = mockdns.Zone{TXT: z[bounce].TXT} }, nil, "MX of the bounce domain", "has none -> publish an MX record"},
		{"no MX of the receiver", func(z map[string]mockdns.Zone) { z[bounce] = mockdns.Zone{TXT: z[bounce].TXT} }, func(s *Sender) { s.Receives = true }, "MX of the bounce domain", "FEEDBACK_SMTP_ADDR"},
		{"null MX", func(z map[string]mockdns.Zone) { z[bounce] = mockdns.Zone{MX: []net.MX{{Host: "."}}} }, nil, "MX of the bounce domain", "null MX"},
		{"no reverse name", func(z map[string]mockdns.Zone) { delete(z, "7.113.0.203.in-addr.arpa.") }, nil, "reverse name of the relay", "203.0.113.7 of relay.clinic.nhs.uk has none that leads back"},
		{"a reverse name that leads elsewhere", func(z map[string]mockdns.Zone) {
			z["7.113.0.203.in-addr.arpa."] = mockdns.Zone{PTR: []string{"mx.clinic.nhs.uk."}}
		}, nil, "reverse name of the relay", "has none that leads back"},
		{"a name server that fails", func(z map[string]mockdns.Zone) {
			z[bounce] = mockdns.Zone{Err: &net.DNSError{Err: "broken", IsTemporary: true}}
		}, nil, "SPF", "DNS does not answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			zones, s := good(), sender()
			if tt.zones != nil {
				tt.zones(zones)
			}
			if tt.of != nil {
				tt.of(&s)
			}
			if got := ask(t, zones, s)[tt.check]; !strings.Contains(got, tt.says) {
				t.Errorf("%s: %s\nwant %s", tt.check, got, tt.says)
			}
		})
	}
}

func TestNamesForExamplesAreNotLookedUp(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{"example.org", "clinic.example.com", "mail.test", "localhost", "printer.local"} {
		all := Check(t.Context(), nil, Sender{From: domain})
		if len(all) != 1 || !all[0].OK {
			t.Errorf("%s: %+v", domain, all)
		}
	}
}
