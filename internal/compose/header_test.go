package compose

import (
	"strings"
	"testing"
	"time"

	"studymail"
)

func TestFields(t *testing.T) {
	t.Parallel()
	subject := func(s string) string { return string(appendText(nil, "Subject: ", []byte(s))) }
	to := func(name, address string) string {
		return string(appendMailbox(nil, "To: ", &Address{Name: name, Address: address}))
	}
	tests := []struct{ name, got, want string }{
		{"plain", subject("A letter"), "Subject: A letter\r\n"},
		{"folded", subject(strings.Repeat("word ", 20) + "end"), "Subject: word word word word word word word word word word word word word\r\n word word word word word word word end\r\n"},
		{"one long word", subject(strings.Repeat("x", 80)), "Subject: =?utf-8?q?xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx?=\r\n =?utf-8?q?xxxxxxxxxxxxxxxxxxxxxxxxx?=\r\n"},
		{"like an encoded word", subject("a =?utf-8?q?x?="), "Subject: =?utf-8?b?YSA9P3V0Zi04P3E/eD89?=\r\n"},
		{"mostly ASCII", subject("Zoë says"), "Subject: =?utf-8?q?Zo=C3=AB_says?=\r\n"},
		{"not ASCII", subject("日本語のお知らせ"), "Subject: =?utf-8?b?5pel5pys6Kqe44Gu44GK55+l44KJ44Gb?=\r\n"},
		{"no name", to("", "a@b.example"), "To: a@b.example\r\n"},
		{"atoms", to("Anna O'Brien", "a@b.example"), "To: Anna O'Brien <a@b.example>\r\n"},
		{"comma", to("Brien, Anna", "a@b.example"), "To: \"Brien, Anna\" <a@b.example>\r\n"},
		{"quotes", to(`A "B" \ C`, "a@b.example"), `To: "A \"B\" \\ C" <a@b.example>` + "\r\n"},
		{"dot", to("Dr. Smith", "a@b.example"), "To: \"Dr. Smith\" <a@b.example>\r\n"},
		{"header in a name", to("x\r\nBcc: y@z.example", "a@b.example"), "To: \"x Bcc: y@z.example\" <a@b.example>\r\n"},
		{"long name", to(strings.Repeat("n", 55), "someone@example.org"), "To: " + strings.Repeat("n", 55) + "\r\n <someone@example.org>\r\n"},
		{"name of another script", to("Зоя", "a@b.example"), "To: =?utf-8?b?0JfQvtGP?= <a@b.example>\r\n"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got\n%q, want\n%q", tt.name, tt.got, tt.want)
		}
	}
}

// I8: what cannot be written fails alone; the error names the message and the
// field, and never a value.
func TestAppendRefusesWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*Header, *Values)
		want   string
	}{
		{"value missing", func(_ *Header, v *Values) { v.Set(PatientFirstName, "") }, "no value for {{ patient_first_name }}"},
		{"value of nothing but controls", func(_ *Header, v *Values) { v.Set(PatientFirstName, "\r\n\x00 ") }, "no value for {{ patient_first_name }}"},
		{"no UUID", func(h *Header, _ *Values) { h.MessageID = studymail.ID{} }, "no UUID"},
		{"no recipient", func(h *Header, _ *Values) { h.To.Address = "" }, "(To)"},
		{"header in the address", func(h *Header, _ *Values) { h.To.Address = canary + "@b.example>\r\nBcc: <x@y.example" }, "(To)"},
		{"two addresses", func(h *Header, _ *Values) { h.To.Address = canary + "@b.example, x@y.example" }, "(To)"},
		{"space in the address", func(h *Header, _ *Values) { h.To.Address = canary + "\u00a0@b.example" }, "(To)"},
		{"turning address", func(h *Header, _ *Values) { h.To.Address = canary + "\u202e@b.example" }, "(To)"},
		{"not UTF-8", func(h *Header, _ *Values) { h.To.Address = canary + "\xff@b.example" }, "(To)"},
		{"long local part", func(h *Header, _ *Values) { h.To.Address = strings.Repeat("a", 65) + "@b.example" }, "(To)"},
		{"long domain", func(h *Header, _ *Values) { h.To.Address = "a@" + strings.Repeat("a.", 128) + "a" }, "(To)"},
		{"sender", func(h *Header, _ *Values) { h.From.Address = canary }, "(From)"},
		{"answers", func(h *Header, _ *Values) { h.ReplyTo.Address = canary + "@" }, "(Reply-To)"},
		{"domain", func(h *Header, _ *Values) { h.Domain = canary + "\r\nX: y" }, "Message-ID"},
		{"date", func(h *Header, _ *Values) { h.Date = time.Time{} }, "date"},
		{"opt-out page", func(h *Header, _ *Values) { h.UnsubscribeURL = "https://" + canary + "/>\r\nX: y" }, "opt-out page"},
		{"opt-out script", func(h *Header, _ *Values) { h.UnsubscribeURL = "javascript:" + canary }, "opt-out page"},
		{"opt-out address", func(h *Header, _ *Values) { h.UnsubscribeMailto = canary + "@b.example" }, "mailto"},
		{"opt-out in the letter", func(_ *Header, v *Values) { v.Set(UnsubscribeURL, "javascript:"+canary) }, "{{ unsubscribe_url }} is not"},
	}
	l := mustCompile(t, FormatMarkdown, "S", "{{ patient_first_name }} {{ unsubscribe_url }}")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, v := testHeader(), Examples()
			tt.change(h, &v)
			out, err := l.Append([]byte("kept"), h, &v)
			if err == nil {
				t.Fatalf("written:\n%s", out)
			}
			if string(out) != "kept" {
				t.Errorf("dst is now %q", out)
			}
			if s := err.Error(); !strings.Contains(s, tt.want) || !strings.Contains(s, h.MessageID.String()) || strings.Contains(s, canary) {
				t.Errorf("error %q, want %q, the UUID and no value", s, tt.want)
			}
			if studymail.CodeOf(err) != studymail.Invalid {
				t.Errorf("code %q", studymail.CodeOf(err))
			}
		})
	}
}

func TestUnsubscribeFields(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, url, mailto, want string }{
		{"none", "", "", ""},
		{"https", "https://s.example/u", "", "List-Unsubscribe: <https://s.example/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"},
		{"http", "http://127.0.0.1:8000/u", "", "List-Unsubscribe: <http://127.0.0.1:8000/u>\r\n"},
		{"mailto", "", "mailto:x@s.example", "List-Unsubscribe: <mailto:x@s.example>\r\n"},
		{"both", "https://s.example/u", "mailto:x@s.example", "List-Unsubscribe: <https://s.example/u>,\r\n <mailto:x@s.example>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"},
	}
	for _, tt := range tests {
		if got := string(appendUnsubscribe(nil, &Header{UnsubscribeURL: tt.url, UnsubscribeMailto: tt.mailto})); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"a@b": true, "a.b+c@d-e.example": true, "o'brien@b.example": true, `"a b"@c.example`: true, `"a\"b"@c.example`: true,
		"x@[192.0.2.1]": true, "x@[IPv6:2001:db8::1]": true, "zoë@exämple.example": true,
		"": false, "a": false, "@b": false, "a@": false, ".a@b": false, "a.@b": false, "a..b@c": false, "a b@c": false,
		"a@b..c": false, "a@.b": false, "<a@b>": false, `"a"b"@c`: false, `"a\"@c`: false, "a@b@c": false, "a@[x y]": false, "a@[]": false,
	} {
		if got := writable(address); got != want {
			t.Errorf("writable(%q) is %v", address, got)
		}
	}
	if AddressUTF8("a@b.example") || !AddressUTF8("é@b.example") || !AddressUTF8("a@é.example") {
		t.Error("AddressUTF8")
	}
	h := testHeader()
	h.To.Name = "Zoë"
	if h.UTF8() {
		t.Error("a name never needs SMTPUTF8")
	}
}

func TestReturnPath(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("abcde", 12)
	address := ReturnPath(token, "bounce.example")
	if !writable(address) || strings.IndexByte(address, '@') > maxLocal {
		t.Fatalf("%q is no address", address)
	}
	for from, want := range map[string]string{
		address: token, strings.ToUpper(address): strings.ToUpper(token),
		"b+@bounce.example": "", "b@bounce.example": "", "b+x@other.example": "", "c+x@bounce.example": "", "": "", "b+x": "", "+x@bounce.example": "",
	} {
		if got, ok := ReturnPathToken(from, "bounce.example"); got != want || ok != (want != "") {
			t.Errorf("ReturnPathToken(%q) is %q, %v", from, got, ok)
		}
	}
}
