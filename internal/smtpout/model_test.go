package smtpout

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	modelRuns = flag.Int("model.runs", 0, "runs of the model-based test; 1,000, or 20,000 with CHAOS=full")
	modelSeed = flag.Uint64("model.seed", 0, "play the one run with this seed")
)

// TestChaosClientAndServerAgree plays random servers against the client: early
// replies, pipelined rejections, connections cut at any byte, slow reading,
// silence, small buffers, accepted mails that are never answered, servers that
// keep a failed transaction, lose what is pipelined behind a text, or break off
// after some refusals. After each run the client's word on every mail is held
// against the server's book. They may differ only where the client says InDoubt.
// A server that does nothing wrong must never be waited for in vain.
func TestChaosClientAndServerAgree(t *testing.T) {
	t.Parallel()
	runs := *modelRuns
	switch {
	case runs > 0:
	case os.Getenv("CHAOS") == "full":
		runs = 20_000
	case testing.Short():
		runs = 300
	default:
		runs = 1000
	}
	if *modelSeed != 0 {
		synctest.Test(t, func(t *testing.T) { playModel(t, *modelSeed, true) })
		return
	}
	kinds := map[Kind]int{}
	for range runs {
		seed := rand.Uint64()
		synctest.Test(t, func(t *testing.T) {
			for k, n := range playModel(t, seed, false) {
				kinds[k] += n
			}
		})
		if t.Failed() {
			t.Fatalf("play it again with -model.seed=%d", seed)
		}
	}
	t.Logf("outcomes: %v", kinds)
	for k := Accepted; k <= Unsendable; k++ {
		if kinds[k] == 0 && runs >= 1000 {
			t.Errorf("no mail was ever %v: the model does not try enough", k)
		}
	}
}

func playModel(t *testing.T, seed uint64, loud bool) map[Kind]int {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	w := &world{rnd: rand.New(rand.NewPCG(seed, 2)), accepted: map[int]int{}}
	if loud {
		w.log = t.Logf
	}
	w.character()

	n := 1 + rnd.IntN(30)
	mails := make([]*Mail, n)
	in := make(chan *Mail, n)
	for i := range mails {
		m := &Mail{From: "s@example.org", To: fmt.Sprintf("r%d@example.net", i), Tag: int64(i), Data: modelText(rnd, i)}
		switch rnd.IntN(40) {
		case 0:
			m.To = "nobody"
		case 1:
			m.From = ""
		}
		mails[i] = m
		in <- m
	}
	close(in)
	w.mails = mails

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if rnd.IntN(8) == 0 {
		time.AfterFunc(time.Duration(rnd.IntN(5000))*time.Millisecond, cancel)
	}
	asked := map[int64]int{}
	closed := rnd.IntN(10 * n)
	cfg := &Config{
		Addr: "192.0.2.1:25", LocalName: "client.example", Dialer: w,
		Window: 1 + rnd.IntN(20), MaxRefused: rnd.IntN(4) * 4, NoChunking: rnd.IntN(4) == 0, NoPipelining: rnd.IntN(6) == 0,
		MaxPerConnection: rnd.IntN(3) * rnd.IntN(10), KnowsBDAT: rnd.IntN(3) == 0,
		Gate: func(m *Mail) bool {
			asked[m.Tag]++
			return m.Tag != int64(closed)
		},
	}
	reports := map[int64][]Outcome{}
	kinds := map[Kind]int{}
	for range 60 {
		c, err := Dial(ctx, cfg)
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			continue
		}
		lost, doubt := 0, 0
		err = c.Deliver(ctx, in, func(m *Mail, o Outcome) {
			reports[m.Tag] = append(reports[m.Tag], o)
			kinds[o.Kind]++
			switch o.Kind {
			case Lost:
				lost++
			case InDoubt:
				doubt++
			default:
			}
			if loud {
				t.Logf("  mail %d: %+v", m.Tag, o)
			}
		})
		if loud {
			t.Logf("deliver: %v", err)
		}
		bound := 1
		if c.ext.Chunking && !cfg.NoChunking {
			bound = cfg.Window
		}
		if w.tame && errors.Is(err, ErrTimeout) {
			t.Errorf("seed %d: waited in vain for a server that did nothing wrong: %v", seed, err)
		}
		if doubt > bound || lost > 1 {
			t.Errorf("seed %d: one connection left %d in doubt (at most %d) and %d lost (at most 1)", seed, doubt, bound, lost)
		}
		if (err == nil) != (c.Ended() != Unfinished) {
			t.Errorf("seed %d: ended %v with %v", seed, c.Ended(), err)
		}
		if c.Ended() == InputEnd || ctx.Err() != nil {
			break
		}
	}
	cancel()
	w.close()

	taken := n - len(in)
	for i, m := range mails {
		got, booked := reports[m.Tag], w.accepted[i]
		if i >= taken {
			if len(got) != 0 || booked != 0 {
				t.Errorf("seed %d: mail %d stayed in the channel and has %v, booked %d", seed, i, got, booked)
			}
			continue
		}
		if len(got) != 1 {
			t.Errorf("seed %d: mail %d was reported %d times: %v", seed, i, len(got), got)
			continue
		}
		switch k := got[0].Kind; {
		case k == Accepted && booked != 1, k == InDoubt && booked > 1, k != Accepted && k != InDoubt && booked != 0:
			t.Errorf("seed %d: mail %d is %v (%+v) and stands %d times in the server's book", seed, i, k, got[0], booked)
		}
		if got[0].Kind == Refused && got[0].Code == 500 {
			t.Errorf("seed %d: mail %d was refused by a server that did not know what it was asked: %+v", seed, i, got[0])
		}
		if asked[m.Tag] > 1 || booked > 0 && (asked[m.Tag] != 1 || i == closed) {
			t.Errorf("seed %d: mail %d: the gate was asked %d times (closed for %d), booked %d", seed, i, asked[m.Tag], closed, booked)
		}
	}
	for _, e := range w.wrong {
		t.Errorf("seed %d: %s", seed, e)
	}
	return kinds
}

func modelText(rnd *rand.Rand, id int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "ID %d\r\n", id)
	size := rnd.IntN(400)
	if rnd.IntN(20) == 0 {
		size = rnd.IntN(200_000)
	}
	for b.Len() < size {
		b.WriteString([]string{".\r\n", "..\r\n", "\r\n", ".x\r\n", "MAIL FROM:<evil@example.org>\r\n", strings.Repeat("y", rnd.IntN(900)) + "\r\n"}[rnd.IntN(6)])
	}
	if rnd.IntN(5) == 0 {
		b.WriteString("no end")
	}
	return []byte(b.String())
}

// world is the servers of one run: one character, some connections.
type world struct {
	rnd      *rand.Rand
	log      func(string, ...any)
	mails    []*Mail
	accepted map[int]int
	wrong    []string
	last     chan struct{} // closed when the latest connection is over
	client   *line

	pipelining, chunking, bdatUnknown bool
	sticky                            bool // keeps a transaction that failed until RSET
	eager                             bool // answers each command at once, not when it runs out of commands
	reject, cut, wait                 int  // one in so many commands; 0 never
	room, bite                        int
	swallow                           int // the so-manieth reply is not sent
	double                            int // the so-manieth reply is sent twice
	replies                           int
	forgets                           bool // what was read with the end of a text
	patient                           int  // breaks off after so many RSETs behind refusals, as Exim does; 0 never
	tame                              bool // it does nothing that must be waited for
}

func (w *world) character() {
	r := w.rnd
	some := func(n int) int {
		if r.IntN(2) == 0 {
			return 0
		}
		return 3 + r.IntN(n)
	}
	w.pipelining, w.chunking = r.IntN(5) > 0, r.IntN(2) == 0
	w.bdatUnknown = r.IntN(8) == 0
	w.sticky, w.eager = r.IntN(4) == 0, r.IntN(2) == 0
	w.reject, w.cut, w.wait = some(30), some(60), some(40)
	w.room = 1 << (4 + r.IntN(13))
	w.bite = 1 << r.IntN(14)
	w.forgets = !w.chunking && r.IntN(10) == 0
	if r.IntN(4) == 0 {
		w.patient = 2 + r.IntN(10)
	}
	// A server that miscounts: only where DATA's 354 shows it (doc.go). One that keeps
	// an answer to itself must refuse nothing besides: behind a text that it took, a
	// refusal in the answer's place is that answer by all that a client can see.
	if !w.chunking && r.IntN(6) == 0 {
		if at := 3 + r.IntN(60); r.IntN(2) == 0 {
			w.swallow, w.reject, w.patient = at, 0, 0
		} else {
			w.double = at
		}
	}
	w.tame = w.cut == 0 && w.wait == 0 && w.swallow == 0 && !w.forgets && !w.bdatUnknown
}

func (w *world) one(in int) bool { return in > 0 && w.rnd.IntN(in) == 0 }

func (w *world) DialContext(context.Context, string, string) (net.Conn, error) {
	w.close() // one after the other: the random numbers have one order
	client, server := newLine(w.room)
	w.client, w.last = client, make(chan struct{})
	p := &peer{w: w, l: server, done: w.last}
	p.in = bufio.NewReaderSize(p, []int{2048, 64 << 10}[w.rnd.IntN(2)])
	go p.run()
	return client, nil
}

func (w *world) close() {
	if w.client != nil {
		w.client.Close()
		<-w.last
	}
}

// peer is one connection of a server.
type peer struct {
	w    *world
	l    *line
	in   *bufio.Reader
	out  []byte
	done chan struct{}

	mail   bool
	bdat   bool
	to     []string
	failed bool
	chunk  string
	resets int  // behind refusals
	ok     bool // the last text was accepted: one RSET is free
}

var errCut = errors.New("cut")

// Read takes what the client sends in bites, sometimes slowly, and says what
// there is to say before it blocks.
func (p *peer) Read(b []byte) (int, error) {
	if err := p.flush(); err != nil {
		return 0, err
	}
	if p.w.one(p.w.wait * 20) {
		pass(time.Duration(p.w.rnd.IntN(20)) * time.Second)
	}
	if p.w.one(p.w.cut * 10) {
		return 0, errCut
	}
	n, err := p.l.Read(b[:min(len(b), 1+p.w.rnd.IntN(p.w.bite))])
	if err != nil {
		return n, fmt.Errorf("read: %w", err)
	}
	return n, nil
}

func (p *peer) flush() error {
	b := p.out
	p.out = nil
	for len(b) > 0 {
		n := len(b)
		if p.w.one(4) {
			n = 1 + p.w.rnd.IntN(n)
		}
		if _, err := p.l.Write(b[:n]); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		b = b[n:]
	}
	return nil
}

func (p *peer) say(text string) error {
	if p.w.log != nil {
		p.w.log("S: %s", text)
	}
	p.w.replies++
	if p.w.replies != p.w.swallow {
		p.out = append(p.out, text+"\r\n"...)
	}
	if p.w.replies == p.w.double {
		p.out = append(p.out, text+"\r\n"...)
	}
	if strings.HasPrefix(text, "421") {
		_ = p.flush()
		return errCut
	}
	if p.w.eager {
		return p.flush()
	}
	return nil
}

func (p *peer) run() {
	defer close(p.done)
	err := p.say("220 mx.example")
	for err == nil {
		err = p.command()
	}
	if p.w.log != nil {
		p.w.log("S: over: %v", err)
	}
	if errors.Is(err, errCut) && p.w.one(2) {
		_ = p.flush()
	}
	p.l.shut(p.w.one(2))
}

// upset does something else than what was asked, sometimes.
func (p *peer) upset() (bool, error) {
	w := p.w
	if w.one(w.wait) {
		d := time.Duration(w.rnd.IntN(3000)) * time.Millisecond
		if w.one(10) {
			d = 20 * time.Minute
		}
		pass(d)
	}
	if w.one(w.cut) {
		return true, errCut
	}
	if w.one(w.reject) {
		words := []string{"550 5.7.1 no", "451 4.7.1 later", "452 full", "554-no\r\n554 never", "450 4.7.28 too many", "421 4.7.0 bye"}
		return true, p.say(words[w.rnd.IntN(len(words))])
	}
	return false, nil
}

func (p *peer) command() error {
	text, err := p.in.ReadString('\n')
	if err != nil {
		return err
	}
	text, ok := strings.CutSuffix(text, "\r\n")
	if !ok && !p.w.forgets {
		p.wrong("a line without CRLF: %q", text)
	}
	if p.w.log != nil {
		p.w.log("C: %s", text)
	}
	verb, rest, _ := strings.Cut(text, " ")
	switch verb {
	case "EHLO":
		lines := []string{"250-mx.example", "250-8BITMIME"}
		if p.w.pipelining {
			lines = append(lines, "250-PIPELINING")
		}
		if p.w.chunking {
			lines = append(lines, "250-CHUNKING")
		}
		return p.say(strings.Join(append(lines, "250 SIZE 150000"), "\r\n"))
	case "MAIL":
		return p.onMail()
	case "RCPT":
		return p.onRcpt(strings.TrimSuffix(strings.TrimPrefix(rest, "TO:<"), ">"))
	case "DATA":
		return p.onData()
	case "BDAT":
		if p.w.bdatUnknown {
			return p.say("500 5.5.2 what")
		}
		return p.onBdat(rest)
	case "RSET":
		if !p.ok {
			p.resets++
		}
		p.ok = false
		if p.w.patient > 0 && p.resets > p.w.patient {
			_ = p.say("554 too many nonmail commands")
			return errCut
		}
		p.clear()
		return p.say("250 2.0.0 reset")
	case "QUIT":
		_ = p.say("221 bye")
		return errCut
	case "ID":
		if p.w.bdatUnknown && rest == "" { // it was too slow to say that it does not know BDAT
			return p.say("500 what")
		}
	}
	if !p.w.forgets { // else the rest of what it lost the beginning of
		p.wrong("not a command: %q", text)
	}
	return p.say("500 what")
}

func (p *peer) wrong(format string, args ...any) {
	p.w.wrong = append(p.w.wrong, fmt.Sprintf(format, args...))
}

func (p *peer) clear() { p.mail, p.bdat, p.failed, p.to, p.chunk = false, false, false, nil, "" }

func (p *peer) onMail() error {
	if p.mail {
		return p.say("503 5.5.1 nested MAIL")
	}
	if done, err := p.upset(); done {
		return err
	}
	p.mail = true
	return p.say("250 2.1.0 sender ok")
}

func (p *peer) onRcpt(to string) error {
	if !p.mail || p.bdat {
		return p.say("503 5.5.1 need MAIL")
	}
	if done, err := p.upset(); done {
		return err
	}
	p.to = append(p.to, to)
	return p.say("250 2.1.5 recipient ok")
}

func (p *peer) onData() error {
	if !p.mail || p.bdat {
		return p.say("503 5.5.1 need RCPT")
	}
	if len(p.to) == 0 && !p.w.one(3) { // some let it in all the same
		return p.say("554 5.5.1 no valid recipients")
	}
	if done, err := p.upset(); done {
		return err
	}
	if err := p.say("354 go"); err != nil {
		return err
	}
	var text strings.Builder
	answered := false
	for {
		l, err := p.in.ReadString('\n')
		if err != nil {
			return err
		}
		if l == ".\r\n" {
			if p.w.forgets {
				_, _ = p.in.Discard(p.in.Buffered())
			}
			break
		}
		if !answered && p.w.one(p.w.reject*20) {
			answered = true
			if err := p.say("552 5.3.4 I have seen enough"); err != nil {
				return err
			}
		}
		text.WriteString(strings.TrimPrefix(l, "."))
	}
	if answered {
		p.clear()
		return nil
	}
	return p.verdict(text.String())
}

func (p *peer) onBdat(rest string) error {
	word, last, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(word)
	if err != nil {
		p.wrong("BDAT %q", rest)
		return errCut
	}
	if last == "" && n > 2 {
		p.wrong("a letter's text before BDAT was seen to work: %q", rest)
	}
	text := make([]byte, n)
	early := n > 0 && len(p.to) > 0 && !p.failed && p.w.one(p.w.reject*2)
	if early {
		if err := p.say("552 5.3.4 I have seen enough"); err != nil {
			return err
		}
	}
	if _, err := io.ReadFull(p.in, text); err != nil {
		return fmt.Errorf("read a chunk: %w", err)
	}
	switch {
	case early:
		p.fail()
		return nil
	case p.failed || !p.mail:
		p.bdat = true
		return p.say("503 5.5.1 need MAIL")
	case len(p.to) == 0:
		p.fail()
		return p.say("554 5.5.1 no valid recipients")
	case last == "":
		p.bdat, p.chunk = true, string(text)
		return p.say("250 2.0.0 octets")
	}
	return p.verdict(p.chunk + string(text))
}

// fail is the end of a transaction that failed.
func (p *peer) fail() {
	if p.w.sticky {
		p.failed, p.bdat = true, false // and MAIL and RCPT stand, as they must not
		return
	}
	p.clear()
}

// verdict is the answer to a whole text.
func (p *peer) verdict(text string) error {
	if len(p.to) == 0 {
		if text != "" {
			p.wrong("a text for nobody: %.40q", text)
		}
		p.clear()
		return p.say("554 5.5.1 no valid recipients")
	}
	if done, err := p.upset(); done {
		p.fail()
		p.failed = false
		return err
	}
	id := -1
	if _, err := fmt.Sscanf(text, "ID %d\r\n", &id); err != nil || id < 0 || id >= len(p.w.mails) {
		p.wrong("a text that was never sent: %.60q", text)
		return errCut
	}
	m := p.w.mails[id]
	if strings.TrimSuffix(text, "\r\n") != strings.TrimSuffix(string(m.Data), "\r\n") {
		p.wrong("mail %d arrived otherwise than it was sent", id)
	}
	if len(p.to) != 1 || p.to[0] != m.To {
		p.wrong("mail %d for %s went to %v", id, m.To, p.to)
	}
	p.w.accepted[id]++
	p.ok = true
	p.clear()
	if p.w.one(p.w.cut) {
		return errCut // it has it, and does not say so
	}
	return p.say("250 2.0.0 taken")
}
