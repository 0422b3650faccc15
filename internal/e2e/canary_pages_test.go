package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"studymail"
)

// hrefs are the links of a page.
var hrefs = regexp.MustCompile(`(?:href|action)="(/[^"#]*)`)

// most pages of a role that are walked.
const mostPages = 400

// walkPages signs a user of each role in and follows every link that there is,
// from page to page. Nobody presses Show: no page may have a canary in it.
func (a *aviary) walkPages() {
	a.tb.Helper()
	for _, role := range studymail.Roles() {
		client := a.signedIn(role)
		seen, todo := map[string]bool{"/": true}, []string{"/"}
		for n := 0; len(todo) > 0 && n < mostPages; n++ {
			path := todo[0]
			todo = todo[1:]
			body := a.fetch(client, path, string(role))
			for _, m := range hrefs.FindAllStringSubmatch(body, -1) {
				next := strings.ReplaceAll(m[1], "&amp;", "&")
				if !seen[next] {
					seen[next] = true
					todo = append(todo, next)
				}
			}
		}
		for _, must := range []string{"/account", "/events"} {
			if !seen[must] {
				a.tb.Errorf("as %s no link led to %s", role, must)
			}
		}
		if seen["/users"] != role.May(studymail.MayAdminister) {
			a.tb.Errorf("as %s a link led to /users: %v", role, seen["/users"])
		}
	}
}

// signedIn adds a user of a role, who follows the link that the command prints.
func (a *aviary) signedIn(role studymail.Role) *http.Client {
	a.tb.Helper()
	jar, _ := cookiejar.New(nil) // never fails without options
	client := &http.Client{Jar: jar}
	email := string(role) + "." + studymail.NewID().String() + "@example.org"
	var added struct{ Link string }
	if err := json.Unmarshal([]byte(a.say("user", "add", "--email", email, "--role", string(role), "--json")), &added); err != nil {
		a.tb.Fatal(err)
	}
	link, err := url.Parse(added.Link)
	if err != nil {
		a.tb.Fatal(err)
	}
	const password = "four words in a row"
	res, err := client.PostForm("http://"+a.addr+link.Path, url.Values{"password": {password}, "again": {password}})
	if err != nil {
		a.tb.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Request.URL.Path != "/" {
		a.tb.Fatalf("signing in as %s: %d at %s", role, res.StatusCode, res.Request.URL)
	}
	return client
}

// fetch gets a page, and keeps it with its headers.
func (a *aviary) fetch(client *http.Client, path, as string) string {
	a.tb.Helper()
	res, err := client.Get("http://" + a.addr + path)
	if err != nil {
		a.tb.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	_ = res.Header.Write(&b)
	if _, err := b.ReadFrom(res.Body); err != nil {
		a.tb.Fatal(err)
	}
	if res.StatusCode >= http.StatusInternalServerError {
		a.tb.Errorf("%s as %s: %d", path, as, res.StatusCode)
	}
	a.heard("HTTP "+path+" as "+as, b.String())
	return b.String()
}
