package dkim_test

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"strings"
	"testing"

	"studymail/internal/dkim"

	verifier "github.com/emersion/go-msgauth/dkim"
)

// zone is the DNS of the tests.
type zone map[string]string

func (z zone) lookup(name string) ([]string, error) {
	if text, ok := z[name]; ok {
		return []string{text}, nil
	}
	return nil, errors.New("no such record")
}

func newSigner(tb testing.TB, z zone, kinds ...string) *dkim.Signer {
	tb.Helper()
	s := &dkim.Signer{Domain: "example.org"}
	for i, kind := range kinds {
		key, _, err := dkim.Generate(kind)
		if err != nil {
			tb.Fatal(err)
		}
		k := dkim.Key{Selector: fmt.Sprintf("s%d", i+1), Signer: key}
		s.Keys = append(s.Keys, k)
		name, text, err := dkim.Record(s.Domain, k.Selector, key)
		if err != nil {
			tb.Fatal(err)
		}
		z[name] = text
	}
	return s
}

const usual = "From: =?utf-8?q?Study_team?= <studies@example.org>\r\nTo: =?utf-8?q?Zo=C3=AB?= <zoe@example.org>\r\nSubject: About\r\n =?utf-8?q?Tr=C3=A4ume?=\r\n" +
	"Date: Mon, 15 Jun 2026 09:00:00 +0100\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n" +
	"Content-Transfer-Encoding: quoted-printable\r\nReply-To: surgery@example.org\r\nList-Unsubscribe: <https://example.org/u/x>\r\n" +
	"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nAuto-Submitted: auto-generated\r\n\r\n"

// What is signed verifies by another's hand, as it is and after what relays do;
// what was changed does not.
func TestASignedMailVerifies(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{
		"plain":              "Dear Zoe,\r\n\r\nplease call.\r\n",
		"non-ASCII":          "Gr=C3=BC=C3=9Fe =E2=80=94 d=C3=A9j=C3=A0 vu =\r\n=F0=9F=99=82\r\n",
		"8-bit":              "Grüße — déjà vu 🙂\r\n",
		"long lines":         strings.Repeat("x", 990) + "\r\n" + strings.Repeat("y ", 490) + "\r\n",
		"dots":               ".\r\n..\r\n.x\r\n",
		"empty lines at end": "Hello\r\n\r\n\r\n",
		"no end":             "Hello",
		"empty":              "",
		"large":              strings.Repeat("The quick brown fox jumps over the lazy dog.\r\n", 5000),
	}
	for _, kinds := range [][]string{{"rsa"}, {"ed25519"}, {"rsa", "ed25519"}} {
		z := zone{}
		s := newSigner(t, z, kinds...)
		for name, body := range bodies {
			t.Run(strings.Join(kinds, " and ")+", "+name, func(t *testing.T) {
				t.Parallel()
				mail := []byte(usual + body)
				signed, err := s.Sign(mail)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.HasSuffix(signed, mail) {
					t.Fatal("the mail is not as it was")
				}
				for line := range bytes.Lines(signed[:len(signed)-len(mail)]) {
					if len(line) > 200 || !bytes.HasSuffix(line, []byte("\r\n")) {
						t.Errorf("a line of the signature: %q", line)
					}
				}
				verify(t, z, signed, len(kinds), true)
				relayed := append([]byte("Received: from a by b; Mon, 15 Jun 2026 09:00:01 +0100\r\nX-Spam: no\r\n"), signed...)
				verify(t, z, relayed, len(kinds), true)
				for _, change := range [][2]string{
					{"Reply-To: surgery@", "Reply-To: elsewhere@"},
					{"example.org/u/x>", "example.org/u/y>"},
					{"One-Click", "Two-Clicks"},
					{"auto-generated", "no"},
					{"<1@", "<2@"},
					{"zoe@", "bob@"},
					{"<studies@", "<fraud@"},
					{"09:00:00 +", "10:00:00 +"},
				} {
					verify(t, z, bytes.Replace(signed, []byte(change[0]), []byte(change[1]), 1), len(kinds), false)
				}
				if body == "" {
					return
				}
				verify(t, z, append(append([]byte(nil), signed...), "More.\r\n"...), len(kinds), false)
			})
		}
	}
}

func verify(t *testing.T, z zone, mail []byte, signatures int, good bool) {
	t.Helper()
	all, err := verifier.VerifyWithOptions(bytes.NewReader(mail), &verifier.VerifyOptions{LookupTXT: z.lookup})
	if err != nil || len(all) != signatures {
		t.Fatalf("%d signatures, want %d: %v", len(all), signatures, err)
	}
	for _, v := range all {
		if (v.Err == nil) != good || v.Domain != "example.org" {
			t.Errorf("signature for %s: %v, want it good: %v", v.Domain, v.Err, good)
		}
		if good && len(v.HeaderKeys) != 12 {
			t.Errorf("it covers %v", v.HeaderKeys)
		}
	}
}

// A mail without some of the fields is signed over those that it has: a relay may
// add a Reply-To.
func TestOnlyWhatIsThereIsSigned(t *testing.T) {
	t.Parallel()
	z := zone{}
	signed, err := newSigner(t, z, "ed25519").Sign([]byte("From: <s@example.org>\r\nSubject: x\r\n\r\nFrom: the body\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := verifier.VerifyWithOptions(bytes.NewReader(append([]byte("Reply-To: <r@example.org>\r\n"), signed...)), &verifier.VerifyOptions{LookupTXT: z.lookup})
	if err != nil || len(all) != 1 || all[0].Err != nil || strings.Join(all[0].HeaderKeys, " ") != "From Subject" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestAZoneLineHasShortStrings(t *testing.T) {
	t.Parallel()
	z := zone{}
	newSigner(t, z, "rsa")
	for name, text := range z {
		line := dkim.Zone(name, text)
		joined := ""
		for i, part := range strings.Split(line, `"`) {
			if i%2 == 1 {
				if len(part) > 255 {
					t.Errorf("a string of %d characters", len(part))
				}
				joined += part
			}
		}
		if joined != text || !strings.HasPrefix(line, "s1._domainkey.example.org. IN TXT (") {
			t.Errorf("%s", line)
		}
	}
}

type broken struct{ crypto.Signer }

func (broken) Public() crypto.PublicKey { return "nothing" }

func TestAnotherKindOfKeyIsAnError(t *testing.T) {
	t.Parallel()
	if _, _, err := dkim.Record("example.org", "s1", broken{}); err == nil {
		t.Error("a record was made")
	}
	if _, _, err := dkim.Generate("dsa"); err == nil {
		t.Error("a key was made")
	}
	s := &dkim.Signer{Domain: "example.org", Keys: []dkim.Key{{Selector: "s1", Signer: broken{}}}}
	if _, err := s.Sign([]byte(usual)); err == nil {
		t.Error("a mail was signed")
	}
}

// BenchmarkSign says what signing costs a mail of 2 kB.
func BenchmarkSign(b *testing.B) {
	mail := []byte(usual + strings.Repeat("The quick brown fox jumps over the lazy dog.\r\n", 30))
	for _, kinds := range [][]string{{"rsa"}, {"ed25519"}, {"rsa", "ed25519"}} {
		b.Run(strings.Join(kinds, "+"), func(b *testing.B) {
			s := newSigner(b, zone{}, kinds...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Sign(mail); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
