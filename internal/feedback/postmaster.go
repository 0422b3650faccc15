package feedback

import (
	"bytes"
	"net"
	"strconv"
	"strings"
)

// RFC 5321 §4.5.1 wants <postmaster> taken without a domain; the library wants one. So
// the domain is put in before the library reads the command. Whoever encrypts is read
// by the library alone: then postmaster needs its domain.

// listener gives connections that do so.
type listener struct {
	net.Listener
	domain string
}

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &commands{Conn: c, domain: l.domain}, nil
}

// phase is what a client may be sending.
type phase int

const (
	inCommands phase = iota
	afterData        // the command: the server's reply tells what follows
	afterTLS         // likewise
	inText           // until a line with a dot
	inChunk          // so many octets
	inRaw            // nothing is looked at any more
)

// commands follows a connection far enough to tell commands from mails. SMTP's rules
// are strict enough for that: after DATA and STARTTLS a client waits for the reply
// (RFC 2920 §3.1, RFC 3207 §4).
type commands struct {
	net.Conn
	domain string
	phase  phase
	said   string // the code of the last reply
	chunk  int    // octets that are left of a chunk
	line   []byte // a command that is not whole
	ready  []byte // for the library
	in     [4096]byte
}

// maxCommand is the longest line that is waited for; longer ones are passed on.
const maxCommand = 2000

// Write implements net.Conn: it notes the code of the reply.
func (c *commands) Write(b []byte) (int, error) {
	if i := bytes.LastIndexByte(bytes.TrimRight(b, "\r\n"), '\n') + 1; len(b) >= i+3 {
		c.said = string(b[i : i+3])
	}
	return c.Conn.Write(b)
}

// Read implements net.Conn.
func (c *commands) Read(b []byte) (int, error) {
	for len(c.ready) == 0 {
		if c.phase == inRaw {
			return c.Conn.Read(b)
		}
		n, err := c.Conn.Read(c.in[:])
		switch { // the client knows the reply by now
		case c.phase == afterData && c.said == "354":
			c.phase = inText
		case c.phase == afterTLS && c.said == "220":
			c.phase = inRaw
		case c.phase == afterData || c.phase == afterTLS:
			c.phase = inCommands
		}
		c.take(c.in[:n])
		if err != nil && len(c.ready) == 0 {
			c.ready, c.line = c.line, nil
			if len(c.ready) == 0 {
				return 0, err
			}
		}
	}
	n := copy(b, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// take passes octets on, line by line where they are commands.
func (c *commands) take(b []byte) {
	for len(b) > 0 {
		switch c.phase {
		case inChunk:
			n := min(len(b), c.chunk)
			c.ready, b = append(c.ready, b[:n]...), b[n:]
			if c.chunk -= n; c.chunk == 0 {
				c.phase = inCommands
			}
			continue
		case inRaw:
			c.ready = append(append(c.ready, c.line...), b...)
			c.line = nil
			return
		case inCommands, inText, afterData, afterTLS:
		}
		end := bytes.IndexByte(b, '\n') + 1
		whole := end > 0
		if !whole {
			end = len(b)
		}
		piece := b[:end]
		b = b[end:]
		if c.phase == inText {
			c.text(piece, whole)
			continue
		}
		if c.line = append(c.line, piece...); whole {
			c.command()
		} else if len(c.line) > maxCommand {
			c.phase = inRaw // no client that means it
		}
	}
}

// text passes a piece of a mail on, and sees its end.
func (c *commands) text(piece []byte, whole bool) {
	c.ready = append(c.ready, piece...)
	if len(c.line) < len(".\r\n")+1 { // a longer line is no dot alone
		c.line = append(c.line, piece[:min(len(piece), 4)]...)
	}
	if whole {
		if string(bytes.TrimRight(c.line, "\r\n")) == "." {
			c.phase = inCommands
		}
		c.line = c.line[:0]
	}
}

// command passes a command on.
func (c *commands) command() {
	line := c.line
	c.line = nil
	text := strings.TrimRight(string(line), "\r\n")
	word, rest, _ := strings.Cut(text, " ")
	switch strings.ToUpper(word) {
	case "DATA":
		c.phase = afterData
	case "STARTTLS":
		c.phase = afterTLS
	case "BDAT":
		size, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if n, err := strconv.Atoi(size); err == nil && n > 0 {
			c.phase, c.chunk = inChunk, n
		}
	case "RCPT":
		const bare = "<postmaster>"
		if i := strings.Index(strings.ToLower(text), bare); i >= 0 {
			line = []byte(text[:i] + "<postmaster@" + c.domain + ">" + text[i+len(bare):] + "\r\n")
		}
	}
	c.ready = append(c.ready, line...)
}
