package smtpout

import (
	"strings"
	"testing"
)

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64)
	for addr, ok := range map[string]bool{
		"a@b":                                  true,
		"first.last+tag@example.org":           true,
		"o'brien@example.co.uk":                true,
		`"a b"@example.org`:                    true,
		`"a\"b@c"@example.org`:                 true,
		"a@[192.0.2.1]":                        true,
		"a@[IPv6:2001:db8::1]":                 true,
		"a@xn--exmple-cua.example":             true,
		long + "@example.org":                  true,
		long + "x@example.org":                 false,
		"a@" + long + ".example":               false,
		"":                                     false,
		"a":                                    false,
		"@b":                                   false,
		"a@":                                   false,
		".a@b":                                 false,
		"a..b@c":                               false,
		"a@b..c":                               false,
		"a@.b":                                 false,
		"a@b.":                                 false,
		"a@-b":                                 false,
		"a b@c":                                false,
		"a@b c":                                false,
		"a>@b":                                 false,
		"a@b>\r\nDATA":                         false,
		"a\x00@b":                              false,
		`"a"b@c`:                               false,
		`"a\"@c`:                               false,
		"\"a\r\n\"@c":                          false,
		"a@[1.2.3.4":                           false,
		"a@[1.2.3.4]>":                         false,
		"é@b":                                  false,
		"a@é":                                  false,
		strings.Repeat("a@b.c", 60):            false,
		"a@" + strings.Repeat("b.", 127) + "c": false,
	} {
		if err := checkAddress(addr, false); (err == nil) != ok {
			t.Errorf("%q: %v, want fine: %v", addr, err, ok)
		}
	}
	for addr, ok := range map[string]bool{"é@b": true, "a@é.example": true, "a@\xff": false, "é b@c": false} {
		if err := checkAddress(addr, true); (err == nil) != ok {
			t.Errorf("UTF8: %q: %v, want fine: %v", addr, err, ok)
		}
	}
}

// FuzzCheckAddress: no address that is let through can end its brackets or
// its line.
func FuzzCheckAddress(f *testing.F) {
	for _, s := range []string{"a@b", `"a b"@c`, "a@[x]", "é@b", `"\>"@c`} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, addr string, utf8 bool) {
		if checkAddress(addr, utf8) != nil {
			return
		}
		if strings.ContainsAny(addr, "\r\n\x00") || len(addr) > 254 || !utf8 && !isASCII(addr) {
			t.Fatalf("%q was let through", addr)
		}
		if addr[0] != '"' && strings.ContainsAny(addr, " <>\"\t") {
			t.Fatalf("%q was let through", addr)
		}
	})
}

func TestXtext(t *testing.T) {
	t.Parallel()
	if got := string(appendXtext(nil, "a+b=c d\xff~!")); got != "a+2Bb+3Dc+20d+FF~!" {
		t.Error(got)
	}
}

func TestExamine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		t   traits
		err error
	}{
		"a\r\nb\r\n":                      {},
		"a":                               {t: traits{unended: true}},
		".\r\n":                           {t: traits{dots: true}},
		"a\r\n.b":                         {t: traits{dots: true, unended: true}},
		"a.\r\nb.c\r\n":                   {},
		"\xc3\xa9\r\n":                    {t: traits{eightBit: true}},
		"12345678\x80\r\n":                {t: traits{eightBit: true}},
		"":                                {err: errTextEmpty},
		"a\nb\r\n":                        {err: errTextBare},
		"\n":                              {err: errTextBare},
		"a\rb\r\n":                        {err: errTextBare},
		"a\r\n.\n":                        {err: errTextBare},
		"a\r":                             {err: errTextBare},
		"a\x00\r\n":                       {err: errTextNUL},
		strings.Repeat("x", 998) + "\r\n": {},
		strings.Repeat("x", 999) + "\r\n": {err: errTextLong},
	} {
		got, err := examine([]byte(text))
		if err != want.err || err == nil && got != want.t { //nolint:errorlint // they are not wrapped
			t.Errorf("%.20q: %+v %v, want %+v %v", text, got, err, want.t, want.err)
		}
	}
}
