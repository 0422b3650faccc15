package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strconv"
	"time"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/dkim"
	"studymail/internal/maildir"
	"studymail/internal/outbox"
	"studymail/internal/sealed"
	"studymail/internal/smtpout"
)

// Transport builds the transport of the configuration.
func (a *App) Transport() (outbox.Transport, error) {
	if a.Config.MailTransport == config.Maildir {
		folder, err := maildir.Open(a.Config.MaildirPath, a.Now())
		if err != nil {
			return nil, err
		}
		return &outbox.Maildir{Folder: folder, Now: a.Now, Idle: 30 * time.Second}, nil
	}
	if a.Config.MailTransport == config.SES {
		client, err := a.SES()
		if err != nil {
			return nil, err
		}
		return &outbox.SES{Client: client, Now: a.Now, Together: a.sesTogether(), Bulk: a.sesBulk(), Idle: 30 * time.Second, Grace: 8 * time.Second}, nil
	}
	cfg, err := a.SMTPConfig()
	if err != nil {
		return nil, err
	}
	smtp := &outbox.SMTP{Config: cfg, Now: a.Now}
	if a.Config.EmailTokenFile != "" {
		smtp.Token = a.Config.Token
	}
	return smtp, nil
}

// SMTPConfig is how the relay of the configuration is reached.
func (a *App) SMTPConfig() (smtpout.Config, error) {
	c := a.Config
	cfg := smtpout.Config{
		Addr:             net.JoinHostPort(c.EmailHost, strconv.Itoa(c.EmailPort)),
		LocalName:        c.HeloName,
		Pins:             c.EmailTLSPins,
		MaxPerConnection: c.SMTPMailsPerConnection,
		IdleTimeout:      c.SMTPIdle,
		Window:           c.SMTPWindow,
		NoPipelining:     !c.SMTPPipelining,
		NoChunking:       !c.SMTPChunking,
		Now:              a.Now,
	}
	cfg.Timeouts.AtMost(c.SMTPTimeout)
	switch c.EmailTLS {
	case config.NoTLS:
		cfg.TLS = smtpout.TLSNone
	case config.StartTLS:
		cfg.TLS = smtpout.TLSStartTLS
	case config.StartTLSRequired:
		cfg.TLS = smtpout.TLSStartTLSRequired
	case config.ImplicitTLS:
		cfg.TLS = smtpout.TLSImplicit
	}
	if !c.EmailPassword.IsEmpty() {
		cfg.Credentials = &smtpout.Credentials{Username: c.EmailUser, Password: c.EmailPassword.Reveal()}
	}
	if !c.EmailToken.IsEmpty() {
		token, err := c.Token()
		if err != nil {
			return cfg, err
		}
		cfg.Credentials = &smtpout.Credentials{Username: c.EmailUser, Token: token}
	}
	var err error
	cfg.TLSConfig, err = a.privateRoots()
	return cfg, err
}

// privateRoots are the certificates of EMAIL_TLS_CA_FILE; nil for the system's.
func (a *App) privateRoots() (*tls.Config, error) {
	if a.Config.EmailTLSCAFile == "" {
		return nil, nil //nolint:nilnil // the system's
	}
	pem, err := os.ReadFile(a.Config.EmailTLSCAFile)
	if err != nil {
		return nil, studymail.Errorf(studymail.Invalid, "EMAIL_TLS_CA_FILE: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, studymail.Errorf(studymail.Invalid, "EMAIL_TLS_CA_FILE: no certificate in it; it must be PEM")
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

// TestTransport tries whether the transport could take mail now, and sends nothing.
func (a *App) TestTransport(ctx context.Context) error {
	transport, err := a.Transport() // a folder that cannot be written is no transport
	if err != nil {
		return err
	}
	t, ok := transport.(outbox.Trier)
	if !ok {
		return studymail.Errorf(studymail.Invalid, "%s cannot be tried without mail", transport.Name())
	}
	if err := t.Try(ctx); err != nil {
		te, ok := errors.AsType[*outbox.TransportError](err)
		switch {
		case a.Config.MailTransport == config.SMTP && ok && te.Err != nil:
			return studymail.Errorf(studymail.Unavailable, "the relay %s does not take mail: %w", net.JoinHostPort(a.Config.EmailHost, strconv.Itoa(a.Config.EmailPort)), te.Err)
		case ok:
			return studymail.Errorf(studymail.Unavailable, "%s", te.Detail)
		}
		return err
	}
	return nil
}

// Letterbox is what messages are put together with.
func (a *App) Letterbox() *outbox.Letterbox {
	return &outbox.Letterbox{
		Sender: sealed.NewEmail(a.Config.Email), DisplayName: a.Config.DisplayName,
		Pieces:    a.sesBulk(),
		PublicURL: a.Config.LettersURL(), BounceDomain: a.Config.BounceDomain, Zone: a.Config.TimeZone,
		Sealer: a.Keys.Sealer(), Opener: a.Keys.Opener(), Signer: SignerOf(a.Config),
	}
}

// SignerOf is what signs mails by the configuration; nil for nothing.
func SignerOf(c *config.Config) *dkim.Signer {
	if len(c.DKIM) == 0 {
		return nil
	}
	s := &dkim.Signer{Domain: c.DKIMDomain}
	for _, k := range c.DKIM {
		s.Keys = append(s.Keys, dkim.Key{Selector: k.Selector, Signer: k.Key})
	}
	return s
}
