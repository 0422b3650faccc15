package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"studymail"
	"studymail/internal/logs"
	"studymail/internal/store"
)

// Purged is what was kept long enough, and is gone now.
type Purged struct {
	Merged   int `json:"merged"`   // hand-over windows of which what was merged was forgotten
	Replies  int `json:"replies"`  // of mail servers
	Feedback int `json:"feedback"` // mails that came back, and what other servers said
	Imports  int `json:"imports"`  // discarded, with their files
	Workers  int `json:"workers"`  // rows of workers that ended
}

// String lists what there was.
func (p *Purged) String() string {
	var words []string
	for _, w := range []struct {
		what string
		n    int
	}{{"merged", p.Merged}, {"replies", p.Replies}, {"feedback", p.Feedback}, {"imports", p.Imports}, {"workers", p.Workers}} {
		if w.n > 0 {
			words = append(words, fmt.Sprintf("%s=%d", w.what, w.n))
		}
	}
	return strings.Join(words, " ")
}

// purgePause is what a purge leaves to others between two chunks: with SQLite, mail goes
// out by the same connection.
const purgePause = 20 * time.Millisecond

// Purge removes what has been kept long enough, in short transactions with pauses. It
// may end in its middle with ctx: the next one goes on with what there is. An event says
// what it did.
func (a *App) Purge(ctx context.Context, actor string) (p Purged, err error) {
	err = a.purge(ctx, &p)
	done := p.String()
	if done == "" {
		return p, err
	}
	logs.Purged(a.Logs.Worker, p.Merged, p.Replies, p.Feedback)
	// Also when it was cut off: that much is gone.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return p, errors.Join(err, a.Store.Write(last, func(tx *store.Tx) error {
		return tx.AddEvent(last, actor, "retention purge", studymail.ID{}, done)
	}))
}

func (a *App) purge(ctx context.Context, p *Purged) error {
	err := a.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if _, err = tx.PurgeSignIns(ctx, a.Config.SessionIdle, a.Now().Add(-7*24*time.Hour)); err != nil {
			return err
		}
		p.Workers, err = tx.PurgeWorkers(ctx, a.Now().Add(-30*24*time.Hour))
		return err
	})
	if err != nil {
		return err
	}
	if p.Imports, err = a.discardImports(ctx); err != nil {
		return err
	}
	if err := a.chunks(ctx, &p.Feedback, func(tx *store.Tx) (int, bool, error) {
		n, err := tx.PurgeFeedback(ctx, a.Now().Add(-a.Config.FeedbackKeep))
		return n, n > 0, err
	}); err != nil {
		return err
	}
	notices := 0 // names of what SNS said: nobody asks how many
	if err := a.chunks(ctx, &notices, func(tx *store.Tx) (int, bool, error) {
		n, err := tx.PurgeNotices(ctx, a.Now().Add(-a.Config.FeedbackKeep))
		return n, n > 0, err
	}); err != nil {
		return err
	}
	if err := a.chunks(ctx, &p.Replies, func(tx *store.Tx) (int, bool, error) {
		n, err := tx.ForgetReplies(ctx, a.Now().Add(-a.Config.RetainDiagnostics))
		return n, n > 0, err
	}); err != nil {
		return err
	}
	from := int64(0)
	return a.chunks(ctx, &p.Merged, func(tx *store.Tx) (int, bool, error) {
		n, next, err := tx.ForgetMerged(ctx, a.Now().Add(-a.Config.RetainMerged), from)
		if err == nil {
			from = next
		}
		return n, next != 0, err
	})
}

// chunks does something, a transaction at a time, while there is more, and counts.
func (a *App) chunks(ctx context.Context, count *int, do func(tx *store.Tx) (n int, more bool, err error)) error {
	for {
		var (
			n    int
			more bool
		)
		err := a.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, more, err = do(tx)
			return err
		})
		if err != nil {
			return err
		}
		if *count += n; !more {
			return nil
		}
		select {
		case <-time.After(purgePause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
