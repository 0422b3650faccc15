package smtpout_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"studymail/internal/smtpout"
)

// tight dials with small socket buffers.
type tight struct{}

func (tight) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	nc, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err == nil {
		shrink(nc)
	}
	return nc, err
}

func shrink(nc net.Conn) {
	_ = nc.(*net.TCPConn).SetReadBuffer(16 << 10)
	_ = nc.(*net.TCPConn).SetWriteBuffer(16 << 10)
}

// A server of one thread with small buffers talks at length and cannot read
// before it is rid of its words, while we write a window of large mails: both
// would wait for the other if replies were not read meanwhile.
//
// Seen to fail: without inbox.drain it stands until Timeouts.Block.
func TestAServerThatTalksWhileWeWrite(t *testing.T) {
	t.Parallel()
	for way, offers := range map[string]string{"PIPELINING": "250 PIPELINING", "CHUNKING": "250-CHUNKING\r\n250 PIPELINING"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			took := make(chan int, 1)
			go func() {
				nc, err := ln.Accept()
				if err != nil {
					return
				}
				defer nc.Close()
				shrink(nc)
				took <- talk(nc, offers)
			}()
			const n = 12
			in := make(chan *smtpout.Mail, n)
			for i := range n {
				in <- &smtpout.Mail{From: "s@example.org", To: "r@example.net", Data: []byte(strings.Repeat("x\r\n", 20_000)), Tag: int64(i)}
			}
			close(in)
			c, err := smtpout.Dial(t.Context(), &smtpout.Config{Addr: ln.Addr().String(), Dialer: tight{}})
			if err != nil {
				t.Fatal(err)
			}
			accepted := 0
			err = c.Deliver(t.Context(), in, func(_ *smtpout.Mail, o smtpout.Outcome) {
				if o.Kind == smtpout.Accepted {
					accepted++
				}
			})
			if got := <-took; err != nil || accepted != n || got != n {
				t.Errorf("%d accepted, the server took %d: %v", accepted, got, err)
			}
		})
	}
}

// talk is the server: each reply has 100 lines, and is written before it reads on.
func talk(nc net.Conn, offers string) (took int) {
	in := bufio.NewReader(nc)
	say := func(code int) {
		_, _ = io.WriteString(nc, strings.Repeat(fmt.Sprintf("%d-%s\r\n", code, strings.Repeat("blah ", 50)), 100)+fmt.Sprintf("%d ok\r\n", code))
	}
	_, _ = io.WriteString(nc, "220 mx\r\n")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return took
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch verb {
		case "EHLO":
			_, _ = io.WriteString(nc, "250-mx\r\n"+offers+"\r\n")
		case "DATA":
			say(354)
			for line != ".\r\n" {
				if line, err = in.ReadString('\n'); err != nil {
					return took
				}
			}
			took++
			say(250)
		case "BDAT":
			size, last, _ := strings.Cut(rest, " ")
			var n int64
			_, _ = fmt.Sscan(size, &n)
			_, _ = io.CopyN(io.Discard, in, n)
			if last != "" {
				took++
			}
			say(250)
		case "QUIT":
			_, _ = io.WriteString(nc, "221 bye\r\n")
			return took
		default:
			say(250)
		}
	}
}
