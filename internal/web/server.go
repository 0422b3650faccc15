package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"studymail"
	"studymail/internal/account"
	"studymail/internal/audience"
	"studymail/internal/config"
	"studymail/internal/feedback"
	"studymail/internal/outbox"
	"studymail/internal/sealed"
	"studymail/internal/ses"
	"studymail/internal/seslist"
	"studymail/internal/store"
)

// Options are what a server answers with.
type Options struct {
	Health      Health
	Engine      Engine
	Doctor      Doctor
	Metrics     *Metrics
	Log         *slog.Logger
	HostAllowed func(host string) bool // of the Host header
	Config      *config.Config
	Store       *store.Store
	Accounts    *account.Accounts
	Feedback    *feedback.Intake
	Topic       *ses.Topic    // whose messages are taken at /hooks/ses; nil: none are
	SESList     *seslist.List // what Amazon SES keeps for the account; nil: nothing is set of it
	Planner     *audience.Planner
	Letterbox   *outbox.Letterbox // shows mails as they were sent
	Sealer      *sealed.Sealer
	Opener      *sealed.Opener // pages show personal details to those with the right, with an event
	Now         func() time.Time
	Version     string
	Patience    time.Duration // of a page, for numbers that take long to count; 0: its own

	// SendTest hands one letter over to the user who asks; nil: this process cannot.
	SendTest func(ctx context.Context, t TestLetter) (studymail.Outcome, error)
	// QueueImport queues the job that checks or writes an import.
	QueueImport func(ctx context.Context, tx *store.Tx, id studymail.ID) error
	// QueueResend queues the job that sends messages again.
	QueueResend func(ctx context.Context, tx *store.Tx, id studymail.ID) error
	// Erase erases a person for good, and writes the event; why is a code.
	Erase func(ctx context.Context, person studymail.ID, actor, why string) (store.Erased, error)
	// Flow tells how fast a campaign's mail goes out, with so many messages to go.
	Flow func(ctx context.Context, tx *store.Tx, campaign int64, left int) (studymail.Flow, error)
}

// Name is what a server calls itself in its answers' Server field.
const Name = "studymail"

// Server answers over HTTP.
type Server struct{ http *http.Server }

// New makes a server; Serve starts it.
func New(o Options) (*Server, error) {
	s, err := newSite(o)
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(s.endStreams)
	return &Server{server}, nil
}

// Handler is what a server answers with, without the server: for tests, too.
func Handler(o Options) (http.Handler, error) {
	s, err := newSite(o)
	if err != nil {
		return nil, err
	}
	return s.handler(), nil
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
