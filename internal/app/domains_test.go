package app

import (
	"crypto/ed25519"
	"testing"

	"studymail/internal/config"
)

func TestTheSenderThatDNSIsAskedAbout(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &config.Config{
		Email: "Studies@Praxis-Müller.DE", BounceDomain: "bounce.example.de", EmailHost: "relay.example.de", MailTransport: config.SMTP,
		DKIMDomain: "praxis.de", DKIM: []config.DKIMKey{{Selector: "s1", Key: key}}, FeedbackSMTPAddr: ":25",
	}
	s, err := senderOf(c)
	if err != nil {
		t.Fatal(err)
	}
	if s.From != "xn--praxis-mller-klb.de" || s.Bounce != "bounce.example.de" || s.Relay != "relay.example.de" || s.Signs != "praxis.de" || !s.Receives {
		t.Errorf("%+v", s)
	}
	if len(s.Keys) != 1 || s.Keys[0].Name != "s1._domainkey.praxis.de" {
		t.Errorf("keys: %+v", s.Keys)
	}
	c.DKIM = nil
	if s, err = senderOf(c); err != nil || s.Signs != "" {
		t.Errorf("without keys it signs for %q (%v)", s.Signs, err)
	}
}

func TestMailInClearIsTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		host string
		tls  config.TLS
		ok   bool
	}{
		{"relay.clinic.nhs.uk", config.NoTLS, false},
		{"relay.clinic.nhs.uk", config.StartTLS, false},
		{"relay.clinic.nhs.uk", config.StartTLSRequired, true},
		{"relay.clinic.nhs.uk", config.ImplicitTLS, true},
		{"127.0.0.1", config.NoTLS, true},
		{"::1", config.NoTLS, true},
		{"localhost", config.StartTLS, true},
	} {
		c := &config.Config{Email: "a@example.org", MailTransport: config.SMTP, EmailHost: tt.host, EmailTLS: tt.tls}
		if all := wayOf(c); len(all) != 1 || all[0].OK != tt.ok || all[0].OK != (all[0].Mend == "") {
			t.Errorf("%s, EMAIL_TLS=%s: %+v", tt.host, tt.tls, all)
		}
	}
}

func TestTheButtonNeedsHTTPS(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{"": false, "http://studies.clinic.nhs.uk": false, "https://studies.clinic.nhs.uk": true} {
		all := wayOf(&config.Config{Email: "a@clinic.nhs.uk", PublicURL: url})
		if len(all) != 1 || all[0].OK != ok {
			t.Errorf("%q: %+v", url, all)
		}
	}
}
