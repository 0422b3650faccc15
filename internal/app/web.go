package app

import (
	"context"
	"errors"

	"studymail"
	"studymail/internal/account"
	"studymail/internal/jobs"
	"studymail/internal/outbox"
	"studymail/internal/store"
	"studymail/internal/web"
)

// Accounts are the installation's users.
func (a *App) Accounts() *account.Accounts {
	return account.New(account.Options{Store: a.Store, Sealer: a.Keys.Sealer(), Opener: a.Keys.Opener(), Now: a.Now})
}

// WebOptions are what the pages are served with.
func (a *App) WebOptions() web.Options {
	return web.Options{
		Health: a, Log: a.Logs.App, HostAllowed: a.Config.HostAllowed, Config: a.Config, Store: a.Store,
		Accounts: a.Accounts(), Sealer: a.Keys.Sealer(), Opener: a.Keys.Opener(), Now: a.Now, Version: ReadVersion().Version,
		SendTest: a.sendTest, QueueImport: a.queueImport,
	}
}

// sendTest hands a letter over to a member of staff, by the transport that patients'
// mail goes by.
func (a *App) sendTest(ctx context.Context, t web.TestLetter) (studymail.Outcome, error) {
	transport, err := a.Transport()
	if err != nil {
		return studymail.Outcome{}, err
	}
	m, err := a.Letterbox().TestMail(t.Letter, &t.Values, t.FromName, t.To, a.Now())
	if err != nil {
		return studymail.Outcome{}, err
	}
	o, err := outbox.HandOver(ctx, transport, m)
	if stop, ok := errors.AsType[*outbox.TransportError](err); ok {
		a.Logs.App.Warn("a test letter could not be handed over", "code", stop.Code, "error", err)
		return o, studymail.Errorf(studymail.Unavailable, "no mail can be handed over now (%s); nothing was sent, and no patient is concerned. Try again later, or ask whoever runs this installation: `studymail doctor` looks at it", stop.Code)
	}
	return o, err
}

// queueImport has some worker check or write an import, once the transaction is done.
func (a *App) queueImport(ctx context.Context, tx *store.Tx, id studymail.ID) error {
	q, err := jobs.NewQueue(a.Store)
	if err != nil {
		return err
	}
	return q.Import(ctx, tx, id)
}
