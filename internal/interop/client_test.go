package interop

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/mail"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/smtpout"
)

// TestTheClientAndRealServers sends some hundred mails over three connections to
// each server in each way that it and the client can do it, some of them to
// recipients whom the server refuses, one larger than it takes. What the client
// says became of each mail has to be so, and what lies in the folder is what was
// sent, byte for byte.
func TestTheClientAndRealServers(t *testing.T) {
	for _, s := range []struct {
		name   string
		start  func(*testing.T) *server
		offers string // what the client has to find there, of PIPELINING, CHUNKING, SIZE
	}{
		{"Postfix", func(t *testing.T) *server { return postfix(t, "") }, "PIPELINING CHUNKING SIZE"},
		{"Postfix without CHUNKING", func(t *testing.T) *server { return postfix(t, "smtpd_discard_ehlo_keywords = chunking") }, "PIPELINING SIZE"},
		{"Postfix that does not tell its limit", func(t *testing.T) *server { return postfix(t, "smtpd_discard_ehlo_keywords = size") }, "PIPELINING CHUNKING"},
		{"Exim", func(t *testing.T) *server { return exim(t, "") }, "PIPELINING CHUNKING SIZE"},
		{"Exim without CHUNKING", func(t *testing.T) *server { return exim(t, "chunking_advertise_hosts =") }, "PIPELINING SIZE"},
		{"Exim without PIPELINING", func(t *testing.T) *server { return exim(t, "pipelining_advertise_hosts =") }, "CHUNKING SIZE"},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			srv := s.start(t)
			roots := rootsOf(t, srv)
			for _, way := range []struct {
				name string
				cfg  smtpout.Config
			}{
				{"lock-step", smtpout.Config{NoPipelining: true}},
				{"PIPELINING under TLS", smtpout.Config{NoChunking: true, TLS: smtpout.TLSStartTLSRequired}},
				{"all it offers", smtpout.Config{}},
				{"all it offers under TLS", smtpout.Config{TLS: smtpout.TLSStartTLSRequired}},
			} {
				t.Run(way.name, func(t *testing.T) {
					way.cfg.Addr, way.cfg.TLSConfig = srv.addr, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
					p := newPost(200)
					p.send(t, &way.cfg, 3, s.offers)
					p.check(t, false, strings.Contains(s.offers, "SIZE"))
					p.compare(t, srv)
				})
			}
		})
	}
}

// TestTheClientAndChasquid: chasquid 1.11 offers PIPELINING, and what it reads
// together with the end of a text is lost (its DATA reads through a buffer of its
// own, which it throws away). It answers the third refusal with 421. In lock-step all is well; with PIPELINING each
// connection ends soon, with an error that says so, nothing is in doubt, and what
// is called accepted has arrived.
func TestTheClientAndChasquid(t *testing.T) {
	srv := chasquid(t)
	roots := rootsOf(t, srv)
	for _, way := range []struct {
		name string
		cfg  smtpout.Config
	}{
		{"lock-step", smtpout.Config{NoPipelining: true, MaxRefused: 2}},
		{"lock-step under TLS", smtpout.Config{NoPipelining: true, MaxRefused: 2, TLS: smtpout.TLSStartTLSRequired}},
	} {
		t.Run(way.name, func(t *testing.T) {
			way.cfg.Addr, way.cfg.TLSConfig = srv.addr, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
			p := newPost(200)
			p.send(t, &way.cfg, 3, "PIPELINING SIZE")
			p.check(t, true, true)
			p.compare(t, srv)
		})
	}
	t.Run("PIPELINING", func(t *testing.T) {
		cfg := smtpout.Config{Addr: srv.addr, Timeouts: smtpout.Timeouts{Behind: time.Second}}
		in := make(chan *smtpout.Mail, 10)
		for _, m := range newPost(10).mails {
			m.To = "user1@example.org"
			in <- m
		}
		close(in)
		kinds := map[smtpout.Kind]int{}
		broken := 0
		for len(in) > 0 {
			c, err := smtpout.Dial(t.Context(), &cfg)
			must(t, err)
			if err = c.Deliver(t.Context(), in, func(_ *smtpout.Mail, o smtpout.Outcome) { kinds[o.Kind]++ }); err == nil {
				continue
			}
			if broken++; !errors.Is(err, smtpout.ErrProtocol) {
				t.Errorf("deliver: %v", err)
			}
		}
		if broken == 0 {
			t.Error("this chasquid bears PIPELINING: say so in operations.md, and take this test out")
		}
		if kinds[smtpout.Accepted] == 0 || kinds[smtpout.Accepted]+kinds[smtpout.Lost] != 10 {
			t.Errorf("outcomes %v", kinds)
		}
	})
}

func rootsOf(t *testing.T, s *server) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(s.caFile)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return roots
}

// post is mails to send, and what became of them.
type post struct {
	mails []*smtpout.Mail
	mu    sync.Mutex
	outs  map[int64][]smtpout.Outcome
}

func newPost(n int) *post {
	p := &post{outs: map[int64][]smtpout.Outcome{}}
	rnd := rand.New(rand.NewPCG(uint64(n), 7)) //nolint:gosec // test data
	for i := range n {
		to := "user"
		switch {
		case i%17 == 3:
			to = "gone"
		case i%23 == 5:
			to = "policy"
		case i%19 == 7:
			to = "later"
		}
		size := rnd.IntN(3000)
		switch {
		case i == 40:
			size = 3 << 19 // 1.5 MB
		case i%31 == 11:
			size = 150_000
		}
		id := studymail.NewID()
		m := &smtpout.Mail{From: "s@bounces.example.org", To: fmt.Sprintf("%s%d@example.org", to, i), EnvelopeID: id.String(), Tag: int64(i)}
		m.Data = text(rnd, id, size)
		p.mails = append(p.mails, m)
	}
	return p
}

// text is a mail with what servers and clients trip over: lines that begin with
// dots, or look like commands, 8-bit text, and sometimes no end of the last line.
func text(rnd *rand.Rand, id studymail.ID, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: s@example.org\r\nTo: r@example.org\r\nSubject: interop\r\nDate: Mon, 15 Jun 2026 09:00:00 +0000\r\nMessage-ID: <%s@example.org>\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n", id)
	for size += b.Len(); b.Len() < size; {
		b.WriteString([]string{
			".", "..", "", ".x", "MAIL FROM:<evil@example.org>", "RSET", "QUIT", "BDAT 0 LAST", "Grüße aus Köln, déjà vu", "From here it goes on",
			strings.Repeat("y", rnd.IntN(900)),
		}[rnd.IntN(11)])
		b.WriteString("\r\n")
	}
	if rnd.IntN(5) == 0 {
		b.WriteString("no end")
	}
	return b.Bytes()
}

// send hands the mails over; connections that end are opened anew.
func (p *post) send(t *testing.T, cfg *smtpout.Config, connections int, offers string) {
	t.Helper()
	in := make(chan *smtpout.Mail, len(p.mails))
	for _, m := range p.mails {
		in <- m
	}
	close(in)
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for range len(p.mails) {
				c, err := smtpout.Dial(t.Context(), cfg)
				if err != nil {
					t.Errorf("dial: %v", err)
					return
				}
				x := c.Extensions()
				for word, got := range map[string]bool{"PIPELINING": x.Pipelining, "CHUNKING": x.Chunking, "SIZE": x.Size && x.MaxSize == 1<<20} {
					if got != strings.Contains(offers, word) {
						t.Errorf("%s offered: %v", word, got)
					}
				}
				err = c.Deliver(t.Context(), in, func(m *smtpout.Mail, o smtpout.Outcome) {
					p.mu.Lock()
					defer p.mu.Unlock()
					p.outs[m.Tag] = append(p.outs[m.Tag], o)
				})
				if err != nil {
					t.Errorf("deliver: %v", err)
				}
				if c.Ended() == smtpout.InputEnd {
					return
				}
			}
		})
	}
	all.Wait()
}

// check holds the outcomes against what the servers are made to do.
func (p *post) check(t *testing.T, afterText, sizeKnown bool) {
	t.Helper()
	for _, m := range p.mails {
		outs := p.outs[m.Tag]
		if len(outs) != 1 {
			t.Errorf("mail %d was reported %d times: %v", m.Tag, len(outs), outs)
			continue
		}
		o := outs[0]
		want := smtpout.Outcome{Kind: smtpout.Accepted, Code: 250, Stage: smtpout.AtDot}
		refusedAt := smtpout.AtRcpt
		if afterText {
			refusedAt = smtpout.AtDot
		}
		switch {
		case len(m.Data) > 1<<20 && sizeKnown:
			want = smtpout.Outcome{Kind: smtpout.Unsendable}
		case len(m.Data) > 1<<20:
			want = smtpout.Outcome{Kind: smtpout.Refused, Code: 552, Stage: o.Stage} // some say so in the middle of the text
		case strings.HasPrefix(m.To, "gone"):
			want = smtpout.Outcome{Kind: smtpout.Refused, Code: 550, Stage: smtpout.AtRcpt}
		case strings.HasPrefix(m.To, "policy"):
			want = smtpout.Outcome{Kind: smtpout.Refused, Code: o.Code, Stage: refusedAt}
		case strings.HasPrefix(m.To, "later"):
			want = smtpout.Outcome{Kind: smtpout.Later, Code: o.Code, Stage: refusedAt}
		}
		if o.Kind != want.Kind || o.Code != want.Code || o.Stage != want.Stage {
			t.Errorf("mail %d to %s of %d bytes: %+v, want %v %d at %s", m.Tag, m.To, len(m.Data), o, want.Kind, want.Code, want.Stage)
		}
	}
}

// compare holds what arrived against what was sent. A server puts its own lines
// on top and stores lines its own way; the rest has to be the mail.
func (p *post) compare(t *testing.T, s *server) {
	t.Helper()
	sent := map[string][]byte{}
	for _, m := range p.mails {
		if outs := p.outs[m.Tag]; len(outs) == 1 && outs[0].Kind == smtpout.Accepted {
			sent[m.EnvelopeID] = m.Data
		}
	}
	if len(sent) < len(p.mails)*3/4 {
		t.Fatalf("only %d of %d were accepted", len(sent), len(p.mails))
	}
	var arrived map[string][][]byte
	waitFor(t, func() bool {
		arrived = map[string][][]byte{}
		missing := len(sent)
		for _, b := range s.delivered(t) {
			m, err := mail.ReadMessage(bytes.NewReader(b))
			must(t, err)
			id, _, _ := strings.Cut(strings.Trim(m.Header.Get("Message-Id"), "<>"), "@")
			if arrived[id] = append(arrived[id], b); sent[id] != nil && len(arrived[id]) == 1 {
				missing--
			}
		}
		return missing == 0
	})
	for _, m := range p.mails {
		got := arrived[m.EnvelopeID]
		want := sent[m.EnvelopeID]
		if want == nil {
			if len(got) > 0 {
				t.Errorf("mail %d is %v and arrived", m.Tag, p.outs[m.Tag])
			}
			continue
		}
		if len(got) != 1 {
			t.Errorf("mail %d arrived %d times", m.Tag, len(got))
			continue
		}
		if !bytes.HasSuffix(lines(got[0]), lines(want)) {
			t.Errorf("mail %d arrived otherwise than it was sent:\n%.300q\n%.300q", m.Tag, got[0], want)
		}
	}
}

// lines gives a text with plain line ends, the last one ended.
func lines(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	if !bytes.HasSuffix(b, []byte("\n")) {
		b = append(b, '\n')
	}
	return b
}
