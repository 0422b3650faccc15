package cli

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/store"
)

const userPassword = "four words in a row"

// signInCode posts the sign-in form and gives the status: 303 for who gets in.
func signInCode(tb testing.TB, addr, email, password string) int {
	tb.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm("http://"+addr+"/login", url.Values{"email": {email}, "password": {password}})
	if err != nil {
		tb.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestUsersFromTheFirstToTheLast(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, kind store.Kind) {
		d := newDesk(t, kind)
		if out := d.must(t, "user", "list"); !strings.Contains(out, "studymail user add") {
			t.Errorf("without users: %s", out)
		}
		r := d.run(t, userPassword+"\n", "user", "add", "--email", "anna@example.org", "--role", "administrator", "--password-stdin", "--json")
		anna := oneValue[userView](t, r.out)
		if r.code != exitFine || anna.Role != studymail.Administrator || anna.Email != "a•••@e•••.org" || anna.Link != "" {
			t.Fatalf("%d %+v %s", r.code, anna, r.err)
		}
		s := d.serve(t)
		if strings.Contains(s.says.String(), "/setup/") {
			t.Error("there is an administrator, and a link is printed")
		}
		if code := signInCode(t, s.addr(), "anna@example.org", userPassword); code != http.StatusSeeOther {
			t.Errorf("signing in: %d", code)
		}
		ben := answer[userView](t, d, "user", "add", "--email", "Ben@example.org", "--role", "viewer")
		if !strings.Contains(ben.Link, "/setup/") {
			t.Errorf("no link: %+v", ben)
		}
		d.must(t, "user", "edit", "ben@example.org", "--role", "sender")
		if got := answer[[]userView](t, d, "user", "list"); len(got) != 2 || got[1].Role != studymail.Sender || got[1].Email != "B•••@e•••.org" {
			t.Errorf("the list: %+v", got)
		}
		if got := answer[[]userView](t, d, "user", "list", "--reveal"); got[1].Email != "Ben@example.org" {
			t.Errorf("revealed: %+v", got)
		}
		if out := d.must(t, "event", "list"); !strings.Contains(out, "details shown") {
			t.Errorf("no event of it: %s", out)
		}
		if r := d.run(t, "another good one\n", "user", "reset-password", anna.ID.String(), "--password-stdin"); r.code != exitFine {
			t.Errorf("%d %s", r.code, r.err)
		}
		if code := signInCode(t, s.addr(), "anna@example.org", userPassword); code != http.StatusUnprocessableEntity {
			t.Errorf("the old password: %d", code)
		}
		if code := signInCode(t, s.addr(), "anna@example.org", "another good one"); code != http.StatusSeeOther {
			t.Errorf("the new password: %d", code)
		}
		if got := answer[struct{ Sessions int }](t, d, "user", "sign-out", "anna@example.org"); got.Sessions != 1 {
			t.Errorf("sessions ended: %+v", got)
		}
		if out := d.must(t, "user", "reset-password", "ben@example.org", "--second-factor"); !strings.Contains(out, "/setup/") {
			t.Errorf("no link: %s", out)
		}
		d.must(t, "user", "edit", "ben@example.org", "--active=false")
		if r := d.run(t, "", "user", "edit", "anna@example.org", "--role", "viewer"); r.code != exitFailed || !strings.Contains(r.err, "nobody would be left") {
			t.Errorf("the last administrator: %d %s", r.code, r.err)
		}
		for _, log := range []string{d.read(t, "logs/app.log"), d.must(t, "event", "list", "--json")} {
			for _, never := range []string{"anna@", "Ben@", "ben@", userPassword, "/setup/"} {
				if strings.Contains(log, never) {
					t.Errorf("%q stands in a log or an event: %s", never, log)
				}
			}
		}
	})
}

func TestWrongUseOfUsers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	for _, tt := range []struct {
		name  string
		input string
		args  []string
		code  int
		want  string
	}{
		{"no address", "", []string{"add", "--email", "Zebedee Quixotic", "--role", "viewer"}, exitUsage, "--email"},
		{"no role", "", []string{"add", "--email", "a@example.org", "--role", "boss"}, exitUsage, "viewer, coordinator, sender or administrator"},
		{"a short password", "short\n", []string{"add", "--email", "a@example.org", "--role", "viewer", "--password-stdin"}, exitFailed, "at least 12"},
		{"no password", "", []string{"add", "--email", "a@example.org", "--role", "viewer", "--password-stdin"}, exitUsage, "first line"},
		{"nobody", "", []string{"edit", "zebedee.quixotic@canary.example.org", "--role", "viewer"}, exitFailed, "no such user"},
		{"not a name", "", []string{"sign-out", "Quixotic"}, exitUsage, "by UUID or by e-mail address"},
		{"no change", "", []string{"edit", "a@example.org"}, exitUsage, "--role or --active"},
	} {
		r := d.run(t, tt.input, append([]string{"user"}, tt.args...)...)
		if r.code != tt.code || !strings.Contains(r.err, tt.want) {
			t.Errorf("%s: %d %s", tt.name, r.code, r.err)
		}
		noCanary(t, tt.name, r.out+r.err)
	}
	if got := answer[[]userView](t, d, "user", "list"); len(got) != 0 {
		t.Errorf("somebody was added all the same: %+v", got)
	}
}

// Seen to fail: with the link logged: it stood in logs/app.log.
func TestTheFirstUserComesByALinkOnTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t, store.SQLite)
	s := d.start(t, "/setup/", "serve")
	link := regexp.MustCompile(`http://\S+/setup/\S+`).FindString(s.says.String())
	if code := get(t, link); code != http.StatusOK {
		t.Fatalf("%s answers %d", link, code)
	}
	form := url.Values{"email": {"anna@example.org"}, "password": {userPassword}, "again": {userPassword}}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(link, form)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d", res.StatusCode)
	}
	if code := signInCode(t, s.addr(), "anna@example.org", userPassword); code != http.StatusSeeOther {
		t.Errorf("signing in: %d", code)
	}
	if code := get(t, link); code != http.StatusNotFound {
		t.Errorf("the link again: %d", code)
	}
	s.end()
	if log := d.read(t, "logs/app.log"); strings.Contains(log, "setup") || strings.Contains(log, "anna") {
		t.Errorf("the log: %s", log)
	}
	if again := d.serve(t); strings.Contains(again.says.String(), "/setup/") {
		t.Error("a link although there is an administrator")
	}
}
