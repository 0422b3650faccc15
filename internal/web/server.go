package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Options are what a server answers with.
type Options struct {
	Health      Health
	Log         *slog.Logger
	HostAllowed func(host string) bool // of the Host header
}

// Name is what a server calls itself in its answers' Server field.
const Name = "studymail"

// Server answers over HTTP.
type Server struct{ http *http.Server }

// New makes a server; Serve starts it.
func New(o Options) *Server {
	return &Server{&http.Server{
		Handler:           guarded(o, routes(o)),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}}
}

// Serve answers until Stop.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Stop lets requests in progress end, then closes.
func (s *Server) Stop(ctx context.Context) {
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close() // they had their time
	}
}

// routes lists every route.
func routes(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", ready(o))
	mux.HandleFunc("GET /health", health(o))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("studymail is up. The pages come later; until then use the command line: `studymail --help`.\n" +
			"Health: /healthz (process), /readyz (database), /health (mail flows).\n")) // the reader went away
	})
	return mux
}

// guarded refuses other hosts' names (DNS rebinding) and sets what every answer has.
func guarded(o Options, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Server", Name)
		if !o.HostAllowed(r.Host) {
			http.Error(w, "This host name is not allowed here. Add it to ALLOWED_HOSTS.", http.StatusBadRequest)
			return
		}
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
