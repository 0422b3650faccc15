package webtest

import (
	"studymail"

	"github.com/chromedp/cdproto/network"
)

// as signs a role in, once: the other tabs get its cookie. ("" is nobody.)
func (t *Tab) as(role studymail.Role, known map[string]*network.Cookie) {
	t.tb.Helper()
	if role == "" {
		return
	}
	if c := known[string(role)]; c != nil {
		hidden := true
		call(t, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: t.product.URL, HTTPOnly: &hidden})
		return
	}
	t.SignIn(role)
	for _, c := range t.cookies() {
		if c.HTTPOnly {
			known[string(role)] = c
		}
	}
}

// cookies are those that the browser would send to the page.
func (t *Tab) cookies() []*network.Cookie {
	t.tb.Helper()
	return call(t, network.GetCookies, network.GetCookiesParams{}).Cookies
}
