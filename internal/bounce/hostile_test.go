package bounce_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"studymail/internal/bounce"
)

// The limits of a hostile mail. They are far above what is measured, since the
// machine that tests may be busy; the figures are in docs/bounces.md.
const (
	longest  = 2 * time.Second
	heaviest = 64 << 20
)

// Seen to fail: without MaxKept the first ones hold their whole mail in memory;
// without MaxSize, maxFields, maxHeader, maxParts or maxDepth the report in
// question is hard.
func TestAHostileMailCostsLittleAndIsNotUnderstood(t *testing.T) {
	for _, c := range []struct {
		name string
		mail func() io.Reader
	}{
		{"50 MB of text", func() io.Reader {
			return io.MultiReader(strings.NewReader(bounceHeader), repeat("no such user here, 550 5.1.1 user unknown\r\n", 50<<20))
		}},
		{"a report of 50 MB", func() io.Reader {
			return io.MultiReader(strings.NewReader(report("5.1.1", "smtp; 550 5.1.1 user unknown")), repeat("returned text\r\n", 50<<20))
		}},
		{"50 MB of header", func() io.Reader {
			return io.MultiReader(strings.NewReader("From: a@example.org\r\n"), repeat("X-Bomb: boom\r\n", 50<<20))
		}},
		{"one line of 5 MB", func() io.Reader {
			return io.MultiReader(strings.NewReader("From: Anna <anna@example.org>\r\nSubject: hello\r\n\r\n"), repeat("x", 5<<20))
		}},
		{"one line of 5 MB in the header", func() io.Reader {
			return io.MultiReader(strings.NewReader("From: Anna <anna@example.org>\r\nSubject: "), repeat("undeliverable ", 5<<20), strings.NewReader("\r\n\r\nhello"))
		}},
		{"a reply of 5 MB without a space", func() io.Reader {
			return io.MultiReader(strings.NewReader(bounceHeader), repeat("<", 5<<20))
		}},
		{"addresses for 5 MB", func() io.Reader {
			return io.MultiReader(strings.NewReader(bounceHeader), repeat("<anna@example.org>: ", 5<<20))
		}},
		{"10,000 parts", func() io.Reader {
			return io.MultiReader(strings.NewReader("From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"),
				repeat("--b\r\nContent-Type: text/plain\r\n\r\nuser unknown\r\n", 10_000*46), strings.NewReader("--b--\r\n"))
		}},
		{"10,000 parts of a report", func() io.Reader {
			return io.MultiReader(strings.NewReader("From: mailer-daemon@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"),
				repeat("--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; ben@example.org\r\n\r\n\r\n", 10_000*90))
		}},
		{"a report with 10,000 parts more", func() io.Reader {
			return strings.NewReader(strings.Replace(report("5.1.1", "smtp; 550 user unknown"), "--=b--", strings.Repeat("--=b\r\n\r\nx\r\n", 10_000)+"--=b--", 1))
		}},
		{"a report with 2,000 header fields", func() io.Reader {
			return strings.NewReader(strings.Repeat("X-A: b\r\n", 2000) + report("5.1.1", "smtp; 550 user unknown"))
		}},
		{"a report with a header field of 300 kB", func() io.Reader {
			return strings.NewReader("X-A: b\r\n" + strings.Repeat(" c\r\n", 100_000) + report("5.1.1", "smtp; 550 user unknown"))
		}},
		{"a report six deep", func() io.Reader {
			var b strings.Builder
			b.WriteString("From: mailer-daemon@mx.example.org\r\n")
			for i := range 6 {
				fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
			}
			return strings.NewReader(b.String() + report("5.1.1", "smtp; 550 user unknown"))
		}},
		{"returned mails 1,000 deep", func() io.Reader {
			return repeat("From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n", 1000*75)
		}},
		{"multiparts 1,000 deep", func() io.Reader {
			var b strings.Builder
			for i := range 1000 {
				fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
			}
			return strings.NewReader(b.String())
		}},
		{"NULs", func() io.Reader {
			return io.MultiReader(strings.NewReader("From: a@example.org\r\n\r\n"), repeat("\x00", 3<<20))
		}},
		{"CRs", func() io.Reader {
			return io.MultiReader(strings.NewReader("From: a@example.org\r\n\r\n"), repeat("\r", 3<<20))
		}},
		{"broken charsets", func() io.Reader {
			return strings.NewReader("From: =?no-such?B?////?= <a@example.org>\r\nSubject: =?utf-8?B?/////w==?= =?iso-2022-jp?B?Gy\r\n" +
				"Content-Type: text/plain; charset=\"no\xff\xfesuch\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff\xfe\x80====\r\n")
		}},
		{"HTML that never ends", func() io.Reader {
			return io.MultiReader(strings.NewReader("From: a@example.org\r\nContent-Type: text/html\r\n\r\n"), repeat("<div a=\"", 3<<20))
		}},
		{"encoded words", func() io.Reader {
			return io.MultiReader(strings.NewReader("From: a@example.org\r\nSubject: "), repeat("=?utf-8?Q?=C3=A4?= ", 200<<10), strings.NewReader("\r\n\r\nhello\r\n"))
		}},
		{"nothing", func() io.Reader { return strings.NewReader("") }},
		{"noise", func() io.Reader { return repeat("\x80\x00\r\xff\n:", 1<<20) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			mail := c.mail()
			stop := watch()
			began := time.Now()
			r, err := bounce.Read(mail)
			took, memory := time.Since(began), stop()
			if err != nil || r.Kind != bounce.None {
				t.Errorf("%s/%s, %v", r.Kind, r.Class, err)
			}
			if took > longest || memory > heaviest {
				t.Errorf("took %s and %d MB", took, memory>>20)
			}
			t.Logf("%s, %d kB", took, memory>>10)
		})
	}
}

// watch gives the most memory on the heap until it is stopped.
func watch() (stop func() uint64) {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	done, most := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			if now.HeapAlloc > before.HeapAlloc {
				peak = max(peak, now.HeapAlloc-before.HeapAlloc)
			}
			select {
			case <-done:
				most <- peak
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 { close(done); return <-most }
}

const bounceHeader = "From: Mail Delivery System <mailer-daemon@example.org>\r\nSubject: Undelivered mail\r\n\r\n"

// repeat gives a text over and over, up to so many octets, without holding them.
func repeat(s string, size int) io.Reader {
	return io.LimitReader(&again{s: s}, int64(size))
}

type again struct {
	s  string
	at int
}

// Read implements io.Reader.
func (a *again) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		k := copy(b[n:], a.s[a.at:])
		a.at = (a.at + k) % len(a.s)
		n += k
	}
	return n, nil
}

// report is a delivery status notification with one recipient.
func report(status, diagnostic string) string {
	return strings.ReplaceAll(`From: Mail Delivery System <mailer-daemon@mx.example.org>
To: b+`+token+`@bounce.example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=b"

--=b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--=b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Original-Envelope-Id: 019a7c1e-5f6b-7c3d-8e9f-0123456789ab

Final-Recipient: rfc822; ben@example.org
Action: failed
Status: `+status+`
Diagnostic-Code: `+diagnostic+`

--=b
Content-Type: text/rfc822-headers

From: Smith's Surgery <surgery@example.org>
Message-ID: <019a7c1e-5f6b-7c3d-8e9f-0123456789ab@example.org>
Subject: A study

--=b--
`, "\n", "\r\n")
}

const token = "agnhyhs7nn6d3du7aarukz4jvpqeqzl6cqkbvmq4q6hyq3lq5t2w2ljn2abc"

func mustRead(t *testing.T, mail string) bounce.Report {
	t.Helper()
	r, err := bounce.Read(bytes.NewReader([]byte(mail)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
