package bearer_test

import (
	"slices"
	"strings"
	"testing"

	"studymail/internal/bearer"

	"github.com/emersion/go-sasl"
)

func TestClientTakesWhatIsOffered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		offered   []string
		mechanism string
		initial   string
	}{
		"the RFC's":           {[]string{"PLAIN", "OAUTHBEARER"}, "OAUTHBEARER", "n,a=nurse,\x01auth=Bearer t0ken\x01\x01"},
		"both: the RFC's":     {[]string{"XOAUTH2", "OAUTHBEARER"}, "OAUTHBEARER", "n,a=nurse,\x01auth=Bearer t0ken\x01\x01"},
		"the older one alone": {[]string{"LOGIN", "XOAUTH2"}, "XOAUTH2", "user=nurse\x01auth=Bearer t0ken\x01\x01"},
		"neither":             {[]string{"PLAIN", "LOGIN"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := bearer.Client(func(m string) bool { return slices.Contains(c.offered, m) }, sasl.OAuthBearerOptions{Username: "nurse", Token: "t0ken"})
			if client == nil {
				if c.mechanism != "" {
					t.Fatal("nothing was chosen")
				}
				return
			}
			mechanism, initial, err := client.Start()
			if err != nil || mechanism != c.mechanism || string(initial) != c.initial {
				t.Errorf("%s %q, %v; want %s %q", mechanism, initial, err, c.mechanism, c.initial)
			}
		})
	}
}

// A refusal is told by its status, and by nothing else that a server may say.
func TestARefusalIsAnError(t *testing.T) {
	t.Parallel()
	for challenge, want := range map[string]string{
		`{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`: `"400"`,
		``:                     "refused",
		`user.one@example.org`: "refused",
		`{"status":"` + strings.Repeat("user.one@example.org", 9) + `"}`: "refused",
	} {
		client := bearer.Client(func(m string) bool { return m == bearer.XOAuth2 }, sasl.OAuthBearerOptions{Username: "nurse", Token: "t0ken"})
		_, err := client.Next([]byte(challenge))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "example.org") || strings.Contains(err.Error(), "t0ken") {
			t.Errorf("%q: %v", challenge, err)
		}
	}
}
