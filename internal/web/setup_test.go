package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"studymail"
	"studymail/internal/account"
)

// Seen to fail: without UseLink in FollowLink: the second one took the account over.
func TestALinkWorksOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(studymail.Administrator)
	r := admin.post("/users", "email", "new@example.org", "role", "viewer")
	if r.status != http.StatusOK {
		t.Fatalf("%d: %s", r.status, r.body)
	}
	_, link, found := strings.Cut(r.body, h.url+"/setup/")
	token, _, _ := strings.Cut(link, "<")
	if !found || len(token) < 40 {
		t.Fatalf("no link: %s", r.body)
	}
	if strings.Contains(r.body, "new@example.org") {
		t.Error("the address is shown without being asked for")
	}
	path := "/setup/" + token
	v := h.visitor()
	if r := v.get(path); r.status != http.StatusOK || !strings.Contains(r.body, "n•••@e•••.org") {
		t.Errorf("%d: %s", r.status, r.body)
	}
	for name, form := range map[string][]string{
		"short":     {"password", "short", "again", "short"},
		"different": {"password", testPassword, "again", testPassword + "s"},
		"address":   {"password", "new@example.org", "again", "new@example.org"},
	} {
		if r := v.post(path, form...); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := v.post(path, "password", testPassword, "again", testPassword); r.status != http.StatusSeeOther || v.get("/account").status != http.StatusOK {
		t.Errorf("the link: %d", r.status)
	}
	if r := h.visitor().post(path, "password", "another good one", "again", "another good one"); r.status != http.StatusNotFound {
		t.Errorf("the same link again: %d", r.status)
	}
	r = admin.post("/users", "email", "later@example.org", "role", "viewer")
	_, link, _ = strings.Cut(r.body, h.url+"/setup/")
	token, _, _ = strings.Cut(link, "<")
	*h.ahead += account.LinkTime + time.Minute
	if r := h.visitor().get("/setup/" + token); r.status != http.StatusNotFound {
		t.Errorf("a day later: %d", r.status)
	}
	if strings.Contains(h.log.String(), token) {
		t.Error("a link in the log")
	}
}
