package smtpout

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestDialogs plays testdata/*.dialog: whole dialogues, byte for byte, over a
// pipe and with a clock of their own. A file has these lines:
//
//	set KEY[=VALUE]   a setting: nopipelining nochunking known login tls=1 (STARTTLS) or 2 (required) window=N max=N
//	                  gate=N (no at the Nth mail) cancel=N (ctx ends at the Nth report)
//	mail KEY=VALUE …  a mail to send: from= to= text="…" id= utf8
//	open WORD …       greeting and EHLO, offering the words
//	C: line           what the client has to send; lines in a row are to come without waiting
//	S: line           what the server says; before it, the client must be silent
//	early: line       what the server says while the client talks
//	swallow N         the server reads N bytes
//	octets TEXT       the client sends the text and no more
//	atonce TEXT       the same, and without having waited
//	wait DURATION     the server does nothing for so long
//	hangup            the server closes
//	gone              the client must have closed
//	quit              C: QUIT, S: 221, gone
//	out KIND [code=N enhanced=X stage=X]   the outcomes, in the order of the mails
//	end WORD …        what Deliver returns: "nil", or words that are in the error
func TestDialogs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.dialog")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".dialog"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { playDialog(t, string(text)) })
		})
	}
}

type pipeDialer struct{ conns chan net.Conn }

func (p pipeDialer) DialContext(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.conns <- server
	return client, nil
}

func playDialog(t *testing.T, text string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dialer := pipeDialer{make(chan net.Conn, 1)}
	cfg := &Config{Addr: "192.0.2.1:25", LocalName: "client.example", Dialer: dialer}
	var mails []*Mail
	var outs []string
	end := "nil"
	cancelAt := 0
	var script []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "set":
			key, value, _ := strings.Cut(rest, "=")
			n, _ := strconv.Atoi(value)
			switch key {
			case "nopipelining":
				cfg.NoPipelining = true
			case "nochunking":
				cfg.NoChunking = true
			case "login":
				cfg.Credentials = &Credentials{Username: "u", Password: "p"}
			case "tls":
				cfg.TLS = TLSMode(n)
			case "known":
				cfg.KnowsBDAT = true
			case "window":
				cfg.Window = n
			case "max":
				cfg.MaxPerConnection = n
			case "gate":
				cfg.Gate = func(m *Mail) bool { return m.Tag != int64(n) }
			case "cancel":
				cancelAt = n
			default:
				t.Fatalf("unknown setting %q", line)
			}
		case "mail":
			mails = append(mails, dialogMail(t, rest, int64(len(mails)+1)))
		case "out":
			outs = append(outs, rest)
		case "end":
			end = rest
		case "", "#":
		default:
			script = append(script, line)
		}
	}

	in := make(chan *Mail, len(mails))
	for _, m := range mails {
		in <- m
	}
	endless := false
	for _, l := range script {
		endless = endless || strings.HasPrefix(l, "wait") || l == "idle"
	}
	if !endless {
		close(in)
	}
	got := make([][]Outcome, len(mails))
	reports := 0
	result := make(chan error, 1)
	go func() {
		c, err := Dial(ctx, cfg)
		if err == nil {
			err = c.Deliver(ctx, in, func(m *Mail, o Outcome) {
				got[m.Tag-1] = append(got[m.Tag-1], o)
				if reports++; reports == cancelAt {
					cancel()
				}
			})
		}
		result <- err
	}()
	server := <-dialer.conns
	defer server.Close()
	playServer(t, server, script)
	err := <-result

	if end == "nil" && err != nil || end != "nil" && (err == nil || !strings.Contains(err.Error(), end)) {
		t.Errorf("Deliver returned %v, want %s", err, end)
	}
	for i, m := range mails {
		want := "(no out line)"
		if i < len(outs) {
			want = outs[i]
		}
		if len(got[i]) != 1 {
			if want != "untaken" || len(got[i]) != 0 {
				t.Errorf("mail %d was reported %d times: %v", m.Tag, len(got[i]), got[i])
			}
			continue
		}
		if s := dialogOutcome(got[i][0], want); s != want {
			t.Errorf("mail %d: got %s, want %s (%+v)", m.Tag, s, want, got[i][0])
		}
	}
}

func dialogMail(t *testing.T, line string, tag int64) *Mail {
	t.Helper()
	m := &Mail{From: "s@example.org", To: "r@example.net", Data: []byte("Hello\r\n"), Tag: tag}
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		key, rest, _ := strings.Cut(line, "=")
		if key, after, ok := strings.Cut(line, " "); key == "utf8" {
			m.UTF8 = true
			if line = after; !ok {
				break
			}
			continue
		}
		value, after, _ := strings.Cut(rest, " ")
		if strings.HasPrefix(rest, `"`) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				t.Fatalf("%q: %v", rest, err)
			}
			value, _ = strconv.Unquote(quoted)
			after = rest[len(quoted):]
		}
		switch key {
		case "from":
			m.From = value
		case "to":
			m.To = value
		case "id":
			m.EnvelopeID = value
		case "text":
			m.Data = []byte(value)
		case "size":
			n, _ := strconv.Atoi(value)
			m.Data = []byte(strings.Repeat("x\r\n", n/3))
		default:
			t.Fatalf("unknown part %q of a mail", key)
		}
		line = after
	}
	return m
}

// dialogOutcome words o with the parts that want asks about.
func dialogOutcome(o Outcome, want string) string {
	s := strings.ReplaceAll(o.Kind.String(), " ", "-")
	for _, part := range []struct{ key, value string }{
		{"code", strconv.Itoa(o.Code)}, {"enhanced", o.Enhanced}, {"stage", o.Stage}, {"reply", strconv.Quote(o.Reply)},
	} {
		if strings.Contains(want, " "+part.key+"=") {
			s += " " + part.key + "=" + part.value
		}
	}
	return s
}

// pass lets the time of a synctest bubble go by.
func pass(d time.Duration) { <-time.After(d) }

func playServer(t *testing.T, nc net.Conn, script []string) {
	t.Helper()
	in := bufio.NewReader(nc)
	say := func(line string) {
		if _, err := io.WriteString(nc, line+"\r\n"); err != nil {
			t.Fatalf("say %q: %v", line, err)
		}
	}
	silent := func(before string) {
		_ = nc.SetReadDeadline(time.Now().Add(time.Millisecond))
		if b, err := in.Peek(1); err == nil {
			more, _ := in.Peek(in.Buffered())
			t.Fatalf("client did not wait for %q but went on with %q", before, more)
		} else if !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, io.EOF) {
			t.Fatalf("before %q: %v %q", before, err, b)
		}
		_ = nc.SetReadDeadline(time.Time{})
	}
	expect := func(want string) {
		_ = nc.SetReadDeadline(time.Now().Add(time.Second))
		got, err := in.ReadString('\n')
		if err != nil || got != want+"\r\n" {
			t.Fatalf("client sent %q (%v), want %q", got, err, want)
		}
		_ = nc.SetReadDeadline(time.Time{})
	}
	gone := func() {
		_ = nc.SetReadDeadline(time.Now().Add(time.Hour))
		if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
			t.Fatalf("client should be gone, but %.60q, %v", rest, err)
		}
	}
	speaking := false
	said := "" // S: lines in a row are one write
	for i, line := range script {
		word, rest, _ := strings.Cut(line, " ")
		if word == "S:" && !speaking {
			silent(line)
		}
		speaking = word == "S:"
		switch word {
		case "open":
			say("220 mx.example ESMTP")
			expect("EHLO client.example")
			words := append([]string{"mx.example"}, strings.Fields(rest)...)
			for i, w := range words {
				sep := "-"
				if i == len(words)-1 {
					sep = " "
				}
				say("250" + sep + strings.ReplaceAll(w, "_", " "))
			}
			speaking = true
		case "C:":
			expect(rest)
		case "S:":
			said += rest + "\r\n"
			if i+1 == len(script) || !strings.HasPrefix(script[i+1], "S:") {
				say(strings.TrimSuffix(said, "\r\n"))
				said = ""
			}
		case "early:":
			say(rest)
		case "wait":
			d, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatal(err)
			}
			pass(d)
		case "hangup":
			nc.Close()
		case "gone":
			gone()
		case "idle":
		case "octets", "atonce":
			if word == "atonce" {
				_ = nc.SetReadDeadline(time.Now().Add(time.Millisecond))
			}
			b := make([]byte, len(rest))
			if _, err := io.ReadFull(in, b); err != nil || string(b) != rest {
				t.Fatalf("client sent %q (%v), want %q", b, err, rest)
			}
			_ = nc.SetReadDeadline(time.Time{})
		case "swallow":
			n, _ := strconv.Atoi(rest)
			if _, err := io.CopyN(io.Discard, in, int64(n)); err != nil {
				t.Fatalf("swallow %d bytes: %v", n, err)
			}
		case "quit":
			expect("QUIT")
			say("221 2.0.0 Bye")
			gone()
		default:
			t.Fatalf("unknown step %q", line)
		}
	}
}
