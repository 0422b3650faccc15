package app

import (
	"context"
	"time"

	"studymail"
	"studymail/internal/config"
	"studymail/internal/logs"
)

// Examine looks at all that an open installation needs, for `studymail doctor` and
// the page of the settings. With try it also tries whether the transport could take
// mail now, and asks DNS; it sends nothing.
func (a *App) Examine(ctx context.Context, try bool) (studymail.Health, error) {
	h := studymail.Health{Healthy: true}
	add := func(all ...studymail.Check) {
		for _, c := range all {
			h.Healthy = h.Healthy && c.OK
			h.Checks = append(h.Checks, c)
		}
	}
	if try {
		add(a.tryTransport(ctx))
		domains, err := a.checkDomains(ctx)
		if err != nil {
			return h, err
		}
		add(domains...)
		if a.Config.MailTransport == config.SES || a.Config.SES.QueueURL != "" {
			all, err := a.examineSES(ctx)
			if err != nil {
				return h, err
			}
			add(all...)
		}
	}
	limits, err := a.Limits(ctx)
	if err != nil {
		return h, err
	}
	add(limits)
	keys, err := a.checkKeys(ctx)
	if err != nil {
		return h, err
	}
	add(keys...)
	flows, err := a.MailFlows(ctx)
	if err != nil {
		return h, err
	}
	add(flows.Checks...)
	return h, nil
}

// tryTransport connects to the relay, or opens the folder.
func (a *App) tryTransport(ctx context.Context) studymail.Check {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c := studymail.Check{Name: "transport " + string(a.Config.MailTransport) + ", tried now", OK: true, Value: "takes mail", Limit: "works"}
	if err := a.TestTransport(ctx); err != nil {
		c.OK, c.Value = false, logs.Scrub(err.Error())
		c.Mend = "check the settings that begin with EMAIL_, and that the relay is up"
		if a.Config.MailTransport == config.SES {
			c.Mend = "see the lines on Amazon SES"
		}
	}
	return c
}
