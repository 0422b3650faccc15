package smtpout

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"io"
	"net"
)

var (
	errNoStartTLS = errors.New("the server does not offer STARTTLS, which the settings require")
	errNoPin      = errors.New("the server's key is not one of those pinned")
)

// upgrade says STARTTLS where the mode and the server call for it (RFC 3207).
func (c *Conn) upgrade(ctx context.Context) *Error {
	switch {
	case c.cfg.TLS != TLSStartTLS && c.cfg.TLS != TLSStartTLSRequired:
		return nil
	case c.ext.StartTLS:
	case c.cfg.TLS == TLSStartTLSRequired:
		return &Error{Stage: AtSTARTTLS, Permanent: true, Err: errNoStartTLS}
	default:
		return nil
	}
	var r reply
	err := c.within(ctx, c.cfg.Timeouts.EHLO, func() (err error) {
		r, err = c.command("STARTTLS")
		return err
	})
	if err != nil {
		return &Error{Stage: AtSTARTTLS, Err: err}
	}
	if r.code != 220 {
		return replyError(AtSTARTTLS, r, errors.New("the server offers STARTTLS and refuses it"))
	}
	// What stands behind the reply came in clear text: someone put it there to
	// be taken for what the server says under TLS.
	if len(c.rbuf) > 0 {
		return &Error{Stage: AtSTARTTLS, Permanent: true, Err: protocolError("clear text behind the reply to STARTTLS")}
	}
	if e := c.startTLS(ctx, AtSTARTTLS); e != nil {
		return e
	}
	return c.hello(ctx) // RFC 3207 §4.2: forget what was offered before
}

func (c *Conn) startTLS(ctx context.Context, stage string) *Error {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.cfg.TLSConfig != nil {
		conf = c.cfg.TLSConfig.Clone()
	}
	if conf.ServerName == "" {
		conf.ServerName = c.host
	}
	if len(c.cfg.Pins) > 0 {
		pins := c.cfg.Pins
		conf.InsecureSkipVerify = true //nolint:gosec // the pin says more than a chain
		conf.VerifyConnection = func(s tls.ConnectionState) error { return checkPin(s, pins) }
	}
	tc := tls.Client(c.nc, conf)
	err := c.within(ctx, c.cfg.Timeouts.Handshake, func() error {
		return tc.HandshakeContext(ctx)
	})
	if err != nil {
		return &Error{Stage: stage, Permanent: !isNetwork(err), Err: err}
	}
	c.nc, c.rbuf, c.secure = tc, nil, true
	return nil
}

func checkPin(s tls.ConnectionState, pins [][]byte) error {
	if len(s.PeerCertificates) == 0 {
		return errNoPin
	}
	sum := sha256.Sum256(s.PeerCertificates[0].RawSubjectPublicKeyInfo)
	for _, p := range pins {
		if subtle.ConstantTimeCompare(sum[:], p) == 1 {
			return nil
		}
	}
	return errNoPin
}

// isNetwork tells a broken line from a handshake that will fail again.
func isNetwork(err error) bool {
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return false
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, ErrTimeout) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	_, ok := errors.AsType[net.Error](err)
	return ok
}

// isLoopback tells whether what we say stays on this machine.
func isLoopback(nc net.Conn) bool {
	a, ok := nc.RemoteAddr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}
