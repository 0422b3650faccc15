package ses

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
)

// passage is how far one hand-over came on the wire.
type passage struct {
	mu     sync.Mutex
	begun  bool // bytes of the mail were handed to the network
	whole  bool // all of them
	closed bool // no more will be
	status int  // of the answer; 0: none began
}

type passageKey struct{}

// follow makes a context whose request tells how far it came.
func follow(ctx context.Context) (context.Context, *passage) {
	p := &passage{}
	return context.WithValue(ctx, passageKey{}, p), p
}

// wire is the HTTP transport of hand-overs.
type wire struct{ base http.RoundTripper }

// RoundTrip makes a request once, and notes how far it came. When it fails before its
// body was taken whole, the rest of the body is withheld from then on: the answer "it
// was not whole" stays true, whatever still runs.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	p, ok := req.Context().Value(passageKey{}).(*passage)
	if !ok || req.Body == nil {
		return w.base.RoundTrip(req)
	}
	text, err := io.ReadAll(req.Body)
	if err = errors.Join(err, req.Body.Close()); err != nil {
		return nil, err
	}
	r := req.Clone(req.Context())
	r.ContentLength = int64(len(text))
	r.Body = p.body(text)
	// The client asks for it again when not one byte of the request left on a
	// connection that had been closed. POST is repeated in no other case.
	r.GetBody = func() (io.ReadCloser, error) { return p.body(text), nil }
	resp, err := w.base.RoundTrip(r)
	p.mu.Lock()
	p.closed = true
	if err == nil {
		p.status = resp.StatusCode
	}
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	// The answer's beginning decides; the rest of it may be lost.
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	resp.ContentLength = int64(len(answer))
	return resp, nil
}

// body gives the text to the network, anew.
func (p *passage) body(text []byte) io.ReadCloser {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun, p.whole = false, false
	return &given{p: p, rest: text}
}

type given struct {
	p    *passage
	rest []byte
}

var errWithheld = errors.New("the request was given up")

// Read gives what is next. The last byte counts as handed over when it is asked for.
func (g *given) Read(b []byte) (int, error) {
	g.p.mu.Lock()
	defer g.p.mu.Unlock()
	if len(g.rest) == 0 {
		return 0, io.EOF
	}
	if g.p.closed {
		return 0, errWithheld
	}
	n := copy(b, g.rest)
	g.rest = g.rest[n:]
	g.p.begun = true
	g.p.whole = len(g.rest) == 0
	return n, nil
}

func (g *given) Close() error { return nil }
