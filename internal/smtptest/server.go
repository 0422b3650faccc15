package smtptest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Config says how a server behaves. The zero value accepts everything on a
// free port of the loopback.
type Config struct {
	Addr     string   // 127.0.0.1:0 by default
	Hostname string   // in the greeting; also a name of the certificate
	Offers   []string // the lines of EHLO; Usual() by default; an empty, non-nil list offers nothing

	Rules []Rule

	Unknown          []string      // commands answered 500, whatever is offered: ["BDAT"]
	Forgetful        bool          // breaks with PIPELINING: drops what came with DATA's or the dot's packet
	BadChunks        bool          // takes a text in BDAT chunks and answers 502 to the last
	Bears            int           // breaks off when more bytes than that wait behind a text; 0 for any number
	Silent           bool          // accepts connections and never says a word
	Latency          time.Duration // before each answer (to what came together)
	MaxPerConnection int           // then 421
	MaxConnections   int           // more at a time get 421 at once
	MaxSize          int           // 552 beyond

	TLS          bool              // from the first byte; STARTTLS is a line of Offers
	CertNames    []string          // of the self-made certificate; localhost, 127.0.0.1, ::1 and Hostname by default
	Users        map[string]string // for AUTH: name → password or token
	RequireLogin bool              // 530 without
	RequireTLS   bool              // 530 without

	KeepData  bool   // keep the mails whole
	CountOnly bool   // keep UUIDs only
	BookFile  string // a line for each accepted mail, written before its reply
}

// Usual is what a server of today offers, without CHUNKING, STARTTLS and AUTH.
func Usual() []string {
	return []string{"PIPELINING", "SIZE 36700160", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN"}
}

// Server is a server. Its methods may be called at any time.
type Server struct {
	Book *Book

	cfg   Config
	rules *rules
	cert  *tls.Certificate
	roots *x509.CertPool

	latency atomic.Int64 // before each answer
	waiting atomic.Int64 // sessions that wait because a rule says so

	mu      sync.Mutex
	addr    string
	ln      net.Listener
	conns   map[net.Conn]struct{}
	opened  int
	most    int
	stopped chan struct{} // closed by Kill
	done    sync.WaitGroup
}

// New makes a server and starts it.
func New(cfg Config) (*Server, error) {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Hostname == "" {
		cfg.Hostname = "mx.example"
	}
	if cfg.Offers == nil {
		cfg.Offers = Usual()
	}
	book, err := newBook(!cfg.CountOnly, cfg.BookFile)
	if err != nil {
		return nil, err
	}
	s := &Server{Book: book, cfg: cfg, rules: newRules(cfg.Rules), addr: cfg.Addr}
	s.SetLatency(cfg.Latency)
	if cfg.TLS || offers(cfg.Offers, "STARTTLS") {
		if len(cfg.CertNames) == 0 {
			cfg.CertNames = []string{"localhost", "127.0.0.1", "::1", cfg.Hostname}
		}
		if s.cert, s.roots, err = selfMade(cfg.CertNames); err != nil {
			return nil, err
		}
	}
	return s, s.Start()
}

// Start makes a server for a test, which ends it.
func Start(tb testing.TB, cfg Config) *Server {
	tb.Helper()
	s, err := New(cfg)
	if err != nil {
		tb.Fatalf("start the SMTP server: %v", err)
	}
	tb.Cleanup(s.Kill)
	return s
}

func offers(lines []string, word string) bool {
	for _, l := range lines {
		first, _, _ := strings.Cut(l, " ")
		if strings.EqualFold(first, word) {
			return true
		}
	}
	return false
}

// Addr is host:port.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Roots has the certificate that the server's is to be verified with.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Certificate is the server's, for pins.
func (s *Server) Certificate() *x509.Certificate { return s.cert.Leaf }

// Connections is how many connections there were, and the most at one time.
func (s *Server) Connections() (opened, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened, s.most
}

// SetRules replaces the rules.
func (s *Server) SetRules(list ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = newRules(list)
}

// Waiting is how many sessions wait at this moment because of a rule's Delay.
func (s *Server) Waiting() int { return int(s.waiting.Load()) }

// SetLatency changes how long the server waits before each answer.
func (s *Server) SetLatency(d time.Duration) { s.latency.Store(int64(d)) }

func (s *Server) find(at, addr string) (Rule, bool) {
	s.mu.Lock()
	r := s.rules
	s.mu.Unlock()
	return r.find(at, addr)
}

// Start begins to listen; after Kill on the same port.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ln != nil {
		return errors.New("the SMTP server runs already")
	}
	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.ln, s.addr = ln, ln.Addr().String()
	s.conns = map[net.Conn]struct{}{}
	s.stopped = make(chan struct{})
	s.done.Add(1)
	go s.accept(ln, s.stopped)
	return nil
}

// Kill ends the server in the middle of whatever it does, as a crash would:
// connections are reset. The book stays.
func (s *Server) Kill() {
	s.mu.Lock()
	if s.ln == nil {
		s.mu.Unlock()
		return
	}
	close(s.stopped)
	_ = s.ln.Close()
	s.ln = nil
	for nc := range s.conns {
		reset(nc)
	}
	s.mu.Unlock()
	s.done.Wait()
}

// Cut resets all connections and goes on listening.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for nc := range s.conns {
		reset(nc)
	}
}

func reset(nc net.Conn) {
	if t, ok := nc.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = nc.Close()
}

func (s *Server) accept(ln net.Listener, stopped chan struct{}) {
	defer s.done.Done()
	for {
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		select {
		case <-stopped:
			s.mu.Unlock()
			reset(nc)
			continue
		default:
		}
		s.conns[nc] = struct{}{}
		s.opened++
		s.most = max(s.most, len(s.conns))
		v := &session{s: s, cfg: &s.cfg, raw: nc, number: s.opened, stopped: stopped, crowd: len(s.conns)}
		s.done.Add(1)
		s.mu.Unlock()
		go func() {
			defer s.done.Done()
			v.run()
			s.mu.Lock()
			delete(s.conns, nc)
			s.mu.Unlock()
			_ = nc.Close()
		}()
	}
}
