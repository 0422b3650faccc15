package feedback_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/feedback"
	"studymail/internal/sealed"
	"studymail/internal/store"
)

// receive starts a receiver and gives its address.
func (d *desk) receive(t *testing.T, perMinute int) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	own, err := feedback.OwnTLS(domain, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := feedback.NewReceiver(feedback.ReceiverOptions{Intake: d.Intake, Name: domain, PerMinute: perMinute, TLS: own, Log: d.Log, Now: time.Now})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Serve(ctx, l); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return l.Addr().String()
}

// caller is a connection to the receiver, line by line.
type caller struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func call(t *testing.T, addr string) *caller {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &caller{t, conn, bufio.NewReader(conn)}
	c.wants("220")
	c.says("EHLO mx.example.net", "250")
	return c
}

func (c *caller) wants(code string) string {
	c.t.Helper()
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.t.Fatalf("want %s: %v", code, err)
		}
		if len(line) > 3 && line[3] == '-' {
			continue
		}
		if !strings.HasPrefix(line, code) {
			c.t.Fatalf("want %s, got %s", code, line)
		}
		return line
	}
}

func (c *caller) says(line, code string) string {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.conn, "%s\r\n", line); err != nil {
		c.t.Fatal(err)
	}
	return c.wants(code)
}

func (c *caller) sends(to, mail, code string) {
	c.t.Helper()
	c.says("MAIL FROM:<>", "250")
	c.says("RCPT TO:<"+to+">", "250")
	c.says("DATA", "354")
	c.says(mail+"\r\n.", code)
}

// Whoever is not signed by us is refused before anything is read, and nothing is relayed.
// Seen to fail: with any local part of the domain taken, and with any domain.
func TestTheReceiverTakesOnlyWhatIsSignedByUs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 2)
	addr := d.receive(t, 0)
	bounces, optOut := d.token(t, sealed.BounceToken, 0), d.token(t, sealed.UnsubscribeToken, 1)
	c := call(t, addr)
	c.says("MAIL FROM:<>", "250")
	for to, code := range map[string]string{
		compose.ReturnPath("b"+bounces[1:], domain):        "550 5.1.1",
		compose.ReturnPath(optOut, domain):                 "550 5.1.1",
		compose.OptOutAddress(bounces, domain):             "550 5.1.1",
		"anna@" + domain:                                   "550 5.1.1",
		compose.ReturnPath(bounces, "example.org"):         "550 5.7.1",
		"user000000@example.org":                           "550 5.7.1",
		"postmaster@example.org":                           "550 5.7.1",
		compose.ReturnPath(bounces, domain+".example.org"): "550 5.7.1",
	} {
		c.says("RCPT TO:<"+to+">", code)
	}
	c.says("DATA", "502")
	c.says("RSET", "250")
	c.sends(strings.ToUpper(compose.ReturnPath(bounces, domain)), bounceMail("someone@example.net", "", 0), "250")
	c.sends(compose.OptOutAddress(optOut, domain), "From: a@example.org\r\nSubject: opt out\r\n\r\n", "250")
	c.sends("Postmaster@"+domain, "From: a@example.org\r\nSubject: a question to the postmaster\r\n\r\n", "250")
	if d.cancelled(t, 0) != studymail.NotContactable || d.cancelled(t, 1) != studymail.OptedOut {
		t.Errorf("patients: %s, %s", d.cancelled(t, 0), d.cancelled(t, 1))
	}
	err := d.store.Read(t.Context(), func(tx *store.Tx) error {
		all, err := tx.FeedbackPage(t.Context(), store.FeedbackFilter{State: studymail.FeedbackKept})
		if len(all) != 1 || all[0].Source != studymail.FromSMTP {
			t.Errorf("to the postmaster: %+v", all)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if strings.Contains(d.log.String(), "@") {
		t.Errorf("the log has an address: %s", d.log)
	}
}

// RFC 5321 §4.5.1: postmaster is taken without a domain, too; what stands in a mail stays
// as it is. Seen to fail: without the listener that puts the domain in, and with the
// text of mails taken for commands.
func TestThePostmasterIsReachedWithoutADomain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	c := call(t, d.receive(t, 0))
	const mail = "From: a@example.org\r\nSubject: %d\r\n\r\nRCPT TO:<postmaster>\r\nDATA\r\nBDAT 3\r\n..\r\nend"
	c.sends("PostMaster", fmt.Sprintf(mail, 1), "250")
	c.sends("postmaster", fmt.Sprintf(mail, 2), "250")
	c.says("MAIL FROM:<>", "250")
	c.says("DATA", "502") // refused: commands go on
	c.says("RCPT TO:<postmaster>", "250")
	chunk := strings.ReplaceAll(fmt.Sprintf(mail, 3), "\r\n..", "\r\n.") + "\r\n"
	for i, piece := range []string{chunk[:20], chunk[20:50], chunk[50:]} { // whoever counts octets puts no dots before dots
		last := ""
		if i == 2 {
			last = " LAST"
		}
		if _, err := fmt.Fprintf(c.conn, "BDAT %d%s\r\n%s", len(piece), last, piece); err != nil {
			t.Fatal(err)
		}
		c.wants("250")
	}
	if _, err := fmt.Fprintf(c.conn, "MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n"); err != nil { // all at once
		t.Fatal(err)
	}
	c.wants("250")
	c.wants("250")
	c.wants("354")
	c.says(fmt.Sprintf(mail, 4)+"\r\n.", "250")
	c.says("QUIT", "221")
	err := d.store.Read(t.Context(), func(tx *store.Tx) error {
		all, err := tx.FeedbackPage(t.Context(), store.FeedbackFilter{State: studymail.FeedbackKept})
		if len(all) != 4 {
			t.Errorf("%d were taken, not 4", len(all))
		}
		for i := range all {
			kept, err := tx.KeptMail(t.Context(), &all[i])
			if err != nil {
				return err
			}
			values, err := d.Keys.Opener().OpenMaster(sealed.FeedbackMail, all[i].ID, kept)
			if err != nil || !strings.Contains(values[0], "\r\nRCPT TO:<postmaster>\r\nDATA\r\nBDAT 3\r\n.\r\nend") {
				t.Errorf("%q, %v", values, err)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Seen to fail: without the count of refusals, and without the pace.
func TestTheReceiverBearsStrangers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	to := compose.ReturnPath(d.token(t, sealed.BounceToken, 0), domain)
	t.Run("who tries addresses gets no further", func(t *testing.T) {
		t.Parallel()
		c := call(t, d.receive(t, 0))
		c.says("MAIL FROM:<>", "250")
		for range 9 {
			c.says("RCPT TO:<anna@"+domain+">", "550")
		}
		if _, err := fmt.Fprintf(c.conn, "RCPT TO:<anna@%s>\r\n", domain); err != nil {
			t.Fatal(err)
		}
		if line, err := c.in.ReadString('\n'); err == nil {
			t.Errorf("the tenth is answered: %s", line)
		}
	})
	t.Run("too many mails a minute", func(t *testing.T) {
		t.Parallel()
		c := call(t, d.receive(t, 3))
		for range 3 {
			c.says("MAIL FROM:<>", "250")
			c.says("RSET", "250")
		}
		c.says("MAIL FROM:<>", "451 4.7.1")
	})
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		c := call(t, d.receive(t, 0))
		c.says("MAIL FROM:<> SIZE=20000000", "552")
		c.says("MAIL FROM:<>", "250")
		c.says("RCPT TO:<"+to+">", "250")
		c.says("DATA", "354")
		line := strings.Repeat("x", 998) + "\r\n"
		for range 17 << 10 {
			if _, err := c.conn.Write([]byte(line)); err != nil {
				t.Fatal(err)
			}
		}
		c.says(".", "552")
		c.says("RSET", "250")
	})
	t.Run("one recipient a mail", func(t *testing.T) {
		t.Parallel()
		c := call(t, d.receive(t, 0))
		c.says("MAIL FROM:<>", "250")
		c.says("RCPT TO:<"+to+">", "250")
		c.says("RCPT TO:<postmaster@"+domain+">", "452")
	})
	t.Run("encrypted, for who wants it", func(t *testing.T) {
		t.Parallel()
		c := call(t, d.receive(t, 0))
		c.says("STARTTLS", "220")
		c.conn = tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // as servers do that bring bounces
		c.in = bufio.NewReader(c.conn)
		c.says("EHLO mx.example.net", "250")
		c.says("MAIL FROM:<>", "250")
	})
}
