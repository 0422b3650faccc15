package web

import (
	"net/http"
	"slices"
)

var themes = []string{"auto", "light", "dark"}

const themeCookie = "theme"

// theme is what the browser asked for; auto follows the system's setting.
func (v *visit) theme() string {
	if c, err := v.r.Cookie(themeCookie); err == nil && slices.Contains(themes, c.Value) {
		return c.Value
	}
	return "auto"
}

func (s *site) setTheme(v *visit) error {
	f, err := v.sentForm()
	if err != nil {
		return err
	}
	if theme := f.Get("theme"); slices.Contains(themes, theme) {
		http.SetCookie(v.w, &http.Cookie{ //nolint:gosec // how pages look is no secret; app.js reads it
			Name: themeCookie, Value: theme, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, Secure: v.secure(v.r),
		})
	}
	return v.redirect(f.Get("back"))
}
