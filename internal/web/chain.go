package web

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"

	"studymail"
	"studymail/internal/config"
)

// policy is the Content-Security-Policy of every answer. Nothing inline, nothing
// from elsewhere; data: images are the QR code of the second factor, and the
// small drawings in Tabler's style sheet.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// bodyLimit bounds what a form may hold. A route may ask for more.
const bodyLimit = 1 << 20

// always is what every answer has, and what every request must pass: known host
// (or another site could rebind its name to us), and no changing request that a
// page elsewhere has a browser make.
func (s *site) always(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Server", Name)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if !s.HostAllowed(r.Host) {
			http.Error(w, "This host name is not allowed here. Add it to ALLOWED_HOSTS.", http.StatusBadRequest)
			return
		}
		if s.secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if s.origins.Check(r) != nil {
			http.Error(w, "This request came from a page of another site; nothing was changed. Open studymail itself and try again.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r.WithContext(studymail.WithOrigin(r.Context(), s.origin(r))))
	})
}

// route is what a request to one route must pass before its page is asked.
func (s *site) route(rt route) http.Handler {
	limit := rt.limit
	if limit == 0 {
		limit = bodyLimit
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.Now()
		v := &visit{site: s, route: rt, w: &answer{ResponseWriter: w}, r: r}
		defer func() {
			if p := recover(); p != nil {
				s.panicked(v, p)
			}
			s.Metrics.answered(&rt, r.Method, v.w.status, s.Now().Sub(began))
			s.Log.Debug("answered", "method", r.Method, "route", rt.path, "status", v.w.status, "took_ms", s.Now().Sub(began).Milliseconds(), "user", v.user.ID)
		}()
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if err := s.serve(v); err != nil {
			v.fail(err)
		}
	})
}

func (s *site) serve(v *visit) error {
	if machine(v.route.path) || v.route.path == optOutPath || v.route.path == sesHookPath {
		return v.route.page(s, v)
	}
	if err := s.sessions.load(v); err != nil {
		return err
	}
	v.w.before = func() { s.sessions.commit(v) }
	if s.detours(v) {
		return nil
	}
	return v.route.page(s, v)
}

// machine tells the routes that have no user and give no pages: their callers have no cookies.
func machine(path string) bool {
	switch path {
	case "/healthz", "/readyz", "/health", "/metrics", "/assets/{file}":
		return true
	}
	return false
}

// detours sends those elsewhere who may not see the page, and tells whether it did.
func (s *site) detours(v *visit) bool {
	needs := v.route.needs
	switch {
	case needs == public:
		return false
	case !v.isSignedIn():
		v.toLogin()
	case needs != signedIn && s.Config.SecondFactor == config.SecondFactorRequired && !v.user.TwoFactor:
		v.flash("This installation asks everybody for a second factor: set yours up first.")
		v.redirectTo("/account/second-factor")
	case needs != signedIn && !v.user.May(needs):
		v.forbidden(needs)
	default:
		return false
	}
	return true
}

// panicked answers what a page could not. What the panic says is not logged: it
// may hold anything.
func (s *site) panicked(v *visit, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) //nolint:forbidigo // it is how net/http is told to cut the connection
	}
	place := "unknown"
	for skip := 3; skip < 12; skip++ {
		if pc, _, line, ok := runtime.Caller(skip); ok {
			if name := runtime.FuncForPC(pc).Name(); !strings.HasPrefix(name, "runtime.") {
				place = fmt.Sprintf("%s:%d", name[strings.LastIndexByte(name, '/')+1:], line)
				break
			}
		}
	}
	s.Log.Error("a page panicked", "route", v.route.path, "type", fmt.Sprintf("%T", p), "place", place)
	v.fail(studymail.Errorf(studymail.Internal, "something went wrong here; nothing was lost that was saved before"))
}

// origin is the network address that a request comes from. What a proxy says of
// it counts only if that proxy is trusted.
func (s *site) origin(r *http.Request) string {
	at := remote(r)
	if !s.trusted(at) {
		return at.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- { // the last one is what the nearest proxy saw
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		if at = a.Unmap(); !s.trusted(at) {
			break
		}
	}
	return at.String()
}

// secure tells whether the browser came by https.
func (s *site) secure(r *http.Request) bool {
	return r.TLS != nil || s.trusted(remote(r)) && r.Header.Get("X-Forwarded-Proto") == "https"
}

func (s *site) trusted(a netip.Addr) bool {
	for _, p := range s.Config.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func remote(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return a.Unmap().WithZone("")
}

// answer is a ResponseWriter that remembers its status, and lets the session be
// stored before anything is on its way: after that there are no cookies.
type answer struct {
	http.ResponseWriter
	before func()
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status = status
	if a.before != nil {
		a.before()
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// send writes an answer that is whole.
func (a *answer) send(status int, contentType string, body *bytes.Buffer) {
	a.Header().Set("Content-Type", contentType)
	a.WriteHeader(status)
	_, _ = body.WriteTo(a) // the reader went away
}
