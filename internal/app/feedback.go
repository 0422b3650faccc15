package app

import (
	"context"

	"studymail/internal/feedback"
	"studymail/internal/store"
)

// Feedback takes in what comes back.
func (a *App) Feedback() *feedback.Intake {
	return feedback.New(feedback.Options{
		Store: a.Store, Sealer: a.Keys.Sealer(), Opener: a.Keys.Opener(), Domain: a.Config.BounceDomain, Log: a.Logs.Worker,
	})
}

// purgeFeedback forgets feedback that has been kept long enough, in short transactions.
func (a *App) purgeFeedback(ctx context.Context) error {
	for {
		var n int
		err := a.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.PurgeFeedback(ctx, a.Now().Add(-a.Config.FeedbackKeep))
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}
