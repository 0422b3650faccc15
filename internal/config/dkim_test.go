package config_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"path/filepath"
	"strings"
	"testing"

	"studymail/internal/config"
)

func pemOf(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestKeysThatSign(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	big, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, small, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(big)
	write(t, filepath.Join(dir, "rsa.pem"), pemOf(t, "PRIVATE KEY", der, err))
	write(t, filepath.Join(dir, "old.pem"), pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(big), nil))
	der, err = x509.MarshalPKCS8PrivateKey(small)
	write(t, filepath.Join(dir, "ed.pem"), pemOf(t, "PRIVATE KEY", der, err))
	der, err = x509.MarshalPKCS8PrivateKey(other)
	write(t, filepath.Join(dir, "ec.pem"), pemOf(t, "PRIVATE KEY", der, err))
	write(t, filepath.Join(dir, "no.pem"), "nothing")
	for _, c := range []struct {
		env     string
		keys    int
		domain  string
		problem string
		warning string
	}{
		{"", 0, "", "", ""},
		{"DKIM_SELECTOR=s1 DKIM_KEY_FILE=rsa.pem", 1, "example.org", "", ""},
		{"DKIM_SELECTOR=s1 DKIM_KEY_FILE=old.pem", 1, "example.org", "", ""},
		{"DKIM_SELECTOR=s1 DKIM_KEY_FILE=rsa.pem DKIM_SELECTOR_2=s2 DKIM_KEY_FILE_2=ed.pem", 2, "example.org", "", ""},
		{"DKIM_SELECTOR_2=s2 DKIM_KEY_FILE_2=ed.pem", 1, "example.org", "", ""},
		{"EMAIL=s@mail.example.org DKIM_DOMAIN=example.org DKIM_SELECTOR=s1 DKIM_KEY_FILE=ed.pem", 1, "example.org", "", ""},
		{"DKIM_DOMAIN=other.example DKIM_SELECTOR=s1 DKIM_KEY_FILE=ed.pem", 1, "other.example", "", "not the domain of EMAIL"},
		{"DKIM_SELECTOR=s1", 0, "", "DKIM_KEY_FILE: found nothing, but DKIM_SELECTOR is set", ""},
		{"DKIM_KEY_FILE=rsa.pem", 0, "", "DKIM_SELECTOR: found nothing, but DKIM_KEY_FILE is set", ""},
		{"DKIM_SELECTOR=s1 DKIM_KEY_FILE=ec.pem", 0, "", "DKIM_KEY_FILE: found", ""},
		{"DKIM_SELECTOR=s1 DKIM_KEY_FILE=no.pem", 0, "", "DKIM_KEY_FILE: found", ""},
		{"DKIM_SELECTOR=s1 DKIM_KEY_FILE=gone.pem", 0, "", "DKIM_KEY_FILE: found", ""},
		{"DKIM_SELECTOR=s_1 DKIM_KEY_FILE=ed.pem", 0, "", "DKIM_SELECTOR: found", ""},
		{"DKIM_SELECTOR=s1 DKIM_KEY_FILE=rsa.pem DKIM_SELECTOR_2=s1 DKIM_KEY_FILE_2=ed.pem", 0, "", "DKIM_SELECTOR_2", ""},
	} {
		cfg, warnings, err := config.Load(dir, append([]string{"EMAIL=s@example.org"}, strings.Fields(c.env)...))
		switch {
		case c.problem != "":
			if err == nil || !strings.Contains(err.Error(), c.problem) || strings.Contains(err.Error(), "PRIVATE") {
				t.Errorf("%s: %v, want %s", c.env, err, c.problem)
			}
		case err != nil || len(cfg.DKIM) != c.keys || c.keys > 0 && cfg.DKIMDomain != c.domain:
			t.Errorf("%s: %+v %v", c.env, cfg, err)
		case (c.warning == "") != (len(warnings) == 0) || c.warning != "" && !strings.Contains(warnings[0].Text, c.warning):
			t.Errorf("%s: warnings %v", c.env, warnings)
		}
	}
}
