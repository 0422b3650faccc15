package app

import (
	"context"
	"errors"
	"net"

	"studymail"
	"studymail/internal/account"
	"studymail/internal/jobs"
	"studymail/internal/outbox"
	"studymail/internal/web"
)

// Accounts are the installation's users.
func (a *App) Accounts() *account.Accounts {
	return account.New(account.Options{Store: a.Store, Sealer: a.Keys.Sealer(), Opener: a.Keys.Opener(), Now: a.Now})
}

// WebOptions are what the pages are served with.
func (a *App) WebOptions() (web.Options, error) {
	engine, err := jobs.NewQueue(a.Store)
	if err != nil {
		return web.Options{}, err
	}
	planner, err := a.Planner()
	if err != nil {
		return web.Options{}, err
	}
	topic, err := a.topic()
	if err != nil {
		return web.Options{}, err
	}
	list, err := a.pagesSESList()
	if err != nil {
		return web.Options{}, err
	}
	return web.Options{
		Topic: topic, SESList: list,
		Health: a, Engine: engine, Doctor: a, Metrics: a.metrics(engine), Log: a.Logs.App, HostAllowed: a.Config.HostAllowed, Config: a.Config, Store: a.Store,
		Accounts: a.Accounts(), Feedback: a.Feedback(), Sealer: a.Keys.Sealer(), Opener: a.Keys.Opener(), Now: a.Now, Version: ReadVersion().Version, Patience: a.Patience,
		Planner: planner, Flow: a.Flow, Letterbox: a.Letterbox(), SendTest: a.sendTest, QueueImport: engine.Import, QueueResend: engine.Resend, Erase: a.ErasePerson,
	}, nil
}

func (a *App) metrics(engine web.Engine) *web.Metrics {
	return web.NewMetrics(web.MetricsSource{Store: a.Store, Engine: engine, Health: a, Log: a.Logs.App, Version: ReadVersion().Version})
}

// pages listens on HTTP_ADDR for the pages, where they are a part of the process, and
// on METRICS_ADDR for figures. What it gives answers once it is served.
func (a *App) pages(ctx context.Context, pages bool) (servers []listening, addr string, err error) {
	defer func() {
		if err != nil {
			for _, s := range servers {
				err = errors.Join(err, s.listener.Close())
			}
		}
	}()
	var lc net.ListenConfig
	if pages {
		// Listening comes first: a second server on the same address is told so
		// before it does anything.
		l, err := lc.Listen(ctx, "tcp", a.Config.HTTPAddr)
		if err != nil {
			return nil, "", cannotListen(ctx, a.Config.HTTPAddr, err)
		}
		servers, addr = append(servers, listening{listener: l}), l.Addr().String()
	}
	options, err := a.WebOptions()
	if err != nil {
		return servers, "", err
	}
	if pages {
		if servers[0].server, err = web.New(options); err != nil {
			return servers, "", err
		}
	}
	if a.Config.MetricsAddr != "" {
		l, err := lc.Listen(ctx, "tcp", a.Config.MetricsAddr)
		if err != nil {
			return servers, "", studymail.Errorf(studymail.Unavailable, "cannot listen on METRICS_ADDR %s: %w; give it another address, or none for no figures", a.Config.MetricsAddr, err)
		}
		servers = append(servers, listening{l, web.NewMetricsServer(options.Metrics, a.Logs.App)})
	}
	return servers, addr, nil
}

// listening is a server and where it listens.
type listening struct {
	listener net.Listener
	server   *web.Server
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
