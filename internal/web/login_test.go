package web

import (
	"encoding/base32"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/store"

	"github.com/pquerna/otp/totp"
)

func TestWhoIsRefusedLearnsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var bodies []string
	for _, email := range []string{"viewer@example.org", "nobody@example.org"} {
		r := h.visitor().signIn(email, "not the password")
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", email, r.status)
		}
		if !strings.Contains(r.body, email) || strings.Contains(r.body, "not the password") {
			t.Errorf("the form keeps the address and not the password")
		}
		bodies = append(bodies, strings.ReplaceAll(r.body, email, ""))
	}
	if bodies[0] != bodies[1] {
		t.Error("the answers differ")
	}
	if got := h.events(2); got != "sign-in refused, sign-in refused" {
		t.Errorf("events: %s", got)
	}
	if strings.Contains(h.log.String(), "example.org") {
		t.Errorf("an address in the log: %s", h.log)
	}
}

// Seen to fail: without the loop over tries in account.take.
func TestSignInsAreThrottledForAnAccountAndForAnAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "TRUSTED_PROXIES=127.0.0.1")
	from := func(address string) *visitor {
		v := h.visitor()
		v.header.Set("X-Forwarded-For", address)
		return v
	}
	for i := range 8 {
		if r := from("192.0.2."+string(rune('1'+i))).signIn("viewer@example.org", "wrong"); r.status != http.StatusUnprocessableEntity {
			t.Fatalf("try %d: %d", i, r.status)
		}
	}
	if r := from("192.0.2.100").signIn("viewer@example.org", testPassword); r.status != http.StatusTooManyRequests {
		t.Errorf("the ninth, with the right password: %d", r.status)
	}
	if r := from("192.0.2.100").signIn("sender@example.org", testPassword); r.status != http.StatusSeeOther {
		t.Errorf("another account: %d", r.status)
	}
	*h.ahead += 3 * time.Minute
	if r := from("192.0.2.100").signIn("viewer@example.org", testPassword); r.status != http.StatusSeeOther {
		t.Errorf("three minutes later: %d", r.status)
	}
	last := 0
	for i := range 60 {
		last = from("198.51.100.1").signIn("nobody"+string(rune('a'+i%26))+string(rune('a'+i/26))+"@example.org", "x").status
		if last == http.StatusTooManyRequests {
			break
		}
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("sixty accounts from one address: %d", last)
	}
	if r := from("203.0.113.9, 198.51.100.2").signIn("sender@example.org", testPassword); r.status != http.StatusSeeOther {
		t.Errorf("from elsewhere: %d", r.status)
	}
}

// Seen to fail: without RenewToken in begin: the token of before was the same.
func TestATokenFromBeforeTheSignInIsWorthNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.as(studymail.Viewer) // an attacker's, planted in somebody's browser
	before := v.session()
	v.signIn("sender@example.org", testPassword)
	if v.session() == before || before == "" {
		t.Error("the token is the same after the sign-in")
	}
	attacker := h.visitor()
	attacker.header.Set("Cookie", sessionCookie+"="+before)
	if r := attacker.get("/"); r.status != http.StatusSeeOther {
		t.Errorf("with the old token: %d", r.status)
	}
}

func TestACookieIsNoOneElsesBusiness(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "TRUSTED_PROXIES=127.0.0.0/8")
	for https, want := range map[bool]string{false: "studymail=", true: "__Host-studymail="} {
		v := h.visitor()
		if https {
			v.header.Set("X-Forwarded-Proto", "https")
		}
		cookie := v.signIn("viewer@example.org", testPassword).header.Get("Set-Cookie")
		if !strings.HasPrefix(cookie, want) || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") ||
			!strings.Contains(cookie, "Path=/") || strings.Contains(cookie, "Secure") != https || strings.Contains(cookie, "Domain") {
			t.Errorf("https %v: %s", https, cookie)
		}
	}
}

func TestTheWayBackIsKeptAndStaysHere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.visitor().get("/events?action=signed+in&after=7")
	if want := "/login?next=" + url.QueryEscape("/events?action=signed+in&after=7"); r.to != want {
		t.Errorf("to %s, want %s", r.to, want)
	}
	if r := h.visitor().get(r.to); !strings.Contains(r.body, `value="/events?action=signed&#43;in&amp;after=7"`) {
		t.Error("the form has lost the way back")
	}
	v := h.visitor()
	if r := v.post("/login", "email", "viewer@example.org", "password", testPassword, "next", "/events?after=7"); r.to != "/events?after=7" {
		t.Errorf("after the sign-in to %s", r.to)
	}
	for _, next := range []string{
		"https://evil.example/", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "http:evil.example",
		"/\tevil.example", "/%0d%0aLocation:%20https://evil.example\r\n", "evil.example", "//user@evil.example/", "/ok\r\nSet-Cookie: a=b",
	} {
		v := h.visitor()
		if r := v.post("/login", "email", "viewer@example.org", "password", testPassword, "next", next); r.to != "/" {
			t.Errorf("next %q leads to %q", next, r.to)
		}
		if r := v.post("/theme", "theme", "dark", "back", next); r.to != "/" {
			t.Errorf("back %q leads to %q", next, r.to)
		}
	}
}

// Seen to fail: with idle left out of SessionByToken.
func TestASessionEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "SESSION_IDLE=30m", "SESSION_MAX=2h")
	in := func(v *visitor) bool { return v.get("/account").status == http.StatusOK }

	idle := h.as(studymail.Viewer)
	*h.ahead += 31 * time.Minute
	if in(idle) {
		t.Error("after 31 minutes without a click")
	}
	busy := h.as(studymail.Viewer)
	for range 5 {
		*h.ahead += 20 * time.Minute
		if !in(busy) {
			t.Fatal("out, with a click each 20 minutes")
		}
	}
	*h.ahead += 21 * time.Minute
	if in(busy) {
		t.Error("after two hours, with clicks in between")
	}
	for name, end := range map[string]func(v, other *visitor){
		"signed out":           func(v, _ *visitor) { v.post("/logout") },
		"signed out elsewhere": func(_, other *visitor) { other.post("/account/sign-out-everywhere") },
		"a new password": func(_, other *visitor) {
			other.post("/account/password", "old", testPassword, "password", testPassword, "again", testPassword)
		},
		"disabled":              func(*visitor, *visitor) { h.disable(studymail.Viewer, true) },
		"the cookie is damaged": func(v, _ *visitor) { v.header.Set("Cookie", sessionCookie+"=x"+v.session()) },
	} {
		v, other := h.as(studymail.Viewer), h.as(studymail.Viewer)
		if end(v, other); in(v) {
			t.Errorf("still in: %s", name)
		}
		h.disable(studymail.Viewer, false)
	}
	v := h.as(studymail.Viewer)
	if r := v.post("/account/sign-out-everywhere"); r.status != http.StatusSeeOther || !in(v) {
		t.Error("signing out everywhere else ends this session, too")
	}
}

func (h *house) disable(role studymail.Role, disabled bool) {
	h.tb.Helper()
	err := h.store.Read(h.tb.Context(), func(tx *store.Tx) error {
		u, err := tx.UserByID(h.tb.Context(), h.users[role].ID)
		h.users[role] = u
		return err
	})
	u := h.users[role]
	if err == nil {
		err = h.site.Accounts.SetActive(h.tb.Context(), "test", &u, !disabled)
	}
	if err != nil {
		h.tb.Fatal(err)
	}
}

func TestAFormSentAfterTheSessionIsOverSaysSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.as(studymail.Administrator)
	h.as(studymail.Administrator).post("/account/sign-out-everywhere")
	r := v.post("/users", "email", "new@example.org", "role", "viewer")
	if r.status != http.StatusUnauthorized || !strings.Contains(r.body, "nothing was changed") || !strings.Contains(r.body, `href="/login"`) {
		t.Errorf("%d: %s", r.status, r.body)
	}
	if strings.Contains(r.body, "new@example.org") {
		t.Error("what was typed is kept for whoever sits there now")
	}
	r = v.get("/events")
	if r.to != "/login?next=%2Fevents&why=ended" {
		t.Errorf("to %s", r.to)
	}
	if r := v.get(r.to); !strings.Contains(r.body, "You were signed out") {
		t.Error("the login page does not say why one is there")
	}
	// htmx would put the login form where the list is.
	r = v.do(http.MethodGet, "/events?after=3", nil, http.Header{"Hx-Request": {"true"}, "Hx-Current-Url": {h.url + "/events?action=x"}})
	if got := r.header.Get("HX-Redirect"); got != "/login?next="+url.QueryEscape("/events?action=x")+"&why=ended" || r.status != http.StatusOK {
		t.Errorf("htmx: %d, to %q", r.status, got)
	}
}

var keyInPage = regexp.MustCompile(`<code class="key">([A-Z2-7]+)</code>`)

// Seen to fail: with totp_step left out of UseCode (a code counts twice), and
// without the DELETE of a recovery code.
func TestASecondFactorIsAskedForAndEachCodeCountsOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.as(studymail.Viewer)
	if r := v.post("/account/second-factor", "password", "wrong"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("with a wrong password: %d", r.status)
	}
	v.post("/account/second-factor", "password", testPassword)
	key := keyInPage.FindStringSubmatch(v.get("/account/second-factor").body)
	if key == nil {
		t.Fatal("the page shows no key")
	}
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key[1]); err != nil {
		t.Fatal(err)
	}
	code := func() string {
		c, err := totp.GenerateCode(key[1], h.site.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if r := h.visitor().signIn("viewer@example.org", testPassword); r.to != "/" {
		t.Errorf("begun and not confirmed, a code is asked for: to %s", r.to)
	}
	if r := v.post("/account/second-factor/confirm", "code", "000000"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code: %d", r.status)
	}
	before := v.session()
	r := v.post("/account/second-factor/confirm", "code", code())
	if v.session() == before { // seen to fail: without RenewToken
		t.Error("with a second factor the session is the same as before")
	}
	recovery := regexp.MustCompile(`<code>([a-z2-7-]{19})</code>`).FindAllStringSubmatch(r.body, -1)
	if len(recovery) != 10 {
		t.Fatalf("%d recovery codes: %s", len(recovery), r.body)
	}

	second := func(code string) (reply, *visitor) {
		v := h.visitor()
		if r := v.signIn("viewer@example.org", testPassword); r.to != "/login/code" {
			t.Fatalf("the password alone leads to %s", r.to)
		}
		if r := v.get("/account"); r.status != http.StatusSeeOther {
			t.Fatalf("the password alone lets in: %d", r.status)
		}
		return v.post("/login/code", "code", code), v
	}
	used := code()
	if r, _ := second(used); r.status != http.StatusUnprocessableEntity {
		t.Errorf("the code that was used to turn it on: %d", r.status)
	}
	*h.ahead += time.Minute
	fresh := code()
	if r, v := second(fresh); r.status != http.StatusSeeOther || v.get("/account").status != http.StatusOK {
		t.Errorf("a fresh code: %d", r.status)
	}
	if r, _ := second(fresh); r.status != http.StatusUnprocessableEntity {
		t.Errorf("the same code again: %d", r.status)
	}
	if r, _ := second(strings.ToUpper(recovery[3][1])); r.status != http.StatusSeeOther {
		t.Errorf("a recovery code: %d", r.status)
	}
	if r, _ := second(recovery[3][1]); r.status != http.StatusUnprocessableEntity {
		t.Errorf("the same recovery code again: %d", r.status)
	}
	last := 0
	for range 10 {
		r, _ := second("123456")
		last = r.status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("guessing codes: %d", last)
	}
}

func TestASecondFactorCanBeAskedOfEverybody(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "SECOND_FACTOR=required")
	v := h.as(studymail.Administrator)
	for _, path := range []string{"/", "/users", "/events"} {
		if r := v.get(path); r.to != "/account/second-factor" {
			t.Errorf("%s: %d to %s", path, r.status, r.to)
		}
	}
	if r := v.get("/account/second-factor"); r.status != http.StatusOK {
		t.Errorf("%d", r.status)
	}
}

// Seen to fail: with flash for who is not signed in, as it was at first.
func TestNothingIsStoredForWhoHasNotSignedIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor()
	for _, cookie := range []string{"", sessionCookie + "=made-up"} {
		v.header.Set("Cookie", cookie)
		for _, r := range []reply{v.get("/"), v.get("/login?why=ended"), v.post("/logout"), v.post("/login/code", "code", "1"), v.signIn("a@example.org", "x"), v.post("/users")} {
			if r.header.Get("Set-Cookie") != "" {
				t.Errorf("%d: a session for nobody: %s", r.status, r.header.Get("Set-Cookie"))
			}
		}
	}
}
