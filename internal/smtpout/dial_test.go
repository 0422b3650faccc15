package smtpout_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"studymail/internal/smtpout"
	"studymail/internal/smtptest"
)

// one sends one mail and gives its outcome.
func one(t *testing.T, cfg *smtpout.Config) (smtpout.Outcome, error) {
	t.Helper()
	c, err := smtpout.Dial(t.Context(), cfg)
	if err != nil {
		return smtpout.Outcome{}, err
	}
	return deliverOne(t, c)
}

func deliverOne(t *testing.T, c *smtpout.Conn) (smtpout.Outcome, error) {
	t.Helper()
	in := make(chan *smtpout.Mail, 1)
	in <- &smtpout.Mail{From: "s@example.org", To: "r@example.net", Data: twoKilobytes(1)}
	close(in)
	var got []smtpout.Outcome
	err := c.Deliver(t.Context(), in, func(_ *smtpout.Mail, o smtpout.Outcome) { got = append(got, o) })
	if len(got) != 1 {
		t.Fatalf("%d reports: %v, %v", len(got), got, err)
	}
	return got[0], err
}

func TestTLS(t *testing.T) {
	t.Parallel()
	starttls := smtptest.Config{Offers: append(smtptest.Usual(), "STARTTLS"), RequireTLS: true}
	implicit := smtptest.Config{TLS: true}
	otherName := starttls
	otherName.CertNames = []string{"other.example"}
	for name, c := range map[string]struct {
		server  smtptest.Config
		mode    smtpout.TLSMode
		trusted bool
		pin     string // "right", "wrong"
		stage   string // of the error
	}{
		"STARTTLS":                       {starttls, smtpout.TLSStartTLS, true, "", ""},
		"STARTTLS required":              {starttls, smtpout.TLSStartTLSRequired, true, "", ""},
		"implicit":                       {implicit, smtpout.TLSImplicit, true, "", ""},
		"unknown authority":              {starttls, smtpout.TLSStartTLS, false, "", smtpout.AtSTARTTLS},
		"unknown authority, implicit":    {implicit, smtpout.TLSImplicit, false, "", smtpout.AtTLS},
		"certificate for another name":   {otherName, smtpout.TLSStartTLSRequired, true, "", smtpout.AtSTARTTLS},
		"pinned":                         {otherName, smtpout.TLSStartTLSRequired, false, "right", ""},
		"pinned another":                 {starttls, smtpout.TLSStartTLSRequired, true, "wrong", smtpout.AtSTARTTLS},
		"clear text where TLS is wanted": {smtptest.Config{}, smtpout.TLSImplicit, true, "", smtpout.AtTLS},
		"required and not offered":       {smtptest.Config{}, smtpout.TLSStartTLSRequired, true, "", smtpout.AtSTARTTLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, c.server)
			cfg := &smtpout.Config{Addr: s.Addr(), TLS: c.mode}
			if c.trusted {
				cfg.TLSConfig = &tls.Config{RootCAs: s.Roots(), MinVersion: tls.VersionTLS12}
			}
			switch c.pin {
			case "right":
				sum := sha256.Sum256(s.Certificate().RawSubjectPublicKeyInfo)
				cfg.Pins = [][]byte{make([]byte, 32), sum[:]}
			case "wrong":
				cfg.Pins = [][]byte{make([]byte, 32)}
			}
			o, err := one(t, cfg)
			if c.stage == "" {
				if err != nil || o.Kind != smtpout.Accepted || s.Book.Total() != 1 {
					t.Fatalf("%+v, %v, booked %d", o, err, s.Book.Total())
				}
				return
			}
			e, ok := errors.AsType[*smtpout.Error](err)
			if !ok || e.Stage != c.stage || !e.Permanent || !e.Security() {
				t.Fatalf("error %v (%+v), want one for good at %s", err, e, c.stage)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	users := map[string]string{"nurse": "secret"}
	right := &smtpout.Credentials{Username: "nurse", Password: "secret"}
	for name, c := range map[string]struct {
		offer string
		cred  *smtpout.Credentials
		fails bool
		code  int
	}{
		"PLAIN":             {"AUTH LOGIN PLAIN", right, false, 0},
		"LOGIN":             {"AUTH LOGIN", right, false, 0},
		"OAUTHBEARER":       {"AUTH PLAIN OAUTHBEARER", &smtpout.Credentials{Username: "nurse", Token: "secret"}, false, 0},
		"XOAUTH2":           {"AUTH PLAIN XOAUTH2", &smtpout.Credentials{Username: "nurse", Token: "secret"}, false, 0},
		"wrong XOAUTH2":     {"AUTH XOAUTH2", &smtpout.Credentials{Username: "nurse", Token: "x"}, true, 535},
		"wrong":             {"AUTH PLAIN", &smtpout.Credentials{Username: "nurse", Password: "x"}, true, 535},
		"wrong LOGIN":       {"AUTH LOGIN", &smtpout.Credentials{Username: "nurse", Password: "x"}, true, 535},
		"wrong token":       {"AUTH OAUTHBEARER", &smtpout.Credentials{Username: "nurse", Token: "x"}, true, 535},
		"token, no way":     {"AUTH PLAIN", &smtpout.Credentials{Username: "nurse", Token: "secret"}, true, 0},
		"nothing we know":   {"AUTH CRAM-MD5", right, true, 0},
		"nothing offered":   {"", right, true, 0},
		"wanted, not given": {"AUTH PLAIN", nil, true, 530},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := smtptest.Config{Users: users, RequireLogin: true, Offers: []string{"PIPELINING"}}
			if c.offer != "" {
				cfg.Offers = append(cfg.Offers, c.offer)
			}
			s := smtptest.Start(t, cfg)
			o, err := one(t, &smtpout.Config{Addr: s.Addr(), Credentials: c.cred})
			if !c.fails {
				if err != nil || o.Kind != smtpout.Accepted {
					t.Fatalf("%+v, %v", o, err)
				}
				return
			}
			e, ok := errors.AsType[*smtpout.Error](err)
			if !ok || e.Stage != smtpout.AtAuth || !e.Security() || e.Code != c.code {
				t.Fatalf("error %v (%+v)", err, e)
			}
			if c.cred == nil && o.Kind != smtpout.NotSent {
				t.Errorf("outcome %+v", o)
			}
			if strings.Contains(err.Error(), "nurse") || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells: %v", err)
			}
		})
	}
}

func TestCredentialsDoNotPrint(t *testing.T) {
	t.Parallel()
	c := &smtpout.Credentials{Username: "nurse", Password: "secret", Token: "token"}
	var b strings.Builder
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "c", c)
	j, err := json.Marshal(map[string]any{"c": c})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %+v %#v %s %q %x", c, c, c, c, c, c) + b.String() + string(j) + fmt.Sprintf("%+v", struct{ C *smtpout.Credentials }{c})
	for _, s := range []string{"nurse", "secret", "token", "6e75727365"} {
		if strings.Contains(all, s) {
			t.Errorf("%q is in %s", s, all)
		}
	}
}

type fixedResolver []string

func (r fixedResolver) LookupHost(context.Context, string) ([]string, error) { return r, nil }

type mapDialer map[string]string

func (d mapDialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	to, ok := d[addr]
	if !ok {
		return nil, fmt.Errorf("dial %s: no route", addr)
	}
	return (&net.Dialer{}).DialContext(ctx, network, to)
}

func TestDialTriesTheNextAddress(t *testing.T) {
	t.Parallel()
	good := smtptest.Start(t, smtptest.Config{})
	busy := smtptest.Start(t, smtptest.Config{Rules: []smtptest.Rule{{At: smtptest.AtConnect, Code: 421, Text: "busy"}}})
	silent := smtptest.Start(t, smtptest.Config{Silent: true})
	cfg := &smtpout.Config{
		Addr:     "relay.example:25",
		Resolver: fixedResolver{"192.0.2.1", "192.0.2.2", "2001:db8::3", "192.0.2.4"},
		Dialer:   mapDialer{"192.0.2.2:25": busy.Addr(), "[2001:db8::3]:25": silent.Addr(), "192.0.2.4:25": good.Addr()},
		Timeouts: smtpout.Timeouts{Greeting: 50 * time.Millisecond},
	}
	c, err := smtpout.Dial(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c.RemoteAddr() != "192.0.2.4:25" {
		t.Errorf("went to %s", c.RemoteAddr())
	}
	if o, err := deliverOne(t, c); err != nil || o.Kind != smtpout.Accepted {
		t.Errorf("%+v, %v", o, err)
	}

	cfg.Resolver = fixedResolver{"192.0.2.1", "192.0.2.2"}
	_, err = smtpout.Dial(t.Context(), cfg)
	if e, ok := errors.AsType[*smtpout.Error](err); !ok || e.Stage != smtpout.AtGreeting || e.Code != 421 || e.Permanent {
		t.Errorf("the last one's error is %v", err)
	}
	cfg.Resolver = fixedResolver{}
	_, err = smtpout.Dial(t.Context(), cfg)
	if e, ok := errors.AsType[*smtpout.Error](err); !ok || e.Stage != smtpout.AtConnect || e.Permanent {
		t.Errorf("without an address: %v", err)
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	t.Parallel()
	silent := smtptest.Start(t, smtptest.Config{Silent: true})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := smtpout.Dial(ctx, &smtpout.Config{Addr: silent.Addr()})
	if e, ok := errors.AsType[*smtpout.Error](err); !ok || e.Stage != smtpout.AtGreeting || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, cfg := range []smtpout.Config{
		{},
		{Addr: "host"},
		{Addr: "h:25", LocalName: "a b"},
		{Addr: "h:25", LocalName: "x\r\nMAIL"},
		{Addr: "h:25", Window: -1},
		{Addr: "h:25", MaxPerConnection: -1},
	} {
		if _, err := smtpout.Dial(t.Context(), &cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}

// TestHostileReplies: endless and malformed replies end the connection as
// protocol errors, whatever they answer.
func TestHostileReplies(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]string{
		"10,000 lines":        strings.Repeat("250-x\r\n", 10_000) + "250 x\r\n",
		"1 MB without an end": "250 " + strings.Repeat("x", 1<<20),
		"NULs":                "250 a\x00\x00\r\n",
		"no reply at all":     "HTTP/1.1 400 Bad Request\r\n",
		"a flood":             strings.Repeat("250 x\r\n", 100_000),
	} {
		for _, at := range []string{"greeting", "mail"} {
			t.Run(name+" at "+at, func(t *testing.T) {
				t.Parallel()
				ln, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer ln.Close()
				go func() {
					nc, err := ln.Accept()
					if err != nil {
						return
					}
					defer nc.Close()
					in := bufio.NewReader(nc)
					if at == "mail" {
						_, _ = io.WriteString(nc, "220 hi\r\n")
						_, _ = in.ReadString('\n')
						_, _ = io.WriteString(nc, "250-hi\r\n250 PIPELINING\r\n")
						_, _ = in.ReadString('\n')
					}
					_, _ = io.WriteString(nc, say)
					_, _ = io.Copy(io.Discard, in)
				}()
				o, err := one(t, &smtpout.Config{Addr: ln.Addr().String()})
				if name == "a flood" && at == "greeting" {
					if err == nil {
						t.Error("no error")
					}
					return // 250 is no greeting
				}
				if !errors.Is(err, smtpout.ErrProtocol) {
					t.Errorf("error %v", err)
				}
				if at == "mail" && o.Kind != smtpout.Lost {
					t.Errorf("outcome %+v", o)
				}
			})
		}
	}
}
