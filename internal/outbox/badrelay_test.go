package outbox_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/outbox"
	"studymail/internal/smtpout"
	"studymail/internal/smtptest"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

// hostile answers the greeting, or what comes after EHLO, with text.
func hostile(t *testing.T, at, text string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				in := bufio.NewReader(nc)
				if at == "mail" {
					_, _ = io.WriteString(nc, "220 hi\r\n")
					_, _ = in.ReadString('\n')
					_, _ = io.WriteString(nc, "250-hi\r\n250 PIPELINING\r\n")
					_, _ = in.ReadString('\n')
				}
				_, _ = io.WriteString(nc, text)
				_, _ = io.Copy(io.Discard, in)
			}()
		}
	}()
	return ln.Addr().String()
}

type resolver func(context.Context) ([]string, error)

func (r resolver) LookupHost(ctx context.Context, _ string) ([]string, error) { return r(ctx) }

// A relay that is not one, in each way that we know of: nothing is sent, nothing
// is lost or charged an attempt, and the transport's state says what is wrong in
// words that lead to the setting. Once the relay is sound, all goes out.
func TestABadRelayIsSaidAndNothingIsLost(t *testing.T) {
	t.Parallel()
	lines, endless, nul := strings.Repeat("250-x\r\n", 10_000)+"250 x\r\n", "250 "+strings.Repeat("x", 1<<20), "250 a\x00\x00\r\n"
	const breach = "does not keep to the protocol: "
	timeouts := smtpout.Timeouts{Connect: 100 * time.Millisecond, Greeting: 2 * time.Second, Quit: 100 * time.Millisecond}
	for _, c := range []struct {
		name   string
		config func(*testing.T) smtpout.Config
		state  studymail.TransportState
		code   string
		detail string
	}{
		{"10,000 lines to greet", at("greeting", lines), studymail.TransportBackingOff, "greeting", breach + "a reply beyond all bounds"},
		{"10,000 lines to MAIL", at("mail", lines), studymail.TransportBackingOff, "mail", breach + "a reply beyond all bounds"},
		{"1 MB without an end to greet", at("greeting", endless), studymail.TransportBackingOff, "greeting", breach + "a reply without an end"},
		{"1 MB without an end to MAIL", at("mail", endless), studymail.TransportBackingOff, "mail", breach + "a reply without an end"},
		{"NULs to greet", at("greeting", nul), studymail.TransportBackingOff, "greeting", breach + "a NUL in a reply"},
		{"NULs to MAIL", at("mail", nul), studymail.TransportBackingOff, "mail", breach + "a NUL in a reply"},
		{"a web server", at("greeting", "HTTP/1.1 400 Bad Request\r\n\r\n"), studymail.TransportBackingOff, "greeting", breach + "a line that is no reply"},
		{"a certificate for another name", func(t *testing.T) smtpout.Config {
			s := smtptest.Start(t, smtptest.Config{Offers: append(smtptest.Usual(), "STARTTLS"), CertNames: []string{"other.example"}})
			return smtpout.Config{Addr: s.Addr(), TLS: smtpout.TLSStartTLSRequired, TLSConfig: &tls.Config{RootCAs: s.Roots(), MinVersion: tls.VersionTLS12}}
		}, studymail.TransportStopped, "starttls", "certificate"},
		{"no such name", func(*testing.T) smtpout.Config {
			return smtpout.Config{Addr: "relay.example:25", Resolver: resolver(func(context.Context) ([]string, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "relay.example", IsNotFound: true}
			})}
		}, studymail.TransportBackingOff, "connect", "lookup relay.example: no such host"},
		{"a name service that is silent", func(*testing.T) smtpout.Config {
			return smtpout.Config{Addr: "relay.example:25", Resolver: resolver(func(ctx context.Context) ([]string, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})}
		}, studymail.TransportBackingOff, "connect", "the name service: no answer in time"},
		{"a name without an address", func(*testing.T) smtpout.Config {
			return smtpout.Config{Addr: "relay.example:25", Resolver: resolver(func(context.Context) ([]string, error) { return nil, nil })}
		}, studymail.TransportBackingOff, "connect", "the server's name has no address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t, store.SQLite)
			b := newBench(t, s)
			b.AddPatients(t, s, 0, 5)
			camp := b.campaign(t)
			b.plan(t, camp)
			cfg := c.config(t)
			cfg.Timeouts = timeouts
			opts := b.options(t, &outbox.SMTP{Config: cfg, Now: time.Now})
			opts.Connections = 1
			_, stop := b.run(t, opts)
			var got studymail.Transport
			await(t, func() bool {
				if err := s.Read(t.Context(), func(tx *store.Tx) error {
					all, err := tx.Transports(t.Context())
					if len(all) == 1 {
						got = all[0]
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
				return got.State == c.state
			})
			stop()
			if got.Code != c.code || !strings.Contains(got.Detail, c.detail) || len(got.Detail) > 1200 {
				t.Errorf("the transport: %+v, want %s: %s", got, c.code, c.detail)
			}
			if n := b.counts(t, camp); n.Queued != 5 {
				t.Errorf("while it is bad: %+v", n)
			}
			good := smtptest.Start(t, smtptest.Config{})
			opts.Transport = &outbox.SMTP{Config: smtpout.Config{Addr: good.Addr()}, Now: time.Now}
			b.run(t, opts)
			if n := b.settle(t, camp); n.Sent != 5 || good.Book.Distinct() != 5 {
				t.Errorf("when it is sound: %+v, %d arrived", n, good.Book.Distinct())
			}
		})
	}
}

func at(place, text string) func(*testing.T) smtpout.Config {
	return func(t *testing.T) smtpout.Config {
		t.Helper()
		return smtpout.Config{Addr: hostile(t, place, text)}
	}
}

// A limit of size that makes no sense is none; one that is too small fails the
// mail alone, with the reason, and asks nobody.
func TestAbsurdSizes(t *testing.T) {
	t.Parallel()
	for size, sent := range map[string]int{"-1": 5, "0": 5, "x": 5, "99999999999999999999999": 5, "9223372036854775807": 5, "1": 0} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			s := storetest.Open(t, store.SQLite)
			b := newBench(t, s)
			b.AddPatients(t, s, 0, 5)
			camp := b.campaign(t)
			b.plan(t, camp)
			srv := smtptest.Start(t, smtptest.Config{Offers: []string{"PIPELINING", "SIZE " + size}})
			b.run(t, b.options(t, &outbox.SMTP{Config: smtpout.Config{Addr: srv.Addr()}, Now: time.Now}))
			if n := b.settle(t, camp); n.Sent != sent || n.Failed != 5-sent || srv.Book.Total() != sent {
				t.Errorf("%+v, %d arrived", n, srv.Book.Total())
			}
		})
	}
}

func await(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("it never came true")
		}
	}
}
