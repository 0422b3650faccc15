package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"studymail"
)

// AskHealth asks the server at an address whether its process is up.
func AskHealth(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return studymail.Errorf(studymail.Invalid, "HTTP_ADDR: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // it listens everywhere; ask here
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	req.Host = "localhost"
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return studymail.Errorf(studymail.Unavailable, "nothing answers at %s: %w; start `studymail serve`", addr, err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end below
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return studymail.Errorf(studymail.Unavailable, "%s answers %s", addr, res.Status)
	}
	return nil
}
