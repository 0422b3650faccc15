package app

import (
	"context"
	"errors"
	"net"
	"strconv"
	"syscall"
	"time"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/feedback"
)

// Feedback takes in what comes back.
func (a *App) Feedback() *feedback.Intake {
	return feedback.New(feedback.Options{
		Store: a.Store, Sealer: a.Keys.Sealer(), Opener: a.Keys.Opener(), Domain: a.Config.BounceDomain, Log: a.Logs.Worker, Zone: a.Config.TimeZone,
	})
}

// listenAgain is how long to wait before an address that another process has is tried
// again: of several workers on one machine the next takes over from one that ended.
const listenAgain = 5 * time.Second

// receiveFeedback takes mail for the bounce domain until ctx ends.
func (a *App) receiveFeedback(ctx context.Context, intake *feedback.Intake) error {
	addr := a.Config.FeedbackSMTPAddr
	name := a.Config.HeloName
	if name == "" {
		name = a.Config.BounceDomain
	}
	own, err := feedback.OwnTLS(name, a.Now())
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	for told := false; ; told = true {
		l, err := listen.Listen(ctx, "tcp", addr)
		switch {
		case err == nil:
			a.Logs.Worker.Info("feedback is received", "addr", l.Addr().String())
			return feedback.NewReceiver(feedback.ReceiverOptions{
				Intake: intake, Name: name, PerMinute: a.Config.FeedbackSMTPRate, TLS: own, Log: a.Logs.Worker, Now: a.Now,
			}).Serve(ctx, l)
		case ctx.Err() != nil:
			return nil //nolint:nilerr // it ends in order
		case !errors.Is(err, syscall.EADDRINUSE):
			return studymail.Errorf(studymail.Unavailable, "FEEDBACK_SMTP_ADDR: cannot listen on %s (%w): ports below 1024 need the right to; or another port, and a rule of the firewall that leads there", addr, errors.Unwrap(err))
		case !told:
			a.Logs.Worker.Warn("another process has the address of FEEDBACK_SMTP_ADDR; it is tried again", "addr", addr)
		}
		select {
		case <-time.After(listenAgain):
		case <-ctx.Done():
			return nil
		}
	}
}

// readMailbox reads feedback out of an IMAP mailbox until ctx ends.
func (a *App) readMailbox(ctx context.Context, intake *feedback.Intake) error {
	c := &a.Config.FeedbackIMAP
	own, err := a.privateRoots()
	if err != nil {
		return err
	}
	security := map[config.TLS]feedback.Security{
		config.ImplicitTLS: feedback.ImplicitTLS, config.StartTLSRequired: feedback.StartTLS, config.NoTLS: feedback.NoTLS,
	}[c.TLS]
	feedback.NewMailbox(feedback.MailboxOptions{
		Intake: intake, Addr: net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), Security: security, TLS: own,
		User: c.User, Password: c.Password, Token: c.NextToken, Folder: c.Folder, Done: c.Done, Every: c.Every, Log: a.Logs.Worker,
	}).Run(ctx)
	return nil
}
