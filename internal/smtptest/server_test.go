package smtptest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// talk writes what and reads as many replies as there are codes.
func talk(tb testing.TB, addr, what string, codes ...string) *bufio.Reader {
	tb.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(nc, strings.ReplaceAll(what, "\n", "\r\n")); err != nil {
		tb.Fatal(err)
	}
	in := bufio.NewReader(nc)
	for i, want := range codes {
		for {
			line, err := in.ReadString('\n')
			if want == "EOF" && err != nil {
				break
			}
			if err != nil || !strings.HasPrefix(line, want) {
				tb.Fatalf("reply %d is %q (%v), want %s", i, line, err, want)
			}
			if line[3] == ' ' {
				break
			}
		}
	}
	return in
}

const letter = "Message-ID: <0001@test.example>\nSubject: x\n\nhello\n..dot\n"

func envelope(to string) string { return "MAIL FROM:<s@a.example>\nRCPT TO:<" + to + ">\n" }

func TestAcceptsAndBooks(t *testing.T) {
	t.Parallel()
	s := Start(t, Config{KeepData: true, Offers: append(Usual(), "CHUNKING")})
	talk(t, s.Addr(), "EHLO me\n"+
		"MAIL FROM:<s@a.example> SIZE=3 ENVID=Ab1\nRCPT TO:<r@b.example>\nDATA\n"+letter+".\n"+
		envelope("q@b.example")+"BDAT 0\nBDAT 35\nMessage-ID: <0002@test.example>\n\nBDAT 4 LAST\nab\n"+"QUIT\n",
		"220", "250", "250", "250", "354", "250", "250", "250", "250", "250", "250", "221", "EOF")
	got := s.Book.Records()
	if len(got) != 2 || s.Book.Total() != 2 || s.Book.Distinct() != 2 {
		t.Fatalf("booked %+v", got)
	}
	if r := got[0]; r.UUID != "0001" || r.From != "s@a.example" || r.To[0] != "r@b.example" || r.EnvelopeID() != "Ab1" ||
		string(r.Data) != strings.ReplaceAll(strings.ReplaceAll(letter, "..", "."), "\n", "\r\n") {
		t.Errorf("first record %+v", r)
	}
	if r := got[1]; r.UUID != "0002" || string(r.Data) != "Message-ID: <0002@test.example>\r\n\r\nab\r\n" {
		t.Errorf("second record %+v %q", r, r.Data)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	full := "EHLO me\n" + envelope("r@b.example") + "DATA\n" + letter + ".\n"
	for name, c := range map[string]struct {
		cfg    Config
		say    string
		codes  []string
		booked int
	}{
		"refused at MAIL":          {Config{Rules: []Rule{{At: AtMail, Match: "s@*", Code: 550, Text: "no"}}}, full, []string{"220", "250", "550", "503", "503"}, 0},
		"refused at RCPT":          {Config{Rules: []Rule{{At: AtRcpt, Match: "r@*", Code: 450, Text: "later"}}}, full, []string{"220", "250", "250", "450", "554"}, 0},
		"refused at DATA":          {Config{Rules: []Rule{{At: AtData, Code: 451, Text: "later"}}}, full, []string{"220", "250", "250", "250", "451"}, 0},
		"refused at the dot":       {Config{Rules: []Rule{{At: AtDot, Code: 554, Text: "spam"}}}, full, []string{"220", "250", "250", "250", "354", "554"}, 0},
		"answered in the text":     {Config{Rules: []Rule{{At: AtText, Code: 552, Text: "big"}}}, full + "NOOP\n", []string{"220", "250", "250", "250", "354", "552", "250"}, 0},
		"closed before the answer": {Config{Rules: []Rule{{At: AtDot, Close: true}}}, full, []string{"220", "250", "250", "250", "354", "EOF"}, 0},
		"booked, then closed":      {Config{Rules: []Rule{{At: AtDot, Close: true, Book: true}}}, full, []string{"220", "250", "250", "250", "354", "EOF"}, 1},
		"421 closes":               {Config{Rules: []Rule{{At: AtRcpt, Code: 421, Text: "bye"}}}, full, []string{"220", "250", "250", "421", "EOF"}, 0},
		"grey once": {
			Config{Rules: []Rule{{At: AtRcpt, First: 1, Code: 451, Text: "grey"}}},
			full[:strings.Index(full, "DATA")] + "RCPT TO:<r@b.example>\nRCPT TO:<q@b.example>\n",
			[]string{"220", "250", "250", "451", "250", "451"},
			0,
		},
		"lies about BDAT":   {Config{Offers: []string{"CHUNKING"}, Unknown: []string{"BDAT"}}, "EHLO me\nBDAT 0\n", []string{"220", "250", "500"}, 0},
		"forgets the rest":  {Config{Forgetful: true}, full + "NOOP\n", []string{"220", "250", "250", "250", "354"}, 0},
		"enough":            {Config{MaxPerConnection: 1}, full + envelope("r@b.example"), []string{"220", "250", "250", "250", "354", "250", "421", "EOF"}, 1},
		"login is required": {Config{RequireLogin: true}, full, []string{"220", "250", "530", "503", "503"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, c.cfg)
			talk(t, s.Addr(), c.say, c.codes...)
			if n := s.Book.Total(); n != c.booked {
				t.Errorf("%d booked, want %d", n, c.booked)
			}
		})
	}
}

func TestKillAndStartKeepsPortAndBook(t *testing.T) {
	t.Parallel()
	s := Start(t, Config{})
	mail := "EHLO me\n" + envelope("r@b.example") + "DATA\n" + letter + ".\n"
	codes := []string{"220", "250", "250", "250", "354", "250"}
	in := talk(t, s.Addr(), mail, codes...)
	addr := s.Addr()
	s.Kill()
	if _, err := in.ReadByte(); err == nil {
		t.Error("the connection survived")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if s.Addr() != addr {
		t.Errorf("started at %s, was %s", s.Addr(), addr)
	}
	talk(t, s.Addr(), mail, codes...)
	if s.Book.Total() != 2 || s.Book.Count("0001") != 2 || len(s.Book.Duplicates()) != 1 {
		t.Errorf("book has %v", s.Book.Counts())
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := s.Book.Wait(t.Context(), 2); err != nil {
		t.Error(err)
	}
	if err := s.Book.Wait(ctx, 3); err == nil {
		t.Error("waited for a mail that never came")
	}
}

func TestMainWritesTheBookBeforeItAnswers(t *testing.T) {
	book := filepath.Join(t.TempDir(), "book")
	r, w := io.Pipe()
	orders, order := io.Pipe()
	done := make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		done <- run([]string{"-obey", "-book", book, "-chunking", "-rule", "at=rcpt,match=no*,code=550,text=5.1.1 no, never"}, orders, w, &errs)
		_ = w.Close()
	}()
	out := bufio.NewReader(r)
	line, err := out.ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("said %q, %v, %s", line, err, &errs)
	}
	talk(t, addr, "EHLO me\n"+envelope("r@b.example")+"RCPT TO:<nobody@b.example>\nDATA\n"+letter+".\n",
		"220", "250", "250", "250", "550 5.1.1 no, never", "354", "250")
	got, err := ReadBook(book)
	if err != nil || got["0001"] != 1 || len(got) != 1 {
		t.Errorf("book has %v, %v", got, err)
	}
	if at, err := ReadTimes(book); err != nil || len(at) != 1 || time.Since(at[0]) < 0 || time.Since(at[0]) > time.Minute {
		t.Errorf("it was taken at %v, %v", at, err)
	}
	for _, o := range []struct{ order, from, to string }{
		{"rule at=mail,code=451,text=4.3.2 wait", "MAIL FROM:<s@a.example>\n", "451 4.3.2 wait"},
		{"clear", "MAIL FROM:<s@a.example>\n", "250"},
	} {
		fmt.Fprintln(order, o.order)
		if line, err := out.ReadString('\n'); line != "done\n" || err != nil {
			t.Fatalf("%q: said %q, %v", o.order, line, err)
		}
		talk(t, addr, "EHLO me\n"+o.from, "220", "250", o.to)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var sum map[string]int
	if err := json.NewDecoder(out).Decode(&sum); err != nil || sum["accepted"] != 1 || sum["duplicates"] != 0 {
		t.Errorf("summed up %v, %v", sum, err)
	}
	if code := <-done; code != 0 {
		t.Errorf("exit code %d: %s", code, &errs)
	}
}

func TestParseRuleNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"at=nowhere", "code=450", "at=rcpt,colour=red", "at=rcpt,code=abc"} {
		if _, err := ParseRule(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

func BenchmarkCounting(b *testing.B) {
	s := Start(b, Config{CountOnly: true, BookFile: filepath.Join(b.TempDir(), "book")})
	nc, err := net.Dial("tcp", s.Addr())
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	body := strings.Repeat("0123456789012345678901234567890123456789012345678901234567890\r\n", 30)
	b.SetBytes(int64(len(body)))
	done := make(chan error, 1)
	go func() { done <- s.Book.Wait(b.Context(), b.N) }()
	go func() { _, _ = io.Copy(io.Discard, nc) }()
	w := bufio.NewWriterSize(nc, 64<<10)
	for i := range b.N {
		fmt.Fprintf(w, "MAIL FROM:<s@a.example>\r\nRCPT TO:<r@b.example>\r\nDATA\r\nMessage-ID: <%08d@x>\r\n\r\n%s.\r\n", i, body)
	}
	_ = w.Flush()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
