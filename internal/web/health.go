package web

import (
	"context"
	"encoding/json"
	"net/http"

	"studymail"
)

// Health tells how the installation is.
type Health interface {
	// Ready tells whether the database answers and has this program's tables.
	Ready(ctx context.Context) error
	// MailFlows looks at everything that could keep mail from going out.
	MailFlows(ctx context.Context) (studymail.Health, error)
}

func (s *site) processIsUp(v *visit) error {
	v.json(http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

func (s *site) ready(v *visit) error {
	if err := s.Health.Ready(v.ctx()); err != nil {
		s.Log.Warn("not ready", "error", err)
		v.json(http.StatusServiceUnavailable, map[string]string{"status": "not ready", "why": string(studymail.CodeOf(err))})
		return nil
	}
	v.json(http.StatusOK, map[string]string{"status": "ready"})
	return nil
}

func (s *site) mailFlows(v *visit) error {
	h, err := s.Health.MailFlows(v.ctx())
	if err != nil {
		s.Log.Warn("health could not be told", "error", err)
		v.json(http.StatusServiceUnavailable, map[string]string{"status": "unknown", "why": string(studymail.CodeOf(err))})
		return nil
	}
	status := http.StatusOK
	if !h.Healthy {
		status = http.StatusServiceUnavailable
	}
	v.json(status, h)
	return nil
}

// json answers a machine.
func (v *visit) json(status int, value any) {
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(status)
	e := json.NewEncoder(v.w)
	e.SetIndent("", "  ")
	_ = e.Encode(value) // the reader went away
}
