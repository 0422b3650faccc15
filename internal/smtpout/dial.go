package smtpout

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Dial opens a connection and brings it to where mail can be sent. It tries
// the host's addresses one after the other while they do not answer or turn us
// away. An error is an *Error, or says what is wrong with cfg.
func Dial(ctx context.Context, cfg *Config) (*Conn, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("smtpout: address of the server: %w", err)
	}
	addrs := []string{host}
	if net.ParseIP(host) == nil {
		lookup, cancel := context.WithTimeout(ctx, cfg.Timeouts.Connect)
		defer cancel()
		addrs, err = cfg.Resolver.LookupHost(lookup, host)
		if err != nil {
			if lookup.Err() != nil && ctx.Err() == nil {
				err = fmt.Errorf("the name service: %w (%v)", ErrTimeout, cfg.Timeouts.Connect)
			}
			return nil, &Error{Stage: AtConnect, Err: err}
		}
	}
	last := &Error{Stage: AtConnect, Err: errors.New("the server's name has no address")}
	for _, addr := range addrs {
		c, err := dialOne(ctx, cfg, host, net.JoinHostPort(addr, port))
		if err == nil {
			return c, nil
		}
		last = err
		if ctx.Err() != nil || err.Security() || err.Stage == AtAuth {
			break
		}
	}
	return nil, last
}

func dialOne(ctx context.Context, cfg *Config, host, addr string) (*Conn, *Error) {
	timed, cancel := context.WithTimeout(ctx, cfg.Timeouts.Connect)
	defer cancel()
	nc, err := cfg.Dialer.DialContext(timed, "tcp", addr)
	if err != nil {
		if timed.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w (%v)", ErrTimeout, cfg.Timeouts.Connect)
		}
		return nil, &Error{Stage: AtConnect, Err: err}
	}
	c := &Conn{cfg: cfg, nc: nc, host: host, remote: addr, wbuf: make([]byte, 0, flushAt+4<<10)}
	if e := c.open(ctx); e != nil {
		_ = c.drop() // the first error is the one that counts
		return nil, e
	}
	return c, nil
}

// open goes through TLS, greeting, EHLO, STARTTLS and AUTH.
func (c *Conn) open(ctx context.Context) *Error {
	if c.cfg.TLS == TLSImplicit {
		if e := c.startTLS(ctx, AtTLS); e != nil {
			return e
		}
	}
	var r reply
	err := c.within(ctx, c.cfg.Timeouts.Greeting, func() (err error) {
		r, err = c.readReply()
		return err
	})
	if err != nil {
		return &Error{Stage: AtGreeting, Err: err}
	}
	if r.code != 220 {
		return replyError(AtGreeting, r, errors.New("the server turns us away"))
	}
	if e := c.hello(ctx); e != nil {
		return e
	}
	if e := c.upgrade(ctx); e != nil {
		return e
	}
	if c.cfg.Credentials != nil {
		if e := c.authenticate(ctx); e != nil {
			return e
		}
	}
	if len(c.rbuf) > 0 {
		return &Error{Stage: AtEHLO, Err: protocolError("a reply to nothing")}
	}
	return nil
}

// hello says EHLO, or HELO to a server that does not know it (RFC 5321 §3.2).
func (c *Conn) hello(ctx context.Context) *Error {
	c.ext = Extensions{}
	name := c.cfg.LocalName
	if name == "" {
		name = addressLiteral(c.nc.LocalAddr())
	}
	for _, verb := range []string{"EHLO ", "HELO "} {
		var r reply
		err := c.within(ctx, c.cfg.Timeouts.EHLO, func() (err error) {
			r, err = c.command(verb + name)
			return err
		})
		switch {
		case err != nil:
			return &Error{Stage: AtEHLO, Err: err}
		case r.code == 250:
			if verb == "EHLO " {
				c.ext = parseEHLO(r)
			}
			return nil
		case verb == "EHLO " && (r.code == 500 || r.code == 502 || r.code == 504):
			// An old server. Try HELO.
		default:
			return replyError(AtEHLO, r, errors.New("the server does not take our name"))
		}
	}
	return &Error{Stage: AtEHLO, Permanent: true, Err: errors.New("the server knows neither EHLO nor HELO")}
}

// addressLiteral is RFC 5321 §4.1.3's name for a host without one.
func addressLiteral(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	switch {
	case !ok || t.IP == nil:
		return "[127.0.0.1]"
	case t.IP.To4() != nil:
		return "[" + t.IP.To4().String() + "]"
	default:
		return "[IPv6:" + t.IP.String() + "]"
	}
}
