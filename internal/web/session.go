package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/store"

	"github.com/alexedwards/scs/v2"
)

// What a session holds. Texts only, and no personal detail.
const (
	sessionUser  = "user"  // row key of who is signed in
	sessionHalf  = "half"  // row key of whose password was right, and whose code is still to come
	sessionSince = "since" // when, in Unix seconds
	sessionNext  = "next"  // where they wanted to go
	sessionFlash = "flash" // what the next page says, a line each
)

// sessions keeps who is signed in. scs keeps tokens and values; where they are
// stored, and for how long, is ours: a session in use is not written at each
// request, only once a minute.
type sessions struct {
	*scs.SessionManager
	rows *sessionRows
}

func newSessions(db *store.Store, c *config.Config) *sessions {
	s := &sessions{scs.New(), &sessionRows{db, c.SessionIdle, c.SessionMax, []byte(c.SecretKey.Reveal())}}
	s.Lifetime, s.Store, s.Codec = c.SessionMax, s.rows, texts{}
	return s
}

// sessionRows is where scs stores sessions.
type sessionRows struct {
	store *store.Store
	idle  time.Duration
	max   time.Duration
	key   []byte // SECRET_KEY: with another one no token fits
}

// cookie names the cookie. With https the prefix has browsers refuse it from
// anywhere but this host (RFC 6265bis §4.1.3).
func (s *site) cookie(r *http.Request, name string) string {
	if s.secure(r) {
		return "__Host-" + name
	}
	return name
}

const sessionCookie = "studymail"

type foundKey struct{}

// load finds the session of a request, and its user.
func (s *sessions) load(v *visit) error {
	token := ""
	if c, err := v.r.Cookie(v.cookie(v.r, sessionCookie)); err == nil {
		token = c.Value
	}
	ctx, err := s.Load(context.WithValue(v.r.Context(), foundKey{}, &v.session), token)
	if err != nil {
		return err
	}
	v.r = v.r.WithContext(ctx)
	v.hadCookie, v.loaded = token != "", true
	if v.session.User == 0 {
		return nil
	}
	err = v.Store.Read(ctx, func(tx *store.Tx) (err error) {
		v.user, err = tx.UserByKey(ctx, v.session.User)
		return err
	})
	if err != nil || !v.user.Active {
		v.user = studymail.User{}
		return err
	}
	if v.Store.Now().Sub(v.session.SeenAt) >= time.Minute {
		err := v.Store.Write(ctx, func(tx *store.Tx) error {
			return tx.TouchSession(ctx, v.session.ID, studymail.Origin(ctx))
		})
		if err != nil { // a page that is only looked at needs no disk that can be written
			v.Log.Warn("the use of a session could not be noted", "error", err)
		}
	}
	return nil
}

// commit stores a session that was changed, and sets its cookie.
func (s *sessions) commit(v *visit) {
	ctx := v.ctx()
	c := &http.Cookie{ //nolint:gosec // Secure is set where the browser came by https
		Name: v.cookie(v.r, sessionCookie), Path: "/", HttpOnly: true, Secure: v.secure(v.r), SameSite: http.SameSiteLaxMode,
	}
	switch s.Status(ctx) {
	case scs.Modified:
		token, _, err := s.Commit(ctx)
		if err != nil {
			v.Log.Error("a session could not be stored", "error", err)
			return
		}
		c.Value = token
	case scs.Destroyed:
		c.MaxAge = -1
	case scs.Unmodified:
		return
	}
	http.SetCookie(v.w, c)
}

// FindCtx implements scs.CtxStore.
func (s *sessionRows) FindCtx(ctx context.Context, token string) (b []byte, found bool, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		var row studymail.Session
		row, found, err = tx.SessionByToken(ctx, s.hash(token), s.idle)
		if f, ok := ctx.Value(foundKey{}).(*studymail.Session); ok && found {
			*f = row
		}
		b = []byte(row.Data)
		return err
	})
	return b, found, err
}

// CommitCtx implements scs.CtxStore. When a session ends is counted by our clock,
// from when its token was made.
func (s *sessionRows) CommitCtx(ctx context.Context, token string, b []byte, _ time.Time) error {
	_, values, err := texts{}.Decode(b)
	if err != nil {
		return err
	}
	row := studymail.Session{Data: string(b), Origin: studymail.Origin(ctx), ExpiresAt: s.store.Now().Add(s.max)}
	if user, ok := values[sessionUser].(string); ok {
		if _, err := fmt.Sscan(user, &row.User); err != nil {
			return fmt.Errorf("read a session: %w", err)
		}
	}
	return s.store.Write(ctx, func(tx *store.Tx) error { return tx.PutSession(ctx, s.hash(token), &row) })
}

// DeleteCtx implements scs.CtxStore.
func (s *sessionRows) DeleteCtx(ctx context.Context, token string) error {
	return s.store.Write(ctx, func(tx *store.Tx) error { return tx.EndSession(ctx, s.hash(token)) })
}

// Find, Commit and Delete implement scs.Store: scs asks for them, and calls those
// with a context.
func (s *sessionRows) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (s *sessionRows) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// Delete implements scs.Store.
func (s *sessionRows) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

func (s *sessionRows) hash(token string) string {
	m := hmac.New(sha256.New, s.key)
	_, _ = m.Write([]byte(token)) // a hash never fails
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// texts writes a session as JSON of texts.
type texts struct{}

// Encode implements scs.Codec.
func (texts) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	v := map[string]string{"deadline": deadline.UTC().Format(time.RFC3339)}
	for k, value := range values {
		v[k], _ = value.(string) // only texts are put in
	}
	return json.Marshal(v)
}

// Decode implements scs.Codec.
func (texts) Decode(b []byte) (time.Time, map[string]any, error) {
	var v map[string]string
	if err := json.Unmarshal(b, &v); err != nil {
		return time.Time{}, nil, fmt.Errorf("read a session: %w", err)
	}
	deadline, err := time.Parse(time.RFC3339, v["deadline"])
	if err != nil {
		return time.Time{}, nil, fmt.Errorf("read a session: %w", err)
	}
	delete(v, "deadline")
	values := make(map[string]any, len(v))
	for k, text := range v {
		values[k] = text
	}
	return deadline, values, nil
}
