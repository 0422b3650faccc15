package outbox_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"studymail"
	"studymail/internal/maildir"
	"studymail/internal/outbox"
	"studymail/internal/smtpout"
	"studymail/internal/smtptest"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// dying is a transport that loses its connection with the first mail.
type dying struct {
	mails, tries atomic.Int32
	back         atomic.Bool
}

func (d *dying) Name() string { return "dying" }

func (d *dying) Deliver(ctx context.Context, in <-chan *outbox.Mail, _ func(*outbox.Mail) bool, report func(*outbox.Mail, smtpout.Outcome)) error {
	select {
	case m, ok := <-in:
		if !ok {
			return nil
		}
		d.mails.Add(1)
		report(m, smtpout.Outcome{Kind: smtpout.InDoubt, Stage: smtpout.AtDot})
		return &outbox.TransportError{Code: "connection", Detail: "it died"}
	case <-ctx.Done():
		return nil
	}
}

func (d *dying) Try(context.Context) error {
	if d.tries.Add(1); d.back.Load() {
		return nil
	}
	return &outbox.TransportError{Code: "connect", Detail: "nobody is there"}
}

// A transport that went down with the last letter is tried without mail, backs off
// further while it is away, and is up again when it is back.
//
// Seen to fail: with nobody who tries while no mail waits.
func TestATransportThatIsDownIsTriedWithoutMail(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	b := newBench(t, s)
	b.AddPatients(t, s, 0, 1)
	b.plan(t, b.campaign(t))
	tr := &dying{}
	o, stop := b.run(t, b.options(t, tr))
	defer stop()
	until(t, "it is away when it is tried", func() bool {
		st := outbox.StateOf(o)
		return st.State == studymail.TransportBackingOff && st.Code == "connect" && st.RetryAt.Sub(st.Since) >= 2*time.Second
	})
	tr.back.Store(true)
	until(t, "it is up again", func() bool { return outbox.StateOf(o).State == studymail.TransportUp })
	if tr.mails.Load() != 1 || tr.tries.Load() < 2 {
		t.Errorf("%d mails, %d tries", tr.mails.Load(), tr.tries.Load())
	}
}

// Seen to fail: with lanes that wait not looked for.
func TestWhereMailWaitsItIsWhatTheTransportIsTriedWith(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if !outbox.EntersIdle(ctx, 0) {
		t.Error("a transport that nobody waits for is not tried")
	}
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if outbox.EntersIdle(ctx, 1) {
		t.Error("it is tried without mail while mail waits")
	}
}

// What each transport does when it is tried, and what it calls what it finds.
// Seen to fail: with an account that is suspended taken for one that sends, and with the
// login left out.
func TestTransportsAreTriedWithoutMail(t *testing.T) {
	server := smtptest.Start(t, smtptest.Config{})
	wrong := smtptest.Start(t, smtptest.Config{Offers: append(smtptest.Usual(), "AUTH PLAIN"), Users: map[string]string{"u": "another"}})
	folder, err := maildir.Open(filepath.Join(t.TempDir(), "mail"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	gone, err := maildir.Open(filepath.Join(t.TempDir(), "mail"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(gone.Path()); err != nil {
		t.Fatal(err)
	}
	says := func(account string) *outbox.SES {
		return sesAt(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(account)) })
	}
	for name, c := range map[string]struct {
		transport outbox.Trier
		code      string
		stop      bool
	}{
		"a relay":                 {&outbox.SMTP{Config: smtpout.Config{Addr: server.Addr()}, Now: time.Now}, "", false},
		"a relay that is away":    {&outbox.SMTP{Config: smtpout.Config{Addr: "127.0.0.1:1"}, Now: time.Now}, "connect", false},
		"a login that is refused": {&outbox.SMTP{Config: smtpout.Config{Addr: wrong.Addr(), Credentials: &smtpout.Credentials{Username: "u", Password: "p"}}, Now: time.Now}, "auth", true},
		"a folder":                {&outbox.Maildir{Folder: folder, Now: time.Now}, "", false},
		"a folder that is gone":   {&outbox.Maildir{Folder: gone, Now: time.Now}, "disk", false},
		"an account":              {says(`{"ProductionAccessEnabled":true,"SendingEnabled":true,"EnforcementStatus":"HEALTHY"}`), "", false},
		"a suspended account":     {says(`{"ProductionAccessEnabled":true,"SendingEnabled":true,"EnforcementStatus":"SHUTDOWN"}`), "suspended", true},
		"a day's sum used up":     {says(`{"ProductionAccessEnabled":true,"SendingEnabled":true,"SendQuota":{"Max24HourSend":5,"MaxSendRate":1,"SentLast24Hours":5}}`), studymail.CodeRate, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.transport.Try(t.Context())
			te, _ := errors.AsType[*outbox.TransportError](err)
			if c.code == "" && err != nil || c.code != "" && (te == nil || te.Code != c.code || te.Stop != c.stop) {
				t.Errorf("%v, want %q", err, c.code)
			}
		})
	}
	if n := server.Book.Total(); n != 0 {
		t.Errorf("%d mails", n)
	}
}
