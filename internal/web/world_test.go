package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"studymail"
	"studymail/internal/account"
	"studymail/internal/audience"
	"studymail/internal/config"
	"studymail/internal/feedback"
	"studymail/internal/jobs"
	"studymail/internal/outbox"
	"studymail/internal/sealed"
	"studymail/internal/store"
	"studymail/internal/storetest"
)

const testPassword = "four words in a row"

// house is a site on a database of its own, served, with a user of each role.
type house struct {
	tb     testing.TB
	site   *site
	url    string
	users  map[studymail.Role]studymail.User
	store  *store.Store
	log    *lines
	ahead  *time.Duration // of the real clock
	server *httptest.Server
	engine *jobs.Queue
	flow   studymail.Flow
}

// lines is what was logged.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type well struct{}

func (well) Ready(context.Context) error { return nil }
func (well) MailFlows(context.Context) (studymail.Health, error) {
	return studymail.Health{Healthy: true}, nil
}

func (well) Examine(_ context.Context, try bool) (studymail.Health, error) {
	h := studymail.Health{Healthy: true, Checks: []studymail.Check{{Name: "limits of the transport", OK: true, Value: "none"}}}
	if try {
		h.Healthy = false
		h.Checks = append(h.Checks, studymail.Check{Name: "transport smtp, tried now", Value: "<b>refused</b>", Limit: "works", Mend: "look at the relay"})
	}
	return h, nil
}

// newHouse makes a house; environ are settings, such as SESSION_IDLE=1h.
func newHouse(tb testing.TB, environ ...string) *house {
	tb.Helper()
	cfg, _, err := config.Load(tb.TempDir(), environ)
	if err != nil {
		tb.Fatal(err)
	}
	h := &house{tb: tb, users: map[studymail.Role]studymail.User{}, log: &lines{}, ahead: new(time.Duration)}
	var clock sync.Mutex
	now := func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return time.Now().Add(*h.ahead)
	}
	h.store = storetest.OpenURL(tb, storetest.URL(tb, store.SQLite), now)
	keys := storetest.Keys(tb)
	if err := jobs.Migrate(tb.Context(), h.store); err != nil {
		tb.Fatal(err)
	}
	engine, err := jobs.NewQueue(h.store)
	if err != nil {
		tb.Fatal(err)
	}
	h.engine = engine
	accounts := account.New(account.Options{Store: h.store, Sealer: keys.Sealer(), Opener: keys.Opener(), Now: now})
	h.site, err = newSite(Options{
		Health: well{}, Engine: engine, Doctor: well{}, Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelInfo})), HostAllowed: cfg.HostAllowed,
		Planner: &audience.Planner{
			Store: h.store, Zone: cfg.TimeZone, AttemptLimit: 3, ExpiresAfter: time.Hour, Log: slog.New(slog.DiscardHandler),
			Wake: func(context.Context, *store.Tx, studymail.ID) error { return nil },
		},
		Letterbox:   &outbox.Letterbox{Sender: sealed.NewEmail("studies@example.org"), Zone: cfg.TimeZone, Sealer: keys.Sealer(), Opener: keys.Opener()},
		QueueResend: engine.Resend,
		Erase: func(ctx context.Context, person studymail.ID, actor, why string) (e store.Erased, err error) {
			err = h.store.Write(ctx, func(tx *store.Tx) (err error) {
				e, err = tx.ErasePerson(ctx, person, actor, why)
				return err
			})
			return e, err
		},
		Flow:   func(context.Context, *store.Tx, int64, int) (studymail.Flow, error) { return h.flow, nil },
		Config: cfg, Store: h.store, Accounts: accounts, Feedback: feedback.New(feedback.Options{Store: h.store, Sealer: keys.Sealer(), Opener: keys.Opener()}), Sealer: keys.Sealer(), Opener: keys.Opener(), Now: now, Version: "test", Patience: time.Minute,
	})
	if err != nil {
		tb.Fatal(err)
	}
	h.site.Metrics = NewMetrics(MetricsSource{Store: h.store, Engine: engine, Health: well{}, Log: h.site.Log, Version: "test"})
	h.addUsers(accounts)
	h.server = httptest.NewUnstartedServer(h.site.handler())
	// As the product's own: each request begins with its time, whatever the one before set.
	h.server.Config.ReadTimeout, h.server.Config.WriteTimeout = time.Hour, time.Hour
	h.server.Start()
	tb.Cleanup(h.server.Close)
	h.url = h.server.URL
	return h
}

func (h *house) addUsers(accounts *account.Accounts) {
	h.tb.Helper()
	ctx := context.Background()
	var hash sealed.Secret // made once: it takes a while
	for _, role := range studymail.Roles() {
		u, err := accounts.Add(ctx, "test", sealed.NewEmail(string(role)+"@example.org"), role)
		if err == nil && hash.IsEmpty() {
			if err = accounts.SetPassword(ctx, "test", &u, sealed.NewSecret(testPassword)); err == nil {
				err = h.store.Read(ctx, func(tx *store.Tx) (err error) {
					hash, err = tx.Password(ctx, u.Key)
					return err
				})
			}
		}
		if err == nil {
			err = h.store.Write(ctx, func(tx *store.Tx) error { return tx.SetPassword(ctx, u.Key, hash) })
		}
		if err != nil {
			h.tb.Fatal(err)
		}
		h.users[role] = u
	}
}

// visitor is a browser without a screen.
type visitor struct {
	h      *house
	client *http.Client
	header http.Header // sent with each request
}

func (h *house) visitor() *visitor {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &visitor{h: h, header: http.Header{}, client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// as is a visitor who is signed in ("" : nobody is).
func (h *house) as(role studymail.Role) *visitor {
	h.tb.Helper()
	v := h.visitor()
	if role == "" {
		return v
	}
	if r := v.signIn(string(role)+"@example.org", testPassword); r.status != http.StatusSeeOther {
		h.tb.Fatalf("signing in as %s: %d\n%s", role, r.status, r.body)
	}
	return v
}

func (v *visitor) signIn(email, password string) reply {
	v.h.tb.Helper()
	return v.post("/login", "email", email, "password", password)
}

type reply struct {
	status int
	body   string
	to     string // Location
	header http.Header
}

func (v *visitor) do(method, path string, body io.Reader, header http.Header) reply {
	v.h.tb.Helper()
	req, err := http.NewRequestWithContext(v.h.tb.Context(), method, v.h.url+path, body)
	if err != nil {
		v.h.tb.Fatal(err)
	}
	for _, h := range []http.Header{v.header, header} {
		for name, values := range h {
			req.Header[name] = values
		}
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	res, err := v.client.Do(req)
	if err != nil {
		v.h.tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.h.tb.Fatal(err)
	}
	return reply{res.StatusCode, string(b), res.Header.Get("Location"), res.Header}
}

func (v *visitor) get(path string) reply {
	v.h.tb.Helper()
	return v.do(http.MethodGet, path, nil, nil)
}

// post sends a form: name, value, name, value.
func (v *visitor) post(path string, pairs ...string) reply {
	v.h.tb.Helper()
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Add(pairs[i], pairs[i+1])
	}
	return v.do(http.MethodPost, path, strings.NewReader(q.Encode()), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

// session is the visitor's cookie.
func (v *visitor) session() string {
	u, _ := url.Parse(v.h.url) // it was parsed before
	for _, c := range v.client.Jar.Cookies(u) {
		if strings.HasSuffix(c.Name, sessionCookie) {
			return c.Value
		}
	}
	return ""
}

// events are the actions of the newest events, newest first.
func (h *house) events(n int) string {
	h.tb.Helper()
	var words []string
	err := h.store.Read(h.tb.Context(), func(tx *store.Tx) error {
		all, err := tx.Events(h.tb.Context(), store.EventFilter{Limit: n})
		for _, e := range all {
			words = append(words, e.Action)
		}
		return err
	})
	if err != nil {
		h.tb.Fatal(err)
	}
	return strings.Join(words, ", ")
}
