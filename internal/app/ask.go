package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"studymail"
	"studymail/internal/web"
)

// AskHealth asks the server at an address whether its process is up.
func AskHealth(ctx context.Context, addr string) error {
	_, err := askHealth(ctx, addr)
	return err
}

// askHealth also gives what the server calls itself.
func askHealth(ctx context.Context, addr string) (name string, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", studymail.Errorf(studymail.Invalid, "HTTP_ADDR: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // it listens everywhere; ask here
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return "", fmt.Errorf("ask for health: %w", err)
	}
	req.Host = "localhost"
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", studymail.Errorf(studymail.Unavailable, "nothing answers at %s: %w; start `studymail serve`", addr, err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end below
	name = res.Header.Get("Server")
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil {
		return name, fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return name, studymail.Errorf(studymail.Unavailable, "%s answers %s", addr, res.Status)
	}
	return name, nil
}

// cannotListen says why, and who is in the way.
func cannotListen(ctx context.Context, addr string, err error) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return studymail.Errorf(studymail.Unavailable, "cannot listen on HTTP_ADDR %s: %w", addr, err)
	}
	if name, _ := askHealth(ctx, addr); name == web.Name { // whatever else it answers, it is up
		return studymail.Errorf(studymail.Unavailable, "a studymail is up at HTTP_ADDR %s already: end that one first, or give this one another HTTP_ADDR (%w)", addr, err)
	}
	return studymail.Errorf(studymail.Unavailable, "another program listens on HTTP_ADDR %s: give studymail another HTTP_ADDR (%w)", addr, err)
}
