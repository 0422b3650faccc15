package smtpout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// longAgo as a deadline ends what a connection is doing. Time-outs are timers
// that set it: no clock is read, so no clock can step.
var longAgo = time.Unix(1, 0)

const (
	flushAt  = 64 << 10 // the write buffer is written when it holds this much
	maxFetch = 16 << 10 // one read of replies
)

// Conn is one connection, greeted, encrypted and logged in as Config asks.
// It serves one Deliver.
type Conn struct {
	cfg    *Config
	nc     net.Conn
	host   string // of Config.Addr
	remote string
	ext    Extensions
	secure bool

	rbuf    []byte // read and not yet parsed
	wbuf    []byte // composed and not yet written
	written int64  // bytes that the kernel has taken since Deliver began

	used    atomic.Bool
	ended   End
	taken   int
	refused int
	bdat    bool

	closeOnce sync.Once
	closeErr  error
}

// End says how a Deliver that returned nil came to its end.
type End int

// The orderly ends.
const (
	Unfinished End = iota // it did not, or with an error
	InputEnd              // the channel was closed
	Full                  // MaxPerConnection was reached
	Idle                  // no mail for IdleTimeout
)

// Ended says how Deliver ended. It is to be called after Deliver.
func (c *Conn) Ended() End { return c.ended }

// Taken is how many mails Deliver took. It is to be called after Deliver.
func (c *Conn) Taken() int { return c.taken }

// Refused is how many mails the server refused, for good or for now. It is to be
// called after Deliver.
func (c *Conn) Refused() int { return c.refused }

// KnowsBDAT tells whether the server took a chunk. It is to be called after Deliver.
func (c *Conn) KnowsBDAT() bool { return c.bdat }

// Extensions is what the server offered.
func (c *Conn) Extensions() Extensions { return c.ext }

// Encrypted tells whether TLS is spoken.
func (c *Conn) Encrypted() bool { return c.secure }

// RemoteAddr is the address that answered.
func (c *Conn) RemoteAddr() string { return c.remote }

// Close ends the connection at once; a Deliver that runs ends, too. Before any
// Deliver it says QUIT first. It may be called more than once.
func (c *Conn) Close() error {
	if c.used.CompareAndSwap(false, true) {
		// Politeness only: the result does not matter.
		_ = c.within(context.Background(), c.cfg.Timeouts.Quit, func() error {
			_, err := c.command("QUIT")
			return err
		})
	}
	return c.drop()
}

// drop closes the socket.
func (c *Conn) drop() error {
	c.closeOnce.Do(func() { c.closeErr = c.nc.Close() })
	return c.closeErr
}

// within runs one step of the dialogue before Deliver, for at most d.
func (c *Conn) within(ctx context.Context, d time.Duration, step func() error) error {
	nc := c.nc
	abort := func() { _ = nc.SetDeadline(longAgo) }
	timer := time.AfterFunc(d, abort)
	defer timer.Stop()
	stop := context.AfterFunc(ctx, abort)
	err := step()
	if !stop() && ctx.Err() != nil {
		return ctx.Err() //nolint:wrapcheck // the step's caller says which step
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w (%v)", ErrTimeout, d)
	}
	return err
}

// command sends one line and reads its reply.
func (c *Conn) command(line string) (reply, error) {
	if _, err := io.WriteString(c.nc, line+"\r\n"); err != nil {
		return reply{}, fmt.Errorf("write a command: %w", err)
	}
	return c.readReply()
}

// readReply reads one reply; it is good until the next.
func (c *Conn) readReply() (reply, error) {
	for {
		r, n, err := parseReply(c.rbuf)
		if err != nil {
			return reply{}, err
		}
		if n > 0 {
			c.rbuf = c.rbuf[n:]
			return r, nil
		}
		if err := c.fetch(); err != nil {
			return reply{}, err
		}
	}
}

// fetch reads what there is, at least one byte, behind what is unparsed.
func (c *Conn) fetch() error {
	if cap(c.rbuf)-len(c.rbuf) < 1<<10 {
		bigger := make([]byte, len(c.rbuf), max(maxFetch, 2*len(c.rbuf)+1<<10))
		copy(bigger, c.rbuf)
		c.rbuf = bigger
	}
	n, err := c.nc.Read(c.rbuf[len(c.rbuf):cap(c.rbuf)])
	c.rbuf = c.rbuf[:len(c.rbuf)+n]
	switch {
	case n > 0:
		return nil
	case errors.Is(err, io.EOF):
		return fmt.Errorf("the server closed the connection: %w", io.EOF)
	case err != nil:
		return fmt.Errorf("read a reply: %w", err)
	}
	return io.ErrNoProgress
}

// flush writes the buffer.
func (c *Conn) flush() error {
	if len(c.wbuf) == 0 {
		return nil
	}
	n, err := c.nc.Write(c.wbuf)
	c.written += int64(n)
	c.wbuf = c.wbuf[:0]
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("write: %w", ErrTimeout)
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// offset is where in the stream the next byte of the buffer will stand.
func (c *Conn) offset() int64 { return c.written + int64(len(c.wbuf)) }
