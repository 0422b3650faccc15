package smtptest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// session is one connection.
type session struct {
	s       *Server
	cfg     *Config
	raw     net.Conn
	number  int
	crowd   int // connections at the time it came
	stopped chan struct{}

	in     *bufio.Reader
	out    *bufio.Writer
	secure bool
	login  bool

	mail   bool
	from   string
	params string
	to     []string
	text   []byte // kept whole, or of BDAT the head, where the Message-ID is
	size   int
	id     string
	bdat   bool
	failed bool // a chunk was refused: the rest of the transaction is, too
	count  int
}

// errGone ends a session.
var errGone = errors.New("the session is over")

const headKept = 16 << 10 // enough of a mail to find its Message-ID

// wire puts Latency before what is written.
type wire struct{ v *session }

func (w wire) Write(b []byte) (int, error) {
	if !w.v.pause(time.Duration(w.v.s.latency.Load())) {
		return 0, errGone
	}
	return w.v.raw.Write(b)
}

// fill flushes replies before it blocks for more commands.
type fill struct{ v *session }

func (f fill) Read(b []byte) (int, error) {
	if err := f.v.out.Flush(); err != nil {
		return 0, err
	}
	return f.v.raw.Read(b)
}

func (v *session) run() {
	if v.cfg.TLS {
		v.raw = tls.Server(v.raw, v.tlsConfig())
	}
	v.in = bufio.NewReaderSize(fill{v}, 64<<10)
	v.out = bufio.NewWriterSize(wire{v}, 8<<10)
	if v.cfg.Silent {
		_, _ = io.Copy(io.Discard, v.raw) // until the client leaves
		return
	}
	if v.cfg.MaxConnections > 0 && v.crowd > v.cfg.MaxConnections {
		_ = v.say(421, "4.7.0 too many connections")
		_ = v.out.Flush()
		return
	}
	err := v.usual(AtConnect, "", 220, v.cfg.Hostname+" ESMTP smtptest")
	for err == nil {
		err = v.command()
	}
	_ = v.out.Flush()
}

func (v *session) tlsConfig() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{*v.s.cert}, MinVersion: tls.VersionTLS12}
}

// pause waits; false if the server ends meanwhile.
func (v *session) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-v.stopped:
		return false
	}
}

func (v *session) say(code int, text string) error {
	var n [4]byte
	_, _ = v.out.Write(append(strconv.AppendInt(n[:0], int64(code), 10), ' '))
	_, _ = v.out.WriteString(text)
	_, err := v.out.WriteString("\r\n")
	if err == nil && code == 421 {
		_ = v.out.Flush()
		return errGone
	}
	return err
}

// delay waits as a rule says; false when the session is over.
func (v *session) delay(rule Rule) bool {
	if rule.Delay <= 0 {
		return true
	}
	v.s.waiting.Add(1)
	defer v.s.waiting.Add(-1)
	return v.out.Flush() == nil && v.pause(rule.Delay)
}

// ruled does what a rule says; done tells that it has replied.
func (v *session) ruled(at, addr string) (done bool, rule Rule, err error) {
	rule, ok := v.s.find(at, addr)
	if !ok {
		return false, rule, nil
	}
	if !v.delay(rule) {
		return true, rule, errGone
	}
	if rule.Code != 0 {
		err = v.say(rule.Code, rule.Text)
		done = true
	}
	if rule.Close {
		return true, rule, errGone
	}
	return done, rule, err
}

// usual replies as usual unless a rule speaks.
func (v *session) usual(at, addr string, code int, text string) error {
	if done, _, err := v.ruled(at, addr); done || err != nil {
		return err
	}
	return v.say(code, text)
}

func (v *session) command() error {
	line, err := v.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		_ = v.say(421, "line too long")
		return errGone
	}
	if err != nil {
		return err
	}
	line = bytes.TrimRight(line, "\r\n")
	verb, rest, _ := bytes.Cut(line, []byte(" "))
	word := strings.ToUpper(string(verb))
	for _, u := range v.cfg.Unknown {
		if u == word {
			return v.say(500, "5.5.2 unknown command")
		}
	}
	switch word {
	case "EHLO", "HELO":
		return v.hello(word)
	case "MAIL":
		return v.onMail(string(rest))
	case "RCPT":
		return v.onRcpt(string(rest))
	case "DATA":
		return v.onData()
	case "BDAT":
		return v.onBdat(string(rest))
	case "RSET":
		v.clear()
		return v.say(250, "2.0.0 Ok")
	case "NOOP":
		return v.say(250, "2.0.0 Ok")
	case "QUIT":
		_ = v.say(221, "2.0.0 Bye")
		return errGone
	case "STARTTLS":
		return v.startTLS()
	case "AUTH":
		return v.auth(string(rest))
	}
	return v.say(500, "5.5.2 unknown command")
}

func (v *session) clear() {
	v.mail, v.bdat, v.failed = false, false, false
	v.from, v.params, v.id, v.size = "", "", "", 0
	v.to = nil
	if v.cfg.KeepData {
		v.text = nil // it is in the book
	}
	v.text = v.text[:0]
}

func (v *session) hello(word string) error {
	v.clear()
	if done, _, err := v.ruled(AtEHLO, ""); done || err != nil {
		return err
	}
	lines := []string{v.cfg.Hostname}
	if word == "EHLO" {
		for _, l := range v.cfg.Offers {
			if l == "STARTTLS" && v.secure {
				continue
			}
			lines = append(lines, l)
		}
	}
	for i, l := range lines {
		sep := "-"
		if i == len(lines)-1 {
			sep = " "
		}
		_, _ = v.out.WriteString("250" + sep + l + "\r\n")
	}
	return nil
}

func (v *session) startTLS() error {
	if v.s.cert == nil || v.secure {
		return v.say(503, "5.5.1 not now")
	}
	_ = v.say(220, "2.0.0 go ahead")
	if err := v.out.Flush(); err != nil {
		return err
	}
	v.raw, v.secure = tls.Server(v.raw, v.tlsConfig()), true
	v.in.Reset(fill{v})
	v.login = false
	v.clear()
	return nil
}

// readPath reads <address> and the parameters behind it.
func readPath(s, word string) (addr, params string, ok bool) {
	if len(s) < len(word) || !strings.EqualFold(s[:len(word)], word) {
		return "", "", false
	}
	s = strings.TrimLeft(s[len(word):], " ")
	end := strings.LastIndexByte(s, '>')
	if !strings.HasPrefix(s, "<") || end < 0 {
		return "", "", false
	}
	return s[1:end], strings.TrimSpace(s[end+1:]), true
}

func (v *session) onMail(rest string) error {
	addr, params, ok := readPath(rest, "FROM:")
	switch {
	case !ok:
		return v.say(501, "5.5.4 syntax")
	case v.cfg.RequireTLS && !v.secure && !v.cfg.TLS:
		return v.say(530, "5.7.0 STARTTLS first")
	case v.cfg.RequireLogin && !v.login:
		return v.say(530, "5.7.0 authentication required")
	case v.mail:
		return v.say(503, "5.5.1 nested MAIL")
	case v.cfg.MaxPerConnection > 0 && v.count >= v.cfg.MaxPerConnection:
		return v.say(421, "4.7.0 enough for one connection")
	}
	if done, _, err := v.ruled(AtMail, addr); done || err != nil {
		return err
	}
	v.mail, v.from, v.params = true, addr, params
	return v.say(250, "2.1.0 Ok")
}

func (v *session) onRcpt(rest string) error {
	addr, _, ok := readPath(rest, "TO:")
	switch {
	case !ok || addr == "":
		return v.say(501, "5.1.3 syntax")
	case !v.mail || v.bdat:
		return v.say(503, "5.5.1 need MAIL")
	}
	if done, _, err := v.ruled(AtRcpt, addr); done || err != nil {
		return err
	}
	v.to = append(v.to, addr)
	return v.say(250, "2.1.5 Ok")
}

func (v *session) recipient() string {
	if len(v.to) == 0 {
		return ""
	}
	return v.to[0]
}

func (v *session) onData() error {
	switch {
	case v.bdat:
		return v.say(503, "5.5.1 DATA and BDAT do not mix")
	case !v.mail:
		return v.say(503, "5.5.1 need MAIL")
	case len(v.to) == 0:
		return v.say(554, "5.5.1 no valid recipients")
	}
	done, rule, err := v.ruled(AtData, v.recipient())
	if err != nil || done && rule.Code != 354 {
		return err
	}
	if !done {
		if err := v.say(354, "End data with <CR><LF>.<CR><LF>"); err != nil {
			return err
		}
	}
	v.forget()
	return v.readDots()
}

// forget is what a server does that cannot do PIPELINING.
func (v *session) forget() {
	if v.cfg.Forgetful {
		_, _ = v.in.Discard(v.in.Buffered())
	}
}

func (v *session) readDots() error {
	lines := 0
	begun := true // a line begins
	for {
		line, err := v.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		whole := err == nil
		if begun && whole && (string(line) == ".\r\n") {
			break
		}
		if begun && line[0] == '.' {
			line = line[1:]
		}
		begun = whole
		v.take(line)
		if lines++; lines == 1 {
			if done, _, err := v.ruled(AtText, v.recipient()); err != nil {
				return err
			} else if done {
				return v.skipDots()
			}
		}
	}
	err := v.accept()
	v.forget()
	return err
}

// skipDots reads a text that was answered already.
func (v *session) skipDots() error {
	for {
		line, err := v.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if string(line) == ".\r\n" {
			v.clear()
			return nil
		}
	}
}

// take keeps what of the text is to be kept.
func (v *session) take(line []byte) {
	v.size += len(line)
	if v.cfg.KeepData {
		v.text = append(v.text, line...)
	} else if v.id == "" && v.size <= headKept {
		v.id = messageID(line)
	}
}

func (v *session) onBdat(rest string) error {
	word, last, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(word)
	if err != nil || n < 0 || last != "" && !strings.EqualFold(last, "LAST") {
		_ = v.say(501, "5.5.4 syntax")
		return errGone // what follows cannot be told from commands
	}
	if !offers(v.cfg.Offers, "CHUNKING") {
		return v.say(500, "5.5.2 unknown command")
	}
	refuse := ""
	switch {
	case v.failed:
		refuse = "503 5.5.1 a chunk was refused"
	case !v.mail:
		refuse = "503 5.5.1 need MAIL"
	case len(v.to) == 0:
		refuse = "554 5.5.1 no valid recipients"
	}
	v.bdat = true
	if n > 0 && refuse == "" {
		if done, _, err := v.ruled(AtText, v.recipient()); err != nil {
			return err
		} else if done {
			refuse = "-"
		}
	}
	if err := v.readChunk(n, refuse == ""); err != nil {
		return err
	}
	if v.cfg.Bears > 0 && v.in.Buffered() > v.cfg.Bears {
		return errGone
	}
	switch {
	case refuse == "-":
		v.failed = true
	case refuse != "":
		v.failed = v.mail
		code, _ := strconv.Atoi(refuse[:3])
		err = v.say(code, refuse[4:])
	case last == "":
		return v.say(250, "2.0.0 "+word+" octets")
	case v.cfg.BadChunks:
		v.failed = true
		return v.say(502, "5.5.1 not implemented")
	default:
		return v.accept()
	}
	return err
}

func (v *session) readChunk(n int, keep bool) error {
	for n > 0 {
		b, err := v.in.Peek(min(n, max(1, v.in.Buffered())))
		if err != nil {
			return err
		}
		if keep {
			v.size += len(b)
			if v.cfg.KeepData || len(v.text) < headKept {
				v.text = append(v.text, b...)
			}
		}
		_, _ = v.in.Discard(len(b))
		n -= len(b)
	}
	return nil
}

// messageID gives what stands before the @ of a Message-ID line.
func messageID(line []byte) string {
	const name = "message-id:"
	if len(line) <= len(name) || line[0]|0x20 != 'm' || !strings.EqualFold(string(line[:len(name)]), name) {
		return ""
	}
	id := strings.Trim(string(line[len(name):]), " \t\r\n<>")
	id, _, _ = strings.Cut(id, "@")
	return id
}

// accept is the end of a text.
func (v *session) accept() error {
	defer v.clear()
	if v.id == "" {
		for l := range bytes.Lines(v.text[:min(len(v.text), headKept)]) {
			if v.id = messageID(l); v.id != "" {
				break
			}
		}
	}
	rule, ruled := v.s.find(AtDot, v.recipient())
	if ruled && !v.delay(rule) {
		return errGone
	}
	if v.cfg.MaxSize > 0 && v.size > v.cfg.MaxSize {
		return v.say(552, "5.3.4 too big")
	}
	acts := ruled && (rule.Code != 0 || rule.Close)
	if !acts || rule.Book || rule.Code >= 200 && rule.Code < 300 {
		select {
		case <-v.stopped:
			return errGone // killed: it must not be in the book of the next life
		default:
		}
		v.count++
		r := Record{UUID: v.id, Conn: v.number}
		if !v.cfg.CountOnly {
			r.From, r.To, r.Params = v.from, v.to, v.params
		}
		if v.cfg.KeepData {
			r.Data = v.text
		}
		if err := v.s.Book.enter(r); err != nil {
			_ = v.say(451, "4.3.0 the book cannot be written")
			return errGone
		}
	}
	if !acts {
		return v.say(250, "2.0.0 Ok: queued as "+v.id)
	}
	if rule.Code != 0 {
		if err := v.say(rule.Code, rule.Text); err != nil {
			return err
		}
	}
	if rule.Close {
		return errGone
	}
	return nil
}
