package outbox

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/compose"
	"studymail/internal/sealed"
	"studymail/internal/storetest"
)

// Each letter says in two ways how to opt out: by a page and by mail, each with a token
// of its own message. Seen to fail: with the return path's token in the address.
func TestALetterSaysHowToOptOut(t *testing.T) {
	t.Parallel()
	keys, id := storetest.Keys(t), studymail.NewID()
	for _, tc := range []struct{ public, domain string }{
		{"https://studymail.example.org", "bounce.example.org"}, {"https://studymail.example.org", ""}, {"", "bounce.example.org"}, {"", ""},
	} {
		b := &Letterbox{
			Sender: sealed.NewEmail("studies@example.org"), PublicURL: tc.public, BounceDomain: tc.domain, Zone: time.UTC, Sealer: keys.Sealer(),
		}
		h, v, err := b.merge(id, storetest.DetailsOf(1), &studymail.Provider{Name: "Smith's Surgery"}, &studymail.Study{Name: "A"}, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		reads := func(token string) bool {
			got, err := keys.Sealer().ReadToken(sealed.UnsubscribeToken, token)
			return err == nil && studymail.ID(got) == id
		}
		token, ok := strings.CutPrefix(h.UnsubscribeURL, tc.public+"/u/")
		if tc.public == "" && h.UnsubscribeURL != "" || tc.public != "" && (!ok || !reads(token)) {
			t.Errorf("%+v: page %q", tc, h.UnsubscribeURL)
		}
		mailto, err := url.Parse(h.UnsubscribeMailto)
		if err != nil {
			t.Fatal(err)
		}
		token, ok = compose.OptOutToken(mailto.Opaque, tc.domain)
		if tc.domain == "" && h.UnsubscribeMailto != "" || tc.domain != "" && (mailto.Scheme != "mailto" || !ok || !reads(token)) {
			t.Errorf("%+v: address %q", tc, h.UnsubscribeMailto)
		}
		l, err := compose.Compile(compose.FormatMarkdown, "Hello", "Hello")
		if err != nil {
			t.Fatal(err)
		}
		mail, err := l.Append(nil, &h, &v)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Contains(string(mail), "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), tc.public != ""; got != want {
			t.Errorf("%+v: List-Unsubscribe-Post %v", tc, got)
		}
	}
}
