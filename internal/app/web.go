package app

import (
	"studymail/internal/account"
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
		Accounts: a.Accounts(), Feedback: a.Feedback(), Sealer: a.Keys.Sealer(), Opener: a.Keys.Opener(), Now: a.Now, Version: ReadVersion().Version,
	}
}
