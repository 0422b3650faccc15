package smtpout

import (
	"errors"
	"sync"
	"sync/atomic"
)

// inbox is where the reader goroutine leaves replies. Two buffers take turns,
// so that nothing is allocated for a reply once they have grown.
type inbox struct {
	ready chan struct{} // holds one token when there is something
	count atomic.Int32  // replies waiting

	mu    sync.Mutex
	box   batch
	spare batch
	limit int // more unread replies than this is a flood
}

// batch is some replies in the order they came, and how the stream ended.
type batch struct {
	replies []span
	raw     []byte
	err     error
}

// span is one reply's place in a batch.
type span struct{ code, start, end int }

func (b *batch) reply(i int) reply {
	s := b.replies[i]
	return reply{code: s.code, raw: b.raw[s.start:s.end]}
}

func newInbox(limit int) *inbox { return &inbox{ready: make(chan struct{}, 1), limit: limit} }

// take gives what has come. It is good until the next take.
func (in *inbox) take() *batch {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.spare.replies, in.spare.raw = in.spare.replies[:0], in.spare.raw[:0]
	in.spare.err = in.box.err // an end stays an end
	in.box, in.spare = in.spare, in.box
	in.count.Store(0)
	return &in.spare
}

// waiting tells whether a reply lies here.
func (in *inbox) waiting() bool { return in.count.Load() > 0 }

func (in *inbox) wake() {
	select {
	case in.ready <- struct{}{}:
	default:
	}
}

func (in *inbox) fail(err error) {
	in.mu.Lock()
	in.box.err = err
	in.mu.Unlock()
	in.wake()
}

var errFlood = errors.New("more replies than commands")

// read takes replies off the wire until it ends. It is the only one to touch
// rbuf while it runs.
func (in *inbox) read(c *Conn) {
	for {
		rest := c.rbuf
		in.mu.Lock()
		for len(rest) > 0 {
			r, n, err := parseReply(rest)
			if err == nil && len(in.box.replies) >= in.limit {
				err = protocolError(errFlood.Error())
			}
			if err != nil {
				in.mu.Unlock()
				in.fail(err)
				return
			}
			if n == 0 {
				break
			}
			start := len(in.box.raw)
			in.box.raw = append(in.box.raw, r.raw...)
			in.box.replies = append(in.box.replies, span{r.code, start, len(in.box.raw)})
			rest = rest[n:]
		}
		count := len(in.box.replies)
		in.count.Store(int32(count)) //nolint:gosec // bounded by limit
		in.mu.Unlock()
		if count > 0 {
			in.wake()
		}
		copy(c.rbuf, rest)
		c.rbuf = c.rbuf[:len(rest)]
		if err := c.fetch(); err != nil {
			in.fail(err)
			return
		}
	}
}
