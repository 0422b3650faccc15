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

func ready(o Options) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := o.Health.Ready(r.Context()); err != nil {
			o.Log.Warn("not ready", "error", err)
			answer(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "why": string(studymail.CodeOf(err))})
			return
		}
		answer(w, http.StatusOK, map[string]string{"status": "ready"})
	}
}

func health(o Options) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h, err := o.Health.MailFlows(r.Context())
		if err != nil {
			o.Log.Warn("health could not be told", "error", err)
			answer(w, http.StatusServiceUnavailable, map[string]string{"status": "unknown", "why": string(studymail.CodeOf(err))})
			return
		}
		status := http.StatusOK
		if !h.Healthy {
			status = http.StatusServiceUnavailable
		}
		answer(w, status, h)
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // the reader went away
}
