// Package sestest plays Amazon SES, and what stands around it, in tests: an emulator from
// npm behind a proxy that fails as it is told, SNS, which signs what it
// posts with a certificate of the test, and an SQS queue by its JSON protocol. It is
// linked into tests only.
package sestest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // as SNS signs by version 1
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail/internal/ses"
)

// Topic is the ARN of the topic that SNS is played for.
const Topic = "arn:aws:sns:eu-west-2:123456789012:studymail"

// SNS signs notices, and serves the certificate that tells so.
type SNS struct {
	server *httptest.Server
	key    *rsa.PrivateKey
	cert   []byte

	mu        sync.Mutex
	confirmed []string // tokens
	fetched   int      // certificates
}

// NewSNS starts one.
func NewSNS(t testing.TB) *SNS {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"},
		NotBefore: time.Now().Add(-24 * 400 * time.Hour), NotAfter: time.Now().Add(24 * 4000 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	s := &SNS{key: key, cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	s.server = httptest.NewTLSServer(s)
	t.Cleanup(s.server.Close)
	return s
}

// Host is where certificates are fetched and subscriptions are confirmed.
func (s *SNS) Host() string { return strings.TrimPrefix(s.server.URL, "https://") }

// Roots are what its TLS certificate verifies by.
func (s *SNS) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.server.Certificate())
	return pool
}

// RootsPEM are the same, for a file.
func (s *SNS) RootsPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.server.Certificate().Raw})
}

// CertURL is where the certificate is.
func (s *SNS) CertURL() string {
	return s.server.URL + "/SimpleNotificationService-0123456789abcdef.pem"
}

func (s *SNS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case strings.HasPrefix(r.URL.Path, "/SimpleNotificationService-0"), strings.HasPrefix(r.URL.Path, "/bucket/"): // as if others could put theirs there
		s.fetched++
		_, _ = w.Write(s.cert)
	case r.URL.Query().Get("Action") == "ConfirmSubscription":
		s.confirmed = append(s.confirmed, r.URL.Query().Get("Token"))
	default:
		http.NotFound(w, r)
	}
}

// Confirmed gives the tokens of subscriptions that were confirmed.
func (s *SNS) Confirmed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.confirmed
}

// Fetched is how often the certificate was asked for.
func (s *SNS) Fetched() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetched
}

// Notice makes a signed notification.
func (s *SNS) Notice(t testing.TB, id, message, version string) *ses.Notice {
	t.Helper()
	n := &ses.Notice{
		Type: ses.Notification, MessageID: id, TopicARN: Topic, Message: message, Subject: "Amazon SES Email Event Notification",
		Timestamp: "2026-06-15T10:00:00.000Z", SignatureVersion: version, SigningCertURL: s.CertURL(),
	}
	s.Sign(t, n)
	return n
}

// Confirmation makes a signed request to confirm the subscription.
func (s *SNS) Confirmation(t testing.TB, id, token string) *ses.Notice {
	t.Helper()
	n := &ses.Notice{
		Type: ses.Confirmation, MessageID: id, TopicARN: Topic, Message: "You have chosen to subscribe to the topic.", Token: token,
		SubscribeURL: s.server.URL + "/?Action=ConfirmSubscription&TopicArn=" + Topic + "&Token=" + token,
		Timestamp:    "2026-06-15T10:00:00.000Z", SignatureVersion: "2", SigningCertURL: s.CertURL(),
	}
	s.Sign(t, n)
	return n
}

// Sign signs a notice as AWS documents it: this is written apart from what verifies it.
func (s *SNS) Sign(t testing.TB, n *ses.Notice) {
	t.Helper()
	fields := [][2]string{{"Message", n.Message}, {"MessageId", n.MessageID}}
	if n.Type == ses.Notification {
		if n.Subject != "" {
			fields = append(fields, [2]string{"Subject", n.Subject})
		}
		fields = append(fields, [2]string{"Timestamp", n.Timestamp})
	} else {
		fields = append(fields, [2]string{"SubscribeURL", n.SubscribeURL}, [2]string{"Timestamp", n.Timestamp}, [2]string{"Token", n.Token})
	}
	fields = append(fields, [2]string{"TopicArn", n.TopicARN}, [2]string{"Type", n.Type})
	text := ""
	for _, f := range fields {
		text += f[0] + "\n" + f[1] + "\n"
	}
	hash, sum := crypto.SHA1, []byte(nil)
	if n.SignatureVersion == "2" {
		full := sha256.Sum256([]byte(text))
		hash, sum = crypto.SHA256, full[:]
	} else {
		full := sha1.Sum([]byte(text)) //nolint:gosec // as SNS does
		sum = full[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, hash, sum)
	if err != nil {
		t.Fatal(err)
	}
	n.Signature = base64.StdEncoding.EncodeToString(signature)
}
