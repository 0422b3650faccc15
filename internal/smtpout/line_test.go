package smtpout

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// line is one end of a connection in memory that behaves like TCP where it
// matters here: each direction buffers some bytes, a close lets the other side
// read what is buffered, a reset does not.
type line struct {
	in, out *flow
}

// flow is one direction.
type flow struct {
	mu      sync.Mutex
	moved   *sync.Cond
	buf     []byte
	room    int
	closed  bool // no more will be written
	dead    bool // nobody will read
	reset   bool
	readBy  bool // a deadline has passed
	writeBy bool
}

func newFlow(room int) *flow {
	f := &flow{room: room}
	f.moved = sync.NewCond(&f.mu)
	return f
}

func newLine(room int) (client, server *line) {
	a, b := newFlow(room), newFlow(room)
	return &line{a, b}, &line{b, a}
}

func (l *line) Read(b []byte) (int, error) {
	f := l.in
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.readBy:
			return 0, os.ErrDeadlineExceeded
		case f.dead:
			return 0, net.ErrClosed
		case f.reset:
			return 0, syscall.ECONNRESET
		case len(f.buf) > 0:
			n := copy(b, f.buf)
			f.buf = f.buf[n:]
			f.moved.Broadcast()
			return n, nil
		case f.closed:
			return 0, io.EOF
		}
		f.moved.Wait()
	}
}

func (l *line) Write(b []byte) (n int, err error) {
	f := l.out
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.writeBy:
			return n, os.ErrDeadlineExceeded
		case f.closed:
			return n, net.ErrClosed
		case f.dead:
			return n, syscall.EPIPE
		case len(b) == 0:
			return n, nil
		}
		if k := min(len(b), f.room-len(f.buf)); k > 0 {
			f.buf = append(f.buf, b[:k]...)
			b, n = b[k:], n+k
			f.moved.Broadcast()
			continue
		}
		f.moved.Wait()
	}
}

func (l *line) shut(reset bool) {
	l.out.mu.Lock()
	l.out.closed, l.out.reset = true, l.out.reset || reset
	l.out.moved.Broadcast()
	l.out.mu.Unlock()
	l.in.mu.Lock()
	l.in.dead = true
	l.in.moved.Broadcast()
	l.in.mu.Unlock()
}

func (l *line) Close() error { l.shut(false); return nil }

func (l *line) SetDeadline(t time.Time) error {
	_ = l.SetReadDeadline(t)
	return l.SetWriteDeadline(t)
}

// SetReadDeadline knows the long ago only, which is all that is used.
func (l *line) SetReadDeadline(t time.Time) error {
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	l.in.readBy = t.Equal(longAgo)
	l.in.moved.Broadcast()
	return nil
}

func (l *line) SetWriteDeadline(t time.Time) error {
	l.out.mu.Lock()
	defer l.out.mu.Unlock()
	l.out.writeBy = t.Equal(longAgo)
	l.out.moved.Broadcast()
	return nil
}

func (l *line) LocalAddr() net.Addr  { return nil }
func (l *line) RemoteAddr() net.Addr { return nil }
