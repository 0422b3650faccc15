package bench

import (
	"fmt"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"studymail/internal/smtpout"
	"studymail/internal/smtptest"
)

// TestBenchFar sends over a line with a round trip of 20 ms: what a sender does
// with the time that the line takes. The yardstick is one connection that is
// used again and again, a command at a time.
func TestBenchFar(t *testing.T) {
	wanted(t)
	sink := smtptest.Start(t, smtptest.Config{CountOnly: true, Offers: append(smtptest.Usual(), "CHUNKING")})
	relay := smtptest.NewRelay(t, sink.Addr(), 20*time.Millisecond)
	text := "Subject: far\r\n\r\n" + strings.Repeat("The study looks at how people of your age sleep, and what helps.\r\n", 30)
	fmt.Printf("\none connection, 20 ms round trip, mails of 2 kB; yardstick: lock-step, the connection reused\n\n")
	yardstick := 0.0
	for _, way := range []struct {
		name string
		n    int
		send func(n int)
	}{
		{"lock-step, reused", 40, func(n int) { deliver(t, smtpout.Config{Addr: relay.Addr(), NoPipelining: true}, text, n) }},
		{"net/smtp, a connection a mail", 20, func(n int) {
			for range n {
				if err := smtp.SendMail(relay.Addr(), nil, "s@example.org", []string{"r@example.net"}, []byte(text)); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"PIPELINING", 200, func(n int) { deliver(t, smtpout.Config{Addr: relay.Addr(), NoChunking: true}, text, n) }},
		{"CHUNKING, window of 16", 3000, func(n int) { deliver(t, smtpout.Config{Addr: relay.Addr()}, text, n) }},
	} {
		began := time.Now()
		way.send(way.n)
		r := rate(way.n, time.Since(began))
		if yardstick == 0 {
			yardstick = r
		}
		fmt.Printf("far       %-30s %8.1f mails/s   ratio %.2f\n", way.name, r, r/yardstick)
	}
	if got, want := sink.Book.Total(), 40+20+200+3000; got != want {
		t.Errorf("the server took %d of %d", got, want)
	}
}

// deliver hands n mails over on one connection.
func deliver(t *testing.T, cfg smtpout.Config, text string, n int) {
	t.Helper()
	conn, err := smtpout.Dial(t.Context(), &cfg)
	if err != nil {
		t.Fatal(err)
	}
	in := make(chan *smtpout.Mail, 64)
	go func() {
		defer close(in)
		for i := range n {
			in <- &smtpout.Mail{From: "s@example.org", To: "r@example.net", Data: fmt.Appendf(nil, "Message-ID: <%d@bench>\r\n%s", i, text)}
		}
	}()
	accepted := 0
	if err := conn.Deliver(t.Context(), in, func(_ *smtpout.Mail, o smtpout.Outcome) {
		if o.Kind == smtpout.Accepted {
			accepted++
		}
	}); err != nil {
		t.Fatal(err)
	}
	if accepted != n {
		t.Fatalf("%d of %d were accepted", accepted, n)
	}
}
