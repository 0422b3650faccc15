package app

import (
	"studymail/internal/audience"
	"studymail/internal/jobs"
)

// Planner plans campaigns with this installation's settings.
func (a *App) Planner() (*audience.Planner, error) {
	queue, err := jobs.NewQueue(a.Store)
	if err != nil {
		return nil, err
	}
	return &audience.Planner{
		Store: a.Store, Zone: a.Config.TimeZone, HasPublicURL: a.Config.LettersURL() != "",
		AttemptLimit: a.Config.MaxAttempts, ExpiresAfter: a.Config.MessageExpires, Cap: a.Config.ContactCap,
		Log: a.Logs.App, Wake: queue.Wake,
	}, nil
}
