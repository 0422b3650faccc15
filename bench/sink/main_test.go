package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"studymail/internal/smtpout"
)

// Whatever it offers it takes each mail once, and not before its time.
func TestItTakesEachMail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plain bool
		wait  time.Duration
	}{
		"CHUNKING":            {},
		"PIPELINING":          {plain: true},
		"PIPELINING, in time": {plain: true, wait: 20 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := listen(c.plain, c.wait)
			if err != nil {
				t.Fatal(err)
			}
			go func() { _ = s.serve() }() // it ends with the process
			conn, err := smtpout.Dial(t.Context(), &smtpout.Config{Addr: s.addr})
			if err != nil {
				t.Fatal(err)
			}
			if offers := conn.Extensions(); !offers.Pipelining || offers.Chunking == c.plain {
				t.Errorf("it offers %+v", offers)
			}
			const n = 20
			in := make(chan *smtpout.Mail, n)
			for i := range n {
				in <- &smtpout.Mail{From: "s@example.org", To: "r@example.net", Data: fmt.Appendf(nil, "Message-ID: <%d@x>\r\n\r\n.Hello\r\n..\r\n", i)}
			}
			close(in)
			began := time.Now()
			err = conn.Deliver(context.WithoutCancel(t.Context()), in, func(m *smtpout.Mail, o smtpout.Outcome) {
				if o.Kind != smtpout.Accepted {
					t.Errorf("a mail is %+v", o)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.mails.Load(); got != n {
				t.Errorf("it took %d of %d", got, n)
			}
			if took := time.Since(began); took < n*c.wait {
				t.Errorf("%d mails, an answer each, took %v", n, took)
			}
		})
	}
}
