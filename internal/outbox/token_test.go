package outbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"studymail/internal/outbox"
	"studymail/internal/smtpout"
	"studymail/internal/smtptest"
)

// Each connection logs in with the token of its time; a token that cannot be had,
// or is not taken, stops the transport, and says nothing of it.
func TestATokenIsTakenAnewForEachConnection(t *testing.T) {
	t.Parallel()
	srv := smtptest.Start(t, smtptest.Config{
		Users: map[string]string{"nurse": "second"}, RequireLogin: true, Offers: []string{"PIPELINING", "AUTH OAUTHBEARER"},
	})
	token, broken := "first", error(nil)
	tr := &outbox.SMTP{
		Config: smtpout.Config{Addr: srv.Addr(), Credentials: &smtpout.Credentials{Username: "nurse", Token: "at start"}},
		Token:  func() (string, error) { return token, broken },
	}
	deliver := func() error {
		in := make(chan *outbox.Mail, 1)
		in <- &outbox.Mail{From: "s@example.org", To: "r@example.net", Data: []byte("Message-ID: <1>\r\n\r\nHello\r\n")}
		close(in)
		return tr.Deliver(context.Background(), in, func(*outbox.Mail) bool { return true }, func(*outbox.Mail, smtpout.Outcome) {})
	}
	stopped := func(err error) bool {
		te, ok := errors.AsType[*outbox.TransportError](err)
		return ok && te.Stop && te.Code == "auth" && !strings.Contains(err.Error(), "first")
	}
	if err := deliver(); !stopped(err) {
		t.Errorf("an old token: %v", err)
	}
	token = "second"
	if err := deliver(); err != nil || srv.Book.Total() != 1 {
		t.Errorf("a new token: %v, %d arrived", err, srv.Book.Total())
	}
	broken = errors.New("EMAIL_TOKEN_FILE cannot be read")
	if err := deliver(); !stopped(err) || !strings.Contains(err.Error(), "EMAIL_TOKEN_FILE") {
		t.Errorf("no token: %v", err)
	}
}
