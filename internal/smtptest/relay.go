package smtptest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Relay is a line with a delay in front of a server: what is written on one
// side comes out on the other half a round trip later, at any rate.
type Relay struct {
	ln   net.Listener
	to   string
	half time.Duration

	mu    sync.Mutex
	conns []net.Conn
	done  sync.WaitGroup
}

// NewRelay makes a line to addr with the round trip given; a test ends it.
func NewRelay(tb testing.TB, addr string, roundTrip time.Duration) *Relay {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listen: %v", err)
	}
	r := &Relay{ln: ln, to: addr, half: roundTrip / 2}
	r.done.Add(1)
	go r.accept()
	tb.Cleanup(r.close)
	return r
}

// Addr is host:port.
func (r *Relay) Addr() string { return r.ln.Addr().String() }

func (r *Relay) close() {
	_ = r.ln.Close()
	r.mu.Lock()
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.done.Wait()
}

func (r *Relay) accept() {
	defer r.done.Done()
	for {
		a, err := r.ln.Accept()
		if err != nil {
			return
		}
		b, err := net.Dial("tcp", r.to)
		if err != nil {
			_ = a.Close()
			continue
		}
		r.mu.Lock()
		r.conns = append(r.conns, a, b)
		r.mu.Unlock()
		r.done.Add(2)
		go r.pump(a, b)
		go r.pump(b, a)
	}
}

type parcel struct {
	data []byte
	due  time.Time
}

func (r *Relay) pump(from, to net.Conn) {
	defer r.done.Done()
	line := make(chan parcel, 4096)
	r.done.Add(1)
	go func() {
		defer r.done.Done()
		defer to.Close()
		broken := false
		for p := range line {
			if broken {
				continue // until the other side notices
			}
			if d := time.Until(p.due); d > 0 {
				<-time.After(d) // the line itself
			}
			if _, err := to.Write(p.data); err != nil {
				broken = true
				_ = from.Close()
			}
		}
	}()
	defer close(line)
	for {
		b := make([]byte, 64<<10)
		n, err := from.Read(b)
		if n > 0 {
			line <- parcel{b[:n], time.Now().Add(r.half)}
		}
		if err != nil {
			return
		}
	}
}
