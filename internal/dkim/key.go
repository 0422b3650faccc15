package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Generate makes a key of a type, rsa (2,048 bits) or ed25519, and its PEM file.
func Generate(kind string) (crypto.Signer, []byte, error) {
	var (
		key crypto.Signer
		err error
	)
	switch kind {
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = errors.New("a DKIM key is of type rsa or ed25519")
	}
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("write a DKIM key: %w", err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Record is what stands in the domain's DNS: the name, and the text of its TXT record.
func Record(domain, selector string, key crypto.Signer) (name, text string, err error) {
	kind, public := "", []byte(nil)
	switch k := key.Public().(type) {
	case *rsa.PublicKey:
		kind = "rsa"
		public, err = x509.MarshalPKIXPublicKey(k)
	case ed25519.PublicKey: // RFC 8463 §4: the bare key
		kind, public = "ed25519", k
	default:
		err = errors.New("a DKIM key is of type rsa or ed25519")
	}
	if err != nil {
		return "", "", fmt.Errorf("the DNS record of DKIM selector %s: %w", selector, err)
	}
	return selector + "._domainkey." + domain, "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public), nil
}

// Zone writes a TXT record as a zone file has it: strings of at most 255
// characters (RFC 1035 §3.3.14).
func Zone(name, text string) string {
	var b strings.Builder
	b.WriteString(name + ". IN TXT (")
	for len(text) > 0 {
		n := min(len(text), 250)
		b.WriteString(` "` + text[:n] + `"`)
		text = text[n:]
	}
	return b.String() + " )"
}
