package smtpout_test

import (
	"os"
	"testing"

	"studymail/internal/smtpout"
)

// TestRealServer sends to the server that SMTPOUT_SERVER names (host:port). It
// has to take mail for example.net, refuse bad@example.net for good and
// later@example.net for now.
func TestRealServer(t *testing.T) {
	addr := os.Getenv("SMTPOUT_SERVER")
	if addr == "" {
		t.Skip("SMTPOUT_SERVER names no server")
	}
	var to []string
	for i := range 300 {
		switch {
		case i%7 == 3:
			to = append(to, "bad@example.net")
		case i%11 == 5:
			to = append(to, "later@example.net")
		default:
			to = append(to, "r@example.net")
		}
	}
	for name, cfg := range map[string]smtpout.Config{
		"lock-step":  {NoPipelining: true},
		"pipelining": {NoChunking: true},
		"chunking":   {},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Addr = addr
			for i, k := range tally(t, &cfg, to...) {
				want := map[string]smtpout.Kind{
					"bad@example.net": smtpout.Refused, "later@example.net": smtpout.Later, "r@example.net": smtpout.Accepted,
				}[to[i]]
				if k != want {
					t.Errorf("mail %d to %s is %v, want %v", i, to[i], k, want)
				}
			}
		})
	}
}
