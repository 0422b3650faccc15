package dkim

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// fields are what a signature covers, of those that a mail has: all that we
// write and a reader or a mail program goes by (RFC 6376 §5.4.1).
var fields = []string{
	"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
	"Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted",
}

// Key is one key under its selector.
type Key struct {
	Selector string
	Signer   crypto.Signer // *rsa.PrivateKey or ed25519.PrivateKey
}

// Type is rsa or ed25519.
func (k Key) Type() string {
	if _, ok := k.Signer.Public().(ed25519.PublicKey); ok {
		return "ed25519"
	}
	return "rsa"
}

// Signer signs for a domain. It may be used by many goroutines.
type Signer struct {
	Domain string
	Keys   []Key
}

// Sign gives the mail with a signature for each key at its top; the mail itself
// is as it was.
func (s *Signer) Sign(mail []byte) ([]byte, error) {
	covered := present(mail)
	var top bytes.Buffer
	top.Grow(len(s.Keys)*700 + len(mail))
	for _, k := range s.Keys {
		signer, err := dkim.NewSigner(&dkim.SignOptions{
			Domain: s.Domain, Selector: k.Selector, Signer: k.Signer, Hash: crypto.SHA256, HeaderKeys: covered,
			HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		})
		if err != nil {
			return nil, fmt.Errorf("sign with DKIM selector %s: %w", k.Selector, err)
		}
		if _, err := signer.Write(mail); err != nil {
			return nil, errors.Join(fmt.Errorf("sign with DKIM selector %s: %w", k.Selector, err), signer.Close())
		}
		if err := signer.Close(); err != nil {
			return nil, fmt.Errorf("sign with DKIM selector %s: %w", k.Selector, err)
		}
		top.WriteString(signer.Signature())
	}
	top.Write(mail)
	return top.Bytes(), nil
}

// present gives those of the fields that the mail has.
func present(mail []byte) []string {
	covered := make([]string, 0, len(fields))
	for line := range bytes.Lines(mail) {
		name, _, ok := bytes.Cut(line, []byte(":"))
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		if i := slices.IndexFunc(fields, func(f string) bool { return strings.EqualFold(f, string(name)) }); ok && i >= 0 {
			covered = append(covered, fields[i])
		}
	}
	return covered
}

// String says what a signer does, for people; nil is off.
func (s *Signer) String() string {
	if s == nil {
		return "off"
	}
	parts := make([]string, len(s.Keys))
	for i, k := range s.Keys {
		parts[i] = fmt.Sprintf("%s (%s)", k.Selector, k.Type())
		if key, ok := k.Signer.Public().(*rsa.PublicKey); ok {
			parts[i] = fmt.Sprintf("%s (rsa, %d bits)", k.Selector, key.N.BitLen())
		}
	}
	return "signs for " + s.Domain + " with " + strings.Join(parts, " and ")
}
