package smtpout

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseReply(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in       string
		code, n  int
		words    string
		enhanced string
		broken   bool
	}{
		"usual":                  {in: "250 2.1.0 Ok\r\n", code: 250, n: 14, words: "250 2.1.0 Ok", enhanced: "2.1.0"},
		"not all there":          {in: "250 2.1.0 O"},
		"lines, last not there":  {in: "250-a\r\n250-b\r\n"},
		"lines":                  {in: "550-5.7.1 a\r\n550 b\r\n220 x", code: 550, n: 20, words: "550 5.7.1 a b", enhanced: "5.7.1"},
		"bare code":              {in: "250\r\n", code: 250, n: 5, words: "250"},
		"bare LF":                {in: "250 ok\n", code: 250, n: 7, words: "250 ok"},
		"other class":            {in: "450 5.1.1 x\r\n", code: 450, n: 13, words: "450 5.1.1 x"},
		"letters beyond ASCII":   {in: "550 Zażółć\r\n", code: 550, n: 16, words: "550 Zażółć"},
		"bytes that are no text": {in: "550 a\xff\x1b[1m\r\n", code: 550, n: 12, words: "550 a? [1m"},
		"two codes":              {in: "250-a\r\n251 b\r\n", broken: true},
		"1yz":                    {in: "150 a\r\n", broken: true},
		"6yz":                    {in: "650 a\r\n", broken: true},
		"words":                  {in: "hello\r\n", broken: true},
		"no blank":               {in: "250ok\r\n", broken: true},
		"empty":                  {in: "\r\n", broken: true},
		"NUL":                    {in: "250 a\x00b\r\n", broken: true},
		"NUL, no end":            {in: "250 a\x00b", broken: true},
		"10,000 lines":           {in: strings.Repeat("250-x\r\n", 10_000), broken: true},
		"1 MB without an end":    {in: "250 " + strings.Repeat("x", 1<<20), broken: true},
		"1 MB in lines":          {in: strings.Repeat("250-"+strings.Repeat("x", 1000)+"\r\n", 1000), broken: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, n, err := parseReply([]byte(c.in))
			if (err != nil) != c.broken || err != nil && !errors.Is(err, ErrProtocol) {
				t.Fatalf("error %v, want one: %v", err, c.broken)
			}
			if r.code != c.code || n != c.n {
				t.Fatalf("code %d of %d bytes, want %d of %d", r.code, n, c.code, c.n)
			}
			if n == 0 {
				return
			}
			if words, enhanced := r.words(); words != c.words || enhanced != c.enhanced {
				t.Errorf("words %q %q, want %q %q", words, enhanced, c.words, c.enhanced)
			}
		})
	}
}

func FuzzParseReply(f *testing.F) {
	for _, s := range []string{
		"250 2.1.0 Ok\r\n", "250-a\r\n250 b\r\n", "250\r\n", "554 5.7.1\n", "2", "250-\r\n", "421 4.3.2 \xff\x00\r\n",
		"250-a\r\n250-b\r\n250 SIZE -1\r\n250 next\r\n", "550 " + strings.Repeat("é", 600) + "\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, n, err := parseReply(b)
		if err != nil || n == 0 {
			if r.code != 0 || n != 0 {
				t.Fatalf("no reply, and yet %v %d", r, n)
			}
			return
		}
		if n > len(b) || n > maxReplyBytes || b[n-1] != '\n' || r.code < 200 || r.code > 599 {
			t.Fatalf("reply %d of %d bytes", r.code, n)
		}
		// What is found does not depend on what comes behind it, and not less
		// than all of it is a reply.
		if again, m, err := parseReply(b[:n]); err != nil || m != n || again.code != r.code {
			t.Fatalf("parsed alone: %v %d %v", again, m, err)
		}
		if _, m, err := parseReply(b[:n-1]); m != 0 && err == nil {
			t.Fatalf("less than all is a reply of %d bytes", m)
		}
		words, enhanced := r.words()
		if len(words) > maxWords || !utf8.ValidString(words) || strings.ContainsFunc(words, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			t.Fatalf("words %q", words)
		}
		if !strings.Contains(words, enhanced) {
			t.Fatalf("enhanced code %q is not in %q", enhanced, words)
		}
		_ = parseEHLO(r)
		_ = classify(r, AtRcpt)
		if !bytes.HasPrefix(b, r.raw) {
			t.Fatal("raw is not what came")
		}
	})
}

func TestClassify(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]Kind{
		"421 4.3.2 shutting down":                                               Throttled,
		"421 whatever":                                                          Throttled,
		"450 4.7.28 our system has detected mail":                               Throttled,
		"451 4.7.650 rate limited due to IP reputation":                         Throttled,
		"452 4.3.2 Too many messages in this session":                           Throttled,
		"450 4.7.1 Error: too much mail from 192.0.2.1":                         Throttled,
		"454 Throttling failure: Maximum sending rate exceeded.":                Throttled,
		"454 4.7.0 Temporary authentication failure":                            Later,
		"451 4.7.1 Greylisting in action, please come back later":               Later,
		"450 4.2.0 <r@example.net>: Recipient address rejected: Greylisted":     Later,
		"450 4.2.1 The user is receiving mail too quickly":                      Later,
		"452 4.2.2 The email account that you tried to reach is over quota":     Later,
		"452 4.5.3 Too many recipients":                                         Later,
		"451 4.3.0 Temporary lookup failure, corporate server generates errors": Later,
		"431 too many":         Later, // not a 45x
		"550 5.1.1 no such":    Refused,
		"554 5.7.1 too many":   Refused,
		"552 5.2.2 over quota": Refused,
	} {
		code := replyCode([]byte(reply))
		if o := classify(testReply(reply), AtRcpt); o.Kind != want || o.Code != code || o.Stage != AtRcpt || o.Reply != reply {
			t.Errorf("%q: %+v, want %v", reply, o, want)
		}
	}
}

func testReply(s string) reply {
	r, _, err := parseReply([]byte(s + "\r\n"))
	if err != nil {
		panic(err)
	}
	return r
}

func TestParseEHLO(t *testing.T) {
	t.Parallel()
	x := parseEHLO(testReply("250-mx PIPELINING\r\n250-size 1000\r\n250-8bitmime\r\n250-AUTH plain login\r\n250-AUTH=LOGIN XOAUTH2\r\n250-STARTTLS\r\n250-DSN\r\n250-CHUNKING\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES"))
	if x.Pipelining {
		t.Error("a word in the greeting was taken for an offer")
	}
	if !x.Size || x.MaxSize != 1000 || !x.EightBit || !x.StartTLS || !x.DSN || !x.Chunking || !x.UTF8 || !x.Enhanced {
		t.Errorf("%+v", x)
	}
	if !x.offersAuth("PLAIN") || !x.offersAuth("XOAUTH2") || x.offersAuth("CRAM-MD5") {
		t.Errorf("mechanisms %v", x.Auth)
	}
	for _, absurd := range []string{"-5", "0", "x", "99999999999999999999999", ""} {
		if x := parseEHLO(testReply("250-mx\r\n250 SIZE " + absurd)); !x.Size || x.MaxSize != 0 {
			t.Errorf("SIZE %s: %+v", absurd, x)
		}
	}
}
