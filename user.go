package studymail

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"studymail/internal/sealed"
)

// User is a member of staff with a login and a role. Their address is a
// personal detail, too: sealed, and found by its keyed hash. Events and logs
// name a user by UUID.
type User struct {
	ID        ID        `json:"id"`
	Key       int64     `json:"-"` // row key
	Sealed    []byte    `json:"-"` // the address, sealed
	Hash      []byte    `json:"-"` // of the normalised address
	Role      Role      `json:"role"`
	Active    bool      `json:"active"`
	TwoFactor bool      `json:"two_factor"` // a code from an authenticator app is asked for, too
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	// Of the credentials, what pages show. The zero time means never.
	PasswordAt time.Time `json:"password_at"` // when the password was set
	SignedInAt time.Time `json:"signed_in_at"`
}

// May tells whether the user may do something now.
func (u *User) May(p Permission) bool { return u.Active && u.Role.May(p) }

// ParseUserAddress takes the address that a user signs in with.
func ParseUserAddress(s string) (sealed.Email, error) {
	s = strings.TrimSpace(s)
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s || len(s) > 254 || strings.ContainsAny(s, " \t\r\n") {
		return sealed.Email{}, Errorf(Invalid, "write an e-mail address alone, like anna@example.org")
	}
	return sealed.NewEmail(s), nil
}

// Session is one browser in which a user is signed in.
type Session struct {
	ID        ID
	User      int64 // row key; 0: nobody signed in yet
	Data      string
	Origin    string // the address that it was last used from
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

type originKey struct{}

// WithOrigin notes where a request comes from: its network address stands in the
// events that are written under ctx.
func WithOrigin(ctx context.Context, origin string) context.Context {
	return context.WithValue(ctx, originKey{}, origin)
}

// Origin is where the request comes from, "" for what no request asked for.
func Origin(ctx context.Context) string {
	s, _ := ctx.Value(originKey{}).(string)
	return s
}
