package main

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// session is one connection.
type session struct {
	*server
	fd  int
	in  []byte // read and not understood yet
	out []byte // to be said

	text  bool // of DATA
	chunk int  // of BDAT, still to come
	last  bool // it is the mail's last
	quit  bool
	gone  bool

	from, to bool
}

func (c *session) say(reply string) { c.out = append(c.out, reply...) }

// ready reads what there is and answers it all at once; false ends the session.
func (c *session) ready() bool {
	n, err := unix.Read(c.fd, c.in[len(c.in):cap(c.in)])
	if n <= 0 || err != nil {
		return false
	}
	c.in = c.in[:len(c.in)+n]
	rest := c.in
	for len(rest) > 0 && !c.quit {
		used := c.step(rest)
		if used == 0 {
			break
		}
		rest = rest[used:]
	}
	if len(rest) == cap(c.in) {
		return false // a line of 64 kB
	}
	c.in = c.in[:copy(c.in, rest)]
	if c.wait > 0 && len(c.out) > 0 {
		text := c.out
		c.out = nil
		return c.later(c, text) == nil
	}
	return c.flush() && !c.quit
}

// flush says what is to be said.
func (c *session) flush() bool {
	ok := c.write(c.out)
	c.out = c.out[:0]
	return ok
}

// write waits for the socket.
func (c *session) write(text []byte) bool {
	for len(text) > 0 {
		n, err := unix.Write(c.fd, text)
		if err != nil {
			return false
		}
		text = text[n:]
	}
	return true
}

// step takes the next piece, and tells how long it is; 0 when more must come.
func (c *session) step(in []byte) int {
	switch {
	case c.chunk > 0:
		n := min(c.chunk, len(in))
		if c.chunk -= n; c.chunk == 0 {
			c.endOfChunk()
		}
		return n
	case c.text:
		end := bytes.Index(in, []byte("\r\n.\r\n"))
		if end < 0 {
			return max(len(in)-4, 0) // its beginning may be the end's
		}
		c.text = false
		c.taken()
		return end + 5
	}
	end := bytes.IndexByte(in, '\n')
	if end < 0 {
		return 0
	}
	c.command(strings.TrimSuffix(string(in[:end]), "\r"))
	return end + 1
}

func (c *session) endOfChunk() {
	if c.last {
		c.taken()
		return
	}
	c.say("250 2.0.0 Ok\r\n")
}

func (c *session) taken() {
	c.mails.Add(1)
	c.from, c.to = false, false
	c.say("250 2.0.0 Ok\r\n")
}

func (c *session) command(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		c.say(c.offers)
	case "HELO":
		c.say("250 sink\r\n")
	case "MAIL":
		c.allow(!c.from, &c.from, "250 2.1.0 Ok\r\n")
	case "RCPT":
		c.allow(c.from, &c.to, "250 2.1.5 Ok\r\n")
	case "DATA":
		c.allow(c.to, &c.text, "354 End data with <CR><LF>.<CR><LF>\r\n")
	case "BDAT":
		c.bdat(rest)
	case "RSET":
		c.from, c.to = false, false
		c.say("250 2.0.0 Ok\r\n")
	case "QUIT":
		c.say("221 2.0.0 Bye\r\n")
		c.quit = true
	default:
		c.say("502 5.5.2 Not known here\r\n")
	}
}

func (c *session) allow(now bool, set *bool, reply string) {
	if !now {
		c.say("503 5.5.1 Out of order\r\n")
		return
	}
	*set = true
	c.say(reply)
}

func (c *session) bdat(rest string) {
	size, last, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(size)
	if err != nil || n < 0 || !c.to {
		c.say("503 5.5.1 Out of order\r\n")
		c.quit = true // nobody knows where the next command begins
		return
	}
	c.chunk, c.last = n, strings.EqualFold(last, "LAST")
	if n == 0 {
		c.endOfChunk()
	}
}
