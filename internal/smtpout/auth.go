package smtpout

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"strconv"

	"studymail/internal/bearer"

	"github.com/emersion/go-sasl"
)

var (
	errAuthClear     = errors.New("no login over a connection that is not encrypted")
	errAuthMechanism = errors.New("the server offers no way to log in that we know and have credentials for")
	errLoginWanted   = errors.New("the server asks for a login or for encryption")
	errAuthRefused   = errors.New("the server does not accept the login")
)

// authenticate logs in (RFC 4954).
func (c *Conn) authenticate(ctx context.Context) *Error {
	if !c.secure && !isLoopback(c.nc) {
		return &Error{Stage: AtAuth, Permanent: true, Err: errAuthClear}
	}
	client := c.mechanism()
	if client == nil {
		return &Error{Stage: AtAuth, Permanent: true, Err: errAuthMechanism}
	}
	name, initial, err := client.Start()
	if err != nil {
		return &Error{Stage: AtAuth, Permanent: true, Err: err}
	}
	line := "AUTH " + name
	if initial != nil {
		if line += " "; len(initial) == 0 {
			line += "=" // RFC 4954 §4
		} else {
			line += base64.StdEncoding.EncodeToString(initial)
		}
	}
	given := false // we have given up
	for {
		var r reply
		err := c.within(ctx, c.cfg.Timeouts.Auth, func() (err error) {
			r, err = c.command(line)
			return err
		})
		switch {
		case err != nil:
			return &Error{Stage: AtAuth, Err: err}
		case r.code == 235 && !given:
			return nil
		case r.code != 334 || given:
			e := replyError(AtAuth, r, errAuthRefused)
			if r.code < 400 {
				e.Permanent = true
			}
			return e
		}
		// The library's errors may quote the server: only that there was one counts.
		if line, err = answer(client, r); err != nil {
			line, given = "*", true // RFC 4954 §4: cancel
		}
	}
}

func answer(client sasl.Client, r reply) (string, error) {
	var challenge []byte
	r.each(func(text []byte) { challenge = append(challenge, text...) })
	challenge, err := base64.StdEncoding.DecodeString(string(challenge))
	if err != nil {
		return "", err
	}
	response, err := client.Next(challenge)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(response), nil
}

// mechanism chooses from what the server offers; nil if nothing fits.
func (c *Conn) mechanism() sasl.Client {
	cred := c.cfg.Credentials
	switch {
	case cred.Token != "":
		o := sasl.OAuthBearerOptions{Username: cred.Username, Token: cred.Token}
		if host, port, err := net.SplitHostPort(c.cfg.Addr); err == nil {
			o.Host = host
			o.Port, _ = strconv.Atoi(port) // a named port is left out
		}
		return bearer.Client(c.ext.offersAuth, o)
	case c.ext.offersAuth(sasl.Plain):
		return sasl.NewPlainClient("", cred.Username, cred.Password)
	case c.ext.offersAuth(sasl.Login):
		return sasl.NewLoginClient(cred.Username, cred.Password)
	}
	return nil
}
