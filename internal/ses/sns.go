package ses

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // signature version 1 is made with it; version 2 is a setting of the topic
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"studymail"
)

// Notice is a message of SNS, as it is posted to an HTTPS endpoint.
type Notice struct {
	Type             string `json:"Type"` // Notification, SubscriptionConfirmation, UnsubscribeConfirmation
	MessageID        string `json:"MessageId"`
	TopicARN         string `json:"TopicArn"`
	Subject          string `json:"Subject"`
	Message          string `json:"Message"`
	Timestamp        string `json:"Timestamp"`
	Token            string `json:"Token"`
	SubscribeURL     string `json:"SubscribeURL"`
	SignatureVersion string `json:"SignatureVersion"`
	Signature        string `json:"Signature"`
	SigningCertURL   string `json:"SigningCertURL"`
}

// The types of notices.
const (
	Notification = "Notification"
	Confirmation = "SubscriptionConfirmation"
	Farewell     = "UnsubscribeConfirmation"
)

// Topic takes the notices of one topic, and nothing else.
type Topic struct {
	ARN   string
	Host  string // that certificates and confirmations are fetched from
	Roots *x509.CertPool
	Now   func() time.Time

	mu       sync.Mutex
	certs    map[string]certificate
	fetching sync.Mutex // one at a time: a flood of notices asks for no flood of certificates
}

type certificate struct {
	key   *rsa.PublicKey
	until time.Time
}

// SNSHost is the host of SNS in a region.
func SNSHost(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "sns." + region + ".amazonaws.com.cn"
	}
	return "sns." + region + ".amazonaws.com"
}

// MaxNotice is the largest notice that is read: an event in a JSON string in JSON.
const MaxNotice = 1 << 20

// ReadNotice reads a notice, and verifies nothing.
func ReadNotice(data []byte) (Notice, error) {
	var n Notice
	if len(data) > MaxNotice || json.Unmarshal(data, &n) != nil || n.Type == "" || n.TopicARN == "" || n.MessageID == "" || len(n.MessageID) > 100 {
		return n, studymail.Errorf(studymail.Invalid, "this is no message of Amazon SNS")
	}
	return n, nil
}

// Verify tells whether a notice is of the topic, and signed by SNS. Its errors say what
// is wrong and quote nothing.
func (t *Topic) Verify(ctx context.Context, n *Notice) error {
	if n.TopicARN != t.ARN {
		return studymail.Errorf(studymail.Invalid, "this message is of another topic than SES_TOPIC_ARN")
	}
	text, err := n.signed()
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(n.Signature)
	if err != nil || len(signature) == 0 || len(signature) > 1024 {
		return studymail.Errorf(studymail.Invalid, "the message has no signature that can be read")
	}
	key, err := t.certificate(ctx, n.SigningCertURL)
	if err != nil {
		return err
	}
	switch n.SignatureVersion {
	case "1":
		sum := sha1.Sum([]byte(text)) //nolint:gosec // as SNS makes them
		err = rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature)
	case "2":
		sum := sha256.Sum256([]byte(text))
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	default:
		return studymail.Errorf(studymail.Invalid, "the message has a signature of a version that is not known; known are 1 and 2")
	}
	if err != nil {
		return studymail.Errorf(studymail.Invalid, "the signature is not that of the message")
	}
	return nil
}

// signed is the text that the signature is of: names and values, each on a line, in the
// order of the names.
func (n *Notice) signed() (string, error) {
	var b strings.Builder
	line := func(name, value string) {
		b.WriteString(name + "\n" + value + "\n")
	}
	line("Message", n.Message)
	line("MessageId", n.MessageID)
	switch n.Type {
	case Notification:
		if n.Subject != "" {
			line("Subject", n.Subject)
		}
		line("Timestamp", n.Timestamp)
	case Confirmation, Farewell:
		line("SubscribeURL", n.SubscribeURL)
		line("Timestamp", n.Timestamp)
		line("Token", n.Token)
	default:
		return "", studymail.Errorf(studymail.Invalid, "a message of SNS of a type that is not known")
	}
	line("TopicArn", n.TopicARN)
	line("Type", n.Type)
	return b.String(), nil
}

// ours tells an address of SNS itself: https, its host, no login, no other port.
func (t *Topic) ours(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host != t.Host || u.User != nil || u.Opaque != "" || u.Fragment != "" || len(address) > 2000 {
		return nil, false
	}
	return u, true
}

const (
	certKept = 24 * time.Hour
	maxCerts = 16
)

// known gives a certificate's key that was fetched before.
func (t *Topic) known(address string) *rsa.PublicKey {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.certs[address]; t.Now().Before(c.until) {
		return c.key
	}
	return nil
}

// certificate gives the key at an address. Whoever sends notices with forged addresses
// keeps nobody waiting whose certificate is known.
func (t *Topic) certificate(ctx context.Context, address string) (*rsa.PublicKey, error) {
	u, ok := t.ours(address)
	if !ok || u.RawQuery != "" || !certPath.MatchString(u.Path) {
		return nil, studymail.Errorf(studymail.Invalid, "the signing certificate is not at %s", t.Host)
	}
	if key := t.known(address); key != nil {
		return key, nil
	}
	t.fetching.Lock()
	defer t.fetching.Unlock()
	if key := t.known(address); key != nil {
		return key, nil
	}
	c, err := t.load(ctx, address)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.certs == nil || len(t.certs) >= maxCerts {
		t.certs = map[string]certificate{}
	}
	t.certs[address] = c
	return c.key, nil
}

var certPath = regexp.MustCompile(`^/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem$`)

// load fetches a certificate. SNS's own is told by where it came from, over TLS, as AWS
// says to.
func (t *Topic) load(ctx context.Context, address string) (certificate, error) {
	text, status, err := t.get(ctx, address)
	if err != nil || status/100 == 5 {
		return certificate{}, studymail.Errorf(studymail.Unavailable, "the signing certificate cannot be had from %s now", t.Host)
	}
	block, _ := pem.Decode(text)
	if block == nil || status != http.StatusOK {
		return certificate{}, studymail.Errorf(studymail.Invalid, "there is no signing certificate at that address of %s", t.Host)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return certificate{}, studymail.Errorf(studymail.Invalid, "what %s gives as the signing certificate is none", t.Host)
	}
	now := t.Now()
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < 2048 || now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return certificate{}, studymail.Errorf(studymail.Invalid, "the signing certificate is over, not begun, or of a weak key")
	}
	until := now.Add(certKept)
	if cert.NotAfter.Before(until) {
		until = cert.NotAfter
	}
	return certificate{key: key, until: until}, nil
}

// Confirm confirms the subscription that a verified notice asks for.
func (t *Topic) Confirm(ctx context.Context, n *Notice) error {
	if _, ok := t.ours(n.SubscribeURL); !ok {
		return studymail.Errorf(studymail.Invalid, "the address that confirms the subscription is not at %s", t.Host)
	}
	if _, status, err := t.get(ctx, n.SubscribeURL); err != nil || status/100 != 2 {
		return studymail.Errorf(studymail.Unavailable, "the subscription could not be confirmed at %s now; SNS asks again", t.Host)
	}
	return nil
}

func (t *Topic) get(ctx context.Context, address string) (text []byte, status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	client := &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: t.Roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true},
		CheckRedirect: noRedirect,
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return text, resp.StatusCode, err
}
