package interop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/feedback"
	"studymail/internal/sealed"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

const dovecotConf = `base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log/mainlog
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
disable_plaintext_auth = yes
mail_location = maildir:{dir}/mail/%n
first_valid_uid = 1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = {imap}
  }
  inet_listener imaps {
    port = {imaps}
  }
}
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid={user} gid={group} home={dir}/mail/%n
}
{more}
`

// mailbox is a Dovecot with one mailbox, "bounces".
type mailbox struct{ dir, imap, imaps string }

func dovecot(t *testing.T, more string) *mailbox {
	t.Helper()
	program, err := exec.LookPath("dovecot")
	if err != nil {
		t.Fatal("dovecot is missing: `make test` installs it from Debian's package dovecot-imapd")
	}
	m := &mailbox{imap: freeAddr(t), imaps: freeAddr(t)}
	port := func(addr string) string { _, p, _ := net.SplitHostPort(addr); return p }
	who, group := "nobody", "nogroup"
	if os.Getuid() != 0 {
		who, group = fmt.Sprint(os.Getuid()), fmt.Sprint(os.Getgid())
	}
	m.dir = home(t, "dovecot", []string{"run", "state", "log", "mail/bounces/new", "mail/bounces/cur", "mail/bounces/tmp"}, func(dir string) {
		fill := strings.NewReplacer("{dir}", dir, "{imap}", port(m.imap), "{imaps}", port(m.imaps), "{user}", who, "{group}", group, "{more}", more)
		write(t, filepath.Join(dir, "dovecot.conf"), fill.Replace(dovecotConf), 0o600)
	})
	run(t, m.dir, nil, program, "-F", "-c", filepath.Join(m.dir, "dovecot.conf"))
	return m
}

// deliver puts a mail into the mailbox.
func (m *mailbox) deliver(t *testing.T, name, mail string) {
	t.Helper()
	path := filepath.Join(m.dir, "mail", "bounces", "tmp", name)
	write(t, path, mail, 0o600)
	if uid, gid, as := nobody(t); as != nil {
		must(t, os.Chown(path, uid, gid))
	}
	must(t, os.Rename(path, filepath.Join(m.dir, "mail", "bounces", "new", name)))
}

// count gives how many mails a folder has; "" is the inbox.
func (m *mailbox) count(t *testing.T, folder string) (n int) {
	t.Helper()
	for _, d := range []string{"new", "cur"} {
		files, err := filepath.Glob(filepath.Join(m.dir, "mail", "bounces", folder, d, "*"))
		must(t, err)
		n += len(files)
	}
	return n
}

// reader is an intake that reads a mailbox.
type reader struct {
	*storetest.Mailed
	store  *store.Store
	intake *feedback.Intake
	roots  *x509.CertPool
	token  string // instead of the password
}

func newReader(t *testing.T, m *mailbox, patients int) *reader {
	t.Helper()
	s := storetest.Open(t, store.SQLite)
	r := &reader{Mailed: storetest.NewMailed(t, s, patients), store: s, roots: x509.NewCertPool()}
	r.intake = feedback.New(feedback.Options{Store: s, Sealer: r.Keys.Sealer(), Opener: r.Keys.Opener(), Domain: "bounce.example.org"})
	pem, err := os.ReadFile(filepath.Join(m.dir, "cert.pem"))
	must(t, err)
	if !r.roots.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate")
	}
	return r
}

// read reads a mailbox until the test, or whoever calls stop, ends it.
func (r *reader) read(t *testing.T, addr string, how feedback.Security, done string) (stop func()) {
	t.Helper()
	o := feedback.MailboxOptions{
		Intake: r.intake, Addr: addr, Security: how, TLS: &tls.Config{RootCAs: r.roots, MinVersion: tls.VersionTLS12}, User: "bounces", Password: sealed.NewSecret("secret"),
		Folder: "INBOX", Done: done, Every: 200 * time.Millisecond, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	if r.token != "" {
		o.Password, o.Token = sealed.Secret{}, func() (string, error) { return r.token, nil }
	}
	m := feedback.NewMailbox(o)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { m.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return stop
}

func (r *reader) bounce(t *testing.T, n int) string {
	t.Helper()
	token, err := r.Keys.Sealer().Token(sealed.BounceToken, r.Messages[n].ID)
	must(t, err)
	return fmt.Sprintf("Return-Path: <>\nDelivered-To: bounces@example.org\nFrom: MAILER-DAEMON@mx.example.net\nTo: %s\nSubject: Undelivered Mail Returned to Sender\n"+
		"Message-ID: <%d@mx.example.net>\n\n<user@example.org>: host mx.example.net said: 550 5.1.1 user unknown (in reply\n    to RCPT TO command)\n",
		compose.ReturnPath(token, "bounce.example.org"), n)
}

func (r *reader) hard(t *testing.T) (n int) {
	t.Helper()
	must(t, r.store.Read(t.Context(), func(tx *store.Tx) error {
		came, err := tx.CampaignFeedback(t.Context(), r.Campaign.Key)
		n = came[studymail.CameHard]
		return err
	}))
	return n
}

// Mails that are there and mails that come are taken in and moved, by either way to
// encrypt, by a password or by a token, and without the server's MOVE or IDLE. Seen to fail: with mails that are not
// put away.
func TestAMailboxIsReadAndItsMailsArePutAway(t *testing.T) {
	t.Parallel()
	const noMove = "protocol imap {\n  imap_capability = IMAP4rev1 SASL-IR ID ENABLE IDLE LITERAL+ UIDPLUS\n}\n"
	for name, tc := range map[string]struct {
		how  feedback.Security
		done string
		more string
		auth string // "": by a password
	}{
		"encrypted from the first byte": {feedback.ImplicitTLS, "studymail", "", ""},
		"STARTTLS":                      {feedback.StartTLS, "studymail", "", ""},
		"without MOVE":                  {feedback.ImplicitTLS, "studymail", noMove, ""},
		"without IDLE":                  {feedback.ImplicitTLS, "studymail", strings.ReplaceAll(noMove, " IDLE", ""), ""},
		"deleted, since that is wanted": {feedback.ImplicitTLS, "", "", ""},
		"by a token (OAUTHBEARER)":      {feedback.ImplicitTLS, "studymail", "", "plain oauthbearer"},
		"by a token (XOAUTH2)":          {feedback.StartTLS, "studymail", "", "plain xoauth2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.auth != "" { // the token is what Dovecot's passdb has as the password
				tc.more += "auth_mechanisms = " + tc.auth + "\n"
			}
			m := dovecot(t, tc.more)
			r := newReader(t, m, 80)
			if tc.auth != "" {
				r.token = "secret"
			}
			for n := range 60 { // more than are taken at once
				m.deliver(t, fmt.Sprint(n), r.bounce(t, n))
			}
			m.deliver(t, "question", "From: anna@example.org\nSubject: a question\n\nWhen?\n")
			addr := m.imaps
			if tc.how == feedback.StartTLS {
				addr = m.imap
			}
			r.read(t, addr, tc.how, tc.done)
			waitFor(t, func() bool { return r.hard(t) == 60 && m.count(t, "") == 0 })
			for n := range 10 {
				m.deliver(t, fmt.Sprint(60+n), r.bounce(t, 60+n))
			}
			waitFor(t, func() bool { return r.hard(t) == 70 && m.count(t, "") == 0 })
			want := 71
			if tc.done == "" {
				want = 0
			}
			if got := m.count(t, ".studymail"); got != want {
				t.Errorf("%d mails were put away, not %d", got, want)
			}
		})
	}
}

// A reader that is stopped anywhere in the middle, again and again, loses nothing and
// counts nothing twice.
func TestAMailboxThatIsReadInPiecesCountsOnce(t *testing.T) {
	t.Parallel()
	m := dovecot(t, "")
	const mails = 150
	r := newReader(t, m, mails)
	for n := range mails {
		m.deliver(t, fmt.Sprint(n), r.bounce(t, n))
	}
	for before := 0; before < mails; {
		stop := r.read(t, m.imaps, feedback.ImplicitTLS, "studymail")
		waitFor(t, func() bool { return r.hard(t) >= min(mails, before+20) })
		stop()
		before = r.hard(t)
	}
	r.read(t, m.imaps, feedback.ImplicitTLS, "studymail")
	waitFor(t, func() bool { return m.count(t, "") == 0 })
	if n := r.hard(t); n != mails || m.count(t, ".studymail") != mails {
		t.Errorf("%d counted, %d put away, of %d", n, m.count(t, ".studymail"), mails)
	}
}
