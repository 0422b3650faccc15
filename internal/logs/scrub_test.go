package logs_test

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"studymail/internal/logs"
)

func TestScrub(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"nothing to do", "2.0.0 Ok: queued as 4F3A", "2.0.0 Ok: queued as 4F3A"},
		{"nothing", "", ""},
		{"plain", "5.1.1 jane.doe@example.org: Recipient address rejected", "5.1.1 [address]: Recipient address rejected"},
		{"angle brackets", "550 5.1.1 <jane@example.org>: no such user", "550 5.1.1 <[address]>: no such user"},
		{"at the end of a sentence", "There is no jane@example.org.", "There is no [address]."},
		{"several", "a@x.org, b@y.org;c@z.org", "[address], [address];[address]"},
		{"after a colon", "TO:jane@example.org rejected", "[address] rejected"},
		{"mailto", "see mailto:jane@example.org?subject=x", "see [address]"},
		{"quoted local part", `unknown "jane doe"@example.org here`, "unknown [address] here"},
		{"quoted local part with a quote in it", `unknown "jane \"x\" doe"@example.org here`, "unknown [address] here"},
		{"quoted local part within quotes", `reply "no such user \"jane doe\"@example.org"`, `reply "no such user [address]"`},
		{"dot and quote", `jane."doe x"@example.org`, "[address]"},
		{"escaped space", `jane\ doe@example.org failed`, "[address] failed"},
		{"comment", "jane (the one) @example.org", "[address]"},
		{"spaces around", "jane @ example.org failed", "[address] failed"},
		{"broken in two by a reply's line", "user jane@\r\nexample.org failed", "user [address] failed"},
		{"display name", `to "Doe, Jane" <jane@example.org> failed`, "to [address] failed"},
		{"address literal", "jane@[192.0.2.1] and joe@[IPv6:2001:db8::1] failed", "[address] and [address] failed"},
		{"source route", "<@a.example,@b.example:jane@c.example>", "<[address],[address]>"},
		{"two signs", "jane@home@example.org", "[address]"},
		{"IDN", "jané@bücher.example und 用户@例子.广告 weg", "[address] und [address] weg"},
		{"A-labels", "jane@xn--bcher-kva.example", "[address]"},
		{"full width", "jane＠example.org", "[address]"},
		{"hidden by a zero width space", "ja\u200bne\u200b@\u200bexample.org", "[address]"},
		{"percent", "https://x.example/?to=jane%40example.org&x=1", "[address]"},
		{"percent twice", "to jane%2540example.org", "to [address]"},
		{"quoted-printable", "to jane=40example.org", "to [address]"},
		{"xtext", "ORCPT=rfc822;jane+40example.org", "ORCPT=rfc822;[address]"},
		{"entity", "jane&#64;example.org jane&#x40;example.org jane&commat;example.org", "[address] [address] [address]"},
		{"escape", `jane\u0040example.org jane\x40example.org`, "[address] [address]"},
		{"not an address by accident", "message size SIZE=40960 exceeds 100%40 +40 721 000", "message size SIZE=40960 exceeds 100%40 +40 721 000"},
		{"no domain", "user jane@localhost", "user [address]"},
		{"lines and control characters", "a\r\nb\x00c\td\x1b[31me\u2028f", "a b c d [31me f"},
		{"right to left", "a\u202eb", "ab"},
		{"invalid UTF-8", "a\xffb", "a b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := logs.Scrub(c.in); got != c.want {
				t.Fatalf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestScrubPersonal(t *testing.T) {
	t.Parallel()
	const name = "O'Canary-Müller"
	for _, c := range []struct {
		name, in string
		personal []string
		want     string
	}{
		{"in any case", "no mailbox for UONE here, uone", []string{"uOne"}, "no mailbox for [removed] here, [removed]"},
		{"local part of the address", "mailbox jane.doe unavailable", []string{"jane.doe@example.org"}, "mailbox [removed] unavailable"},
		{"words of a name", "Doe is out", []string{"Jane Doe"}, "[removed] is out"},
		{"the longest first", "Jane Doe", []string{"Jane", "Jane Doe"}, "[removed]"},
		{"too short to look for", "an ox", []string{"an", "ox", ""}, "an ox"},
		{"non-ASCII", "weg: O'CANARY-MÜLLER", []string{name}, "weg: [removed]"},
		{"composed otherwise", "weg: O'Canary-Mu\u0308ller", []string{name}, "weg: [removed]"},
		{"percent", "x=O%27Canary-M%C3%BCller.", []string{name}, "x=[removed]."},
		{"quoted-printable", "O'Canary-M=C3=BCller", []string{name}, "[removed]"},
		{"hex", "key " + hex.EncodeToString([]byte(name)), []string{name}, "key [removed]"},
		{"its own mark", "removed", []string{"removed", "address"}, "[removed]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := logs.Scrub(c.in, c.personal...); got != c.want {
				t.Fatalf("got  %q\nwant %q", got, c.want)
			}
		})
	}
	for _, before := range []string{"", "x", "xy", "xyz"} {
		in := base64.StdEncoding.EncodeToString([]byte(before + "canaryname and more"))
		got := logs.Scrub(in, "CanaryName", "canaryname")
		if !strings.Contains(got, "[removed]") || len(got) > len(in) {
			t.Errorf("base64 behind %d bytes: got %q of %q", len(before), got, in)
		}
	}
}

func TestScrubIsBounded(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"long":                     strings.Repeat("é", 500),
		"a word of a megabyte":     strings.Repeat("x", 1<<20) + "@example.org",
		"an address over the edge": strings.Repeat("y ", 4000) + strings.Repeat("z", 180) + "jane.the.canary@example.org",
	} {
		got := logs.Scrub(in)
		if len(got) > 400 || !utf8.ValidString(got) || strings.Contains(got, "canary") {
			t.Errorf("%s: %d bytes, %q", name, len(got), got)
		}
	}
	// Everything before the address is one removed word, so its cut-off end would show.
	in := `"` + strings.Repeat("y ", 4080) + `"@x jane.the.canary@example.org`
	if got := logs.Scrub(in); strings.Contains(got, "canary") {
		t.Errorf("got %q", got)
	}
}

// TestScrubIsQuick holds against text made to be slow. All of it takes about half
// a second on a busy machine.
func TestScrubIsQuick(t *testing.T) {
	personal := strings.Repeat("ab cd abc ", 10000)
	start := time.Now()
	for _, s := range []string{"=40", "@", `"@`, ")@", "(a)", `\"`, `\\"@`, "%40x", "x ", "\ufdfa", "<@", `"x" <a@`, "abc"} {
		long := strings.Repeat(s, 1<<16)
		_ = logs.Scrub(long, personal, long)
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("took %v", took)
	}
}

var addressLike = regexp.MustCompile(`(?i)[^\s<>]+(@|%40|&#64;)[\p{L}\[]`)

func FuzzScrub(f *testing.F) {
	for _, s := range []string{"jane@example.org", `"a b"@x`, "a%40b.c", "=40", "\\\"@", "<@a,@b:c@d>", "a (b) @c", "@@@", "ＡＢ＠ｃ", "&#64;x", "x\"@", "(\"@)"} {
		f.Add(s, "canary")
	}
	f.Fuzz(func(t *testing.T, s, personal string) {
		got := logs.Scrub(s, personal)
		if strings.Contains(got, "@") || strings.Contains(got, "＠") || addressLike.MatchString(got) {
			t.Fatalf("an address is left in %q", got)
		}
		if len(got) > 400 || !utf8.ValidString(got) {
			t.Fatalf("%d bytes, %q", len(got), got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || r == '\u2028' {
				t.Fatalf("a control character in %q", got)
			}
		}
		if again := logs.Scrub(got); strings.Contains(again, "@") {
			t.Fatalf("scrubbed again: %q", again)
		}
		// Surrounded by anything, an address goes.
		if with := logs.Scrub(s + " canary.address@example.org"); strings.Contains(with, "canary.address") && !strings.Contains(s, "canary.address") {
			t.Fatalf("the address is left in %q", with)
		}
	})
}

func BenchmarkScrub(b *testing.B) {
	for name, s := range map[string]string{
		"accepted": "2.0.0 Ok: queued as 4F3A9C0D12", "refused": "5.1.1 <jane@example.org>: Recipient address rejected: User unknown",
	} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				_ = logs.Scrub(s, "jane.doe@example.org", "Jane", "Doe", "uone")
			}
		})
	}
}
