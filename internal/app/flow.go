package app

import (
	"context"
	"fmt"
	"math"
	"time"

	"studymail"
	"studymail/internal/limiter"
	"studymail/internal/store"
)

// Flow tells how fast a campaign's mail goes out, what limits it, and when it
// will be through, with so many messages still to go.
func (a *App) Flow(ctx context.Context, tx *store.Tx, campaign int64, left int) (studymail.Flow, error) {
	var f studymail.Flow
	r, t, err := a.pace(ctx, tx)
	if err != nil {
		return f, err
	}
	all, err := tx.Flow(ctx, 0, studymail.FlowEvery)
	if err != nil {
		return f, err
	}
	if f.PerSecond, err = tx.Flow(ctx, campaign, studymail.FlowEvery); err != nil {
		return f, err
	}
	arming, err := tx.Arming(ctx)
	if err != nil {
		return f, err
	}
	if f.LimitedBy = limiter.LimitedBy(a.Config.Limits, &r, t, all, tx.Now()); !arming.Armed {
		f.LimitedBy = "disarmed"
	}
	if f.PerSecond > 0 && left > 0 {
		seconds := math.Min(float64(left)/f.PerSecond, math.MaxInt32)
		f.FinishAt = tx.Now().Add(time.Duration(seconds) * time.Second)
	}
	return f, nil
}

// pace reads how the limiter and the transport stand; nil for one that no worker
// has used.
func (a *App) pace(ctx context.Context, tx *store.Tx) (store.Rate, *studymail.Transport, error) {
	name := string(a.Config.MailTransport)
	r, err := tx.Rate(ctx, name)
	if err != nil {
		return r, nil, err
	}
	all, err := tx.Transports(ctx)
	if err != nil {
		return r, nil, err
	}
	for i := range all {
		if all[i].Name == name {
			return r, &all[i], nil
		}
	}
	return r, nil, nil
}

// Limits tells which limits there are and how they stand. One of 0 is a fault.
func (a *App) Limits(ctx context.Context) (studymail.Check, error) {
	var r store.Rate
	err := a.Store.Read(ctx, func(tx *store.Tx) (err error) {
		r, _, err = a.pace(ctx, tx)
		return err
	})
	variable, zero := a.Config.Limits.Zero()
	c := studymail.Check{
		Name: "limits of the transport", OK: !zero, Value: limiter.Words(a.Config.Limits, &r, a.Now()), Limit: "none, or above 0",
	}
	if zero {
		c.Mend = fmt.Sprintf("%s is 0, so no mail leaves: give it another number, or none for no limit, and start the workers again", variable)
	}
	return c, err
}
