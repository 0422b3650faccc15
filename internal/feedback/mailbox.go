package feedback

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"studymail"
	"studymail/internal/bearer"
	"studymail/internal/bounce"
	"studymail/internal/sealed"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// MailboxOptions of a Mailbox.
type MailboxOptions struct {
	*Intake
	Addr     string // host:port
	Security Security
	TLS      *tls.Config // nil: the system's authorities
	User     string
	Password sealed.Secret
	Token    func() (string, error) // of OAuth 2, for the next connection, instead of the password; "": the password
	Folder   string                 // that is read
	Done     string                 // where mails go once they were taken in; "": they are deleted
	Every    time.Duration
	Log      *slog.Logger
}

// Security is how a connection to a mailbox is secured.
type Security string

// The ways.
const (
	ImplicitTLS Security = "tls"
	StartTLS    Security = "starttls"
	NoTLS       Security = "none"
)

// Mailbox reads feedback out of an IMAP mailbox (RFC 9051, RFC 3501). A mail is moved
// to another folder once what follows from it is durable, and not before: a process that
// dies between the two finds it again, and it counts once.
type Mailbox struct{ MailboxOptions }

// NewMailbox makes one; Run starts it.
func NewMailbox(o MailboxOptions) *Mailbox { return &Mailbox{o} }

const (
	mailboxAtOnce  = 50 // mails between two moves
	mailboxTimeout = time.Minute
	firstPause     = time.Second
	longestPause   = 5 * time.Minute
)

// Run reads until ctx ends. A connection that fails is made again, after a pause that
// grows; the log says so once while the failure lasts.
func (m *Mailbox) Run(ctx context.Context) {
	pause, failing := firstPause, ""
	for ctx.Err() == nil {
		began, err := m.connected(ctx)
		if ctx.Err() != nil {
			return
		}
		if began {
			pause, failing = firstPause, ""
		}
		if text := fmt.Sprint(err); text != failing {
			m.Log.Error("the mailbox for feedback cannot be read; it is tried again", "code", string(studymail.CodeOf(err)), "error", err)
			failing = text
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, longestPause)
	}
}

// connected is one connection: it reads what is there, and what comes. began tells
// that it got as far as reading.
func (m *Mailbox) connected(ctx context.Context) (began bool, err error) {
	news := make(chan struct{}, 1)
	c, err := m.dial(ctx, &imapclient.Options{TLSConfig: m.TLS, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				select {
				case news <- struct{}{}:
				default:
				}
			}
		},
	}})
	if err != nil {
		return false, err
	}
	// Nothing of the library takes a context: closing the connection ends whatever waits.
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	defer func() { _ = c.Close() }()
	if err := m.open(c); err != nil {
		return false, err
	}
	m.Log.Info("the mailbox for feedback is read", "addr", m.Addr)
	for {
		if err := m.readAll(ctx, c); err != nil {
			return true, err
		}
		if err := m.wait(ctx, c, news); err != nil {
			return true, err
		}
	}
}

func (m *Mailbox) dial(ctx context.Context, o *imapclient.Options) (*imapclient.Client, error) {
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, mailboxTimeout)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", m.Addr)
	if err != nil {
		return nil, fmt.Errorf("reach the mailbox: %w", err)
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if m.TLS != nil {
		cfg = m.TLS.Clone()
	}
	cfg.ServerName, _, _ = net.SplitHostPort(m.Addr)
	switch m.Security {
	case NoTLS:
		return imapclient.New(conn, o), nil
	case StartTLS:
		o.TLSConfig = cfg
		c, err := imapclient.NewStartTLS(conn, o)
		if err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("encrypt the connection to the mailbox: %w", err)
		}
		return c, nil
	case ImplicitTLS:
	}
	secured := tls.Client(conn, cfg)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("encrypt the connection to the mailbox: %w", err)
	}
	return imapclient.New(secured, o), nil
}

// open signs in and selects the folder.
func (m *Mailbox) open(c *imapclient.Client) error {
	if err := c.WaitGreeting(); err != nil {
		return fmt.Errorf("reach the mailbox: %w", err)
	}
	if err := m.signIn(c); err != nil {
		return err
	}
	if m.Done != "" {
		_ = c.Create(m.Done, nil).Wait() // it is there already, or moving will tell
	}
	if _, err := c.Select(m.Folder, nil).Wait(); err != nil {
		return studymail.Errorf(studymail.Unavailable, "the mailbox has no folder as FEEDBACK_IMAP_FOLDER names (%w)", err)
	}
	return nil
}

// signIn signs in by a token, if there is one, else by the password.
func (m *Mailbox) signIn(c *imapclient.Client) error {
	offers := func(mechanism string) bool { return c.Caps().Has(imap.AuthCap(mechanism)) }
	token, err := "", error(nil)
	if m.Token != nil {
		if token, err = m.Token(); err != nil {
			return err
		}
	}
	if token != "" {
		client := bearer.Client(offers, sasl.OAuthBearerOptions{Username: m.User, Token: token})
		if client == nil {
			return studymail.Errorf(studymail.Unavailable, "the mailbox takes no token (neither OAUTHBEARER nor XOAUTH2); give it FEEDBACK_IMAP_PASSWORD instead of FEEDBACK_IMAP_TOKEN")
		}
		if err := c.Authenticate(client); err != nil {
			return studymail.Errorf(studymail.Unavailable, "the mailbox does not let us in; look at FEEDBACK_IMAP_USER, and whether what renews FEEDBACK_IMAP_TOKEN_FILE runs (%w)", err)
		}
		return nil
	}
	if offers(sasl.Plain) {
		err = c.Authenticate(sasl.NewPlainClient("", m.User, m.Password.Reveal()))
	} else {
		err = c.Login(m.User, m.Password.Reveal()).Wait()
	}
	if err != nil {
		return studymail.Errorf(studymail.Unavailable, "the mailbox does not let us in; look at FEEDBACK_IMAP_USER and FEEDBACK_IMAP_PASSWORD (%w)", err)
	}
	return nil
}

// readAll takes in all mails that are there.
func (m *Mailbox) readAll(ctx context.Context, c *imapclient.Client) error {
	for {
		// A server without MOVE may leave mails behind that are deleted and not gone.
		found, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
		if err != nil {
			return fmt.Errorf("look into the mailbox: %w", err)
		}
		uids := found.AllUIDs()
		if len(uids) == 0 {
			return nil
		}
		set := imap.UIDSetNum(uids[:min(len(uids), mailboxAtOnce)]...)
		taken, err := m.take(ctx, c, set)
		if len(taken) > 0 {
			if moved := m.putAway(c, imap.UIDSetNum(taken...)); moved != nil {
				return errors.Join(err, moved)
			}
		}
		if err != nil {
			return err
		}
		if len(taken) == 0 {
			return studymail.Errorf(studymail.Unavailable, "the mailbox lists mails that it does not give")
		}
	}
}

// take takes in some mails, and gives those that it did.
func (m *Mailbox) take(ctx context.Context, c *imapclient.Client, set imap.UIDSet) (taken []imap.UID, err error) {
	fetch := c.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{
		Peek: true, Partial: &imap.SectionPartial{Size: bounce.MaxKept}, // no more is looked at
	}}})
	defer func() { err = errors.Join(err, fetch.Close()) }()
	for {
		message := fetch.Next()
		if message == nil {
			return taken, nil
		}
		var uid imap.UID
		read := false
		for item := message.Next(); item != nil; item = message.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				uid = item.UID
			case imapclient.FetchItemDataBodySection:
				if item.Literal == nil {
					continue
				}
				if _, err := m.Take(ctx, studymail.FromIMAP, item.Literal); err != nil {
					return taken, err
				}
				if _, err := io.Copy(io.Discard, item.Literal); err != nil {
					return taken, fmt.Errorf("read a mail of the mailbox: %w", err)
				}
				read = true
			}
		}
		if read && uid != 0 {
			taken = append(taken, uid)
		}
	}
}

// putAway moves mails to the folder for those that were taken in, or deletes them
// where that is wanted. Without MOVE (RFC 6851) each step waits for the one before: what
// was not copied is not deleted.
func (m *Mailbox) putAway(c *imapclient.Client, set imap.UIDSet) error {
	what := "move mails of the mailbox"
	if m.Done != "" && c.Caps().Has(imap.CapMove) {
		if _, err := c.Move(set, m.Done).Wait(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
	if m.Done != "" {
		if _, err := c.Copy(set, m.Done).Wait(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	if err := c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if !c.Caps().Has(imap.CapUIDPlus) {
		return nil // EXPUNGE would take what others deleted, too; they are passed over from now on
	}
	if err := c.UIDExpunge(set).Close(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// wait waits for news, as the server tells them (IDLE, RFC 2177), or for the next look.
func (m *Mailbox) wait(ctx context.Context, c *imapclient.Client, news <-chan struct{}) error {
	next := time.NewTimer(m.Every)
	defer next.Stop()
	if !c.Caps().Has(imap.CapIdle) {
		select {
		case <-next.C:
		case <-ctx.Done():
		case <-c.Closed():
		}
		return c.Noop().Wait()
	}
	idle, err := c.Idle()
	if err != nil {
		return fmt.Errorf("wait for mail: %w", err)
	}
	select {
	case <-news:
	case <-next.C:
	case <-ctx.Done():
	case <-c.Closed():
	}
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		return fmt.Errorf("wait for mail: %w", err)
	}
	return nil
}
