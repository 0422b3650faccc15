package config_test

import (
	"testing"

	"studymail/internal/config"
)

// Seen to fail: without the check of the transport, and without that of the address: a
// letter to a patient had a link that leads nowhere.
func TestOnlyMailsThatStayHereLeadToThisMachine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		c    config.Config
		want string
	}{
		{config.Config{MailTransport: config.Maildir, HTTPAddr: "127.0.0.1:8000"}, "http://127.0.0.1:8000"},
		{config.Config{MailTransport: config.Maildir, HTTPAddr: ":8000"}, "http://localhost:8000"},
		{config.Config{MailTransport: config.Maildir, HTTPAddr: "[::]:8000"}, "http://localhost:8000"},
		{config.Config{MailTransport: config.Maildir, HTTPAddr: "[::1]:8000"}, "http://[::1]:8000"},
		{config.Config{MailTransport: config.Maildir, HTTPAddr: "192.0.2.7:8000"}, ""},
		{config.Config{MailTransport: config.Maildir, HTTPAddr: "nonsense"}, ""},
		{config.Config{MailTransport: config.SMTP, HTTPAddr: "127.0.0.1:8000"}, ""},
		{config.Config{MailTransport: config.SMTP, HTTPAddr: "127.0.0.1:8000", PublicURL: "https://a.example"}, "https://a.example"},
		{config.Config{MailTransport: config.Maildir, HTTPAddr: "127.0.0.1:8000", PublicURL: "https://a.example"}, "https://a.example"},
	} {
		if got := tt.c.LettersURL(); got != tt.want {
			t.Errorf("%s at %s: %q, want %q", tt.c.MailTransport, tt.c.HTTPAddr, got, tt.want)
		}
	}
}
