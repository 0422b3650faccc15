package sealed

import (
	"encoding/base32"
	"errors"
	"strings"
)

// TokenFor says what a token may be used for; it is valid for nothing else.
type TokenFor string

// The uses of tokens. They are part of the signature: never change one.
const (
	BounceToken      TokenFor = "bounce"
	UnsubscribeToken TokenFor = "unsubscribe"
)

// ErrToken means that a token is forged, damaged or meant for something else.
var ErrToken = errors.New("sealed: not a token of this installation")

// Lower case and digits only: a mail server may change the case of a local part
// (RFC 5321 §2.4 forbids it, many do it all the same).
var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Token signs a UUID for one use: 60 characters, letters and digits, fit for a
// local part (at most 64, RFC 5321 §4.5.3.1.1) and for a URL.
func (s *Sealer) Token(use TokenFor, id [16]byte) (string, error) {
	tag, err := s.k.ring().tokens.ComputeMAC(signed(use, id))
	if err != nil {
		return "", errors.New("sealed: signing failed")
	}
	return tokenText.EncodeToString(append(id[:], tag...)), nil
}

// ReadToken gives the UUID that a token was signed for.
func (s *Sealer) ReadToken(use TokenFor, token string) ([16]byte, error) {
	var id [16]byte
	token = strings.ToLower(token)
	raw, err := tokenText.DecodeString(token)
	// The decoder passes over line breaks and the last letter's spare bits: a
	// token has one spelling, but for its case.
	if err != nil || len(raw) <= len(id) || tokenText.EncodeToString(raw) != token {
		return id, ErrToken
	}
	copy(id[:], raw)
	if err := s.k.ring().tokens.VerifyMAC(raw[len(id):], signed(use, id)); err != nil {
		return [16]byte{}, ErrToken
	}
	return id, nil
}

func signed(use TokenFor, id [16]byte) []byte {
	return append([]byte("token."+use+"\x00"), id[:]...)
}
