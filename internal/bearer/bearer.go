// Package bearer signs in with an OAuth 2 access token instead of a password: by
// OAUTHBEARER (RFC 7628) where the server offers it, else by XOAUTH2, which Gmail and
// Exchange Online had before there was an RFC, and of which the latter offers nothing
// else.
//
// It is layer 2 and pure: it imports emersion/go-sasl, which has the first, and knows
// neither SMTP nor IMAP. It must not keep or print a token.
package bearer

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/emersion/go-sasl"
)

// XOAuth2 is the mechanism's name
// (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol).
const XOAuth2 = "XOAUTH2"

// Client chooses from what a server offers; nil if it takes no token.
func Client(offers func(mechanism string) bool, o sasl.OAuthBearerOptions) sasl.Client {
	switch {
	case offers(sasl.OAuthBearer):
		return sasl.NewOAuthBearerClient(&o)
	case offers(XOAuth2):
		return &xoauth2{o.Username, o.Token}
	}
	return nil
}

type xoauth2 struct{ username, token string }

// Start implements sasl.Client.
func (x *xoauth2) Start() (mechanism string, initial []byte, err error) {
	return XOAuth2, fmt.Appendf(nil, "user=%s\x01auth=Bearer %s\x01\x01", x.username, x.token), nil
}

// Next implements sasl.Client: a challenge says why the token was refused.
func (x *xoauth2) Next(challenge []byte) ([]byte, error) {
	var why struct{ Status string }
	if err := json.Unmarshal(challenge, &why); err != nil || len(why.Status) > 40 {
		return nil, errors.New("the token was refused")
	}
	return nil, fmt.Errorf("the token was refused (status %q)", why.Status)
}
