package webtest

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"studymail"

	"github.com/chromedp/chromedp/kb"
	"github.com/pquerna/otp/totp"
)

// withAndWithout runs a journey with JavaScript and without.
func withAndWithout(t *testing.T, fn func(t *testing.T, look Look)) {
	t.Helper()
	for name, look := range map[string]Look{"with JavaScript": {}, "without JavaScript": {NoScript: true}} {
		t.Run(name, func(t *testing.T) { fn(t, look) })
	}
}

// The first user comes by the link, adds a second, who comes by theirs; the second
// factor is set up and asked for; a user who is disabled is out.
func TestTheFirstUsersComeIn(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := StartEmpty(t)
		token, _, err := p.App.Accounts().FirstLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		anna := p.Tab(t, look).Open("/")
		if !strings.HasPrefix(anna.Path(), "/login") {
			t.Errorf("at %s without a sign-in", anna.Path())
		}
		anna.Sees("no users yet")
		anna.Open("/setup/" + token.Reveal()).Sees("You are the first")
		anna.Fill("Your e-mail address", "anna@example.org").Fill("New password", "short").Fill("The same again", "short")
		anna.Go("Set the password and sign in").Sees("at least 12 characters")
		anna.Fill("New password", Password).Fill("The same again", Password).Go("Set the password and sign in")
		anna.At("/").Sees("Your password is set.").Sees("Administrator")

		anna.Go("Users").Go("Add a user").Fill("E-mail address", "ben@example.org").Fill("Coordinator", "yes").Go("Add the user")
		link := regexp.MustCompile(`/setup/\S+`).FindString(anna.Sees("is shown only now").Text())
		ben := p.Tab(t, look).Open(link).Sees("b•••@e•••.org")
		ben.Fill("New password", Password).Fill("The same again", Password).Go("Set the password and sign in").At("/").Sees("Coordinator")
		ben.SeesNot("Users")

		ben.Open("/account").Go("Set it up").Fill("Your password", Password).Go("Begin").Sees("Or type this key")
		key := regexp.MustCompile(`key: ([A-Z2-7]+)`).FindStringSubmatch(ben.Text())[1]
		code := func() string {
			c, err := totp.GenerateCode(key, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		// A code counts once: confirm with that of the step before, sign in with this one.
		before, err := totp.GenerateCode(key, time.Now().Add(-30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		ben.Fill("Six digits", before).Go("Turn the second factor on").Sees("Your recovery codes").Go("I have kept them").Sees("10 recovery codes left")
		ben.Go("Sign out").At("/login").Sees("You are signed out.")
		ben.Fill("E-mail address", "ben@example.org").Fill("Password", Password).Go("Sign in").Sees("Enter your code")
		ben.Fill("Code", code()).Go("Sign in").At("/").Sees("Coordinator")

		anna.Open("/users").Go("b•••@e•••.org").Fill("May sign in", "").Go("Save").Sees("The user is saved.").Sees("Disabled")
		ben.Open("/account").Sees("Sign in").Sees("You were signed out.")
	})
}

// The way back is kept, over a session that ended in between.
func TestOnePageThatWasAskedForIsThereAfterTheSignIn(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t)
		tab := p.Tab(t, look).Open("/events?action=user+added").Sees("Sign in")
		tab.Fill("E-mail address", Address(studymail.Viewer)).Fill("Password", Password).Go("Sign in")
		if at := tab.Path(); at != "/events?action=user+added" {
			t.Errorf("at %s", at)
		}
		tab.SeesNot("signed in password")
		u := p.World.Users[studymail.Viewer]
		if _, err := p.App.Accounts().SignOutEverywhere(t.Context(), "test", &u, studymail.ID{}); err != nil {
			t.Fatal(err)
		}
		tab.Go("Filter").Sees("You were signed out. Sign in to go on.")
	})
}

// With JavaScript the list alone changes, and the address with it; without, the
// page.
func TestFiltersOfAList(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		p := Start(t)
		tab := p.Tab(t, look).SignIn(studymail.Viewer).Open("/events").Sees("signed in")
		if look.NoScript {
			tab.Fill("What was done", "user added").Go("Filter")
		} else {
			eval[bool](tab, `document.getElementById("main").same = true`)
			tab.Fill("What was done", "user added")
			tab.until("the list alone", `!document.getElementById("results").innerText.includes("signed in") && document.getElementById("main").same === true`)
		}
		tab.Sees("4 events")
		tab.until("the address", `new URLSearchParams(location.search).get("action") === "user added"`)
		tab.Fill("About (UUID)", "not a UUID")
		if look.NoScript {
			tab.Go("Filter")
		}
		tab.Sees("Not a UUID")
	})
}

// By the keyboard alone, from the address bar into the pages and out again.
func TestSigningInByTheKeyboardAlone(t *testing.T) {
	p := Start(t)
	tab := p.Tab(t, Look{}).Open("/login")
	if got := tab.Focused(); got != "E-mail address" {
		t.Errorf("the keyboard is at %q", got)
	}
	tab.Keys(Address(studymail.Administrator)).Keys(kb.Tab).Keys(Password)
	eval[bool](tab, `document.documentElement.webtestOld = true`)
	tab.Keys(kb.Enter).Leaves().At("/")
	tab.Keys(kb.Tab)
	if got := tab.Focused(); got != "Skip to the content" {
		t.Errorf("first comes %q", got)
	}
	var seen []string
	for range 20 {
		tab.Keys(kb.Tab)
		seen = append(seen, tab.Focused())
		if seen[len(seen)-1] == "Sign out" {
			break
		}
	}
	if all := strings.Join(seen, "; "); !strings.Contains(all, "Users") || !strings.HasSuffix(all, "Sign out") {
		t.Errorf("the keyboard comes by: %s", all)
	}
	eval[bool](tab, `document.documentElement.webtestOld = true`)
	tab.Keys(kb.Enter).Leaves().At("/login").Sees("You are signed out.")
}

func TestTheMenuAndTheColoursOfANarrowScreen(t *testing.T) {
	withAndWithout(t, func(t *testing.T, look Look) {
		look.Width = 375
		p := Start(t)
		tab := p.Tab(t, look).SignIn(studymail.Viewer).SeesNot("Sign out")
		tab.Press("Menu").Sees("Sign out").CheckWidth()
		background := func() string { return eval[string](tab, `getComputedStyle(document.body).backgroundColor`) }
		light := background()
		if look.NoScript {
			tab.Go("Dark")
		} else {
			tab.Press("Dark")
		}
		tab.until("dark", `document.documentElement.dataset.bsTheme === "dark"`)
		if dark := background(); dark == light {
			t.Errorf("dark is as light: %s", dark)
		}
		tab.Open("/events").until("dark still", `document.documentElement.dataset.bsTheme === "dark"`)
	})
}

// Seen to fail, each: this is the test of the tests above.
func TestTheBrowserComplains(t *testing.T) {
	p := Start(t)
	for name, tt := range map[string]struct{ js, want string }{
		"an inline style":       {`document.body.insertAdjacentHTML("beforeend", "<p style='color: red'>x</p>")`, "Content Security Policy"},
		"an inline script":      {`{ const s = document.createElement("script"); s.textContent = "1"; document.body.append(s) }`, "Content Security Policy"},
		"a request elsewhere":   {`{ const i = new Image(); i.src = "https://example.org/x.png"; document.body.append(i) }`, "Content Security Policy"},
		"an error":              {`setTimeout(() => { throw new Error("broken") })`, "broken"},
		"an error that is told": {`console.error("told")`, "told"},
	} {
		tab := p.Tab(t, Look{}).Open("/login")
		eval[bool](tab, tt.js+"; true")
		var got []string
		for range 200 {
			if got = append(got, tab.Complaints()...); strings.Contains(strings.Join(got, "\n"), tt.want) {
				break
			}
			eval[bool](tab, `true`)
		}
		if all := strings.Join(got, "\n"); !strings.Contains(all, tt.want) {
			t.Errorf("%s: the browser says %q", name, all)
		}
		tab.Complaints()
	}
}

// The first page with all that it asks for, as it goes over the wire.
func TestTheFirstPageIsSmall(t *testing.T) {
	p := Start(t)
	size := func(path string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", "gzip") // what every browser takes
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var b strings.Builder
		if err := res.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.Len(), b.String()
	}
	sum, page := size("/login")
	parts := regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(parts) != 3 {
		t.Fatalf("the page asks for %v; run make assets", parts)
	}
	for _, m := range parts {
		n, _ := size(m[1])
		sum += n
	}
	t.Logf("the first page: %d bytes", sum)
	if sum > 150_000 {
		t.Errorf("the first page takes %d bytes, more than 150,000", sum)
	}
}
